"""What is decided about an incident after its first decision: exempt, un-exempt, park, release, withdraw, reopen.

Each takes the ticket's row lock first, then the account's: the order in which a ticket being saved takes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import frappe
from frappe import _

from support_credits.engine.allocation import available
from support_credits.engine.decision import Code, Decision, Door, Policy
from support_credits.engine.errors import NotAllowed
from support_credits.engine.incident import Event, State, next_state
from support_credits.engine.model import stamp_text
from support_credits.exceptions import WrongState
from support_credits.ledger import charging, clock, extras, incidents, releases, responses
from support_credits.ledger import settings as site
from support_credits.ledger.grants import credits_came_in
from support_credits.ledger.posting import OpenAccount, account_lock
from support_credits.ledger.rows import Incident
from support_credits.ledger.wording import label_of, state_of


@dataclass(frozen=True)
class Correction:
	"""What a correction did: the incident after it, the credits it gave back (0 or more), and whether its clock began anew.

	``again``: it had been done before, and nothing is said a second time.
	"""

	incident: Incident
	credits_back: int = 0
	restarted: bool = False
	again: bool = False


@contextmanager
def incident_of(ticket: str) -> Iterator[tuple[OpenAccount | None, Incident]]:
	"""The incident of ``ticket`` under its locks; the caller writes it."""
	lock_ticket(ticket)
	name = incidents.name_for_ticket(ticket)
	if not name:
		frappe.throw(
			_(
				"Ticket {0} has no incident: its customer has no Credit Account, or it is older than the account."
			).format(ticket),
			WrongState,
		)
	account_name = frappe.db.get_value("Support Incident", name, "account")
	if not account_name:
		yield None, _locked_in(None, name, ticket)
		return
	with account_lock(account_name, clock.now()) as account:
		yield account, _locked_in(account, name, ticket)


def _locked_in(account: OpenAccount | None, name: str, ticket: str) -> Incident:
	"""The incident, when it is still the ticket's: its name was read plainly, and a late reopening may have given the
	ticket a new one since. Then the whole piece of work starts again, as after a deadlock.
	"""
	incident = incidents.lock_in(account, name)
	if incident.ticket != str(ticket):
		raise frappe.QueryDeadlockError(_("Ticket {0} was reopened at this moment.").format(ticket))
	return incident


def lock_ticket(ticket: str) -> None:
	"""Lock the ticket's row, so that a save of it and a correction cannot interleave."""
	table = frappe.qb.DocType("HD Ticket")
	if not frappe.qb.from_(table).select(table.name).where(table.name == ticket).for_update().run():
		frappe.throw(_("Ticket {0} does not exist.").format(ticket), frappe.DoesNotExistError)


def step(incident: Incident, event: Event, decided: Code | None = None) -> State:
	"""The state after ``event``; WrongState with a sentence where it cannot happen."""
	try:
		return next_state(state_of(incident.state), event, decided)
	except NotAllowed:
		frappe.throw(
			_("Ticket {0} is {1}; that cannot be done to it.").format(incident.ticket_no, _(incident.state)),
			WrongState,
		)


def exempt(ticket: str, reason: str, note: str = "", url: str = "") -> Correction:
	"""Set an exemption: what the ticket was charged goes back to the same lots. Twice is once."""
	with incident_of(ticket) as (account, incident):
		if incident.state == "Exempt":
			if incident.exemption == reason:
				return Correction(incident, again=True)
			_note_exemption(incident, reason, note, url)
			incidents.update(incident)
			return Correction(incident)
		after = step(incident, Event.EXEMPT)
		back = _give_back(account, incident, _("Exempt: {0}").format(reason)) if account else 0
		incident.state, incident.decision = label_of(after), after.value
		_note_exemption(incident, reason, note, url)
		incidents.update(incident)
	return Correction(incident, back)


def _note_exemption(incident: Incident, reason: str, note: str, url: str) -> None:
	incident.exemption, incident.exemption_note, incident.exemption_url = reason, note, url
	incident.exempted_by = frappe.session.user
	label = frappe.db.get_value("Exemption Reason", reason, "label") or reason
	incident.message = _("This ticket costs no credits: {0}.").format(label)


def _give_back(account: OpenAccount, incident: Incident, reason: str) -> int:
	waited = incident.state == "Parked"
	releases.leave_queue(account, incident)
	back = charging.enter_refund(account, incident, reason)
	if waited:
		releases.mark_released(account, incident)
		releases.finish_soon()
	if back or waited:
		incidents.update(incident)
		credits_came_in(account)
	return back


def unexempt(ticket: str, reason: str = "") -> Correction:
	"""Remove the exemption: the ticket is charged again, or waits for credits when there are none."""
	with incident_of(ticket) as (account, incident):
		step(incident, Event.UNEXEMPT, Code.CHARGED)
		_note_reason(incident, reason)
		incident.exemption, incident.exemption_note, incident.exemption_url = None, "", ""
		incident.exempted_by = ""
		decide_again(account, incident, "recharge", Door.AGENT)
		incidents.update(incident)
	return Correction(incident)


