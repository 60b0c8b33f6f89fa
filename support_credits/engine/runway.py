"""How long credits last: at the pace they were spent lately, under a tier's monthly cost, with each lot's own end.

An estimate for people, made of the same spending order as a charge. It reads no clock and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from support_credits.engine.calendar_days import add_months, last_usable_day, local_day
from support_credits.engine.errors import EngineError
from support_credits.engine.model import DAY, Lot

HORIZON_DAYS = 730  # further than that nobody's pace of today is worth a date
PACE_DAYS = 90
PACE_DAYS_MIN = 30  # a customer of three days has no pace yet


@dataclass(frozen=True, slots=True)
class Pace:
	"""``credits`` were spent in the last ``days``."""

	credits: int
	days: int

	@property
	def a_day(self) -> Fraction:
		return Fraction(max(0, self.credits), self.days)

	@property
	def a_month(self) -> Fraction:
		"""In a twelfth of a year of 365 days."""
		return self.a_day * 365 / 12


@dataclass(frozen=True, slots=True)
class Runway:
	"""``lasts_until`` is the last day on which all that is needed can be paid; None when that is beyond the horizon.
	``unused`` counts whole credits that expire before they are needed, up to that day.
	"""

	lasts_until: date | None
	unused: int


def pace_of(spent: int, since: datetime, at: datetime, is_cut: bool = False) -> Pace:
	"""The pace of ``spent`` credits since ``since`` (not later than ``at``), over 30 to 90 days. Where what was spent before
	``since`` is not known (``is_cut``), over the days that are.
	"""
	fewest = 1 if is_cut else PACE_DAYS_MIN
	days = min(PACE_DAYS, max(fewest, (at - since) // timedelta(days=1)))
	return Pace(spent, days)


@dataclass(frozen=True, slots=True)
class Holding:
	"""Credits that can be spent from the local day ``first`` to ``last``, date.max for ever."""

	first: date
	last: date
	credits: int


def holdings(lots: Iterable[Lot], at: datetime, zone: ZoneInfo) -> tuple[Holding, ...]:
	"""What ``lots`` hold from ``at`` on, by days and in spending order. Lots with the same days are one: which of them is
	spent first makes no difference.
	"""
	sums: dict[tuple[date, date], int] = {}
	for lot in lots:
		if lot.remaining > 0 and not lot.voided and (lot.expires_at is None or lot.expires_at > at):
			last = last_usable_day(lot.expires_at, zone) if lot.expires_at else date.max
			days = (last, local_day(lot.granted_at, zone))
			sums[days] = sums.get(days, 0) + lot.remaining
	return tuple(Holding(first, last, credits) for (last, first), credits in sorted(sums.items()))


def runway(
	held: Iterable[Holding], today: date, pace: Fraction, monthly: int, start: date | None = None
) -> Runway:
	"""How long what is ``held`` lasts from ``today``: ``pace`` credits a day, and ``monthly`` at the start of each month from
	``start`` (default today; an earlier day's months are counted on).

	Credits are used up to the end of their last day, what ends first first. What cannot be paid in full is not paid.
	"""
	if pace < 0 or monthly < 0:
		raise EngineError(f"a pace is never negative: {pace}, {monthly}")
	stock = _Stock(held)
	if not (pace or monthly):
		return stock.until_all_expired()
	fees = _fee_days(start or today, today) if monthly else frozenset()
	days = stock.days | fees | {today}
	stops = sorted(day for day in days if today <= day < today + HORIZON_DAYS * DAY)
	for day, following in zip(stops, [*stops[1:], today + HORIZON_DAYS * DAY], strict=True):
		wanted = (following - day).days
		paid = stock.spend(day, wanted, pace, monthly if day in fees else 0)
		if paid < wanted:
			return Runway(day + (paid - 1) * DAY, int(stock.unused))
	return Runway(None, int(stock.unused))


def after_paying(held: Iterable[Holding], today: date, credits: int) -> tuple[Holding, ...] | None:
	"""What is left of ``held`` once ``credits`` are taken ``today``, in spending order; None when they cannot be."""
	left = list(held)
	for place, one in enumerate(left):
		if one.first <= today <= one.last:
			taken = min(one.credits, credits)
			left[place] = replace(one, credits=one.credits - taken)
			credits -= taken
	return None if credits else tuple(one for one in left if one.credits)


def _fee_days(start: date, today: date) -> frozenset[date]:
	"""The days on which a month of ``start`` begins, as far as anybody looks."""
	passed = max(0, (today.year - start.year) * 12 + today.month - start.month - 1)
	months = range(passed, passed + HORIZON_DAYS // 28 + 3)
	return frozenset(add_months(start, month) for month in months)


@dataclass(slots=True)
class _Left:
	"""What is left of a holding."""

	first: date
	last: date
	left: Fraction


class _Stock:
	"""Holdings in spending order. Between two of ``days`` none begins and none ends."""

	def __init__(self, held: Iterable[Holding]) -> None:
		self.held = [_Left(one.first, one.last, Fraction(one.credits)) for one in held]
		self.unused = Fraction(0)

	@property
	def days(self) -> frozenset[date]:
		ends = {lot.last + DAY for lot in self.held if lot.last != date.max}
		return frozenset({lot.first for lot in self.held} | ends)

	def spend(self, day: date, days: int, pace: Fraction, fee: int) -> int:
		"""Spend ``fee`` on ``day`` and ``pace`` on each of ``days``; returns for how many days it was enough."""
		self.unused += sum(lot.left for lot in self.held if lot.last < day)
		self.held = [lot for lot in self.held if lot.last >= day]
		usable = [lot for lot in self.held if lot.first <= day]
		able = sum((lot.left for lot in usable), Fraction(0))
		if able < fee + pace:
			return 0
		paid = min(days, int((able - fee) / pace)) if pace else days
		self._take(usable, fee + paid * pace)
		return paid

	def _take(self, usable: list[_Left], credits: Fraction) -> None:
		for lot in usable:
			taken = min(lot.left, credits)
			lot.left -= taken
			credits -= taken

	def until_all_expired(self) -> Runway:
		"""Nothing is ever spent: the credits last as long as the last lot, and all of them are unused then."""
		last = max((lot.last for lot in self.held), default=None)
		if last is None or last == date.max:
			return Runway(None, 0)
		return Runway(last, int(sum(lot.left for lot in self.held)))
