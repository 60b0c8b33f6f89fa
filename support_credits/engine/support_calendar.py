"""A Support Calendar as the rules need it: windows on the wall of one zone, holidays, and from which severity each counts.

Owns rule 19's shape. What time comes out of it is :mod:`~support_credits.engine.covered_time`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from support_credits.engine import catalogue_model
from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _

MINUTES_A_DAY = 1_440
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
HOLIDAY = 7  # stands where a weekday's number does, 0 for Monday to 6 for Sunday
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Holidays")
LEAST_SEVERE = 0
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)

BAD_CLOCK = _('"{text}" is not a time of day from 00:00 to 24:00')
EMPTY_WINDOW = _("a window cannot start at {start} and end at {end}")
NO_DAYS = _("the window {window} is on no day")
OVERLAP = _("on {day} the windows {first} and {second} overlap: join them, or give one another severity")


class BadCalendar(EngineError):
	"""Windows that cannot be read, or that say the same time twice."""


@dataclass(frozen=True, slots=True)
class Window:
	"""Open from ``start`` to ``end``, minutes after the midnight that begins each of ``days``.

	``days`` holds weekdays (0 is Monday) and :data:`HOLIDAY`. ``end`` is greater than ``start`` and at most a day later, so
	above 1440 where the window runs over midnight: it belongs to the day on which it starts, also when the next one is
	a holiday. ``from_severity`` is the least severity it counts for; 0 is every ticket's.
	"""

	days: frozenset[int]
	start: int
	end: int
	from_severity: int = LEAST_SEVERE

	def __str__(self) -> str:
		return f"{clock_text(self.start)}–{clock_text(self.end)}"


@dataclass(frozen=True, slots=True)
class SupportCalendar:
	"""When the clock runs. On a day of ``holidays`` (date to its name) only windows of :data:`HOLIDAY` count."""

	name: str
	zone: ZoneInfo
	windows: tuple[Window, ...]
	holidays: Mapping[date, str] = field(default_factory=dict)

	def spans(self, severity: int) -> dict[int, tuple[tuple[int, int], ...]]:
		"""Of each weekday and :data:`HOLIDAY`, the minutes open to a ticket of ``severity``, joined and in order."""
		found: dict[int, list[tuple[int, int]]] = {day: [] for day in range(HOLIDAY + 1)}
		for window in self.windows:
			if window.from_severity <= severity:
				for day in window.days:
					found[day].append((window.start, window.end))
		return {day: tuple(joined(spans)) for day, spans in found.items()}


def joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
	"""Spans in order, those that touch or overlap as one."""
	current: tuple[int, int] | None = None
	for start, end in sorted(spans):
		if current and start <= current[1]:
			current = (current[0], max(current[1], end))
			continue
		if current:
			yield current
		current = (start, end)
	if current:
		yield current


def window_of(days: Iterable[int], start: str, end: str, from_severity: int = LEAST_SEVERE) -> Window:
	"""A window of texts such as ``"08:00"`` and ``"24:00"``; an end before its start is the next day's. BadCalendar."""
	first, last = minutes_of(start), minutes_of(end)
	if last < first:
		last += MINUTES_A_DAY
	if first in (last, MINUTES_A_DAY):
		raise BadCalendar(EMPTY_WINDOW, start=start, end=end)
	window = Window(frozenset(days), first, last, from_severity)
	if not window.days:
		raise BadCalendar(NO_DAYS, window=window)
	return window


def minutes_of(text: str) -> int:
	"""``"08:30"`` as 510; BadCalendar for anything that is not a time of day."""
	found = _CLOCK.fullmatch(text)
	if not found:
		raise BadCalendar(BAD_CLOCK, text=text)
	return MINUTES_A_DAY if found[1] is None else int(found[1]) * 60 + int(found[2])


def clock_text(minutes: int) -> str:
	"""510 as ``"08:30"``; the next day's are shown as that day's clock shows them, midnight at the end as 24:00."""
	hours, rest = divmod(minutes if minutes <= MINUTES_A_DAY else minutes - MINUTES_A_DAY, 60)
	return f"{hours:02d}:{rest:02d}"


def check_overlaps(windows: Iterable[Window]) -> None:
	"""BadCalendar where two windows of one severity cover the same time: one of them is a slip.

	Windows of different severities may overlap, as "always, for severe issues" does with the working day.
	"""
	by_severity: dict[int, list[Window]] = {}
	for window in windows:
		by_severity.setdefault(window.from_severity, []).append(window)
	for group in by_severity.values():
		_check_group(group)


def _check_group(windows: list[Window]) -> None:
	week: list[tuple[int, int, int, Window]] = []
	holidays: list[tuple[int, int, int, Window]] = []
	for window in windows:
		for day in window.days:
			at = 0 if day == HOLIDAY else day * MINUTES_A_DAY
			into = holidays if day == HOLIDAY else week
			into.append((at + window.start, at + window.end, day, window))
	week.sort(key=lambda span: span[:3])
	holidays.sort(key=lambda span: span[:3])
	around = [
		(start + MINUTES_A_WEEK, end + MINUTES_A_WEEK, day, window) for start, end, day, window in week[:1]
	]
	for spans in (week + around, holidays):
		for (_start, end, _day, first), (start, _end, day, second) in pairwise(spans):
			if start < end:
				raise BadCalendar(OVERLAP, day=DAY_NAMES[day], first=first, second=second)


def of_catalogue(
	calendar: catalogue_model.Calendar, holidays: Mapping[date, str], severity_of: Callable[[str], int]
) -> SupportCalendar:
	"""The calendar of a provider's catalogue. ``holidays`` are its country's; its own dates are added and removed here."""
	days = {name: number for number, name in enumerate(catalogue_model.WEEKDAYS)}

	def window(said: catalogue_model.Window, on: Iterable[int]) -> Window:
		least = severity_of(said.min_severity) if said.min_severity else LEAST_SEVERE
		return window_of(on, said.start, said.end, least)

	kept = {day: name for day, name in holidays.items() if day not in calendar.holidays.removed}
	added = {day: day.isoformat() for day in calendar.holidays.added}
	windows = [window(said, (days[day] for day in said.days)) for said in calendar.windows]
	windows += [window(said, (HOLIDAY,)) for said in calendar.holiday_windows]
	return SupportCalendar(calendar.name, ZoneInfo(calendar.zone), tuple(windows), {**added, **kept})
