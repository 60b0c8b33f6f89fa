"""When the provider works, from the calendars that the deadlines are worked out with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

import frappe
from frappe import _

from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.errors import EngineError
from support_credits.engine.support_calendar import HOLIDAY, MINUTES_A_DAY, SupportCalendar, clock_text
from support_credits.hours import calendars
from support_credits.hours.severity import severities
from support_credits.hours.wording import holiday_name, zone_text
from support_credits.offer import wording

HOLIDAYS_SHOWN = 5
FOR_EVER = timedelta(days=15)  # open without a break so long: around the clock
DAY = timedelta(days=1)
ALL_DAY = ((0, MINUTES_A_DAY),)
CALENDAR = "Support Calendar"

Spans = tuple[tuple[int, int], ...]


class Row(TypedDict):
	"""Days with the same hours, one text of hours for each column."""

	days: str
	hours: list[str]


class Opening(TypedDict):
	"""Whether it is open now for a severity; ``who`` is empty where all tickets have the same hours."""

	who: str
	is_open: bool
	text: str


class Holiday(TypedDict):
	day: str
	name: str
	hours: str


class Hours(TypedDict):
	name: str
	zone: str
	columns: list[str]
	rows: list[Row]
	openings: list[Opening]
	holidays: list[Holiday]


def offered(names: list[str], at: datetime) -> list[Hours]:
	"""The calendars of these names at ``at``. One that was broken behind its own checks is left out, and an administrator
	is told.
	"""
	found = []
	for name in dict.fromkeys(names):
		with calendars.tolerated(name):
			found.append(
				of_times(_times(name), _(frappe.get_cached_value(CALENDAR, name, "calendar_name")), at)
			)
	return found


def _times(name: str) -> list[CoveredTime]:
	"""The calendar for each severity whose hours differ: all tickets, and each from which further windows count."""
	everyone = calendars.covered_time(name, 0)
	further = sorted({window.from_severity for window in everyone.calendar.windows} - {0})
	return [everyone, *(calendars.covered_time(name, level) for level in further)]


def of_times(times: list[CoveredTime], name: str, at: datetime) -> Hours:
	"""What a reader is told of one calendar, seen through the severities it tells apart, the least first."""
	calendar = times[0].calendar
	whose = [_who(time.severity, len(times)) for time in times]
	return Hours(
		name=name,
		zone=zone_text(calendar.zone),
		columns=[who or _("Hours") for who in whose],
		rows=_rows([time.spans for time in times], bool(calendar.holidays) or _opens_on_holidays(times)),
		openings=[_opening(who, time, at) for who, time in zip(whose, times, strict=True)],
		holidays=_holidays(calendar, times, whose, at),
	)


def _who(level: int, count: int) -> str:
	if count == 1:
		return ""
	if not level:
		return _("All tickets")
	names = {number: name for name, number in reversed(severities().items())}
	name = _(names.get(level, str(level)))
	if level >= max(names, default=level):
		return _("{0} tickets").format(name)
	return _("{0} tickets and above").format(name)


def _opens_on_holidays(times: list[CoveredTime]) -> bool:
	return any(time.spans[HOLIDAY] for time in times)


def _rows(columns: list[dict[int, Spans]], holidays: bool) -> list[Row]:
	"""Days that have the same hours in every column share a row, in the order in which the week comes to them."""
	grouped: dict[tuple[Spans, ...], list[int]] = {}
	for day in range(HOLIDAY + 1 if holidays else HOLIDAY):
		grouped.setdefault(tuple(spans[day] for spans in columns), []).append(day)
	return [
		Row(days=wording.days_text(days), hours=[hours_text(spans) for spans in hours])
		for hours, days in grouped.items()
	]


def hours_text(spans: Spans) -> str:
	if spans == ALL_DAY:
		return _("all day")
	return wording.listed(f"{clock_text(start)}–{_end_text(end)}" for start, end in spans) or _("closed")


def _end_text(end: int) -> str:
	return clock_text(end) if end <= MINUTES_A_DAY else _("{0} the next day").format(clock_text(end))


def _opening(who: str, time: CoveredTime, at: datetime) -> Opening:
	zone = time.calendar.zone
	try:
		opens = time.next_opening(at)
	except EngineError as error:
		return Opening(who=who, is_open=False, text=_(error.template).format(**error.values))
	if opens > at:
		text = _("Opens in {0} ({1})")
		text = text.format(wording.duration_text(opens - at), wording.moment_text(opens, zone))
		return Opening(who=who, is_open=False, text=text)
	_start, end = next(time.intervals(at, at + FOR_EVER))
	if end >= at + FOR_EVER:
		return Opening(who=who, is_open=True, text=_("Open now, around the clock"))
	return Opening(who=who, is_open=True, text=_("Open now until {0}").format(_until(end, at, time.calendar)))


def _until(end: datetime, at: datetime, calendar: SupportCalendar) -> str:
	"""The end on the wall, with its day where that is not today; the midnight at the end of a day is still that day's."""
	zone = calendar.zone
	local = end.astimezone(zone)
	if local.hour == local.minute == 0:
		last = local.date() - DAY
		clock = "24:00"
	else:
		last, clock = local.date(), local.strftime("%H:%M")
	if last == at.astimezone(zone).date():
		return f"{clock} {zone_text(zone)}"
	return f"{wording.date_text(last)} {clock} {zone_text(zone)}"


def _holidays(
	calendar: SupportCalendar, times: list[CoveredTime], whose: list[str], at: datetime
) -> list[Holiday]:
	today = at.astimezone(calendar.zone).date()
	days = sorted(day for day in calendar.holidays if day >= today)[:HOLIDAYS_SHOWN]
	hours = wording.listed(
		f"{hours_text(time.spans[HOLIDAY])} {who}".strip()
		for who, time in zip(whose, times, strict=True)
		if time.spans[HOLIDAY]
	)
	return [
		Holiday(
			day=wording.date_text(day),
			name=holiday_name(calendar.holidays[day]),
			hours=hours or _("closed"),
		)
		for day in days
	]
