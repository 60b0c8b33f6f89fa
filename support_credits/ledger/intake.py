"""A ticket comes in, or gets its customer later: who pays is settled here, the rest is :mod:`charging`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import frappe
from frappe import _

from support_credits.engine.decision import Code, Door, Policy, TicketFacts, decide
from support_credits.engine.incident import INCIDENT_NEXT, Event, State
from support_credits.engine.model import stamp_text
from support_credits.exceptions import AlreadyServed, CreditsRefused, NotMember, WrongState
from support_credits.ledger import (
	accounts,
	charging,
	clock,
	extras,
	incidents,
	releases,
	responses,
	subscriptions,
)
from support_credits.ledger import settings as site
from support_credits.ledger.charging import CustomerFacts
from support_credits.ledger.posting import OpenAccount, account_lock, account_locks
from support_credits.ledger.rows import Incident, is_duplicate
from support_credits.ledger.wording import label_of, refusal, render, state_of, why_refused


@dataclass(frozen=True)
class Arrival:
	"""How a ticket came in and whether an agent brought it: from the session, never from the ticket's fields."""

	door: Door
	is_agent: bool
	automatic_mail: bool = False
	forged_sender: bool = False
	wants_answer: bool = False  # a person's mail: he is told when it has to wait
	priority: str | None = None  # what the ticket says; how severe it is for us is another question
	confirms_priority: bool = False  # an agent chose it, so it counts as it is


@dataclass(frozen=True)
class TicketRef:
	"""What intake knows of a ticket. ``arrival`` is asked only when it matters: the host's answer costs a statement,
	and a ticket of a customer without an account may cost one in all (design §6).
	"""

	number: str
	key: str
	customer: str | None
	arrival: Callable[[], Arrival]
	request_key: str | None = None


def open_incident(ticket: TicketRef) -> Incident | None:
	"""Decide for a new ticket and enter the outcome; None where the app has nothing to say (design rule 9).

	The incident's customer is another one where the customer was merged while this waited for his account.

	Raises CreditsRefused, NotMember or AlreadyServed; then nothing of the ticket is written either.
	"""
	at = clock.now()
	if not ticket.customer:
		return _unidentified(ticket)
	facts = charging.customer_facts(ticket.customer, frappe.session.user, ticket.request_key, at)
	if facts.account is None:
		if not site.settings().everyone_must_have_credits:
			return None
		accounts.ensure_account(ticket.customer)
		facts = charging.customer_facts(ticket.customer, frappe.session.user, ticket.request_key, at)
	arrival = ticket.arrival()
	check(ticket, arrival, facts)
	with account_lock(facts.account, at) as account:
		incident = new_incident(ticket, arrival)
		incident.customer = account.row.customer
		decide_and_enter(account, incident, arrival, facts)
		incident.opened_at_utc = stamp_text(at)
		insert(incident)
	return incident


def check(ticket: TicketRef, arrival: Arrival, facts: CustomerFacts) -> None:
	"""Refuse what was served already, and who is no member of the customer that would pay."""
	if facts.served_as:
		raise_served(facts.served_as)
	if not arrival.is_agent and not facts.is_member:
		frappe.throw(
			_("You are not a member of {0}, so you cannot open a ticket that {0} pays for.").format(
				ticket.customer
			),
			NotMember,
			title=_("Not a member"),
		)


def raise_served(number: str) -> None:
	frappe.throw(
		_("This request has been served already: it opened ticket {0}. Nothing was charged again.").format(
			number
		),
		AlreadyServed,
		title=_("Already served"),
	)


def insert(incident: Incident) -> None:
	"""Write a new incident. Raises AlreadyServed when its request or mail has one already."""
	try:
		incidents.insert(incident)
	except Exception as error:
		if is_duplicate(error) and incident.request_key:
			raise_served(_ticket_served(incident.request_key))
		raise


def _ticket_served(request_key: str) -> str:
	number = frappe.db.get_value("Support Incident", {"request_key": request_key}, "ticket_no", order_by=None)
	return number or _("(being opened at this moment)")


def new_incident(ticket: TicketRef, arrival: Arrival) -> Incident:
	"""An incident for the ticket, not yet decided and not yet written."""
	return Incident(
		name=incidents.new_name(),
		ticket=ticket.number,
		ticket_no=ticket.number,
		ticket_key=ticket.key,
		customer=ticket.customer,
		state="",
		door=arrival.door.value,
		request_key=ticket.request_key,
	)


def decide_and_enter(
	account: OpenAccount,
	incident: Incident,
	arrival: Arrival,
	facts: CustomerFacts,
	policy: Policy | None = None,
) -> None:
	"""Decide for the incident and enter the outcome; raises CreditsRefused where the door can refuse."""
	exemption = charging.automatic_exemption(facts.deployed_on, account.at)
	# Only an incident that was charged before, and comes back to who accepted them, has any.
	extra = extras.accepted(incident.name, incident.customer) if incident.cycle else 0
	decision = charging.decide_for(
		account, arrival.door, incident.customer or "", exemption, policy, arrival.automatic_mail, extra
	)
	if decision.code is Code.REFUSED:
		refused = CreditsRefused(why=why_refused(decision))
		frappe.throw(refusal(decision), refused, title=_("Not enough support credits"))
	responses.judge(incident, site.tier_of(account.row), arrival.priority, arrival.confirms_priority)
	charging.enter_decision(
		account, incident, decision, f"ticket:{incident.ticket_key}:open{_again(incident)}"
	)
	incident.answer_due = int(arrival.wants_answer and decision.code is Code.PARKED)
	incident.exemption = exemption.code if exemption and decision.code is Code.EXEMPT else None


