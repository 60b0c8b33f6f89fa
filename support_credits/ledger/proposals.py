"""Extra credits for a ticket: proposed by an agent, charged when its customer accepts (design rule 14).

The order of locks is that of every correction: ticket, account, incident; the proposal's own row comes last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import frappe
from frappe import _

from support_credits.engine.allocation import allocate, balance, checked_amount
from support_credits.engine.errors import NotAllowed, NotEnoughCredits
from support_credits.engine.grants import days_after
from support_credits.engine.model import Allocation, parse_stamp, stamp_text
from support_credits.engine.proposal import CHARGEABLE, Event, State, covered_minutes, next_state, state_at
from support_credits.exceptions import CreditsRefused, WrongState
from support_credits.ledger import (
	charging,
	clock,
	corrections,
	extras,
	incidents,
	queries,
	rows,
	subscriptions,
	ticket_notices,
)
from support_credits.ledger import settings as site
from support_credits.ledger.extras import DOCTYPE
from support_credits.ledger.posting import OpenAccount
from support_credits.ledger.rows import Incident
from support_credits.ledger.wording import state_of

COLUMNS = (
	"name", "ticket", "ticket_no", "customer", "incident", "state", "credits", "minutes", "reason", "proposed_at_utc",
	"expires_at_utc", "answered_at_utc",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
	"""A proposal that was answered; ``balance`` is the account's after it."""

	proposal: str
	ticket: str
	state: State
	credits: int
	balance: int


def propose(ticket: str, credits: int, reason: str) -> str:
	"""An agent asks for ``credits`` more for ``ticket``; returns the proposal. Nothing is charged.

	Raises WrongState where the ticket holds no charge, or has an open proposal already.
	"""
	checked_amount(credits)
	with corrections.incident_of(ticket) as (_account, incident):
		_check_chargeable(incident)
		at = clock.now()
		extras.expire_of(incident.name)
		name = incidents.new_name()
		values = {
			"name": name,
			"ticket": incident.ticket,
			"ticket_no": incident.ticket_no,
			"customer": incident.customer,
			"incident": incident.name,
			"open_key": incident.name,  # unique: whoever proposes at the same time has not seen this one
			"state": State.OPEN.value,
			"credits": credits,
			"minutes": site.cover_minutes() * credits,
			"reason": reason,
			"proposed_by": frappe.session.user,
			"proposed_at_utc": stamp_text(at),
			"expires_at_utc": stamp_text(days_after(at, site.proposal_days(), site.provider_zone())),
		}
		_insert(values)
		ticket_notices.proposed(name, incident, credits)
	return name


def _insert(values: dict[str, object]) -> None:
	try:
		rows.insert_rows(DOCTYPE, [values])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		frappe.throw(
			_("Ticket {0} has a proposal that nobody has answered yet. Withdraw it first.").format(
				values["ticket_no"]
			),
			WrongState,
		)


def accept(proposal: str) -> Answer:
	"""Charge what was proposed, once. Raises WrongState when it was answered or is over, and CreditsRefused, with the
	proposal still open, when the credits do not suffice.
	"""
	with _open_proposal(proposal, Event.ACCEPT) as (account, incident, row, after):
		_check_same(incident, row)
		subscriptions.settle(account)
		charged_at = incident.charged_at_utc
		parts = _parts(account, row)
		charging.enter_charge(account, incident, parts, f"proposal:{row.name}")
		incident.charged_at_utc = charged_at  # of the incident itself
		incidents.update(incident)
		_write(row, after)
		left = balance(account.lots.values(), account.at)
	return Answer(row.name, row.ticket_no, after, row.credits, left)


def _parts(account: OpenAccount, row: frappe._dict) -> tuple[Allocation, ...]:
	account.read_open_lots()
	try:
		return allocate(row.credits, account.lots.values(), account.at)
	except NotEnoughCredits as error:
		frappe.throw(
			_(
				"Not enough support credits: the proposal needs {0} and your balance is {1}. It stays open; buy or redeem credits, then accept it."
			).format(error.needed, error.available),
			CreditsRefused,
			title=_("Not enough support credits"),
		)


def decline(proposal: str, note: str = "") -> Answer:
	"""The customer does not want it; nothing is charged."""
	return _end(proposal, Event.DECLINE, note)


def withdraw(proposal: str) -> Answer:
	"""The agent takes it back before it was answered."""
	return _end(proposal, Event.WITHDRAW)


def _end(proposal: str, event: Event, note: str = "") -> Answer:
	with _open_proposal(proposal, event) as (account, _incident, row, after):
		_write(row, after, note)
		left = queries.balance(account.name) if account else 0
	return Answer(row.name, row.ticket_no, after, row.credits, left)


@contextmanager
def _open_proposal(
	proposal: str, event: Event
) -> Iterator[tuple[OpenAccount, Incident, frappe._dict, State]]:
	"""The proposal with its ticket's account and incident, all locked, and its state after ``event``."""
	ticket = frappe.db.get_value(DOCTYPE, proposal, "ticket", order_by=None)
	if not ticket:
		frappe.throw(_("Proposal {0} does not exist.").format(proposal), frappe.DoesNotExistError)
	with corrections.incident_of(ticket) as (account, incident):
		row = _lock(proposal)
		try:
			after = next_state(_state(row, clock.now()), event)
		except NotAllowed as error:
			frappe.throw(
				_("Proposal {0} cannot be answered: {1}.").format(
					proposal, _(error.template).format(state=_(str(error.values["state"])))
				),
				WrongState,
			)
		yield account, incident, row, after


def _lock(proposal: str) -> frappe._dict:
	columns = ", ".join(COLUMNS)
	text = f"SELECT {columns} FROM `tabCredit Proposal` FORCE INDEX (PRIMARY) WHERE name = %s FOR UPDATE"
	return frappe.db.sql(text, proposal, as_dict=True)[0]


def _check_chargeable(incident: Incident) -> None:
	if state_of(incident.state) not in CHARGEABLE:
		frappe.throw(
			_("Ticket {0} is {1}: extra credits are charged on top of a charge only.").format(
				incident.ticket_no, _(incident.state)
			),
			WrongState,
		)


def _check_same(incident: Incident, row: frappe._dict) -> None:
	"""The customer who accepts is the one who was asked, for the incident he was asked about."""
	_check_chargeable(incident)
	if incident.name != row.incident or incident.customer != row.customer:
		frappe.throw(
			_("Ticket {0} has changed since this was proposed. Ask for a new proposal.").format(
				row.ticket_no
			),
			WrongState,
		)


def _write(row: frappe._dict, after: State, note: str = "") -> None:
	values = {
		"state": after.value,
		"open_key": None,
		"answer_note": note,
		"answered_by": frappe.session.user,
		"answered_at_utc": stamp_text(clock.now()),
	}
	frappe.db.set_value(DOCTYPE, row.name, values)


def _state(row: frappe._dict, at: object) -> State:
	return state_at(State(row.state), parse_stamp(row.expires_at_utc), at)


def found(**filters: object) -> list[tuple[frappe._dict, State]]:
	"""Proposals with the state they have now, newest first."""
	at = clock.now()
	listed = frappe.get_all(
		DOCTYPE, filters=filters, fields=list(COLUMNS), order_by="creation desc, name asc", limit=50
	)
	return [(row, _state(row, at)) for row in listed]


def covered(incident: Incident) -> int:
	"""Minutes of work an incident covers, with what its customer accepted on top."""
	return covered_minutes(site.cover_minutes(), extras.accepted(incident.name, incident.customer))
