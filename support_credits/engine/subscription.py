"""A Support Tier by the month: its periods, what falls due, and what another choice costs (rule 15).

Periods are counted from a first day, so that they stay on its day of the month: from 31 January the next begin on 28 or 29
February and on 31 March. Days are those of the provider's zone. Nothing here pays: what a step or a choice costs is said, and
the shell has it paid or does something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from support_credits.engine.calendar_days import add_months
from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _
from support_credits.engine.model import DAY
from support_credits.engine.transitions import follow


class State(str, Enum):
	"""Where a subscription stands; stored as these strings."""

	ACTIVE = "Active"
	ENDING = "Ending"  # cancelled; what is paid for runs out
	FALLEN = "Fallen"  # a period could not be paid: the base tier counts until credits come
	ENDED = "Ended"


class Event(str, Enum):
	"""What may happen to a subscription; stored as these strings in its history."""

	START = "Started"
	RENEW = "Renewed"
	FALL = "Fell"
	COME_BACK = "Came back"
	UPGRADE = "Upgraded"
	SWITCH = "Switched"
	PLAN = "Change planned"
	KEEP = "Kept"
	CANCEL = "Cancelled"
	END = "Ended"


SUBSCRIPTION_NEXT: Mapping[tuple[State, Event], State] = {
	(State.ACTIVE, Event.RENEW): State.ACTIVE,
	(State.ACTIVE, Event.FALL): State.FALLEN,
	(State.ACTIVE, Event.UPGRADE): State.ACTIVE,
	(State.ACTIVE, Event.SWITCH): State.ACTIVE,
	(State.ACTIVE, Event.PLAN): State.ACTIVE,
	(State.ACTIVE, Event.KEEP): State.ACTIVE,
	(State.ACTIVE, Event.CANCEL): State.ENDING,
	(State.ACTIVE, Event.END): State.ENDED,  # its customer was merged into one with a dearer tier
	(State.ENDING, Event.UPGRADE): State.ACTIVE,
	(State.ENDING, Event.SWITCH): State.ACTIVE,
	(State.ENDING, Event.PLAN): State.ACTIVE,
	(State.ENDING, Event.KEEP): State.ACTIVE,
	(State.ENDING, Event.END): State.ENDED,
	(State.FALLEN, Event.COME_BACK): State.ACTIVE,
	(State.FALLEN, Event.END): State.ENDED,
}
# What counts for the account's tickets: a tier that is paid.
PAID = frozenset({State.ACTIVE, State.ENDING})


@dataclass(frozen=True, slots=True)
class Plan:
	"""A tier and the credits its month costs, as agreed."""

	tier: str
	credits: int


@dataclass(frozen=True, slots=True)
class Period:
	"""From the day ``first`` to the day before ``following``, on which the next one begins."""

	first: date
	following: date

	@property
	def last(self) -> date:
		return self.following - DAY


@dataclass(frozen=True, slots=True)
class Subscription:
	"""``paid`` is the last period that was paid, under ``plan``; ``planned`` is what the next one is to be under, where
	that is something else. ``gives_up_on`` is the last day on which a fallen one comes back by itself.
	"""

	state: State
	plan: Plan
	counted_from: date
	paid: Period
	planned: Plan | None = None
	gives_up_on: date | None = None

	@property
	def next_plan(self) -> Plan:
		return self.planned or self.plan


@dataclass(frozen=True, slots=True)
class Step:
	"""What is to happen: ``after`` it the subscription is this, and ``cost`` credits are taken for it, now."""

	event: Event
	after: Subscription
	cost: int = 0


def next_state(state: State, event: Event) -> State:
	"""The state after ``event``. NotAllowed when that cannot happen."""
	return follow(SUBSCRIPTION_NEXT, state, event, _("this tier is {state} already"))


def period_of(counted_from: date, day: date) -> Period:
	"""The period that ``day`` is in. EngineError for a day before the first one."""
	if day < counted_from:
		raise EngineError(f"{day} is before the first period, which begins on {counted_from}")
	number = (day.year - counted_from.year) * 12 + day.month - counted_from.month
	if add_months(counted_from, number) > day:
		number -= 1
	return Period(add_months(counted_from, number), add_months(counted_from, number + 1))


def is_due(held: Subscription, today: date) -> bool:
	"""Whether what was paid for is over."""
	return held.state in PAID and today >= held.paid.following


def step(held: Subscription, today: date, able: int, return_days: int) -> Step | None:
	"""What ``today`` asks for, with ``able`` credits at hand; None for nothing.

	Of a period in which nothing ran what is left is charged as a whole, because the tier would have counted for every
	ticket of it; whole periods that have passed meanwhile are not: had there been a ticket in one, it would have had it paid.
	"""
	if held.state is State.FALLEN:
		return _fallen(held, today, able)
	if not is_due(held, today):
		return None
	if held.state is State.ENDING:
		return ended(held)
	plan, period = held.next_plan, period_of(held.counted_from, today)
	if plan.credits <= able:
		return _to(held, Event.RENEW, plan.credits, plan=plan, planned=None, paid=period)
	gives_up_on = today + timedelta(days=return_days)
	return _to(held, Event.FALL, plan=plan, planned=None, gives_up_on=gives_up_on)


def _fallen(held: Subscription, today: date, able: int) -> Step | None:
	if held.gives_up_on is None or today > held.gives_up_on:
		return ended(held)
	return _anew(held, held.plan, today) if held.plan.credits <= able else None


def _anew(held: Subscription, plan: Plan, today: date) -> Step:
	"""A fallen one begins with a whole month: days on which the base tier counted are not paid for."""
	period = period_of(today, today)
	return _to(
		held, Event.COME_BACK, plan.credits, plan=plan, counted_from=today, paid=period, gives_up_on=None
	)


def ended(held: Subscription) -> Step:
	"""It is over, whatever it was. NotAllowed when it is already."""
	return _to(held, Event.END, planned=None, gives_up_on=None)


def start(plan: Plan, today: date) -> Step:
	"""A first choice: counted from ``today``, the first month at once."""
	return Step(
		Event.START, Subscription(State.ACTIVE, plan, today, period_of(today, today)), cost=plan.credits
	)


def choose(held: Subscription | None, plan: Plan, today: date) -> Step | None:
	"""What choosing ``plan`` does; None when it is so already. A due period must have been settled before.

	Dearer: at once, for the difference of the two months, whatever is left of the period. As dear: at once, for nothing.
	Cheaper: from the next period on. The tier that counts already drops what was planned; where its price has changed, the
	new one is agreed from the next period on.
	"""
	if held is None or held.state is State.ENDED:
		return start(plan, today)
	if held.state is State.FALLEN:
		return _anew(held, plan, today)
	now = held.plan
	if plan.tier != now.tier and plan.credits >= now.credits:
		event = Event.UPGRADE if plan.credits > now.credits else Event.SWITCH
		return _to(held, event, plan.credits - now.credits, plan=plan, planned=None)
	if plan == now:
		settled = held.state is State.ACTIVE and held.planned is None
		return None if settled else _to(held, Event.KEEP, planned=None)
	if held.state is State.ACTIVE and held.planned == plan:
		return None
	return _to(held, Event.PLAN, planned=plan)


def cancel(held: Subscription) -> Step | None:
	"""It ends with what is paid for, a fallen one at once; None when it is ending already. NotAllowed when it is over."""
	if held.state is State.ENDING:
		return None
	if held.state is State.FALLEN:
		return ended(held)
	return _to(held, Event.CANCEL, planned=None)


@dataclass(frozen=True, slots=True)
class Outlook:
	"""A tier as it would be from now on: ``cost`` credits today, then ``month`` on ``next_on`` and a month later each time
	(None: never). ``changes``: whether choosing it would change anything.
	"""

	cost: int
	month: int
	next_on: date | None
	changes: bool


def outlook(held: Subscription | None, plan: Plan | None, today: date) -> Outlook:
	"""What choosing ``plan`` (None: the base tier) would cost from ``today`` on, with a month that is due paid first. To look
	ahead, never to decide by it.
	"""
	held, owed = _expected(held, today)
	if plan is None:
		return Outlook(owed, 0, None, held is not None and cancel(held) is not None)
	if held and held.state in PAID and held.plan.tier == plan.tier:
		plan = held.plan  # as agreed
	found = choose(held, plan, today)
	after = found.after if found else held
	assert after is not None  # choosing without one begins one
	return Outlook(owed + (found.cost if found else 0), plan.credits, after.paid.following, found is not None)


def _expected(held: Subscription | None, today: date) -> tuple[Subscription | None, int]:
	found = step(held, today, held.next_plan.credits, 0) if held and is_due(held, today) else None
	if found is None:
		return held, 0
	return (None if found.after.state is State.ENDED else found.after), found.cost


def _to(held: Subscription, event: Event, cost: int = 0, **changes: object) -> Step:
	state = next_state(held.state, event)
	return Step(event, replace(held, state=state, **changes), cost)  # type: ignore[arg-type]
