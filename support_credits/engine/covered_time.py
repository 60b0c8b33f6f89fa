"""Covered time: how much of it lies between two instants, and when a given amount of it has passed (rule 19).

An instant is covered when the wall clock of the calendar's zone shows, at that instant, a time inside a window. So a
window across a change of the clock is as long as that clock was inside it: 01:00 to 02:00 lasts two hours in the night the
hour comes twice, and nothing at all in the night it is left out.

All sums are of whole microseconds, so they are exact: what is added is what has elapsed. Each year is worked out once, as
its open intervals with running totals; an answer is then a search in a sorted list, however far away it lies.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _
from support_credits.engine.model import as_utc
from support_credits.engine.support_calendar import HOLIDAY, SupportCalendar, joined

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
SECOND, MINUTE, DAY = 10**6, 60 * 10**6, 86_400 * 10**6
FIRST_YEAR, LAST_YEAR = 1902, 2400  # zones say little before, and dates end at 9999
HORIZON_YEARS = 20  # a deadline further away is a mistake in the calendar or the target

NEVER = _(
	"{calendar} is never open in the {years} years from {start} on: give it a window that counts for this ticket"
)
TOO_FAR = _(
	"{calendar} is not open long enough for that within {years} years from {start}: shorten the target"
)
OUT_OF_RANGE = _("{calendar} cannot be asked about {start}: only the years {first} to {last}")


class NeverCovered(EngineError):
	"""Nothing, or not enough, is open within :data:`HORIZON_YEARS` of the start. Names calendar and start."""


@dataclass(frozen=True, slots=True)
class _Year:
	"""What is open in one UTC year: starts, ends, and how much has passed at each end. Microseconds since 1970."""

	starts: tuple[int, ...]
	ends: tuple[int, ...]
	passed: tuple[int, ...]

	@property
	def total(self) -> int:
		return self.passed[-1] if self.passed else 0

	def passed_at(self, at: int) -> int:
		"""How much of the year's covered time lies before ``at``."""
		number = bisect_right(self.starts, at)
		if not number:
			return 0
		return self.passed[number - 1] - max(0, self.ends[number - 1] - at)

	def when(self, passed: int) -> int:
		"""The first moment at which ``passed`` (from 1 to the total) lies behind."""
		number = bisect_left(self.passed, passed)
		return self.ends[number] - (self.passed[number] - passed)


