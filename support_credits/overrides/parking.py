"""A parked ticket stays parked, whatever the host does to its status, and its SLA clock does not run (design rule 8).

Helpdesk sets the status back to Open on every incoming communication, so the state is asserted on every save.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import frappe
from frappe.utils import get_datetime, now_datetime

from support_credits.ledger import corrections, incidents
from support_credits.ledger import settings as site
from support_credits.overrides import halves

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

PARKED_STATUS = (
	"Waiting for credits"  # as installed; an admin may rename it or choose another in the settings
)
# Helpdesk's pages read an empty deadline as a breach, so a waiting ticket carries one that cannot be missed.
NO_DEADLINE = timedelta(days=3650)


def follow_status(doc: HDTicket, before: HDTicket) -> None:
	"""A parked ticket may be closed, which withdraws it; a withdrawn one that opens again pays like a new one."""
	from support_credits.overrides.hd_ticket import show_marks

	resolved = is_resolved(doc)
	name = incidents.name_for_ticket(doc.name)
	if before.sc_state == "Parked" and resolved:
		withdraw(doc, name)
	elif not resolved and (before.sc_state == "Withdrawn" or _was_withdrawn(name)):
		halves.entered(doc)
		answered = doc.first_responded_on if doc.first_responded_on != before.first_responded_on else None
		show_marks(doc, corrections.reopen(name))
		start_clock(doc)
		doc.first_responded_on = answered  # where it is the agent's own reply that opens it again


def withdraw(doc: HDTicket, incident: str) -> None:
	"""Entered once the ticket is stored: the host's feedback mail commits in the middle of this save, and may fail."""
	doc.sc_state, doc.flags.sc_withdraw = "Withdrawn", incident


def _was_withdrawn(incident: str) -> bool:
	"""Whether a save that closed the ticket failed after its incident was withdrawn: then it waits for nothing."""
	return frappe.db.get_value("Support Incident", incident, "state") == "Withdrawn"


def is_resolved(doc: HDTicket) -> bool:
	return _category(doc.status) == "Resolved"


def wake(doc: HDTicket) -> None:
	"""A ticket that no longer waits is open, and its clock starts now."""
	doc.status = doc.default_open_status
	doc.status_category = _category(doc.status)
	start_clock(doc)


def start_clock(doc: HDTicket) -> None:
	"""The provider answers for the time from here on: SLA, first response and hold start anew (design rule 8)."""
	doc.service_level_agreement_creation = now_datetime()
	doc.first_responded_on = doc.on_hold_since = None
	doc.total_hold_time = 0
	doc.response_by = doc.resolution_by = None
	doc.flags.sc_clock_started = True


def forget_hold(doc: HDTicket) -> None:
	"""After the host's SLA has run: it takes the days a ticket was closed for a hold, and would put its new deadline off
	by as much.
	"""
	if not doc.flags.pop("sc_clock_started", None) or not doc.total_hold_time or not doc.sla:
		return
	doc.total_hold_time = 0
	sla = frappe.get_cached_doc("HD Service Level Agreement", doc.sla)
	sla.handle_targets(doc)
	sla.handle_agreement_status(doc)


def hold_status(doc: HDTicket) -> None:
	"""Assert status, and that nobody has answered yet: the first response counts from the release."""
	if doc.sc_state != "Parked":
		return
	doc.status = site.settings().parked_status or PARKED_STATUS
	doc.status_category = "Paused"
	doc.first_responded_on = None


def hold_clock(doc: HDTicket) -> None:
	"""After the host's SLA has run: no deadline to miss while the ticket waits."""
	if doc.sc_state != "Parked":
		return
	since = get_datetime(doc.creation or now_datetime())
	doc.response_by = doc.resolution_by = since + NO_DEADLINE
	doc.agreement_status = "Paused"


def _category(status: str) -> str | None:
	return frappe.get_cached_value("HD Ticket Status", status, "category") if status else None
