"""Deadlines and their reasons in the reader's language, on the wall of the provider's zone or of his own."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import frappe
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from frappe import _
from frappe.utils import get_system_timezone

from support_credits.engine.explanation import ClosedDay, ClosedDays, Deadline, Moment, sentences

DAY = "EEE d MMM"
DAY_AND_YEAR = "EEE d MMM y"
MOMENT = f"{DAY_AND_YEAR} HH:mm"


def explain(deadline: Deadline, zone: ZoneInfo | None = None) -> str:
	"""The reason as one sentence; in the calendar's zone unless another is given."""
	said = sentences(deadline.in_zone(zone) if zone else deadline)
	parts = [
		_(part.template).format(**{name: _shown(value) for name, value in part.values.items()})
		for part in said
	]
	return "; ".join(parts)


def _shown(value: object) -> object:
	if isinstance(value, Moment):
		return moment(value.at, value.zone)
	if isinstance(value, ClosedDays):
		return ", ".join(_closed(day) for day in value.days)
	return _(value) if isinstance(value, str) else value


def _closed(day: ClosedDay) -> str:
	return f"{day_text(day.day)} ({day.holiday})" if day.holiday else day_text(day.day)


def moment(at: datetime, zone: ZoneInfo) -> str:
	"""``Fri 4 Dec 2026 16:30 (Europe/Lisbon)``."""
	return f"{format_datetime(at.astimezone(zone), MOMENT, locale=_locale())} ({zone.key})"


def day_text(day: date, with_year: bool = False) -> str:
	return format_date(day, DAY_AND_YEAR if with_year else DAY, locale=_locale())


def clock(at: datetime, zone: ZoneInfo) -> str:
	return at.astimezone(zone).strftime("%H:%M")


def midnight(day: date, zone: ZoneInfo) -> datetime:
	return datetime.combine(day, time.min, zone)


def reader_zone() -> ZoneInfo:
	"""The zone the reader has chosen for himself, else the site's."""
	chosen = frappe.get_cached_value("User", frappe.session.user, "time_zone")
	try:
		return ZoneInfo(chosen or get_system_timezone())
	except (KeyError, ValueError, OSError):
		return ZoneInfo(get_system_timezone())


def _locale() -> Locale | str:
	try:
		return Locale.parse((frappe.local.lang or "en").replace("-", "_"))
	except (UnknownLocaleError, ValueError):
		return "en"
