"""What a calendar looks like: a real week, the year's holidays, when it opens next, and when a ticket now would be due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import frappe
from frappe import _

from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.errors import EngineError
from support_credits.engine.explanation import deadline_of
from support_credits.engine.support_calendar import SupportCalendar
from support_credits.hours import wording
from support_credits.hours.promises import TIER, aim_of, promise_of
from support_credits.hours.severity import severities

DAY = timedelta(days=1)
Shown = dict[str, object]


def of_calendar(calendar: SupportCalendar, name: str, at: datetime, week_of: date | None = None) -> Shown:
	"""Everything the preview draws. ``name`` finds the tiers that promise something on it."""
	local = at.astimezone(calendar.zone)
	monday = (week_of or local.date()) - (week_of or local.date()).weekday() * DAY
	times = {said: CoveredTime(calendar, number) for said, number in _severities(calendar)}
	return {
		"zone": calendar.zone.key,
		"now": wording.moment(at, calendar.zone),
		"now_day": str(local.date()),
		"now_minute": local.hour * 60 + local.minute,
		"monday": str(monday),
		"week": [_day(times, monday + number * DAY) for number in range(7)],
		"severities": list(times),
		"opening": [_opening(said, time, at) for said, time in times.items()],
		"year": local.year,
		"holidays": list(_holidays(calendar, times, local.year)),
		"due": list(_due(times, name, at)),
	}


def _severities(calendar: SupportCalendar) -> Iterator[tuple[str, int]]:
	"""The severities the calendar tells apart: all tickets, and each from which further windows count."""
	names = {number: said for said, number in severities().items()}
	yield "", 0
	for number in sorted({window.from_severity for window in calendar.windows} - {0}):
		yield names.get(number, str(number)), number


def _day(times: dict[str, CoveredTime], day: date) -> Shown:
	calendar = next(iter(times.values())).calendar
	return {
		"day": str(day),
		"label": wording.day_text(day),
		"holiday": wording.holiday_name(calendar.holidays.get(day) or ""),
		"spans": [
			{"severity": said, "from": _minute(start, day, calendar), "to": _minute(end, day, calendar)}
			for said, time in times.items()
			for start, end in time.intervals(
				wording.midnight(day, calendar.zone), wording.midnight(day + DAY, calendar.zone)
			)
		],
	}


def _minute(at: datetime, day: date, calendar: SupportCalendar) -> int:
	"""The minute on the wall; the midnight at the end of the day is 1440."""
	local = at.astimezone(calendar.zone)
	return 1440 if local.date() > day else local.hour * 60 + local.minute


def _opening(said: str, time: CoveredTime, at: datetime) -> Shown:
	try:
		opens = time.next_opening(at)
	except EngineError as error:
		return {"severity": said, "open": False, "text": _(error.template).format(**error.values)}
	is_open = time.is_covered(at)
	text = _("open now") if is_open else _("opens {0}").format(wording.moment(opens, time.calendar.zone))
	return {"severity": said, "open": is_open, "text": text}


def _holidays(calendar: SupportCalendar, times: dict[str, CoveredTime], year: int) -> Iterator[Shown]:
	for day, name in sorted(calendar.holidays.items()):
		if day.year == year:
			hours = [
				f"{wording.clock(start, calendar.zone)}–{_end(end, day, calendar)} {said}".strip()
				for said, time in times.items()
				for start, end in time.of_day(day)
			]
			yield {
				"day": str(day),
				"label": wording.day_text(day),
				"name": wording.holiday_name(name),
				"hours": ", ".join(hours),
			}


def _end(end: datetime, day: date, calendar: SupportCalendar) -> str:
	text = wording.clock(end, calendar.zone)
	return "24:00" if text == "00:00" and end.astimezone(calendar.zone).date() > day else text


def _due(times: dict[str, CoveredTime], name: str, at: datetime) -> Iterator[Shown]:
	if not name:
		return  # a draft; the database would find the tiers that have no calendar
	for tier in frappe.get_all(
		TIER, filters={"calendar": name}, pluck="name", order_by="promise_value desc, name asc"
	):
		doc = frappe.get_cached_doc(TIER, tier)
		targets = [(_("promise"), promise_of(doc))] + ([(_("aim"), aim_of(doc))] if aim_of(doc) else [])
		for said, time in times.items():
			for kind, target in targets:
				yield {
					"tier": doc.tier_name,
					"kind": kind,
					"severity": said,
					**_deadline(target, at, time, said),
				}


def _deadline(target: object, at: datetime, time: CoveredTime, severity: str) -> Shown:
	try:
		found = deadline_of(target, at, time, severity)
	except EngineError as error:
		return {"due": "", "why": _(error.template).format(**error.values)}
	return {"due": wording.moment(found.due, time.calendar.zone), "why": wording.explain(found)}
