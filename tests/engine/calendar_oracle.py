"""What covered time is, found the slow way: every real minute is asked what the clock on the wall shows.

Shares nothing with the engine but the shape of a calendar. Also the strategies for calendars of any shape, in places
and nights where _clocks do something odd.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import cache, cached_property
from itertools import accumulate, islice
from operator import itemgetter
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
DAYS_BEFORE, DAYS_AFTER = 4, 8

# A zone, and a local day around which its _clocks change, or the year does.
PLACES = (
	("UTC", date(2027, 1, 1)),
	("Europe/Lisbon", date(2026, 3, 29)),
	("Europe/Lisbon", date(2026, 10, 25)),
	("Europe/Lisbon", date(2026, 12, 31)),
	("Asia/Kolkata", date(2026, 12, 31)),
	("Asia/Kathmandu", date(1986, 1, 1)),  # its _clocks went a quarter of an hour on, at midnight
	("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour back
	("Australia/Lord_Howe", date(2026, 10, 4)),
	("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
	("Pacific/Kiritimati", date(2027, 1, 1)),  # its year begins fourteen hours before that of UTC
	("Africa/Casablanca", date(2026, 2, 15)),  # back for Ramadan
	("Africa/Casablanca", date(2026, 3, 22)),
	("America/New_York", date(2026, 3, 8)),
	("America/New_York", date(2026, 11, 1)),
	("America/Sao_Paulo", date(2018, 11, 4)),  # _clocks skipped midnight
	("America/Sao_Paulo", date(2018, 2, 17)),  # and showed the last hour of the day twice
)


@cache
def _walls(zone: ZoneInfo, start: datetime) -> list[tuple[date, int]]:
	"""Of each minute from ``start`` on: the date and the minute of the day which the wall shows."""
	count = (DAYS_BEFORE + DAYS_AFTER) * 1440
	walls = [(start + number * MINUTE).astimezone(zone) for number in range(count)]
	return [(wall.date(), wall.hour * 60 + wall.minute) for wall in walls]


@cache
def _places(zone: ZoneInfo, start: datetime) -> tuple[itemgetter, itemgetter]:
	"""Where the minutes of the walk lie in a list of each day's two days of minutes, and where in those of its eve."""
	walls = _walls(zone, start)
	today = [((day - walls[0][0]).days + 1) * 2 * 1440 + minute for day, minute in walls]
	return itemgetter(*today), itemgetter(*(place - 1440 for place in today))


class Oracle:
	"""A walk through the minutes of the days around ``day``."""

	def __init__(self, calendar: SupportCalendar, severity: int, day: date) -> None:
		self.calendar, self.severity = calendar, severity
		self.start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) - DAYS_BEFORE * DAY
		self.walls = _walls(calendar.zone, self.start)
		self.end = self.start + len(self.walls) * MINUTE
		first, last = self.walls[0][0], self.walls[-1][0]
		self.shown = [first + number * DAY for number in range(-1, (last - first).days + 1)]
		self.days = self.shown[2:-2]  # those whose windows the walk sees from beginning to end

	@cached_property
	def _today_and_yesterday(self) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
		"""Of each minute: whether a window of its own day holds it, and whether one of the day before."""
		flags = [flag for day in self.shown for flag in self._minutes_of(day)]
		today, yesterday = (pick(flags) for pick in _places(self.calendar.zone, self.start))
		return today, yesterday

	@cached_property
	def open(self) -> list[bool]:
		return [a or b for a, b in zip(*self._today_and_yesterday, strict=True)]

	@cached_property
	def passed(self) -> list[int]:
		return [0, *accumulate(self.open)]

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
		rows = zip(self.walls, *self._today_and_yesterday, strict=True)
		near, after = islice(rows, first, first + 4 * 1440), day + DAY
		flags = [(a and on == day) or (b and on == after) for (on, _minute), a, b in near]
		return self._runs(flags, first)

	def _runs(self, flags: list[bool], first: int = 0) -> list[tuple[datetime, datetime]]:
		found: list[list[int]] = []
		for number, flag in enumerate(flags, first):
			if not flag:
				continue
			if found and found[-1][1] == number:
				found[-1][1] += 1
			else:
				found.append([number, number + 1])
		return [(self.start + low * MINUTE, self.start + high * MINUTE) for low, high in found]

	def ends(self) -> dict[date, datetime]:
		"""Of each of ``days`` that has covered time: when the last of it is over."""
		last: dict[date, int] = {}
		rows = zip(self.walls, *self._today_and_yesterday, strict=True)
		for number, ((day, _minute), today, yesterday) in enumerate(rows):
			if today:
				last[day] = number
			if yesterday:
				last[day - DAY] = number
		return {day: self.start + (last[day] + 1) * MINUTE for day in self.days if day in last}


# Half hours mostly, so that windows touch, join and meet the moments asked about far more often than by chance.
_clocks = st.integers(0, 47).map(lambda half: half * 30) | st.integers(0, 1439)
_lengths = st.integers(1, 48).map(lambda half: half * 30) | st.integers(1, 1440)


@st.composite
def windows(draw, severities: int = 2) -> Window:
	start = draw(_clocks)
	end = start + draw(_lengths)
	if draw(st.booleans()):
		end = min(end, 1440)  # often to 24:00 exactly
	days = draw(st.frozensets(st.integers(0, HOLIDAY), min_size=1))
	return Window(days, start, end, draw(st.integers(0, severities)))


@st.composite
def calendars(draw, zone: ZoneInfo, day: date) -> SupportCalendar:
	"""Of any shape, with or without holidays near ``day``, but open to every ticket for half an hour a week."""
	some = draw(st.lists(windows(), max_size=4))
	start, weekday = draw(_clocks), draw(st.integers(0, 6))
	some.append(Window(frozenset({weekday}), start, start + 30))
	near = st.integers(-3, 5).map(lambda number: day + number * DAY)
	holidays = draw(st.dictionaries(near, st.just("Feast"), max_size=3))
	return SupportCalendar("Any hours", zone, tuple(some), holidays)


@st.composite
def moments(draw, day: date) -> datetime:
	"""An instant within two days of ``day``: on a half hour, a microsecond beside one, or anywhere."""
	midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
	beside = draw(st.sampled_from((NOTHING, NOTHING, TICK, -TICK)))
	anywhere = st.timedeltas(-2 * DAY, 3 * DAY)
	return midnight + draw(st.integers(-96, 144).map(lambda half: half * 30 * MINUTE + beside) | anywhere)


amounts = st.integers(1, 100).map(lambda half: half * 30 * MINUTE) | st.timedeltas(TICK, 3 * DAY)


@st.composite
def worlds(draw, asked: int = 1):
	"""The engine's answers, the walk to compare them with, and so many moments to ask about."""
	name, day = draw(st.sampled_from(PLACES))
	calendar = draw(calendars(ZoneInfo(name), day))
	severity = draw(st.integers(0, 2))
	some = [draw(moments(day)) for _ in range(asked)]
	return CoveredTime(calendar, severity), Oracle(calendar, severity, day), *some
