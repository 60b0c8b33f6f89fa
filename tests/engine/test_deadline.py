"""Until when a target is met (rule 20), and what a change of severity does to it."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from calendar_oracle import DAY, HOUR, NOTHING, TICK, worlds
from engine_factories import CHECKOUT, LISBON, UTC
from hypothesis import assume, given
from hypothesis import strategies as st

from support_credits.engine.catalogue import Target, parse
from support_credits.engine.catalogue_model import UNITS
from support_credits.engine.covered_time import CoveredTime, NeverCovered
from support_credits.engine.deadline import after_change, due_at
from support_credits.engine.errors import EngineError
from support_credits.engine.support_calendar import HOLIDAY, SupportCalendar, of_catalogue, window_of

WORKDAYS, WEEKEND = range(5), (5, 6)
FEAST = date(2026, 12, 8)  # a Tuesday
SEVERITIES = {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}


def hours(*windows, zone=UTC, holidays=(FEAST,), severity=0):
	named = dict.fromkeys(holidays, "Imaculada Conceição")
	return CoveredTime(SupportCalendar("Any hours", zone, windows, named), severity)


def provider(name, severity=0, holidays=()):
	"""A provider's own calendar for tickets of that severity, with its tiers by code."""
	catalogue = parse(json.loads((CHECKOUT / "fixtures" / f"{name}.json").read_text()))
	calendar = of_catalogue(catalogue.calendars[0], dict.fromkeys(holidays, ""), SEVERITIES.__getitem__)
	return CoveredTime(calendar, severity), {tier.code: tier for tier in catalogue.tiers}


def utc(text):
	return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def lisbon(text):
	return datetime.fromisoformat(text).replace(tzinfo=LISBON)


DAYTIME = window_of(WORKDAYS, "08:00", "18:00")
NIGHTS = window_of(WORKDAYS, "22:00", "06:00")
OFFICE = hours(DAYTIME)

# One of each unit, short enough for the walk of the oracle.
targets = st.one_of(
	st.builds(Target, st.integers(1, 60), st.just("covered_hours")),
	st.builds(Target, st.integers(1, 60), st.just("clock_hours")),
	st.builds(Target, st.integers(1, 3), st.just("business_days")),
)


def in_order(covered, first, last):
	"""Whether no day is over before the one before it is: a night longer than the whole next day may do that."""
	days = (first.date() + number * DAY for number in range(-2, (last - first).days + 4))
	ends = [spans[-1][1] for spans in map(covered.of_day, days) if spans]
	return ends == sorted(ends)


@given(worlds(), st.integers(1, 60))
def test_covered_hours_are_met_until_so_many_were_covered(world, value):
	covered, _oracle, start = world
	due = due_at(Target(value, "covered_hours"), start, covered)
	assert covered.elapsed(start, due) == value * HOUR
	assert covered.elapsed(start, due - TICK) == value * HOUR - TICK


@pytest.mark.parametrize("value", [1, 24, 10_000])
def test_clock_hours_run_always(value):
	start = utc("2026-12-05T12:00")
	assert due_at(Target(value, "clock_hours"), start, OFFICE) == start + value * HOUR


@given(worlds(), st.integers(1, 3))
def test_business_days_end_with_the_last_covered_minute_of_so_many_days_after_that_of_arrival(world, count):
	covered, oracle, start = world
	arrived = start.astimezone(covered.calendar.zone).date()
	later = [end for day, end in oracle.ends().items() if day > arrived]
	assume(len(later) >= count)
	assert due_at(Target(count, "business_days"), start, covered) == later[count - 1]


