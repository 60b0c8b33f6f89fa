"""From a target to an instant: covered hours, clock hours or business days, never a bare number (rule 20).

Owns when a promise is due and what a change of severity does to it. Why it is due then is
:mod:`~support_credits.engine.explanation`'s.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from support_credits.engine.calendar_days import local_day
from support_credits.engine.catalogue_model import UNITS, Target
from support_credits.engine.covered_time import HORIZON_YEARS, TOO_FAR, CoveredTime, NeverCovered
from support_credits.engine.errors import EngineError
from support_credits.engine.model import DAY, as_utc

COVERED_HOURS, CLOCK_HOURS, BUSINESS_DAYS = UNITS
HOUR = timedelta(hours=1)
_DAYS_MAX = HORIZON_YEARS * 366


def due_at(target: Target, start: datetime, time: CoveredTime) -> datetime:
	"""The last instant at which the target is met, in UTC. NeverCovered where the calendar never gets there.

	Covered hours run while the calendar is open, so outside its hours they begin at the next opening. Clock hours run
	always. Business days are the covered days after the one on which ``start`` lies; the target is met until the end of
	the last of them, whenever on its day the ticket came.
	"""
	if target.unit == COVERED_HOURS:
		return time.add(start, target.value * HOUR)
	if target.unit == CLOCK_HOURS:
		return as_utc(start) + target.value * HOUR
	if target.unit == BUSINESS_DAYS:
		return end_of_business_day(target.value, start, time)
	raise EngineError(f"unknown unit of a target: {target.unit!r}")


def end_of_business_day(count: int, start: datetime, time: CoveredTime) -> datetime:
	"""The end of the ``count``-th (at least 1) covered day after the local day of ``start``."""
	first = local_day(start, time.calendar.zone)
	left = count
	for number in range(1, _DAYS_MAX + 1):
		day = first + number * DAY
		if not time.opens_on(day):
			continue
		left -= 1
		if left == 0:
			return time.of_day(day)[-1][1]
	time.next_opening(start)  # says so where it is never open at all
	local = start.astimezone(time.calendar.zone).strftime("%Y-%m-%d %H:%M")
	raise NeverCovered(TOO_FAR, calendar=time.calendar.name, years=HORIZON_YEARS, start=local)


def after_change(
	target: Target, due: datetime, at: datetime, before: CoveredTime, now: CoveredTime
) -> datetime:
	"""When a promise that was ``due`` is due after, ``at`` some instant, other hours began to count for the ticket.

	What is left of it under the hours ``before`` is left under those that count ``now``: hours that were not covered while
	they passed do not become so afterwards, or a ticket confirmed as severe on Monday would have been missed on Saturday.
	A promise that was due already stays as it is, and one for a more severe ticket is never due later: its last business
	day may end later, which is no reason to wait for it.
	"""
	if at >= due or target.unit == CLOCK_HOURS:
		return due
	if target.unit == COVERED_HOURS:
		remaining = before.elapsed(at, due)
		# Nothing is left where the hours were edited since and the deadline has still to follow: then it stays.
		return now.add(at, remaining) if remaining else due
	left = _days_left(local_day(at, before.calendar.zone), due, before)
	if not left:
		return due
	then = end_of_business_day(left, at, now)
	return min(due, then) if now.severity >= before.severity else then


def _days_left(today: date, due: datetime, time: CoveredTime) -> int:
	"""Covered days after ``today`` until the one at whose end the promise is due."""
	last = local_day(due, time.calendar.zone)
	days = (today + number * DAY for number in range(1, (last - today).days + 1))
	return sum(time.opens_on(day) and time.of_day(day)[-1][1] <= due for day in days)
