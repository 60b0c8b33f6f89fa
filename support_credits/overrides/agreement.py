"""Which agreement a ticket has: its tier's, whatever the host has picked, for as long as its incident says so (design rule 21).

The host picks by condition on every save, before it knows the customer. Ours is put on the ticket in ``before_validate``, which
comes after that and before the SLA runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from helpdesk.utils import is_agent

from support_credits.engine.model import parse_stamp
from support_credits.hours.agreements import follows_us
from support_credits.ledger import clock, incidents, responses

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

	from support_credits.ledger.rows import Incident


def begin(doc: HDTicket) -> None:
	"""A new ticket: nothing of the one it may have been split from."""
	doc.flags.sc_hosts_sla = doc.sla
	doc.flags.sc_sla = doc.flags.sc_due = doc.flags.sc_start = None


def keep(doc: HDTicket, before: HDTicket) -> None:
	"""A saved ticket keeps its tier's agreement. Costs no statement: the stored ticket says which it is."""
	begin(doc)
	if before.sc_severity and follows_us(before.sla):
		doc.sla = before.sla


def show(doc: HDTicket, incident: Incident | None) -> None:
	"""Put the incident's agreement and deadline on the ticket; of one without, the host's own pick stands."""
	if doc.flags.sc_hosts_sla is None:
		begin(doc)
	ours = incident and incident.due_at_utc and follows_us(incident.agreement)
	doc.flags.sc_sla = incident.agreement if ours else None
	doc.flags.sc_due = parse_stamp(incident.due_at_utc) if ours else None
	doc.flags.sc_start = responses.deadline_of(incident).start if ours else None
	doc.sla = doc.flags.sc_sla or doc.flags.sc_hosts_sla


def assert_shown(doc: HDTicket) -> None:
	"""What was put on the ticket before it was saved: the host has picked again since."""
	doc.sla = doc.flags.sc_sla or doc.sla


def is_due(incident: Incident) -> bool:
	"""Whether a clock of ours runs for the incident, and its ticket still has another agreement."""
	about = {"name": incident.ticket, "sla": ["!=", incident.agreement]}
	return bool(incident.due_at_utc and frappe.db.exists("HD Ticket", about))


def follow_priority(doc: HDTicket, before: HDTicket) -> Incident | None:
	"""An agent who changes the priority says how severe the ticket is; a customer only says what he wishes."""
	said = doc.priority != before.priority or doc.flags.sc_confirms
	if not said or not before.sc_state or before.status_category == "Resolved" or not is_agent():
		return None
	name = incidents.name_for_ticket(doc.name)
	return responses.confirm(name, doc.priority) if name else None


def note_hours(doc: HDTicket) -> None:
	"""Whether it came in outside the hours that count for it: the host knows no severity, and asks only new tickets."""
	if doc.is_new() and doc.flags.sc_due:
		sla = frappe.get_cached_doc("HD Service Level Agreement", doc.sla)
		doc.raised_outside_working_hours = int(not sla.time_of(doc.sc_severity).is_covered(clock.now()))


def settled(doc: HDTicket) -> None:
	"""The save is over: what is saved next starts from what is stored then."""
	doc.flags.update(dict.fromkeys(("sc_due", "sc_start", "sc_sla", "sc_hosts_sla", "sc_confirms")))
