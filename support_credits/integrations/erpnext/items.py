"""Packs and emergency hours as ERPNext Items: the ones that were named, else made here."""

from __future__ import annotations

import frappe
from frappe import _

from support_credits.exceptions import SupportCreditsError
from support_credits.integrations.erpnext import SETTINGS, settings
from support_credits.integrations.erpnext.attempts import seen

SESSION = "support-emergency-hours"


def item_of(pack: str) -> str:
	"""The pack's Item; one is made, with the pack's code, where none was named. Locks the pack."""
	found = frappe.db.get_value(
		"Credit Pack", pack, ["item_code", "pack_name", "validity_months"], as_dict=True, for_update=True
	)
	if found.item_code and seen("Item", found.item_code):
		return found.item_code
	if seen("Item", pack):
		item = _checked(pack)
	else:
		item = _new(pack, found.pack_name, "Nos", months=int(found.validity_months))
	frappe.db.set_value("Credit Pack", pack, "item_code", item)
	return item


def session_item() -> str:
	"""The Item of emergency hours; the first session makes it."""
	named = settings().session_item or SESSION
	if frappe.db.exists("Item", named):
		return named
	# The settings are the lock: two first sessions of two customers at once must not make two.
	frappe.db.sql("SELECT value FROM `tabSingles` WHERE doctype = %s FOR UPDATE", SETTINGS)
	if not seen("Item", named):
		_new(named, _("Emergency support, by the hour"), "Hour")
	return named


def _checked(item: str) -> str:
	"""An Item that happens to have a pack's code is taken only where it is nothing else."""
	row = frappe.db.get_value(
		"Item", item, ["disabled", "is_sales_item", "is_stock_item", "has_variants"], as_dict=True
	)
	if row.disabled or row.is_stock_item or row.has_variants or not row.is_sales_item:
		frappe.throw(
			_(
				"Item {0} has the code of pack {0} and cannot be sold as one. Name another Item on the pack."
			).format(item),
			SupportCreditsError,
		)
	return item


def _new(code: str, name: str, unit: str, months: int = 0) -> str:
	config = settings()
	deferred = bool(months and config.deferred_revenue)
	defaults = {"company": config.company, "income_account": config.income_account or None}
	if deferred:
		defaults["deferred_revenue_account"] = config.deferred_account
	doc = frappe.get_doc(
		{
			"doctype": "Item",
			"item_code": code,
			"item_name": name,
			"description": name,
			"item_group": config.item_group
			or frappe.db.get_value("Item Group", {"is_group": 0}, "name", order_by="lft"),
			"stock_uom": unit,
			"is_stock_item": 0,
			"is_sales_item": 1,
			"is_purchase_item": 0,
			"enable_deferred_revenue": int(deferred),
			"no_of_months": months if deferred else 0,
			"item_defaults": [defaults],
		}
	)
	return doc.insert(ignore_permissions=True).name


def packs_by_item() -> dict[str, str]:
	"""Item -> pack, for every pack that has one."""
	rows = frappe.get_all("Credit Pack", filters={"item_code": ["is", "set"]}, fields=["item_code", "name"])
	return {row.item_code: row.name for row in rows}
