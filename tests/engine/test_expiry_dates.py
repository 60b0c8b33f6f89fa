"""Until when a lot is valid (rule 2), against the wall clock asked minute by minute."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from engine_factories import LISBON, UTC
from hypothesis import example, given
from hypothesis import strategies as st

from support_credits.engine.calendar_days import end_of_day
from support_credits.engine.errors import EngineError
from support_credits.engine.grants import days_after, expiry_date, expiry_instant

ZONES = [
	ZoneInfo(name)
	for name in (
		"UTC",
		"Europe/Lisbon",
		"Africa/Johannesburg",
		"America/Sao_Paulo",  # clocks skipped midnight in spring
		"America/St_Johns",  # clocks went back at 00:01, so midnight came twice
		"America/Havana",
		"Asia/Beirut",
		"Asia/Tehran",
		"Africa/Cairo",
		"America/Asuncion",
		"Atlantic/Azores",
		"Australia/Lord_Howe",
		"Asia/Kathmandu",
		"Pacific/Apia",  # skipped a whole day
		"Pacific/Kiritimati",
		"Pacific/Chatham",
	)
]
MINUTE = timedelta(minutes=1)


def ends_by_the_wall(day, zone):
	"""The slow oracle: the minute after the last one at which a clock on the wall showed ``day`` or
	earlier."""
	at = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(hours=52)
	while at.astimezone(zone).date() > day:
		at -= MINUTE
	return at + MINUTE


@given(st.dates(date(1990, 1, 1), date(2037, 12, 30)), st.sampled_from(ZONES))
@example(date(2011, 12, 29), ZoneInfo("Pacific/Apia"))
@example(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
@example(date(2018, 11, 3), ZoneInfo("America/Sao_Paulo"))
@example(date(2018, 2, 17), ZoneInfo("America/Sao_Paulo"))
@example(date(2006, 10, 28), ZoneInfo("America/St_Johns"))
@example(date(2006, 4, 1), ZoneInfo("America/St_Johns"))
@example(date(2026, 3, 28), ZoneInfo("Atlantic/Azores"))
@example(date(2026, 10, 31), ZoneInfo("America/Havana"))  # back to midnight itself
@example(date(2026, 10, 24), ZoneInfo("Atlantic/Azores"))
def test_a_day_ends_when_the_wall_clock_has_left_it_for_good(day, zone):
	end = end_of_day(day, zone)
	assert end == ends_by_the_wall(day, zone)
	assert end.utcoffset() == timedelta(0)


@given(
	st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(timezone.utc)),
	st.integers(1, 36),
	st.sampled_from(ZONES),
)
def test_the_last_usable_day_is_so_many_calendar_months_later(granted_at, months, zone):
	expires_at = expiry_instant(granted_at, months, zone)
	bought = granted_at.astimezone(zone).date()
	year, month = bought.year, bought.month
	for _ in range(months):
		year, month = (year + 1, 1) if month == 12 else (year, month + 1)
	expected = date(year, month, min(bought.day, monthrange(year, month)[1]))
	# Only where a zone skipped a whole day can the last usable day be the one before.
	assert expiry_date(expires_at, zone) in (expected, expected - timedelta(days=1))
	assert expires_at == end_of_day(expected, zone)
	assert expires_at > granted_at


@pytest.mark.parametrize(
	("granted", "months", "zone", "expires"),
	[
		("2026-01-31T10:00+00:00", 3, UTC, "2026-05-01T00:00+00:00"),
		("2026-01-31T10:00+00:00", 3, LISBON, "2026-04-30T23:00+00:00"),
		("2028-02-29T10:00+00:00", 12, UTC, "2029-03-01T00:00+00:00"),
		("2026-12-31T23:59+00:00", 6, UTC, "2027-07-01T00:00+00:00"),
		# 23:30 UTC is already 00:30 of the next day in Lisbon's summer: bought on 1 July.
		("2026-06-30T23:30+00:00", 1, LISBON, "2026-08-01T23:00+00:00"),
		# 23:59 on the provider's wall still counts for that day.
		("2026-06-30T22:59+00:00", 1, LISBON, "2026-07-30T23:00+00:00"),
		("2026-08-31T12:00+00:00", 6, LISBON, "2027-03-01T00:00+00:00"),
	],
)
def test_the_hard_dates_of_rule_two(granted, months, zone, expires):
	assert expiry_instant(datetime.fromisoformat(granted), months, zone) == datetime.fromisoformat(expires)


def test_the_grace_of_a_refund_ends_with_its_last_day():
	at = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
	assert days_after(at, 30, LISBON) == datetime(2026, 3, 31, 23, tzinfo=timezone.utc)
	assert expiry_date(days_after(at, 30, LISBON), LISBON) == date(2026, 3, 31)


def test_a_naive_instant_is_refused():
	with pytest.raises(EngineError, match="naive instant"):
		expiry_instant(datetime(2026, 1, 1), 3, UTC)


@pytest.mark.parametrize("months", [0, -1, 601])
def test_a_validity_out_of_bounds_is_refused(months):
	with pytest.raises(EngineError, match="month"):
		expiry_instant(datetime(2026, 1, 1, tzinfo=timezone.utc), months, UTC)
