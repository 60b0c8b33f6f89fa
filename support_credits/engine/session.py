"""Help by the hour while it happens: started, paused, resumed, stopped; what was worked, and what it comes to (rule 17).

Owns what may happen to a session and what its marks add up to. The rounding is :mod:`~support_credits.engine.emergency`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise

from support_credits.engine.emergency import amount, billed_minutes
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.marking import _
from support_credits.engine.model import as_utc
from support_credits.engine.transitions import follow

SECOND = timedelta(seconds=1)


class Kind(str, Enum):
	"""What was agreed: help at once, or work outside the hours. They differ in their rate alone. Stored as these strings."""

	EMERGENCY = "Emergency"
	AFTER_HOURS = "After Hours"


class State(str, Enum):
	"""Where a session stands; stored as these strings."""

	RUNNING = "Running"
	PAUSED = "Paused"
	STOPPED = "Stopped"  # what it comes to is final
	CANCELLED = "Cancelled"  # it is not billed


class Event(str, Enum):
	"""What may happen to a session; marks are stored with these strings."""

	START = "start"
	PAUSE = "pause"
	RESUME = "resume"
	STOP = "stop"
	CANCEL = "cancel"


SESSION_NEXT: Mapping[tuple[State, Event], State] = {
	(State.RUNNING, Event.PAUSE): State.PAUSED,
	(State.PAUSED, Event.RESUME): State.RUNNING,
	(State.RUNNING, Event.STOP): State.STOPPED,
	(State.PAUSED, Event.STOP): State.STOPPED,
	(State.RUNNING, Event.CANCEL): State.CANCELLED,
	(State.PAUSED, Event.CANCEL): State.CANCELLED,
}
OPEN = frozenset({State.RUNNING, State.PAUSED})


@dataclass(frozen=True, slots=True)
class Mark:
	"""Something that happened to a session at an aware instant; ``by`` is who did it."""

	event: Event
	at: datetime
	by: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
	"""What an hour costs and how time is rounded, as they were when the session was started."""

	rate: Decimal
	step_minutes: int = 60
	least_minutes: int = 60
	decimals: int = 2  # of the rate's currency


@dataclass(frozen=True, slots=True)
class Bill:
	"""Time worked in whole seconds, minutes billed for it and what they cost; provisional until the session is stopped."""

	worked: timedelta
	minutes: int
	amount: Decimal


def next_state(state: State, event: Event) -> State:
	"""The state after ``event``. NotAllowed, naming the state, when that cannot happen."""
	return follow(SESSION_NEXT, state, event, _("this session is {state}"))


def begin(at: datetime, by: str = "") -> tuple[Mark, ...]:
	"""The marks of a session that starts at ``at``."""
	return (Mark(Event.START, as_utc(at), by),)


def after(marks: Sequence[Mark], event: Event, at: datetime, by: str = "") -> tuple[Mark, ...]:
	"""``marks`` with what happens at ``at``. A clock that was set back in between counts as standing still.

	NotAllowed, naming the state, when that cannot happen any more.
	"""
	next_state(state_of(marks), event)
	return (*marks, Mark(event, max(as_utc(at), marks[-1].at), by))


def check_stopped_at(marks: Sequence[Mark], at: datetime, now: datetime) -> None:
	"""Whoever forgot to stop says when the work ended: after all that is marked, and not in the future. Else NotAllowed."""
	if not marks[-1].at <= as_utc(at) <= as_utc(now):
		raise NotAllowed(
			_("it cannot have ended at {at}: that is not between its last mark, {last}, and now"),
			at=as_utc(at).isoformat(timespec="seconds"),
			last=marks[-1].at.isoformat(timespec="seconds"),
		)


def state_of(marks: Sequence[Mark]) -> State:
	"""The state that the marks lead to. EngineError for what no session can have gone through."""
	if not marks or marks[0].event is not Event.START:
		raise EngineError("a session begins with its start")
	state = State.RUNNING
	for before, mark in pairwise(marks):
		if mark.at < before.at:
			raise EngineError(f"{mark.event.value} is marked before {before.event.value}")
		state = next_state(state, mark.event)
	return state


def spans(marks: Sequence[Mark], until: datetime) -> Iterator[tuple[datetime, datetime]]:
	"""From when to when it ran; the last span of a running one ends at ``until``."""
	since: datetime | None = None
	for mark in marks:
		if since is not None:
			yield since, mark.at
		since = mark.at if mark.event in (Event.START, Event.RESUME) else None
	if since is not None:
		yield since, max(since, as_utc(until))


def worked(marks: Sequence[Mark], until: datetime) -> timedelta:
	"""Time for which it ran, in whole seconds."""
	total = sum((end - start for start, end in spans(marks, until)), timedelta(0))
	return total // SECOND * SECOND


def bill(marks: Sequence[Mark], terms: Terms, at: datetime) -> Bill:
	"""What it comes to when it is stopped at ``at``, or came to when it was. A cancelled one comes to nothing."""
	time = worked(marks, at)
	if state_of(marks) is State.CANCELLED:
		return Bill(time, 0, amount(0, terms.rate, terms.decimals))
	minutes = billed_minutes(time, terms.step_minutes, terms.least_minutes)
	return Bill(time, minutes, amount(minutes, terms.rate, terms.decimals))
