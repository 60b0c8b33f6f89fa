"""What the app adds to the host, and nothing else: three read-only marks and a status. ``uninstall`` is its mirror."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from support_credits.overrides.parking import PARKED_STATUS

MODULE = "Support Credits"
OLDEST_HELPDESK = (1, 20)
TICKET = "HD Ticket"


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
		]
	}  # fmt: skip


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
	create_custom_fields(ticket_fields(), ignore_validate=True)
	settings = frappe.get_doc("Support Credits Settings")
	if add_parked_status():
		settings.made_status = PARKED_STATUS
	settings.parked_status = PARKED_STATUS
	settings.save(ignore_permissions=True)  # stores the defaults too


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
