"""Calendar months and the ends of local days, as exact instants (rules 2, 10, 11).

Owns the only arithmetic that needs a time zone in the credit rules. Covered time is a later module's.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from support_credits.engine.errors import EngineError
from support_credits.engine.model import DAY, UTC, as_utc

MONTHS_MAX = 600  # fifty years: longer is a typing slip, and no date arithmetic here can overflow below it
DAYS_MAX = 20_000


def add_months(day: date, months: int) -> date:
	"""``day`` a number of calendar months later, on the last day of a shorter month: 31 Jan + 3 = 30 Apr."""
	if not 0 <= months <= MONTHS_MAX:
		raise EngineError(f"months must be from 0 to {MONTHS_MAX}: {months}")
	years, month = divmod(day.month - 1 + months, 12)
	year, month = day.year + years, month + 1
	return date(year, month, min(day.day, monthrange(year, month)[1]))


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
	"""The instant (UTC, exclusive) at which the local ``day`` is over for good.

	On most nights that is the next local midnight. Where clocks go back across midnight it happens twice:
	the second one ends the day, because the first pass is followed by more of that day. Where they go back
	to midnight itself, the hour that comes twice is the next day's and the first midnight ends the day.
	Where clocks skip midnight, the day ends at the change itself.
	"""
	midnight = datetime.combine(day + DAY, time.min)
	late = midnight.replace(tzinfo=zone, fold=1).astimezone(UTC)
	early = midnight.replace(tzinfo=zone, fold=0).astimezone(UTC)
	if late.astimezone(zone).replace(tzinfo=None) == midnight:
		return late if local_day(late - datetime.resolution, zone) <= day else early
	return _change_between(late, early, day, zone)


def last_usable_day(expires_at: datetime, zone: ZoneInfo) -> date:
	"""The local day a customer is told: the last one on which something that ends at ``expires_at`` still
	holds."""
	return (as_utc(expires_at) - timedelta(microseconds=1)).astimezone(zone).date()


def local_day(at: datetime, zone: ZoneInfo) -> date:
	"""The date on the wall in ``zone`` at the instant ``at``; refuses a naive instant."""
	return as_utc(at).astimezone(zone).date()


def _change_between(low: datetime, high: datetime, day: date, zone: ZoneInfo) -> datetime:
	"""First whole second in (low, high] that is past ``day``: zone changes fall on whole seconds."""
	seconds_low, seconds_high = 0, int((high - low).total_seconds())
	while seconds_low < seconds_high:
		middle = (seconds_low + seconds_high) // 2
		if (low + timedelta(seconds=middle)).astimezone(zone).date() > day:
			seconds_high = middle
		else:
			seconds_low = middle + 1
	return low + timedelta(seconds=seconds_low)