class CoveredTime:
	"""Answers about one calendar for tickets of one severity. Years are kept once worked out; nothing else changes."""

	def __init__(self, calendar: SupportCalendar, severity: int = 0) -> None:
		self.calendar = calendar
		self.severity = severity
		self.spans = calendar.spans(severity)
		self._weekly = [[(a * MINUTE, b * MINUTE) for a, b in self.spans[day]] for day in range(HOLIDAY + 1)]
		self._holidays = {day.toordinal() for day in calendar.holidays}
		self._years: dict[int, _Year] = {}

	def add(self, start: datetime, covered: timedelta) -> datetime:
		"""The first instant at which ``covered`` (not negative) has passed since ``start``, in UTC. NeverCovered."""
		at, wanted = _us(start), covered // MICROSECOND
		if wanted < 0:
			raise EngineError(f"covered time to add must not be negative: {covered}")
		if wanted == 0:
			return as_utc(start)
		wanted += self._year(start.astimezone(UTC).year, start).passed_at(at)
		for year in self._ahead(start):
			if wanted <= year.total:
				return _instant(year.when(wanted))
			wanted -= year.total
		raise self._too_far(start)

	def elapsed(self, start: datetime, end: datetime) -> timedelta:
		"""Covered time from ``start`` to ``end``; negative when ``end`` is earlier. Sums of parts are exact."""
		first, last = as_utc(start), as_utc(end)
		if last < first:
			return -self.elapsed(end, start)
		passed = self._year(last.year, last).passed_at(_us(last)) - self._year(first.year, first).passed_at(
			_us(first)
		)
		passed += sum(self._year(year, first).total for year in range(first.year, last.year))
		return passed * MICROSECOND

	def is_covered(self, at: datetime) -> bool:
		year, moment = self._year(as_utc(at).year, at), _us(at)
		number = bisect_right(year.starts, moment)
		return bool(number) and moment < year.ends[number - 1]

	def next_opening(self, at: datetime) -> datetime:
		"""``at`` itself when it is covered, else the next instant that is. NeverCovered."""
		if self.is_covered(at):
			return as_utc(at)
		moment = _us(at)
		for year in self._ahead(at):
			number = bisect_left(year.starts, moment)
			if number < len(year.starts):
				return _instant(year.starts[number])
		raise self._too_far(at)

	def intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
		"""What is open between two instants, in order, each clipped to them; those that touch are one."""
		low, high = _us(start), _us(end)
		if high <= low:
			return
		found: list[tuple[int, int]] = []
		for number in range(as_utc(start).year, as_utc(end).year + 1):
			year = self._year(number, start)
			first, last = bisect_right(year.ends, low), bisect_left(year.starts, high)
			found += [(max(low, year.starts[n]), min(high, year.ends[n])) for n in range(first, last)]
		for a, b in joined(found):
			yield _instant(a), _instant(b)

	def opens_on(self, day: date) -> bool:
		"""Whether anything opens on that local day."""
		ordinal = day.toordinal() - EPOCH_DAY
		if not self._spans_of(ordinal):
			return False
		zone = self.calendar.zone
		steady = _offset(zone, (ordinal - 1) * DAY) == _offset(zone, (ordinal + 3) * DAY)
		return steady or bool(self.of_day(day))

	def of_day(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
		"""What opens on a local day, each to its end, which may lie on the next one. Empty on a closed or skipped day."""
		ordinal = day.toordinal() - EPOCH_DAY
		found: list[tuple[int, int]] = []
		for first, last, offset in _offsets(self.calendar.zone, (ordinal - 2) * DAY, (ordinal + 4) * DAY):
			for a, b in self._spans_of(ordinal):
				low, high = max(first, a - offset), min(last, b - offset)
				if low < high:
					found.append((low, high))
		return tuple((_instant(a), _instant(b)) for a, b in joined(found))

	def _spans_of(self, ordinal: int) -> list[tuple[int, int]]:
		"""The windows of the local day that many days after 1970, in microseconds of its wall clock since then."""
		holiday = ordinal + EPOCH_DAY in self._holidays
		kind = HOLIDAY if holiday else (ordinal + 3) % 7  # 1 January 1970 was a Thursday
		return [(ordinal * DAY + a, ordinal * DAY + b) for a, b in self._weekly[kind]]

	def _ahead(self, start: datetime) -> Iterator[_Year]:
		first = as_utc(start).year
		for number in range(first, min(first + HORIZON_YEARS, LAST_YEAR) + 1):
			yield self._year(number, start)

	def _year(self, number: int, asked: datetime) -> _Year:
		found = self._years.get(number)
		if found is None:
			if not FIRST_YEAR <= number <= LAST_YEAR:
				values = {"calendar": self.calendar.name, "start": asked.isoformat()}
				raise EngineError(OUT_OF_RANGE, first=FIRST_YEAR, last=LAST_YEAR, **values)
			found = self._years[number] = self._work_out(number)
		return found

	def _work_out(self, number: int) -> _Year:
		low, high = _us(datetime(number, 1, 1, tzinfo=UTC)), _us(datetime(number + 1, 1, 1, tzinfo=UTC))
		starts, ends, passed, total = [], [], [], 0
		for start, end in joined(self._open_between(low, high)):
			total += end - start
			starts.append(start)
			ends.append(end)
			passed.append(total)
		return _Year(tuple(starts), tuple(ends), tuple(passed))

	def _open_between(self, low: int, high: int) -> Iterator[tuple[int, int]]:
		for first, last, offset in _offsets(self.calendar.zone, low, high):
			# From the day before: one of its windows may run over midnight.
			for ordinal in range((first + offset) // DAY - 1, (last + offset - 1) // DAY + 1):
				for a, b in self._spans_of(ordinal):
					start, end = max(first, a - offset), min(last, b - offset)
					if start < end:
						yield start, end

	def _too_far(self, start: datetime) -> NeverCovered:
		first, *later = self._ahead(start)
		empty = first.passed_at(_us(start)) == first.total and not any(year.total for year in later)
		local = start.astimezone(self.calendar.zone).strftime("%Y-%m-%d %H:%M")
		template = NEVER if empty else TOO_FAR
		return NeverCovered(template, calendar=self.calendar.name, years=HORIZON_YEARS, start=local)


def _us(at: datetime) -> int:
	return (as_utc(at) - EPOCH) // MICROSECOND


def _instant(us: int) -> datetime:
	return EPOCH + us * MICROSECOND


def _offsets(zone: ZoneInfo, low: int, high: int) -> Iterator[tuple[int, int, int]]:
	"""Parts of [low, high) during which the zone's distance from UTC stays the same: start, end, distance."""
	begin, at, offset = low, low, _offset(zone, low)
	while at < high:
		then = min(at + DAY, high)
		after = _offset(zone, then)
		if after != offset:
			change = _change(zone, at, then, offset)
			yield begin, change, offset
			begin, then, offset = change, change, _offset(zone, change)
		at = then
	if begin < high:
		yield begin, high, offset


def _change(zone: ZoneInfo, low: int, high: int, offset: int) -> int:
	"""The first whole second after ``low`` with another distance from UTC; zones change on whole seconds."""
	low, high = low // SECOND, -(-high // SECOND)
	while high - low > 1:
		middle = (low + high) // 2
		if _offset(zone, middle * SECOND) == offset:
			low = middle
		else:
			high = middle
	return high * SECOND


def _offset(zone: ZoneInfo, us: int) -> int:
	distance = _instant(us).astimezone(zone).utcoffset()
	return 0 if distance is None else distance // MICROSECOND