def decide_again(account: OpenAccount | None, incident: Incident, event: str, door: Door) -> Decision | None:
	"""Decide, as at ``door``, for a ticket that exists: what would be refused is parked."""
	if account is None:
		incident.state = label_of(State.NOT_ENFORCED if incident.customer else State.UNIDENTIFIED)
		incident.decision = state_of(incident.state).value
		responses.forget(incident)
		return None
	policy = site.policy_for(door, account.row)
	policy = Policy.PARK if policy is Policy.REFUSE else policy
	extra = extras.accepted(incident.name, incident.customer)
	decision = charging.decide_for(account, door, incident.customer or "", policy=policy, extra=extra)
	charging.enter_decision(
		account, incident, decision, f"ticket:{incident.ticket_key}:{event}:{incident.cycle}"
	)
	return decision


def count(ticket: str, reason: str = "") -> Correction:
	"""An agent says that a ticket that began without a charge is an incident: it is charged, or waits for credits."""
	with incident_of(ticket) as (account, incident):
		step(incident, Event.COUNT, Code.CHARGED)
		_note_reason(incident, reason)
		requested = state_of(incident.state) is State.NOT_CHARGEABLE
		count_in(account, incident, Door.AGENT)
		if requested:  # nothing was promised for a request: its time runs from here
			responses.restart(incident, clock.now())
		incidents.update(incident)
	return Correction(incident, restarted=requested)


def _note_reason(incident: Incident, reason: str) -> None:
	"""Why it is charged. A ticket that is closed is charged for a reason only: its customer thinks it is over."""
	# Its row is locked: this read is of now.
	status = frappe.db.get_value("HD Ticket", incident.ticket, "status_category", for_update=True)
	if status == "Resolved" and not reason:
		frappe.throw(
			_(
				"Ticket {0} is closed. Say why it is charged all the same: the reason stays with its incident."
			).format(incident.ticket_no),
			WrongState,
		)
	incident.charge_reason = reason


def count_in(account: OpenAccount | None, incident: Incident, door: Door) -> Decision | None:
	"""The same for an incident that is locked; the caller writes it."""
	step(incident, Event.COUNT, Code.CHARGED)
	return decide_again(account, incident, "count", door)


def park(ticket: str) -> Correction:
	"""Let an uncharged ticket wait for credits, its clock stopped; it is released like every parked one."""
	with incident_of(ticket) as (account, incident):
		after = step(incident, Event.PARK)
		if account is None:
			frappe.throw(
				_(
					"Ticket {0} has no customer with a Credit Account, so there is nothing to wait for. Set its customer first."
				).format(ticket),
				WrongState,
			)
		incident.state, incident.decision = label_of(after), after.value
		incident.parked_at_utc = stamp_text(account.at)
		incident.message = _("This ticket waits for credits.")
		responses.forget(incident)
		account.parked.append(incident.name)
		incidents.update(incident)
		# Nothing else may move the queue when the credits are there already.
		releases.release_parked(account)
	return Correction(incidents.lock([incident.name])[0])


def release(ticket: str) -> Correction:
	"""Charge a parked ticket now, before its turn. Raises WrongState with the balance when it cannot be paid."""
	with incident_of(ticket) as (account, incident):
		step(incident, Event.RELEASE, Code.CHARGED)
		if account is None or not releases.release(account, incident):
			left = available(account.lots.values(), account.at) if account else 0
			frappe.throw(
				_(
					"Ticket {0} cannot be released: the balance is {1}. Grant credits, or exempt the ticket."
				).format(ticket, left),
				WrongState,
			)
		releases.finish_soon()
	return Correction(incident)


def withdraw(incident_name: str) -> Incident:
	"""The customer no longer wants a parked ticket: it leaves the queue. Called while the ticket is being saved.

	Between a grant and the job that wakes the ticket the incident is charged already; then there is nothing to
	withdraw, and the ticket is closed as any charged one.
	"""
	with account_lock(_account(incident_name), clock.now()) as account:
		incident = incidents.lock_in(account, incident_name)
		if incident.state != "Parked":
			incident.ticket_update_due = 0
			incidents.update(incident)
			return incident
		after = step(incident, Event.WITHDRAW)
		releases.leave_queue(account, incident)
		incident.state, incident.decision = label_of(after), after.value
		incident.message = _("Withdrawn before it was charged.")
		incidents.update(incident)
		releases.release_parked(account)  # what it waited for may be enough for the next in the queue
	return incident


def reopen(incident_name: str) -> Incident:
	"""A withdrawn ticket comes back: it pays like a new one, or waits. Called while the ticket is being saved."""
	account_name = _account(incident_name)
	if not account_name:
		return _reopened(None, incident_name)
	with account_lock(account_name, clock.now()) as account:
		return _reopened(account, incident_name)


def _reopened(account: OpenAccount | None, incident_name: str) -> Incident:
	incident = incidents.lock_in(account, incident_name)
	step(incident, Event.REOPEN, Code.CHARGED)
	decide_again(account, incident, "reopen", Door(incident.door))
	responses.restart(incident, clock.now())
	incidents.update(incident)
	return incident


def _account(incident_name: str) -> str | None:
	return frappe.db.get_value("Support Incident", incident_name, "account")
