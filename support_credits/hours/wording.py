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
from support_credits.hours.calendars import NAMELESS

DAY = "EEE d MMM"
MOMENT = "EEE d MMM y HH:mm"


def explain(deadline: Deadline, zone: ZoneInfo | None = None) -> str:
	"""The reason as one sentence; in the calendar's zone unless another is given."""
	said = sentences(deadline.in_zone(zone) if zone else deadline)
	parts = [
		_(part.template).format(
			**{name: _(value) if name == "severity" else _shown(value) for name, value in part.values.items()}
		)
		for part in said
	]
	return "; ".join(parts)


def _shown(value: object) -> object:
	if isinstance(value, Moment):
		return moment(value.at, value.zone)
	if isinstance(value, ClosedDays):
		return ", ".join(_closed(day) for day in value.days)
	return value


def _closed(day: ClosedDay) -> str:
	return f"{day_text(day.day)} ({holiday_name(day.holiday)})" if day.holiday else day_text(day.day)


def holiday_name(name: str) -> str:
	"""As its country or the provider calls it; an own day without a name in the reader's words."""
	return _(name) if name == NAMELESS else name


def moment(at: datetime, zone: ZoneInfo) -> str:
	"""``Fri 4 Dec 2026 16:30 (Europe/Lisbon)``."""
	return f"{format_datetime(at.astimezone(zone), MOMENT, locale=locale())} ({zone_text(zone)})"


def zone_text(zone: ZoneInfo) -> str:
	"""A zone as people call it."""
	return "UTC" if zone.key == "Etc/UTC" else zone.key


def target_text(value: int, unit: str | None) -> str:
	"""A promise or an aim in words: ``24 covered hours``."""
	one, many = {
		"clock hours": (_("{0} hour"), _("{0} hours")),
		"business days": (_("{0} business day"), _("{0} business days")),
	}.get(unit or "", (_("{0} covered hour"), _("{0} covered hours")))
	return (one if value == 1 else many).format(value)


def day_text(day: date) -> str:
	return format_date(day, DAY, locale=locale())


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


def locale(english: str = "en") -> Locale:
	"""The reader's; this ``english`` for English, and where babel does not know his language."""
	lang = (frappe.local.lang or "en").replace("-", "_")
	try:
		return Locale.parse(english if lang == "en" else lang)
	except (UnknownLocaleError, ValueError):
		return Locale.parse(english)