@pytest.mark.parametrize(
	("windows", "start", "count", "due"),
	[
		# Friday to Monday, Monday over the feast to Wednesday, whatever the hour of arrival.
		([DAYTIME], "2026-12-04T00:00", 1, "2026-12-07T18:00"),
		([DAYTIME], "2026-12-04T23:59", 1, "2026-12-07T18:00"),
		([DAYTIME], "2026-12-05T12:00", 1, "2026-12-07T18:00"),
		([DAYTIME], "2026-12-07T00:00", 1, "2026-12-09T18:00"),
		([DAYTIME], "2026-12-04T17:59", 2, "2026-12-09T18:00"),
		([DAYTIME], "2026-12-04T17:59", 7, "2026-12-16T18:00"),
		# The night belongs to the day on which it starts, and ends on the next one, even a feast.
		([NIGHTS], "2026-12-04T12:00", 1, "2026-12-08T06:00"),
		([NIGHTS], "2026-12-05T03:00", 1, "2026-12-08T06:00"),
		([NIGHTS], "2026-12-07T23:00", 1, "2026-12-10T06:00"),
		# Several windows: the end of the last.
		([DAYTIME, NIGHTS], "2026-12-04T12:00", 1, "2026-12-08T06:00"),
		([window_of(WORKDAYS, "08:00", "24:00")], "2026-12-03T12:00", 1, "2026-12-05T00:00"),
		# A feast with windows of its own is a business day.
		([DAYTIME, window_of([HOLIDAY], "09:00", "12:00")], "2026-12-07T12:00", 1, "2026-12-08T12:00"),
		([DAYTIME, window_of([HOLIDAY], "09:00", "12:00", 1)], "2026-12-07T12:00", 1, "2026-12-09T18:00"),
		# And so is a Saturday, for those for whom it is open.
		([DAYTIME, window_of(WEEKEND, "09:00", "12:00", 0)], "2026-12-04T12:00", 1, "2026-12-05T12:00"),
		([DAYTIME, window_of(WEEKEND, "09:00", "12:00", 1)], "2026-12-04T12:00", 1, "2026-12-07T18:00"),
	],
)
def test_a_business_day_ends_with_its_last_window(windows, start, count, due):
	assert due_at(Target(count, "business_days"), utc(start), hours(*windows)) == utc(due)


def test_the_day_of_arrival_is_that_of_the_calendars_wall():
	covered = hours(DAYTIME, zone=ZoneInfo("Asia/Kolkata"), holidays=())
	# 18:29 UTC on a Monday is 23:59 in Kolkata; a minute later it is Tuesday there.
	assert due_at(Target(1, "business_days"), utc("2026-12-07T18:29"), covered) == utc("2026-12-08T12:30")
	assert due_at(Target(1, "business_days"), utc("2026-12-07T18:30"), covered) == utc("2026-12-09T12:30")


@pytest.mark.parametrize(
	("value", "start", "due"),
	[
		(20, "2026-12-04T16:30", "2026-12-09T16:30"),
		(1, "2026-12-04T16:30", "2026-12-04T17:30"),
		(2, "2026-12-04T16:00", "2026-12-04T18:00"),  # to the closing, not to the next opening
		(1, "2026-12-04T20:00", "2026-12-07T09:00"),
		(10, "2026-12-05T12:00", "2026-12-07T18:00"),
	],
)
def test_covered_hours_begin_at_the_next_opening(value, start, due):
	assert due_at(Target(value, "covered_hours"), utc(start), OFFICE) == utc(due)


@pytest.mark.parametrize("unit", UNITS)
def test_a_deadline_is_told_in_utc_and_a_naive_start_is_refused(unit):
	found = due_at(Target(3, unit), lisbon("2026-07-03T12:00"), OFFICE)
	assert found.utcoffset() == NOTHING
	assert found == due_at(Target(3, unit), utc("2026-07-03T11:00"), OFFICE)
	with pytest.raises(EngineError, match="naive instant"):
		due_at(Target(3, unit), datetime(2026, 7, 3), OFFICE)


def test_a_unit_nobody_knows_is_refused():
	with pytest.raises(EngineError, match=r"^unknown unit of a target: 'weeks'$"):
		due_at(Target(1, "weeks"), utc("2026-12-04"), OFFICE)


