"""What an incident's row must say, given its entries: judged one incident at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from frappe import _

from support_credits.engine.incident import State
from support_credits.ledger.findings import Finding, found
from support_credits.ledger.wording import label_of

ByName = dict[str, int]  # credits by lot, or by the entry that charged them
CHARGED_STATES = ("Charged", "Overdrawn")
STATES = frozenset(label_of(state) for state in State if state is not State.AS_DECIDED)


@dataclass(frozen=True)
class Payer:
	"""The account whose incidents are looked at, with all that were joined into it; ``overdrafts`` are lots."""

	account: str
	customer: str
	family: tuple[str, ...]
	overdrafts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Said:
	"""What an incident's row says of itself."""

	name: str
	state: str
	credits: int
	funding: str
	ticket_key: str
	cycle: int
	charged_at: str
	customer: str
	suspect: bool  # whether its ticket, or what follows it, is to be looked at


@dataclass(frozen=True, slots=True)
class Sum:
	"""What the entries of one incident on one lot add up to, and the first of them."""

	lot: str
	charged: int
	number: int
	kind: str
	entry: str
	event: str
	posted_at: str


@dataclass(frozen=True, slots=True)
class Entered:
	"""What the entries of one incident say: sums by lot, and by the lot that holds the credits today."""

	sums: Sequence[Sum]
	charged: ByName
	holders: Mapping[str, str]
	open_charges: Callable[
		[], ByName
	]  # by entry; asked only where the first entry of each lot is not all there is

	@property
	def net(self) -> int:
		return sum(self.charged.values())


def incident_problem(payer: Payer, said: Said, entered: Entered) -> Finding | None:
	"""The first thing that is wrong with one incident."""
	return (
		_state_problem(payer, said, entered)
		or _customer_problem(payer, said)
		or _funding_problem(said, entered)
		or _event_problem(said, entered.sums)
		or _time_problem(said, entered)
	)


def _state_problem(payer: Payer, said: Said, entered: Entered) -> Finding | None:
	net = entered.net
	if said.state not in STATES:
		return found(
			"incident_state", _("Incident {0} is '{1}', which no incident is."), said.name, said.state
		)
	if said.credits != net:
		message = _("Incident {0} says it is charged {1}; its entries add up to {2}.")
		return found("incident_sum", message, said.name, said.credits, net)
	if net and said.state not in CHARGED_STATES:
		message = _("Incident {0} is {1}, but holds a charge of {2}.")
		return found("incident_state", message, said.name, _(said.state), net)
	if (said.state == "Overdrawn") != bool(payer.overdrafts & entered.charged.keys()):
		message = _("Incident {0} is {1}, but its entries say otherwise of an overdraft.")
		return found("incident_state", message, said.name, _(said.state))
	return None


def _customer_problem(payer: Payer, said: Said) -> Finding | None:
	if said.customer.casefold() == payer.customer.casefold():
		return None
	message = _("Incident {0} is of customer {1}, but belongs to account {2} of {3}.")
	return found("incident_customer", message, said.name, said.customer or "-", payer.account, payer.customer)


def _funding_problem(said: Said, entered: Entered) -> Finding | None:
	if said.funding == _text_of_one_charge(entered):
		return None
	funding = parse_funding(said.funding)
	if funding is None:
		return found("incident_funding", _("Incident {0} does not say readably what funds it."), said.name)
	holders = entered.holders
	if by_name((holders.get(lot, lot), credits) for lot, credits, _entry in funding) != entered.charged:
		return found("incident_funding", _("Incident {0} names other lots than its entries."), said.name)
	if funding and by_name((entry, credits) for _lot, credits, entry in funding) != _open_charges(entered):
		return found(
			"incident_funding", _("Incident {0} names other entries than those that charge it."), said.name
		)
	return None


def _text_of_one_charge(entered: Entered) -> str | None:
	"""What funds most incidents, as it is stored: one entry, on a lot that is where it was."""
	if len(entered.sums) != 1 or entered.holders:
		return None
	part = entered.sums[0]
	return (
		f'[["{part.lot}",{part.charged},"{part.entry}"]]' if part.number == 1 and part.charged > 0 else None
	)


def _open_charges(entered: Entered) -> ByName:
	if _lone_charges(entered) is None:
		return entered.open_charges()
	return by_name((part.entry, part.charged) for part in entered.sums)


def _lone_charges(entered: Entered) -> list[Sum] | None:
	"""The charges, where each that was not given back is the only entry of its lot; None where it takes a closer look.

	After a join what one lot was charged is given back to its successor.
	"""
	charges = [part for part in entered.sums if part.charged]
	return charges if all(part.number == 1 and part.charged > 0 for part in charges) else None


def _event_problem(said: Said, sums: Sequence[Sum]) -> Finding | None:
	"""Entries name the ticket they were posted for by its key, and how often it had been charged before."""
	for part in sums:
		event, *rest = part.event.split(":")
		if event != "ticket" or not rest:
			continue
		key = base_key(rest[0])
		if key != base_key(said.ticket_key):
			message = _(
				"Incident {0} is of the ticket with key {1}, but {2} was posted for the one with key {3}."
			)
			return found("incident_ticket", message, said.name, said.ticket_key or "-", part.entry, key)
		if said.cycle < _cycle_after(part.kind, rest[-1]):
			message = _("Incident {0} says it was charged {1} times; {2} says more.")
			return found("incident_cycle", message, said.name, said.cycle, part.entry)
	return None


def _time_problem(said: Said, entered: Entered) -> Finding | None:
	"""Where each charge is an entry of its own, the last of them is when it was charged."""
	charges = _lone_charges(entered)
	if not charges or any(not part.event.startswith("ticket:") for part in charges):
		return None
	last = max(charges, key=lambda part: part.posted_at)
	if said.charged_at == last.posted_at:
		return None
	message = _("Incident {0} says it was charged at {1}; {2} was posted at {3}.")
	return found("incident_time", message, said.name, said.charged_at or "-", last.entry, last.posted_at)


def base_key(ticket_key: str) -> str:
	"""The ticket's own key: an incident that was followed by another of the same ticket has it with an addition."""
	return ticket_key.partition("~")[0]


def _cycle_after(kind: str, event: str) -> int:
	"""How often an incident was charged at least, once an event of it (``open/1``, ``2/1``) is posted."""
	number = event.partition("/")[0]
	before = int(number) if number.isascii() and number.isdigit() else 0
	return before + 1 if kind == "Charge" else before


def parse_funding(text: str) -> list[tuple[str, int, str]] | None:
	"""Lot, credits and charge of each part; None where no ledger wrote it."""
	try:
		parts = json.loads(text or "[]")
	except (ValueError, RecursionError):
		return None
	return [tuple(part) for part in parts] if isinstance(parts, list) and all(map(_is_part, parts)) else None


def _is_part(part: object) -> bool:
	return isinstance(part, list) and [type(value) for value in part] == [str, int, str] and part[1] > 0


def by_name(parts: Iterable[tuple[str, int]]) -> ByName:
	"""Credits by name; what comes to nothing is left out."""
	sums: ByName = {}
	for name, credits in parts:
		sums[name] = sums.get(name, 0) + credits
	return {name: credits for name, credits in sums.items() if credits}
