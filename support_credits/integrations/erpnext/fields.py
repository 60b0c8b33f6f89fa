"""What is added to ERPNext's invoices: the order they are for, and on a row the session it bills. Removed with the app."""

from __future__ import annotations

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from support_credits.integrations.erpnext import APP, INVOICE, is_enabled, is_installed

MODULE = "Support Credits"
ROW = "Sales Invoice Item"


def added() -> dict[str, list[dict[str, object]]]:
	common = {
		"read_only": 1,
		"no_copy": 1,
		"print_hide": 1,
		"search_index": 1,
		"translatable": 0,
		"module": MODULE,
	}
	order = {
		"fieldname": "sc_credit_order",
		"label": "Credit Order",
		"fieldtype": "Link",
		"options": "Credit Order",
	}
	key = {"fieldname": "sc_session", "label": "Emergency Session", "fieldtype": "Data", "hidden": 1}
	return {
		INVOICE: [{**order, "insert_after": "customer", "ignore_user_permissions": 1, **common}],
		ROW: [{**key, "insert_after": "item_code", **common}],
	}


def ensure() -> None:
	"""Add them where ERPNext is installed; a second time changes nothing."""
	if is_installed():
		create_custom_fields(added(), ignore_validate=True)
	if is_enabled():
		link_customers()


def link_customers() -> None:
	"""Helpdesk's own field on ERPNext's Customer, which it makes only when its sync is switched on; it stays Helpdesk's."""
	from helpdesk.integrations.erpnext.utils import create_customer_field

	create_customer_field()


def after_app_install(app: str) -> None:
	if app == APP:
		ensure()


def remove() -> None:
	"""Fields and their columns. The caller commits."""
	if not is_installed():
		return
	for doctype, fields in added().items():
		for field in fields:
			name = frappe.db.exists("Custom Field", {"dt": doctype, "fieldname": field["fieldname"]})
			if name:
				frappe.delete_doc("Custom Field", name, ignore_permissions=True, force=True)
			frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP COLUMN IF EXISTS `{field['fieldname']}`")
		frappe.clear_cache(doctype=doctype)
