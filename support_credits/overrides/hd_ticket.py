"""HD Ticket: the door every ticket comes through. Rules are in ``engine``, writing in ``ledger``.

All of it hangs on ``before_validate``: customer, name and key are final there, the SLA has not run yet, and nothing
of the ticket is committed (Helpdesk's acknowledgement mail commits in ``after_insert``, where it would be too late).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import get_datetime
from helpdesk.helpdesk.doctype.hd_ticket_activity.hd_ticket_activity import log_ticket_activity

from support_credits.exceptions import WrongState
from support_credits.ledger import corrections, incidents, intake, releases
from support_credits.overrides import doors, halves, identity, parking

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

	from support_credits.ledger.rows import Incident

MARKS = ("sc_state", "sc_credits", "sc_tier")


def before_validate(doc: HDTicket, method: str | None = None) -> None:
	if doc.flags.sc_release:
		return
	if doc.is_new():
		open_ticket(doc)
	else:
		save_ticket(doc)
	parking.hold_status(doc)


def on_update(doc: HDTicket, method: str | None = None) -> None:
	withdrawn = doc.flags.pop("sc_withdraw", None)
	if withdrawn:
		incident = corrections.withdraw(withdrawn)
		show_marks(doc, incident)
		refresh_marks(incident)  # it may have been charged meanwhile
	halves.stored(doc)


def before_save(doc: HDTicket, method: str | None = None) -> None:
	parking.hold_clock(doc)


def on_trash(doc: HDTicket, method: str | None = None) -> None:
	incidents.ticket_deleted(doc.name)


def open_ticket(doc: HDTicket) -> None:
	"""Decide for a new ticket and show the outcome on it. A split carries its parent's marks: they go first."""
	show_marks(doc, None)
	doc.flags.update({"sc_release": None, "sc_watched": None, "sc_new": True})
	identity.hold_raiser(doc)
	incident = intake.open_incident(doors.ticket_ref(doc))
	if incident:
		halves.entered(doc)
		show_marks(doc, incident)


def save_ticket(doc: HDTicket) -> None:
	"""Marks stay as they were; what decides money is the agents' to change; a corrected customer pays instead."""
	before = doc.get_doc_before_save()
	for mark in MARKS:
		doc.set(mark, before.get(mark))
	identity.hold_decisive_fields(doc, before)
	if doc.customer != before.customer:
		change_customer(doc)
	elif before.sc_state in ("Parked", "Withdrawn"):
		parking.follow_status(doc, before)


def change_customer(doc: HDTicket) -> None:
	"""Move the charge to the customer an agent has set. A ticket older than the account is none of its business."""
	incident = incidents.name_for_ticket(doc.name)
	if not (incident or _counts(doc)):
		return
	if doc.has_value_changed("status") and parking.is_resolved(doc):
		frappe.throw(
			_(
				"Set the customer of ticket {0} first, then close it: the customer decides what it costs."
			).format(doc.name),
			WrongState,
		)
	waited = doc.sc_state == "Parked"
	halves.entered(doc)
	show_marks(doc, intake.identify(doors.ticket_ref(doc), incident))
	if waited and doc.sc_state != "Parked":
		parking.wake(doc)


def _counts(doc: HDTicket) -> bool:
	since = frappe.db.get_value("Credit Account", {"customer": doc.customer}, "counts_from", order_by=None)
	return bool(doc.customer and since and get_datetime(doc.creation) > since)


def show_marks(doc: HDTicket, incident: Incident | None) -> None:
	"""Put on the ticket what its pages show. The incident is the truth; these are read-only copies of it."""
	doc.update(marks_of(incident) if incident else {"sc_state": None, "sc_credits": 0, "sc_tier": None})


def marks_of(incident: Incident) -> dict[str, object]:
	tier = incident.tier and frappe.get_cached_value("Support Tier", incident.tier, "tier_name")
	return {"sc_state": incident.state, "sc_credits": incident.credits, "sc_tier": tier}


def refresh_marks(incident: Incident) -> None:
	"""Bring the stored marks of a ticket up to date without saving it: nobody else's fields are touched."""
	frappe.db.set_value("HD Ticket", incident.ticket, marks_of(incident), update_modified=False)


def show_correction(incident: Incident, activity: str) -> None:
	"""After a correction: marks, status and clock of the ticket follow its incident, and its timeline says so."""
	if incident.ticket_update_due:
		releases.update_ticket(incident.name)
	else:
		refresh_marks(incident)
	if incident.state == "Parked":
		frappe.get_doc("HD Ticket", incident.ticket).save(ignore_permissions=True)  # asserts status and clock
	log_ticket_activity(incident.ticket, activity)
