"""Work on a ticket: how time that was measured or typed becomes logged minutes, and what it takes beyond the cover (rule 14)."""

from __future__ import annotations

from datetime import datetime, timedelta

from support_credits.engine.errors import EngineError

MINUTE = timedelta(minutes=1)
# Of one log: who works on for longer than a day has forgotten his timer.
MOST_MINUTES = 24 * 60


def measured(started_at: datetime, at: datetime) -> timedelta:
	"""How long a timer has run. A clock that was set back meanwhile has measured nothing."""
	return max(timedelta(0), at - started_at)


def logged_minutes(worked: timedelta, step: int = 1) -> int:
	"""Minutes logged for ``worked``: the next multiple of ``step`` minutes up, at least one step, never over MOST_MINUTES.

	EngineError for work of less than no time and for a step of less than a minute.
	"""
	if worked < timedelta(0) or step < 1:
		raise EngineError(f"cannot log {worked} in steps of {step} minutes")
	steps = -(-worked // (step * MINUTE))
	return min(MOST_MINUTES, max(1, steps) * step)


def is_too_long(worked: timedelta) -> bool:
	"""Whether a timer has run for longer than one log may hold."""
	return worked > MOST_MINUTES * MINUTE


def credits_to_cover(used: int, covered: int, minutes_a_credit: int) -> int:
	"""Credits that would have to be added so that ``used`` minutes are covered; 0 where they are.

	EngineError where a credit covers no time at all.
	"""
	if minutes_a_credit < 1:
		raise EngineError(f"a credit that covers {minutes_a_credit} minutes covers nothing")
	return max(0, -(-(used - covered) // minutes_a_credit))