@pytest.mark.parametrize(
	("covered", "message"),
	[
		(hours(window_of(WORKDAYS, "08:00", "18:00", 1)), "Any hours is never open in the 20 years from"),
		(
			hours(window_of([HOLIDAY], "08:00", "18:00")),
			"Any hours is not open long enough for that within 20 years",
		),
	],
)
def test_business_days_that_never_come_are_refused(covered, message):
	with pytest.raises(NeverCovered) as refusal:
		due_at(Target(2, "business_days"), utc("2026-12-04T16:30"), covered)
	assert str(refusal.value).startswith(message)
	assert " 2026-12-04 16:30" in str(refusal.value)


@given(worlds(asked=2), targets)
def test_who_comes_later_is_never_due_earlier(world, target):
	covered, _oracle, *starts = world
	first, last = (due_at(target, start, covered) for start in sorted(starts))
	assume(target.unit != "business_days" or in_order(covered, min(starts), max(first, last)))
	assert min(starts) < first <= last


@given(worlds(asked=2), targets)
def test_a_change_to_the_same_hours_changes_nothing(world, target):
	covered, _oracle, start, at = world
	due = due_at(target, start, covered)
	assume(target.unit != "business_days" or in_order(covered, start, due))
	assert after_change(target, due, max(start, at), covered, covered) == due


@given(worlds(asked=2), targets, st.integers(0, 2))
def test_after_a_change_nothing_is_due_before_it_unless_it_was(world, target, severity):
	covered, _oracle, start, at = world
	now, at = CoveredTime(covered.calendar, severity), max(start, at)
	due = due_at(target, start, covered)
	then = after_change(target, due, at, covered, now)
	assert then == due if at >= due or target.unit == "clock_hours" else then > at


@given(worlds(asked=2), targets, st.integers(0, 2))
def test_a_more_severe_ticket_is_never_due_later(world, target, more):
	covered, _oracle, start, at = world
	due = due_at(target, start, covered)
	now = CoveredTime(covered.calendar, covered.severity + more)
	assert after_change(target, due, max(start, at), covered, now) <= due


EVERY_DAY = window_of((*range(7), HOLIDAY), "00:00", "24:00", 4)


@pytest.mark.parametrize(
	("target", "start", "at", "due"),
	[
		# Friday 16:30 + 20 h is Wednesday 16:30. On Saturday noon 18.5 h are left: Sunday 06:30, not Saturday's noon.
		(Target(20, "covered_hours"), "2026-12-04T16:30", "2026-12-05T12:00", "2026-12-06T06:30"),
		# What was closed while it passed stays so: on Monday at 08:00 still 18.5 h are left.
		(Target(20, "covered_hours"), "2026-12-04T16:30", "2026-12-07T08:00", "2026-12-08T02:30"),
		(Target(1, "covered_hours"), "2026-12-04T16:30", "2026-12-04T17:30", "2026-12-04T17:30"),
		(Target(20, "clock_hours"), "2026-12-04T16:30", "2026-12-05T12:00", "2026-12-05T12:30"),
		# Two business days from Friday: Monday and, over the feast, Wednesday.
		(Target(2, "business_days"), "2026-12-04T16:30", "2026-12-04T20:00", "2026-12-07T00:00"),
		(Target(2, "business_days"), "2026-12-04T16:30", "2026-12-07T12:00", "2026-12-09T00:00"),
		# Its last day is over at 24:00 now, but nobody waits the longer for being in a hurry.
		(Target(2, "business_days"), "2026-12-04T16:30", "2026-12-08T12:00", "2026-12-09T18:00"),
		# On its last day, and once it is over, it stays as it was.
		(Target(2, "business_days"), "2026-12-04T16:30", "2026-12-09T12:00", "2026-12-09T18:00"),
		(Target(2, "business_days"), "2026-12-04T16:30", "2026-12-12T12:00", "2026-12-09T18:00"),
	],
)
def test_what_is_left_is_left_under_the_hours_that_count_now(target, start, at, due):
	before, now = hours(DAYTIME, EVERY_DAY, severity=3), hours(DAYTIME, EVERY_DAY, severity=4)
	was = due_at(target, utc(start), before)
	assert after_change(target, was, utc(at), before, now) == utc(due)


