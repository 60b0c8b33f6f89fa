"""What covered time is, found the slow way: every real minute is asked what the clock on the wall shows.

Shares nothing with the engine but the shape of a calendar. Also the strategies for calendars of any shape, in places
and nights where clocks do something odd.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import cache
from itertools import accumulate, islice
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.support_calendar import SupportCalendar, Window

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOTHING = timedelta(0)
TICK = timedelta(microseconds=1)
HOLIDAY = 7
DAYS_BEFORE, DAYS_AFTER = 5, 9

# A zone, and a local day around which its clocks change, or the year does.
PLACES = (
	("UTC", date(2027, 1, 1)),
	("Europe/Lisbon", date(2026, 3, 29)),
	("Europe/Lisbon", date(2026, 10, 25)),
	("Europe/Lisbon", date(2026, 12, 31)),
	("Asia/Kolkata", date(2026, 12, 31)),
	("Asia/Kathmandu", date(1986, 1, 1)),  # its clocks went a quarter of an hour on, at midnight
	("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour back
	("Australia/Lord_Howe", date(2026, 10, 4)),
	("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
	("Pacific/Kiritimati", date(2027, 1, 1)),  # its year begins fourteen hours before that of UTC
	("Africa/Casablanca", date(2026, 2, 15)),  # back for Ramadan
	("Africa/Casablanca", date(2026, 3, 22)),
	("America/New_York", date(2026, 3, 8)),
	("America/New_York", date(2026, 11, 1)),
	("America/Sao_Paulo", date(2018, 11, 4)),  # clocks skipped midnight
	("America/Sao_Paulo", date(2018, 2, 17)),  # and showed the last hour of the day twice
)


@cache
def _walls(zone: ZoneInfo, start: datetime, days: int) -> list[tuple[date, int]]:
	"""Of each minute from ``start`` on: the date and the minute of the day which the wall shows."""
	walls = [(start + number * MINUTE).astimezone(zone) for number in range(days * 1440)]
	return [(wall.date(), wall.hour * 60 + wall.minute) for wall in walls]


class Oracle:
	"""A walk through the minutes of the days around ``day``."""

	def __init__(self, calendar: SupportCalendar, severity: int, day: date) -> None:
		self.calendar, self.severity = calendar, severity
		self.start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) - DAYS_BEFORE * DAY
		self.walls = _walls(calendar.zone, self.start, DAYS_BEFORE + DAYS_AFTER)
		self.end = self.start + len(self.walls) * MINUTE
		shown = {wall_day for wall_day, _minute in self.walls}
		opens = {one: self._minutes_of(one) for one in shown | {one - DAY for one in shown}}
		self.today = [opens[one][minute] for one, minute in self.walls]
		self.yesterday = [opens[one - DAY][minute + 1440] for one, minute in self.walls]
		self.open = [a or b for a, b in zip(self.today, self.yesterday, strict=True)]
		self.passed = [0, *accumulate(self.open)]

	def _minutes_of(self, day: date) -> list[bool]:
		"""Of each minute of that day and the next one: whether a window that starts on that day holds it."""
		kind = HOLIDAY if day in self.calendar.holidays else day.weekday()
		found = [False] * 2 * 1440
		for window in self.calendar.windows:
			if kind in window.days and self.severity >= window.from_severity:
				found[window.start : window.end] = [True] * (window.end - window.start)
		return found

	def is_open(self, at: datetime) -> bool:
		return self.open[(at - self.start) // MINUTE]

	def elapsed(self, first: datetime, last: datetime) -> timedelta:
		return self._since_start(last) - self._since_start(first)

	def _since_start(self, at: datetime) -> timedelta:
		number, rest = divmod(at - self.start, MINUTE)
		return self.passed[number] * MINUTE + (
			rest if number < len(self.open) and self.open[number] else NOTHING
		)

	def add(self, start: datetime, covered: timedelta) -> datetime | None:
		"""None where the walk ends before so much has passed."""
		number, left = (start - self.start) // MINUTE, covered
		at = start
		while left and number < len(self.open):
			end = self.start + (number + 1) * MINUTE
			if self.open[number]:
				if end - at >= left:
					return at + left
				left -= end - at
			at, number = end, number + 1
		return None if left else at

	def intervals(self, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
		found = ((max(first, start), min(last, end)) for start, end in self._runs(self.open))
		return [(start, end) for start, end in found if start < end]

	def of_day(self, day: date) -> list[tuple[datetime, datetime]]:
		"""What the windows that start on a local day hold, to its end."""
		first = max(0, (day - self.start.date()).days - 1) * 1440  # no wall is a whole day away from UTC
		rows = zip(self.walls[first:], self.today[first:], self.yesterday[first:], strict=True)
		flags = [(on == day and a) or (on == day + DAY and b) for (on, _), a, b in islice(rows, 4 * 1440)]
		return self._runs(flags, first)

	def _runs(self, flags: list[bool], first: int = 0) -> list[tuple[datetime, datetime]]:
		found: list[tuple[datetime, datetime]] = []
		for number, flag in enumerate(flags, first):
			if not flag:
				continue
			at = self.start + number * MINUTE
			if found and found[-1][1] == at:
				found[-1] = (found[-1][0], at + MINUTE)
			else:
				found.append((at, at + MINUTE))
		return found

	def days(self) -> list[date]:
		"""The local days whose windows the walk has seen to their end."""
		shown = sorted({day for day, _minute in self.walls})
		return [shown[0] + number * DAY for number in range(1, (shown[-1] - shown[0]).days - 1)]

	def ends(self) -> dict[date, datetime]:
		"""Of each of :meth:`days` that has covered time: when the last of it is over."""
		found = ((day, self.of_day(day)) for day in self.days())
		return {day: spans[-1][1] for day, spans in found if spans}


# Half hours mostly, so that windows touch, join and meet the moments asked about far more often than by chance.
_clocks = st.integers(0, 47).map(lambda half: half * 30) | st.integers(0, 1439)
_lengths = st.integers(1, 48).map(lambda half: half * 30) | st.integers(1, 1440)


@st.composite
def windows(draw, overnight: bool = True, severities: int = 2) -> Window:
	start = draw(_clocks)
	end = start + draw(_lengths)
	if draw(st.booleans()) or (end > 1440 and not overnight):
		end = min(end, 1440)  # often to 24:00 exactly
	days = draw(st.frozensets(st.integers(0, HOLIDAY), min_size=1))
	return Window(days, start, end, draw(st.integers(0, severities)))


@st.composite
def calendars(
	draw, zone: ZoneInfo, day: date, overnight: bool = True, severities: int = 2
) -> SupportCalendar:
	"""Of any shape, with or without holidays near ``day``. Some never open."""
	some = tuple(draw(st.lists(windows(overnight, severities), min_size=1, max_size=5)))
	near = st.integers(-3, 5).map(lambda number: day + number * DAY)
	return SupportCalendar("Any hours", zone, some, draw(st.dictionaries(near, st.just("Feast"), max_size=3)))


@st.composite
def moments(draw, day: date) -> datetime:
	"""An instant within two days of ``day``: on a half hour, a microsecond beside one, or anywhere."""
	midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
	beside = draw(st.sampled_from((NOTHING, NOTHING, TICK, -TICK)))
	anywhere = st.timedeltas(-2 * DAY, 3 * DAY)
	return midnight + draw(st.integers(-96, 144).map(lambda half: half * 30 * MINUTE + beside) | anywhere)


amounts = st.integers(1, 100).map(lambda half: half * 30 * MINUTE) | st.timedeltas(TICK, 3 * DAY)


@st.composite
def worlds(draw, asked: int = 1, overnight: bool = True, severities: int = 2):
	"""The engine's answers, the walk to compare them with, and so many moments to ask about."""
	name, day = draw(st.sampled_from(PLACES))
	calendar = draw(calendars(ZoneInfo(name), day, overnight, severities))
	severity = draw(st.integers(0, severities))
	some = [draw(moments(day)) for _ in range(asked)]
	return CoveredTime(calendar, severity), Oracle(calendar, severity, day), *some
