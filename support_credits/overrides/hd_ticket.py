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
from helpdesk.utils import get_doc_room, publish_event

from support_credits.engine.incident import State
from support_credits.exceptions import HasHistory, WrongState
from support_credits.ledger import corrections, incidents, intake, releases, session_rows
from support_credits.ledger.wording import label_of
from support_credits.mail.context import current
from support_credits.overrides import agreement, doors, halves, identity, merging, parking, reopening

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

	from support_credits.ledger.rows import Incident

NO_MARKS = {"sc_state": None, "sc_credits": 0, "sc_tier": None, "sc_severity": None}
MARKS = tuple(NO_MARKS)
STATES = frozenset([None, "", *(label_of(state) for state in State)])


def before_insert(doc: HDTicket, method: str | None = None) -> None:
	identity.hold_number(doc)


def before_validate(doc: HDTicket, method: str | None = None) -> None:
	if doc.flags.sc_release:
		agreement.assert_shown(doc)
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
	activity = doc.flags.pop("sc_activity", None)
	if activity:
		log_ticket_activity(doc.name, activity)
	halves.stored(doc)
	agreement.settled(doc)


def before_save(doc: HDTicket, method: str | None = None) -> None:
	parking.hold_clock(doc)
	parking.forget_hold(doc)
	agreement.note_hours(doc)


def on_trash(doc: HDTicket, method: str | None = None) -> None:
	incidents.ticket_deleted(doc.name)
	session_rows.ticket_deleted(doc.name)


def before_rename(doc: HDTicket, method: str, old: str, new: str, merge: bool = False) -> None:
	"""The host takes ``force`` from the request: a customer could take the number the next ticket is to get."""
	frappe.throw(
		_("Ticket {0} keeps its number: statements and mails name it. Merge it in Helpdesk instead.").format(
			old
		),
		HasHistory,
	)


def open_ticket(doc: HDTicket) -> None:
	"""Decide for a new ticket and show the outcome on it. A split carries its parent's marks: they go first."""
	doc.update(NO_MARKS)
	doc.flags.update({"sc_release": None, "sc_watched": None, "sc_activity": None, "sc_new": True})
	agreement.begin(doc)
	mail = current()
	if mail and mail.ticket is None:
		mail.ticket = doc
	identity.hold_raiser(doc)
	if doc.ticket_split_from:
		# The host saves the ticket it was split from at the end: locked after the account, the two would deadlock.
		corrections.lock_ticket(doc.ticket_split_from)
	incident = intake.open_incident(doors.ticket_ref(doc))
	if incident:
		halves.entered(doc)
		follow_customer(doc, incident)
		show_marks(doc, incident)
		note_answer(incident)


def follow_customer(doc: HDTicket, incident: Incident) -> None:
	"""The customer was merged into another one while this waited for his account: the ticket is that one's."""
	if incident.account and incident.customer != doc.customer:
		doc.customer = incident.customer


def note_answer(incident: Incident) -> None:
	"""The mail that is being taken in has to be answered when it is stored."""
	mail = current()
	if mail and incident.answer_due:
		mail.parked.add(incident.name)


def save_ticket(doc: HDTicket) -> None:
	"""Marks stay as they were; what decides money is the agents' to change; a corrected customer pays instead."""
	before = doc.get_doc_before_save()
	if before.sc_state not in STATES:
		before.update(true_marks(doc.name))
	for mark in MARKS:
		doc.set(mark, before.get(mark))
	identity.hold_decisive_fields(doc, before)
	agreement.keep(doc, before)
	if doc.customer != before.customer:
		change_customer(doc)
	elif merging.is_merge(doc, before) and merging.give_back(doc):
		pass
	elif before.sc_state in ("Parked", "Withdrawn"):
		parking.follow_status(doc, before)
	else:
		reopening.follow(doc, before)
	confirmed = agreement.follow_priority(doc, before)
	if confirmed:
		halves.entered(doc)
		# Not its state: that may be changing in this very save.
		doc.sc_severity = marks_of(confirmed)["sc_severity"]
		agreement.show(doc, confirmed)


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
	waited, closed = doc.sc_state == "Parked", parking.is_resolved(doc)
	halves.entered(doc)
	found = _identified(doc, incident, closed)
	follow_customer(doc, found)
	show_marks(doc, found)
	if closed and found.state == "Parked":
		parking.withdraw(doc, found.name)
	elif waited and doc.sc_state != "Parked":
		parking.wake(doc)


