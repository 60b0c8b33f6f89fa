"""What the app adds to the host, and nothing else: three read-only marks, a status, an index and form scripts.

``uninstall`` is its mirror.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from support_credits import form_scripts, scheduled
from support_credits.engine.notice import DEFAULTS
from support_credits.integrations.erpnext import fields as erpnext_fields
from support_credits.mail import notice_texts
from support_credits.overrides.parking import PARKED_STATUS

MODULE = "Support Credits"
OLDEST_HELPDESK = (1, 20)
TICKET = "HD Ticket"
AGREEMENT = "HD Service Level Agreement"
HOLIDAY_LIST = "HD Service Holiday List"
SETTINGS = "Support Credits Settings"
INDEX = {"doc_type": TICKET, "field_name": "customer", "property": "search_index"}


def ticket_fields() -> dict[str, list[dict[str, object]]]:
	"""The marks on a ticket: copies of its incident for the host's pages, never read back as truth.

	Whatever anybody posts for them is overwritten in ``overrides/hd_ticket``. Permission levels were rejected: adding
	one copies all of the host's permissions, which then no longer follow its updates.
	"""
	common = {"read_only": 1, "no_copy": 1, "module": MODULE, "translatable": 0}
	return {
		TICKET: [
			{"fieldname": "sc_state", "label": "Credits", "fieldtype": "Data", "insert_after": "customer", **common},
			{"fieldname": "sc_credits", "label": "Credits Charged", "fieldtype": "Int", "insert_after": "sc_state", **common},
			{"fieldname": "sc_tier", "label": "Support Tier", "fieldtype": "Data", "insert_after": "sc_credits", **common},
			{"fieldname": "sc_severity", "label": "Severity That Counts", "fieldtype": "Data", "insert_after": "sc_tier", **common},
		]
	}  # fmt: skip


def calendar_fields() -> dict[str, list[dict[str, object]]]:
	"""What binds the host's agreements and holiday lists to a Support Calendar. An agreement without one stays stock."""
	kept = {"module": MODULE, "no_copy": 1, "translatable": 0}
	calendar = {
		"fieldname": "sc_calendar",
		"label": "Support Calendar",
		"fieldtype": "Link",
		"options": "Support Calendar",
	}
	tier = {"fieldname": "sc_tier", "label": "Support Tier", "fieldtype": "Link", "options": "Support Tier"}
	counts = "Counts covered time by this calendar instead of the working hours below."
	return {
		AGREEMENT: [
			{**calendar, "insert_after": "holiday_list", "description": counts, **kept},
			{**tier, "insert_after": "sc_calendar", "read_only": 1, **kept},
		],
		HOLIDAY_LIST: [{**calendar, "insert_after": "to_date", "read_only": 1, **kept}],
	}


def host_fields() -> dict[str, list[dict[str, object]]]:
	return {**ticket_fields(), **calendar_fields()}


def before_install() -> None:
	"""Refuse a Helpdesk that is too old, before anything is changed."""
	import helpdesk

	found = tuple(int(part) for part in helpdesk.__version__.split(".")[:2] if part.isdigit())
	if found < OLDEST_HELPDESK:
		frappe.throw(
			_(
				"Support Credits needs Helpdesk {0} or newer; this bench has {1}. Update Helpdesk, then install again."
			).format(".".join(str(part) for part in OLDEST_HELPDESK), helpdesk.__version__)
		)


def after_install() -> None:
	create_custom_fields(host_fields(), ignore_validate=True)
	settings = frappe.get_doc(SETTINGS)
	if add_parked_status():
		settings.made_status = PARKED_STATUS
	settings.parked_status = PARKED_STATUS
	settings.save(ignore_permissions=True)  # stores the defaults too
	add_notices()
	add_customer_index()
	form_scripts.add_missing()
	erpnext_fields.ensure()
	scheduled.sync()


def add_parked_status() -> bool:
	"""The status of waiting tickets; False when the site has one of that name already, which then stays its own."""
	if frappe.db.exists("HD Ticket Status", PARKED_STATUS):
		return False
	frappe.get_doc(
		{
			"doctype": "HD Ticket Status",
			"label_agent": PARKED_STATUS,
			"category": "Paused",
			"color": "Orange",
			"enabled": 1,
			"order": frappe.db.count("HD Ticket Status") + 1,
		}
	).insert(ignore_permissions=True)
	return True


def add_customer_index() -> None:
	"""An index on a ticket's customer. Without one the host's merge of two customers reads, and locks, every ticket of
	the site, while each of them may wait for the account that the merge holds.
	"""
	if not customer_indexes():
		make_property_setter(
			TICKET, "customer", "search_index", 1, "Check", validate_fields_for_doctype=False
		)
		frappe.db.set_value("Property Setter", {**INDEX, "value": "1"}, "module", MODULE)
		frappe.db.updatedb(TICKET)


def customer_indexes() -> list[str]:
	return frappe.get_all("Property Setter", filters=INDEX, pluck="name")


def add_notices() -> None:
	"""The texts of notices, and how each kind is told, where they are not there yet."""
	notice_texts.add_missing()
	table = {"parent": SETTINGS, "parenttype": SETTINGS, "parentfield": "notices"}
	there = frappe.get_all("Credit Notice Choice", filters=table, pluck="kind")
	for kind, choice in DEFAULTS.items():
		if kind.value not in there:
			row = {"kind": kind.value, "by_mail": int(choice.by_mail), "in_desk": int(choice.in_desk)}
			position = {"idx": list(DEFAULTS).index(kind) + 1}
			frappe.get_doc({"doctype": "Credit Notice Choice", **table, **row, **position}).db_insert()
	frappe.clear_document_cache(SETTINGS, SETTINGS)


def after_migrate() -> None:
	create_custom_fields(host_fields(), ignore_validate=True)
	add_customer_index()
	form_scripts.add_missing()
	erpnext_fields.ensure()
	scheduled.sync()
	add_new_settings()
	add_notices()


def add_new_settings() -> None:
	"""Settings that a newer version brings begin with their defaults: a Single does not get them by itself."""
	table = frappe.qb.DocType("Singles")
	stored = frappe.qb.from_(table).select(table.field).where(table.doctype == SETTINGS).run(pluck=True)
	for field in frappe.get_meta(SETTINGS).fields:
		if field.default and field.fieldname not in stored:
			frappe.db.set_single_value(SETTINGS, field.fieldname, field.default)
