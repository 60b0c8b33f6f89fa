"""Why a deadline is when it is (rule 20): the sentences a reader gets, and the facts behind them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from calendar_oracle import NOTHING, worlds
from engine_factories import LISBON
from hypothesis import assume, given
from hypothesis import strategies as st

from support_credits.engine.catalogue_model import UNITS, Target
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.explanation import (
	Change,
	ClosedDay,
	changed,
	deadline_of,
	text_of,
)
from support_credits.engine.support_calendar import SupportCalendar, window_of

WORKDAYS = range(5)
KOLKATA = ZoneInfo("Asia/Kolkata")
FEASTS = {
	date(2026, 12, 1): "Restauração da Independência",
	date(2026, 12, 8): "Imaculada Conceição",
	date(2026, 12, 25): "Dia de Natal",
}
OFFICE = window_of(WORKDAYS, "08:00", "18:00")
LATE = window_of(WORKDAYS, "08:00", "24:00")
NIGHTS = window_of(WORKDAYS, "22:00", "06:00")
URGENT = 4
WEEKENDS = window_of((5, 6), "09:00", "20:00", URGENT)


def hours(*windows, zone=LISBON, holidays=FEASTS, severity=0):
	return CoveredTime(SupportCalendar("Office hours", zone, windows or (OFFICE,), holidays), severity)


def lisbon(text):
	return datetime.fromisoformat(text).replace(tzinfo=LISBON)


def said(value, unit, start, covered=None):
	return text_of(deadline_of(Target(value, unit), lisbon(start), covered or hours()))


def test_the_example_of_the_rules_reads_as_it_was_published():
	made = deadline_of(Target(20, "covered_hours"), lisbon("2026-12-04T16:30"), hours())
	assert made.due == lisbon("2026-12-09T16:30")
	assert made.due.utcoffset() == made.start.utcoffset() == NOTHING
	assert text_of(made) == (
		"Fri 4 Dec 2026 16:30 (Europe/Lisbon) + 20 covered hours; "
		"skipped Sat 5 Dec, Sun 6 Dec, Tue 8 Dec (Imaculada Conceição)"
	)


@pytest.mark.parametrize(
	("value", "unit", "start", "text"),
	[
		(1, "covered_hours", "2026-12-04T09:00", "Fri 4 Dec 2026 09:00 (Europe/Lisbon) + 1 covered hour"),
		(
			2,
			"covered_hours",
			"2026-12-05T12:00",
			"Sat 5 Dec 2026 12:00 (Europe/Lisbon) + 2 covered hours; "
			"counted from Mon 7 Dec 2026 08:00 (Europe/Lisbon), when Office hours opened; skipped Sat 5 Dec, Sun 6 Dec",
		),
		(
			2,
			"covered_hours",
			"2026-12-02T18:00",  # at the closing itself
			"Wed 2 Dec 2026 18:00 (Europe/Lisbon) + 2 covered hours; "
			"counted from Thu 3 Dec 2026 08:00 (Europe/Lisbon), when Office hours opened",
		),
		(
			24,
			"clock_hours",
			"2026-12-05T12:00",
			"Sat 5 Dec 2026 12:00 (Europe/Lisbon) + 24 hours by the clock",
		),
		(1, "clock_hours", "2026-12-05T12:00", "Sat 5 Dec 2026 12:00 (Europe/Lisbon) + 1 hour by the clock"),
		(
			1,
			"business_days",
			"2026-12-03T12:00",
			"Thu 3 Dec 2026 12:00 (Europe/Lisbon) + 1 business day, to the end of that day",
		),
		(
			2,
			"business_days",
			"2026-12-04T16:30",
			"Fri 4 Dec 2026 16:30 (Europe/Lisbon) + 2 business days, to the end of that day; "
			"skipped Sat 5 Dec, Sun 6 Dec, Tue 8 Dec (Imaculada Conceição)",
		),
		(
			60,
			"covered_hours",
			"2026-11-28T12:00",
			"Sat 28 Nov 2026 12:00 (Europe/Lisbon) + 60 covered hours; "
			"counted from Mon 30 Nov 2026 08:00 (Europe/Lisbon), when Office hours opened; "
			"skipped Sat 28 Nov, Sun 29 Nov, Tue 1 Dec (Restauração da Independência), Sat 5 Dec, Sun 6 Dec, "
			"Tue 8 Dec (Imaculada Conceição)",
		),
		(
			200,
			"covered_hours",
			"2026-11-30T08:00",
			"Mon 30 Nov 2026 08:00 (Europe/Lisbon) + 200 covered hours; skipped Tue 1 Dec (Restauração da "
			"Independência), Tue 8 Dec (Imaculada Conceição), Fri 25 Dec (Dia de Natal) and 8 more days outside the hours",
		),
	],
)
def test_a_deadline_says_what_it_was_counted_from(value, unit, start, text):
	assert said(value, unit, start) == text


def test_up_to_eight_days_are_named_and_more_are_counted():
	covered = hours(holidays={})
	assert said(170, "covered_hours", "2026-12-11T17:00", covered).endswith(
		"; skipped Sat 12 Dec, Sun 13 Dec, Sat 19 Dec, Sun 20 Dec, Sat 26 Dec, Sun 27 Dec, Sat 2 Jan, Sun 3 Jan"
	)
	assert said(205, "covered_hours", "2026-12-13T12:00", covered).endswith(
		"; skipped 9 days outside the hours"
	)


def test_of_many_holidays_eight_are_named():
	feasts = {date(2026, 12, day): "Feast" for day in range(7, 17)}
	text = said(20, "covered_hours", "2026-12-04T17:00", hours(holidays=feasts))
	assert text.count("(Feast)") == 8
	assert text.endswith("Mon 14 Dec (Feast) and 4 more days outside the hours")


@pytest.mark.parametrize(
	("covered", "value", "start", "due"),
	[
		# Due at 24:00 on Friday: Saturday was not skipped, it was not reached.
		(hours(LATE), 8, "2026-12-04T16:00", "2026-12-05T00:00"),
		# Due in the night of Friday, which is still running on Saturday.
		(hours(NIGHTS), 4, "2026-12-04T22:00", "2026-12-05T02:00"),
	],
)
def test_a_day_on_which_a_deadline_only_ends_was_not_skipped(covered, value, start, due):
	made = deadline_of(Target(value, "covered_hours"), lisbon(start), covered)
	assert made.due == lisbon(due)
	assert made.closed == ()


@given(worlds(), st.integers(1, 60), st.sampled_from(UNITS))
def test_the_days_skipped_are_those_without_hours_between_start_and_due(world, value, unit):
	covered, oracle, start = world
	value = 1 + value % 3 if unit == "business_days" else value
	made = deadline_of(Target(value, unit), start, covered)
	zone, feasts = covered.calendar.zone, covered.calendar.holidays
	first, last = (at.astimezone(zone).date() for at in (start, made.due))
	assume(last < oracle.days[-1])
	open_days = oracle.ends()
	between = [day for day in oracle.days if first <= day < last and day not in open_days]
	expected = [] if unit == "clock_hours" else [ClosedDay(day, feasts.get(day, "")) for day in between]
	assert list(made.closed) == expected
	waits = unit == "covered_hours" and not oracle.is_open(start)
	assert made.opening == (oracle.intervals(start, oracle.end)[0][0] if waits else None)


def test_a_reader_elsewhere_sees_his_own_wall_but_the_providers_days():
	made = deadline_of(Target(20, "covered_hours"), lisbon("2026-12-04T20:00"), hours()).in_zone(KOLKATA)
	assert text_of(made) == (
		"Sat 5 Dec 2026 01:30 (Asia/Kolkata) + 20 covered hours; "
		"counted from Mon 7 Dec 2026 13:30 (Asia/Kolkata), when Office hours opened; "
		"skipped Sat 5 Dec, Sun 6 Dec, Tue 8 Dec (Imaculada Conceição)"
	)


LOW_HOURS, URGENT_HOURS = (hours(OFFICE, WEEKENDS, severity=severity) for severity in (1, URGENT))


def low(value=20, unit="covered_hours", start="2026-12-04T16:30"):
	return deadline_of(Target(value, unit), lisbon(start), LOW_HOURS, "Low")


def test_a_change_of_severity_is_told_with_the_deadline_it_gave():
	at = lisbon("2026-12-05T12:00")
	made = changed(low(), at, LOW_HOURS, URGENT_HOURS, "Urgent")
	assert made.due == lisbon("2026-12-06T19:30")  # 18.5 h: 8 on Saturday, 10.5 on Sunday
	assert made.changes == (Change(at, "Urgent", made.due, "Low"),)
	assert made.severity == "Urgent"
	assert text_of(made) == (
		"Fri 4 Dec 2026 16:30 (Europe/Lisbon) + 20 covered hours; severity Urgent from "
		"Sat 5 Dec 2026 12:00 (Europe/Lisbon) on: Sun 6 Dec 2026 19:30 (Europe/Lisbon)"
	)
	assert text_of(made.in_zone(KOLKATA)).endswith(
		"from Sat 5 Dec 2026 17:30 (Asia/Kolkata) on: Mon 7 Dec 2026 01:00 (Asia/Kolkata)"
	)


def test_days_before_a_change_stay_as_they_counted_then():
	# Urgent on Sunday, back on Monday: Saturday was skipped, whatever counts before or after.
	first = changed(low(), lisbon("2026-12-06T12:00"), LOW_HOURS, URGENT_HOURS, "Urgent")
	assert [str(day) for day in first.closed] == ["Sat 5 Dec", "Tue 8 Dec (Imaculada Conceição)"]
	again = changed(first, lisbon("2026-12-07T08:00"), URGENT_HOURS, LOW_HOURS, "Low")
	assert again.due == lisbon("2026-12-09T08:30")  # of 18.5 h 8 passed on Sunday and 10 on Monday
	assert [str(day) for day in again.closed] == ["Sat 5 Dec", "Tue 8 Dec (Imaculada Conceição)"]
	assert [(one.before, one.severity) for one in again.changes] == [("Low", "Urgent"), ("Urgent", "Low")]


@pytest.mark.parametrize(
	("at", "opening"),
	[
		("2026-12-05T07:00", "2026-12-05T09:00"),  # it waits for an earlier opening now
		("2026-12-05T12:00", None),  # it has begun with the change, which is told anyway
		("2026-12-07T08:00", "2026-12-07T08:00"),  # it had begun before
		("2026-12-08T12:00", "2026-12-07T08:00"),
	],
)
def test_a_clock_that_had_not_begun_waits_for_the_hours_of_the_new_severity(at, opening):
	made = changed(low(start="2026-12-04T20:00"), lisbon(at), LOW_HOURS, URGENT_HOURS, "Urgent")
	assert made.opening == (opening and lisbon(opening))


@pytest.mark.parametrize("unit", UNITS)
def test_a_change_when_it_was_due_already_changes_no_reason(unit):
	was = low(3, unit)
	made = changed(was, was.due, LOW_HOURS, URGENT_HOURS, "Urgent")
	assert (made.due, made.closed, made.opening) == (was.due, was.closed, was.opening)
	assert made.changes == (Change(was.due, "Urgent", was.due, "Low"),)
