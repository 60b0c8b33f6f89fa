"""What reopening enters: a new incident for an old ticket, or the first decision for one that began as automatic mail."""

from __future__ import annotations

import frappe
from frappe import _

from support_credits.engine.decision import Code
from support_credits.engine.model import stamp_text
from support_credits.ledger import (
	accounts,
	charging,
	clock,
	corrections,
	extras,
	incidents,
	intake,
	responses,
)
from support_credits.ledger import settings as site
from support_credits.ledger.intake import Arrival, TicketRef
from support_credits.ledger.posting import OpenAccount, account_lock
from support_credits.ledger.rows import Incident


def open_again(ticket: TicketRef, earlier: str | None) -> Incident | None:
	"""A new incident for a ticket reopened after the window (design rule 12), decided like a new ticket's.

	``earlier`` is the ticket's incident so far, None when it is older than its customer's account. It keeps its charge
	and leaves the ticket to the new one. None where the customer uses no credits. Raises CreditsRefused, NotMember or
	AlreadyServed; then nothing is written.
	"""
	at = clock.now()
	if not ticket.customer:
		return None
	user = frappe.session.user
	facts = charging.customer_facts(ticket.customer, user, ticket.request_key, at)
	if facts.account is None:
		if not site.settings().everyone_must_have_credits:
			return None
		accounts.ensure_account(ticket.customer)
		facts = charging.customer_facts(ticket.customer, user, ticket.request_key, at)
	arrival = ticket.arrival()
	intake.check(ticket, arrival, facts)
	with account_lock(facts.account, at) as account:
		incident = intake.new_incident(ticket, arrival)
		incident.customer = account.row.customer
		before = _preceding(account, earlier, incident) if earlier else None
		intake.decide_and_enter(account, incident, arrival, facts)
		incident.opened_at_utc = stamp_text(at)
		if before:
			_leave_ticket(before, incident)
		intake.insert(incident)
	return incident


def _preceding(account: OpenAccount, name: str, following: Incident) -> Incident:
	"""The incident the ticket has had so far, locked; the keys of its events go on in ``following``."""
	incident = incidents.lock([name])[0]
	if incident.account not in (None, account.name) or incident.followed_by:
		raise frappe.QueryDeadlockError(
			_("The customer of ticket {0} was changed at this moment.").format(incident.ticket_no)
		)
	following.follows, following.cycle = incident.name, incident.cycle
	return incident


def _leave_ticket(incident: Incident, following: Incident) -> None:
	"""The earlier incident gives its ticket to ``following``; its charge is final."""
	extras.withdraw_open(incident.name)
	incident.followed_by = following.name
	# The key of every later event names the ticket; unique, it can be one incident's at a time.
	incident.ticket_key = f"{incident.ticket_key}~{incident.name}"
	incident.ticket, incident.ticket_update_due = None, 0
	incidents.update(incident)


def count(incident_name: str, arrival: Arrival) -> Incident:
	"""A person wrote on an automatic mail's ticket: it pays as a new one does, or waits. Called while it is saved."""
	account_name = frappe.db.get_value("Support Incident", incident_name, "account")
	if not account_name:
		return _counted(None, incident_name, arrival)
	with account_lock(account_name, clock.now()) as account:
		return _counted(account, incident_name, arrival)


def _counted(account: OpenAccount | None, incident_name: str, arrival: Arrival) -> Incident:
	incident = incidents.lock_in(account, incident_name)
	decision = corrections.count_in(account, incident, arrival.door)
	responses.restart(incident, clock.now())
	incident.answer_due = int(arrival.wants_answer and bool(decision) and decision.code is Code.PARKED)
	incidents.update(incident)
	return incident
