"""Support Calendars of the site as the engine's: read from their records, kept in the process while those are unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import frappe
from frappe import _
from frappe.utils import flt, getdate, to_timedelta

from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.errors import EngineError
from support_credits.engine.support_calendar import (
	HOLIDAY,
	LEAST_SEVERE,
	BadCalendar,
	SupportCalendar,
	Window,
	check_overlaps,
	window_of,
)
from support_credits.exceptions import CalendarRefused
from support_credits.hours.severity import severities, severity_of

CALENDAR = "Support Calendar"
DAY_FIELDS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "on_holidays")
NAMELESS = "Closed"  # an own day that has no name; translated where it is shown, or a job would store another language
KEPT_MAX = 200  # calendars of all sites and severities in one process

_kept: dict[tuple[str, str, int], tuple[object, CoveredTime]] = {}


def covered_time(calendar: str, severity: int) -> CoveredTime:
	"""The calendar's time for tickets of this severity. Costs no statement while calendar and priorities are cached."""
	doc = frappe.get_cached_doc(CALENDAR, calendar)
	key, version = (frappe.local.site, calendar, severity), (str(doc.modified), severities())
	found = _kept.get(key)
	if found and found[0] == version:
		return found[1]
	if len(_kept) >= KEPT_MAX:
		_kept.clear()
	time = CoveredTime(of_doc(doc), severity)
	_kept[key] = (version, time)
	return time


@contextmanager
def tolerated(calendar: str, ticket: str = "") -> Iterator[None]:
	"""A calendar that was broken behind its own checks stops no ticket: what comes after the block goes on without it,
	and an administrator is told.
	"""
	said = len(frappe.local.message_log)
	try:
		yield
	except (EngineError, frappe.ValidationError) as error:
		del frappe.local.message_log[said:]  # the customer can do nothing about it
		title = f"Support Credits: {calendar} cannot be used" + (f" for ticket {ticket}" if ticket else "")
		frappe.log_error(title=title, message=str(error))


def of_doc(doc: object) -> SupportCalendar:
	"""The calendar a record says, saved or not. Raises CalendarRefused that names the row."""
	windows = tuple(_window(row) for row in doc.windows)
	try:
		check_overlaps(windows)
	except BadCalendar as error:
		frappe.throw(_sentence(error), CalendarRefused)
	found = {getdate(row.holiday_date): row.description or "" for row in doc.holidays}
	return SupportCalendar(doc.calendar_name or doc.name, zone_of(doc.time_zone), windows, found)


def zone_of(name: str | None) -> ZoneInfo:
	"""The zone of that name. Raises CalendarRefused that says how zones are named."""
	try:
		return ZoneInfo(name or "")
	except (ZoneInfoNotFoundError, ValueError, OSError):
		frappe.throw(
			_("{0} is not a time zone. Use an IANA name, for example Europe/Lisbon.").format(name or '""'),
			CalendarRefused,
		)


def _window(row: object) -> Window:
	days = [
		HOLIDAY if field == "on_holidays" else number
		for number, field in enumerate(DAY_FIELDS)
		if row.get(field)
	]
	least = LEAST_SEVERE
	if row.from_severity:
		# A priority that is not there, or just being renamed, is above all: nobody's hours, not everybody's.
		least = severity_of(row.from_severity) or max(severities().values(), default=0) + 1
	try:
		return window_of(days, (row.starts or "").strip(), (row.ends or "").strip(), least)
	except BadCalendar as error:
		frappe.throw(_("Windows, row {0}: {1}.").format(row.idx, _sentence(error)), CalendarRefused)


def _sentence(error: BadCalendar) -> str:
	values = {name: _(value) if name == "day" else value for name, value in error.values.items()}
	return _(error.template).format(**values)


def said(doc: object, field: str) -> object:
	"""A field of a record as plain values, to be compared with another's; rows without their own names and times."""
	value = doc.get(field)
	if not isinstance(value, list):
		return value or None
	columns = frappe.get_meta(doc.meta.get_field(field).options).fields
	return [tuple(_plain(df.fieldtype, row.get(df.fieldname)) for df in columns) for row in value]


def _plain(kind: str, value: object) -> object:
	"""The same whether a form has posted it as text or the database has read it."""
	if kind == "Time":
		return to_timedelta(value)
	if kind in ("Int", "Check", "Duration"):
		return flt(value)
	return str(value or "")


def holidays_of(doc: object) -> dict[date, str]:
	"""What the record's country and own days give for its years."""
	from support_credits.hours import holidays

	found: dict[date, str] = {}
	years = range(doc.first_year, doc.last_year + 1)
	if doc.country:
		kinds = [kind.strip() for kind in (doc.categories or holidays.PUBLIC).split(",") if kind.strip()]
		found = holidays.of_country(doc.country, doc.subdivision, kinds, years, doc.language)
	for row in doc.own_days:
		day = getdate(row.day)
		if row.kind == "No holiday":
			found.pop(day, None)
		else:
			found[day] = row.description or NAMELESS
	return dict(sorted(found.items()))