def _identified(doc: HDTicket, incident: str | None, closed: bool) -> Incident:
	frappe.db.savepoint("sc_identify")
	try:
		return intake.identify(doors.ticket_ref(doc), incident, closed, doc.flags.sc_charge_reason or "")
	except WrongState:
		# A caller that goes on with other tickets, as a bulk edit does, must not keep half of this one.
		frappe.db.rollback(save_point="sc_identify")
		raise


def _counts(doc: HDTicket) -> bool:
	since = frappe.db.get_value("Credit Account", {"customer": doc.customer}, "counts_from", order_by=None)
	return bool(doc.customer and since and get_datetime(doc.creation) > since)


def true_marks(ticket: str) -> dict[str, object]:
	"""The marks as the incident says them, for a ticket on which somebody has put others around the document."""
	name = incidents.name_for_ticket(ticket)
	found = incidents.read(name) if name else None
	return marks_of(found) if found else NO_MARKS


def show_marks(doc: HDTicket, incident: Incident | None) -> None:
	"""Put on the ticket what its pages show. The incident is the truth; these are read-only copies of it."""
	doc.update(marks_of(incident) if incident else NO_MARKS)
	agreement.show(doc, incident)


def marks_of(incident: Incident) -> dict[str, object]:
	tier = incident.tier and frappe.get_cached_value("Support Tier", incident.tier, "tier_name")
	severity = incident.severity if incident.due_at_utc else None
	return {
		"sc_state": incident.state,
		"sc_credits": incident.credits,
		"sc_tier": tier,
		"sc_severity": severity,
	}


def refresh_marks(incident: Incident) -> None:
	"""Bring the stored marks of a ticket up to date without saving it: nobody else's fields are touched."""
	frappe.db.set_value("HD Ticket", incident.ticket, marks_of(incident), update_modified=False)


def show_correction(incident: Incident, activity: str, restarted: bool = False) -> None:
	"""After a correction: marks, status and clock of the ticket follow its incident, and its timeline says so.

	``restarted``: what was answered before does not count.
	"""
	if incident.ticket_update_due:
		releases.update_ticket(incident.name)
	else:
		refresh_marks(incident)
	if incident.state == "Parked":
		frappe.get_doc("HD Ticket", incident.ticket).save(ignore_permissions=True)  # asserts status and clock
	elif restarted or agreement.is_due(incident):
		start_showing(incident, restarted)
	log_ticket_activity(incident.ticket, activity)
	tell_pages(incident.ticket)


def show_answer(ticket: str, activity: str) -> None:
	"""After a proposal was made or answered: the ticket shows what it costs now, and its timeline says what happened."""
	name = incidents.name_for_ticket(ticket)
	refresh_marks(incidents.lock([name])[0])
	log_ticket_activity(ticket, activity)
	tell_pages(ticket)


def tell_pages(ticket: str) -> None:
	"""Helpdesk's pages that show the ticket load it again, as after a save: its marks were written around the document."""
	room = get_doc_room("HD Ticket", ticket)
	publish_event("helpdesk:ticket-update", room=room, data={"ticket_id": str(ticket)})


def start_showing(incident: Incident, restarted: bool = False) -> None:
	"""Give a saved ticket the agreement of the clock that a correction has started."""
	doc = frappe.get_doc("HD Ticket", incident.ticket)
	show_marks(doc, incident)
	if restarted:
		parking.start_clock(doc)
	doc.flags.sc_release = True
	doc.save(ignore_permissions=True)
