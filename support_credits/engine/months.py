"""Calendar months of a provider's zone as exact instants: what a chart by month puts into one bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from support_credits.engine.calendar_days import end_of_day, local_day
from support_credits.engine.errors import EngineError

MONTHS_MAX = 120


@dataclass(frozen=True, slots=True)
class Month:
	"""A month by its ``first`` and ``last`` day; from ``begins`` until ``ends`` (UTC, exclusive)."""

	first: date
	last: date
	begins: datetime
	ends: datetime


def months_until(at: datetime, count: int, zone: ZoneInfo) -> tuple[Month, ...]:
	"""The last ``count`` months of ``zone``, oldest first; the one that ``at`` is in comes last and is not over."""
	if not 1 <= count <= MONTHS_MAX:
		raise EngineError(f"months must be from 1 to {MONTHS_MAX}: {count}")
	first = local_day(at, zone).replace(day=1)
	found = []
	for _month in range(count):
		found.append(_month_of(first, zone))
		first = (first - timedelta(days=1)).replace(day=1)
	return tuple(reversed(found))


def _month_of(first: date, zone: ZoneInfo) -> Month:
	last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
	return Month(first, last, end_of_day(first - timedelta(days=1), zone), end_of_day(last, zone))
