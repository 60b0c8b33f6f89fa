"""Entries by hand above a number of credits need a second person: who asked cannot approve, and silence does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from support_credits.engine.errors import NotAllowed
from support_credits.engine.marking import _


class State(str, Enum):
	"""Where a request stands; stored as these strings."""

	WAITING = "Waiting"
	APPROVED = "Approved"
	DECLINED = "Declined"
	EXPIRED = "Expired"
	WITHDRAWN = "Withdrawn"


class Event(str, Enum):
	"""What may happen to a request."""

	APPROVE = "approve"
	DECLINE = "decline"
	WITHDRAW = "withdraw"  # by who asked


APPROVAL_NEXT: Mapping[tuple[State, Event], State] = {
	(State.WAITING, Event.APPROVE): State.APPROVED,
	(State.WAITING, Event.DECLINE): State.DECLINED,
	(State.WAITING, Event.WITHDRAW): State.WITHDRAWN,
}


def needs_second_person(credits: int, limit: int) -> bool:
	"""Whether an entry of so many credits, in or out, needs one: from ``limit`` on; a limit of 0 asks for nobody."""
	return 0 < limit <= abs(credits)


def state_at(state: State, expires_at: datetime, at: datetime) -> State:
	"""The state at an instant: one that waits is over from ``expires_at`` on, whether or not a job has said so."""
	return State.EXPIRED if state is State.WAITING and at >= expires_at else state


def next_state(state: State, event: Event, asked_by: str, who: str) -> State:
	"""The state after ``who`` did this. NotAllowed when it is answered already, when he approves what he asked for
	himself, or takes back what somebody else did.
	"""
	if (state, event) not in APPROVAL_NEXT:
		raise NotAllowed(_("it is {state} already"), state=state.value)
	if event is Event.APPROVE and who == asked_by:
		raise NotAllowed(_("who asked for it cannot approve it: it needs another manager"))
	if event is Event.WITHDRAW and who != asked_by:
		raise NotAllowed(_("only who asked for it can take it back: decline it instead"))
	return APPROVAL_NEXT[state, event]