@pytest.mark.parametrize(
	("target", "was", "due"),
	[
		(Target(30, "covered_hours"), "2026-12-05T22:30", "2026-12-07T18:00"),  # of 30 hours 10 are left
		(Target(2, "business_days"), "2026-12-07T00:00", "2026-12-07T18:00"),
		(Target(3, "business_days"), "2026-12-08T00:00", "2026-12-09T18:00"),
		(Target(30, "clock_hours"), "2026-12-05T22:30", "2026-12-05T22:30"),
	],
)
def test_a_less_severe_ticket_may_be_due_later(target, was, due):
	before, now = hours(DAYTIME, EVERY_DAY, severity=4), hours(DAYTIME, EVERY_DAY, severity=3)
	assert due_at(target, utc("2026-12-04T16:30"), before) == utc(was)
	assert after_change(target, utc(was), utc("2026-12-05T12:30"), before, now) == utc(due)


def test_a_promise_of_which_edited_hours_left_nothing_stays_until_it_is_recomputed():
	# Due on Monday at 09:00, which was open when that was worked out and is a feast by now.
	edited = hours(DAYTIME, holidays=[date(2026, 12, 7), FEAST])
	due, at = utc("2026-12-07T09:00"), utc("2026-12-05T12:00")
	assert after_change(Target(1, "covered_hours"), due, at, edited, edited) == due


LOW, URGENT = SEVERITIES["Low"], SEVERITIES["Urgent"]


@pytest.mark.parametrize(
	("tier", "severity", "start", "due"),
	[
		("RESPONSE-24H", LOW, "2026-12-04T10:00", "2026-12-07T18:00"),
		("RESPONSE-24H", URGENT, "2026-12-04T10:00", "2026-12-05T19:00"),
		("RESPONSE-12H", LOW, "2026-12-04T12:00", "2026-12-05T00:00"),
		("RESPONSE-6H", LOW, "2026-12-04T18:30", "2026-12-07T08:30"),
		("RESPONSE-3H", LOW, "2026-12-07T23:00", "2026-12-09T10:00"),
		("RESPONSE-3H", URGENT, "2026-12-07T23:00", "2026-12-08T11:00"),  # the feast's own hours, from 09:00
		("RESPONSE-3H", URGENT, "2026-12-06T19:00", "2026-12-07T10:00"),
	],
)
def test_extremeshok_answers_within_covered_hours(tier, severity, start, due):
	covered, tiers = provider("extremeshok", severity, [FEAST])
	assert due_at(tiers[tier].promise, utc(start), covered) == utc(due)


@pytest.mark.parametrize(
	("start", "due"),
	[
		("2026-12-04T16:30", "2026-12-09T18:00"),
		("2026-12-05T09:00", "2026-12-09T18:00"),
		("2026-03-27T23:59", "2026-03-31T18:00"),
		("2026-03-28T00:00", "2026-03-31T18:00"),
		("2026-10-22T12:00", "2026-10-26T18:00"),
	],
)
def test_rockstor_answers_within_two_business_days_of_lisbon(start, due):
	covered, tiers = provider("rockstor", holidays=[FEAST])
	assert due_at(tiers["STANDARD"].promise, lisbon(start), covered) == lisbon(due)


def test_rockstor_aims_at_twelve_hours_by_the_clock_whatever_the_wall_does():
	covered, tiers = provider("rockstor")
	assert due_at(tiers["STANDARD"].aim, lisbon("2026-03-28T20:00"), covered) == lisbon("2026-03-29T09:00")
