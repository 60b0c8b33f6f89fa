"""Money, durations and days as a reader of the offer sees them, in his language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names
from babel.numbers import format_currency, format_decimal
from frappe import _

from support_credits.engine.support_calendar import HOLIDAY
from support_credits.hours import wording
from support_credits.hours.wording import zone_text

MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60
LONG_MINUTES = 2 * DAY_MINUTES  # from then on nobody counts in hours
DATE = "EEE d MMM y"
MOMENT = "EEE d MMM y HH:mm"


def locale() -> Locale:
	"""The reader's. English is that of no country: it says whose dollars they are."""
	return wording.locale("en_001")


def money_text(amount: Decimal, currency: str) -> str:
	return format_currency(amount, currency, locale=locale())


def percent_text(percent: Decimal) -> str:
	"""A whole number of percent, which is all a buyer wants to know."""
	return _("{0} %").format(format_decimal(round(percent), locale=locale()))


def minutes_text(minutes: int) -> str:
	"""``3 h 20 min``; from two days on in days and hours."""
	if minutes >= LONG_MINUTES:
		days, rest = divmod(minutes, DAY_MINUTES)
		hours = rest // 60
		return _("{0} days {1} h").format(days, hours) if hours else _("{0} days").format(days)
	return _hours_text(minutes)


def _hours_text(minutes: int) -> str:
	hours, rest = divmod(minutes, 60)
	if not hours:
		return _("{0} min").format(rest)
	return _("{0} h {1} min").format(hours, rest) if rest else _("{0} h").format(hours)


def duration_text(span: timedelta) -> str:
	"""Whole minutes, begun ones counted."""
	return minutes_text(-(-span // MINUTE))


def hours_text(span: timedelta) -> str:
	"""The same in hours, however many."""
	return _hours_text(-(-span // MINUTE))


def months_text(months: int) -> str:
	return _("1 month") if months == 1 else _("{0} months").format(months)


def credits_text(credits: int) -> str:
	return _("1 credit") if credits == 1 else _("{0} credits").format(credits)


def date_text(day: date) -> str:
	return format_date(day, DATE, locale=locale())


def moment_text(at: datetime, zone: ZoneInfo) -> str:
	"""``Mon 7 Dec 2026 08:00 Europe/Lisbon``."""
	return f"{format_datetime(at.astimezone(zone), MOMENT, locale=locale())} {zone_text(zone)}"


def days_text(days: Sequence[int]) -> str:
	"""Numbers of weekdays, with :data:`HOLIDAY`, as ``Monday to Friday`` and ``Saturday, Sunday, Holidays``."""
	return listed(_run_text(run) for run in _runs(days))


def listed(parts: Iterable[str]) -> str:
	return ", ".join(parts)


def _runs(days: Sequence[int]) -> list[list[int]]:
	"""Neighbouring weekdays together; holidays stand alone."""
	runs: list[list[int]] = []
	for day in sorted(days):
		if runs and day == runs[-1][-1] + 1 and day != HOLIDAY:
			runs[-1].append(day)
		else:
			runs.append([day])
	return runs


def _run_text(run: list[int]) -> str:
	if len(run) == 7:
		return _("Every day")
	if len(run) > 2:
		return _("{0} to {1}").format(_day_name(run[0]), _day_name(run[-1]))
	return listed(map(_day_name, run))


def _day_name(day: int) -> str:
	if day == HOLIDAY:
		return _("Holidays")
	name = get_day_names("wide", context="stand-alone", locale=locale())[day]
	return name[:1].upper() + name[1:]