def _again(incident: Incident) -> str:
	"""Nothing for the first charge of a ticket; a later one (other customer, exemption removed) is its own event."""
	return f":{incident.cycle}" if incident.cycle else ""


def _unidentified(ticket: TicketRef) -> Incident | None:
	"""Note a ticket without a customer for the agents, on a site that sells; plain Helpdesk stays as it is."""
	if not site_sells():
		return None
	arrival = ticket.arrival()
	facts = TicketFacts(
		door=arrival.door,
		customer=None,
		has_account=False,
		at=clock.now(),
		automatic_mail=arrival.automatic_mail,
		forged_sender=arrival.forged_sender,
	)
	decision = decide(facts)
	incident = new_incident(ticket, arrival)
	incident.state = label_of(State(decision.code.value))
	incident.decision = decision.code.value
	incident.message = render(decision.message)
	responses.judge(incident, None, arrival.priority, arrival.confirms_priority)
	incident.opened_at_utc = stamp_text(facts.at)
	insert(incident)
	return incident


def site_sells() -> bool:
	"""Whether anybody has an account here, or everybody must have credits."""
	if site.settings().everyone_must_have_credits:
		return True
	return bool(frappe.db.get_value("Credit Account", {}, "name", order_by=None))


def identify(
	ticket: TicketRef, incident_name: str | None, closed: bool = False, reason: str = ""
) -> Incident | None:
	"""An agent set, corrected or cleared the customer: refund the old one, decide for the new one (design rule 6).

	The ticket exists, so it cannot be refused any more: what would be refused is parked. A ``closed`` one that somebody pays
	for needs a ``reason``, as every charge of a closed ticket does: WrongState without one, after entries that the caller
	takes back. The reason stays with the incident.
	"""
	at = clock.now()
	facts = CustomerFacts()
	if ticket.customer:
		facts = charging.customer_facts(ticket.customer, frappe.session.user, None, at)
	if facts.account is None and ticket.customer and site.settings().everyone_must_have_credits:
		facts = CustomerFacts(accounts.ensure_account(ticket.customer))
	earlier = frappe.db.get_value("Support Incident", incident_name, "account") if incident_name else None
	with account_locks([name for name in (earlier, facts.account) if name], at) as opened:
		if incident_name:
			incident = incidents.lock_in(opened.get(earlier or ""), incident_name)
		else:
			incident = new_incident(ticket, ticket.arrival())
		if earlier:
			_leave_account(opened[earlier], incident)
		found = opened.get(facts.account or "")
		incident.customer = found.row.customer if found else ticket.customer
		_enter_customer(found, incident, ticket.arrival(), facts)
		incident.ticket_update_due = 0  # this very save shows it
		incident.charge_reason = reason
		if closed and incident.credits and not reason:
			_refuse_silent_charge(incident, bool(incident_name))
		_store(incident, incident_name)
	return incident


def _refuse_silent_charge(incident: Incident, has_form: bool) -> None:
	if has_form:  # opened first, it might be a new incident of the old customer's
		text = _(
			"Ticket {0} is closed, and {1} would pay for it. Set the customer from its Support Incident in Desk and say why."
		)
	else:
		text = _("Ticket {0} is closed, and {1} would pay for it. Open it first, then set the customer.")
	frappe.throw(text.format(incident.ticket_no, incident.customer), WrongState)


def _leave_account(account: OpenAccount, incident: Incident) -> None:
	charging.enter_refund(account, incident, _("Customer corrected"))
	releases.leave_queue(account, incident)
	responses.leave_tier(incident)
	from support_credits.ledger.grants import credits_came_in

	credits_came_in(account)


def _keeps_state(incident: Incident) -> bool:
	"""Whether the state table leaves the incident as it is: the vendor's bug is the vendor's, an imported ticket is
	old, a closed one asks for nothing until it opens again.
	"""
	state = state_of(incident.state)
	event = Event.IDENTIFY if state is State.UNIDENTIFIED else Event.CORRECT_CUSTOMER
	return INCIDENT_NEXT.get((state, event)) is not State.AS_DECIDED


def _enter_customer(
	account: OpenAccount | None, incident: Incident, arrival: Arrival, facts: CustomerFacts
) -> None:
	incident.account = account.name if account else None
	if incident.state and _keeps_state(incident):
		if account:
			subscriptions.settle(account)
			incident.tier = site.tier_of(account.row)
			responses.judge(incident, incident.tier, arrival.priority, arrival.confirms_priority)
			responses.follow(incident, account.at)
		else:
			responses.forget(incident)
		return
	if account is None:
		code = Code.NOT_ENFORCED if incident.customer else Code.UNIDENTIFIED
		incident.state, incident.decision = label_of(State(code.value)), code.value
		responses.forget(incident)
		return
	policy = site.policy_for(Door.AGENT, account.row)
	decide_and_enter(account, incident, arrival, facts, Policy.PARK if policy is Policy.REFUSE else policy)


def _store(incident: Incident, incident_name: str | None) -> None:
	if incident_name:
		incidents.update(incident)
	else:
		incident.opened_at_utc = stamp_text(clock.now())
		incidents.insert(incident)
