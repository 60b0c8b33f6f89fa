"""The states of an incident and what may happen in each, as a table (rules 6, 8, 11).

Owns which transitions exist. Who may cause one is the shell's question; what a re-charge costs is
decision.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from support_credits.engine.decision import Code
from support_credits.engine.errors import NotAllowed


class State(str, Enum):
	"""Where an incident stands. The first ten are the codes of a decision."""

	CHARGED = "charged"
	OVERDRAWN = "overdrawn"
	BEST_EFFORT = "best_effort"
	PARKED = "parked"
	EXEMPT = "exempt"
	UNIDENTIFIED = "unidentified"
	NOT_ENFORCED = "not_enforced"
	NOT_CHARGEABLE = "not_chargeable"
	AUTOMATIC = "automatic"
	WITHDRAWN = "withdrawn"  # parked, and the customer no longer wants it
	REFUNDED = (
		"refunded"  # given back without an exemption, for example a merged duplicate; never charged again
	)
	AS_DECIDED = "as_decided"  # not a state: ask decide() again, its code names the state


class Event(str, Enum):
	"""What may happen to an incident after its first decision."""

	IDENTIFY = "identify"  # an agent sets the customer of an unidentified ticket
	CORRECT_CUSTOMER = (
		"correct_customer"  # an agent corrects it: the old one is refunded, the new one decided
	)
	EXEMPT = "exempt"  # a reason is set: whatever was charged is refunded
	UNEXEMPT = "unexempt"  # the reason is removed: decided again
	RELEASE = "release"  # a grant lets a parked ticket go on
	WITHDRAW = "withdraw"  # the customer takes a parked ticket back
	REOPEN = "reopen"  # he wants it after all: it pays like a new one
	PARK = "park"  # an agent lets an uncharged ticket wait for credits
	REFUND = "refund"  # merged into another ticket, where the provider keeps no exemption reason for that
	COUNT = "count"  # made without a charge, and an incident all the same: a person wrote on it, or an agent says so


_PAID = (State.CHARGED, State.OVERDRAWN)
_ACCEPTED = (*_PAID, State.BEST_EFFORT)
_UNPAID = (State.BEST_EFFORT, State.NOT_ENFORCED)
_CORRECTABLE = (*_ACCEPTED, State.PARKED, State.EXEMPT, State.NOT_ENFORCED, State.UNIDENTIFIED)

INCIDENT_NEXT: Mapping[tuple[State, Event], State] = {
	(State.UNIDENTIFIED, Event.IDENTIFY): State.AS_DECIDED,
	**{
		(state, Event.CORRECT_CUSTOMER): State.AS_DECIDED
		for state in _CORRECTABLE
		if state is not State.EXEMPT
	},
	# An exempt ticket stays exempt for whoever owns it: the bug is the vendor's all the same.
	(State.EXEMPT, Event.CORRECT_CUSTOMER): State.EXEMPT,
	# A withdrawn one asks for nothing; it pays from its new owner when it opens again.
	(State.WITHDRAWN, Event.CORRECT_CUSTOMER): State.WITHDRAWN,
	**{(state, Event.EXEMPT): State.EXEMPT for state in (*_ACCEPTED, State.PARKED, State.UNIDENTIFIED)},
	(State.EXEMPT, Event.UNEXEMPT): State.AS_DECIDED,
	(State.PARKED, Event.RELEASE): State.AS_DECIDED,
	(State.PARKED, Event.WITHDRAW): State.WITHDRAWN,
	(State.WITHDRAWN, Event.REOPEN): State.AS_DECIDED,
	# A ticket that is charged has nothing to wait for.
	**{(state, Event.PARK): State.PARKED for state in _UNPAID},
	**{(state, Event.REFUND): State.REFUNDED for state in _PAID},
	(State.AUTOMATIC, Event.COUNT): State.AS_DECIDED,
	# Somebody has asked for an incident through the services' door: only agents see to it.
	(State.NOT_CHARGEABLE, Event.COUNT): State.AS_DECIDED,
}


def allowed(state: State, event: Event) -> bool:
	"""Whether ``event`` may happen to an incident in ``state``: what a screen shows as a button."""
	return (state, event) in INCIDENT_NEXT


def next_state(state: State, event: Event, decided: Code | None = None) -> State:
	"""The state after ``event``; NotAllowed when it cannot happen there, and the incident keeps its state.

	Where the table says AS_DECIDED, ``decided`` is the code of a fresh decision. A ticket that exists
	cannot be refused any more, so the shell decides with the park policy and REFUSED is not allowed here.
	"""
	if not allowed(state, event):
		raise NotAllowed(f"{event.value} is not possible for an incident that is {state.value}")
	after = INCIDENT_NEXT[state, event]
	if after is not State.AS_DECIDED:
		return after
	if decided is None or decided is Code.REFUSED:
		raise NotAllowed(f"{event.value} needs a decision that accepts the ticket")
	return State(decided.value)
