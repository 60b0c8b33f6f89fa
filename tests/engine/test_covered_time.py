"""Covered time (rule 19): exact to the microsecond, and what a walk through every minute finds."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timezone
from zoneinfo import ZoneInfo

import pytest
from calendar_oracle import DAY, HOUR, MINUTE, NOTHING, PLACES, TICK, amounts, worlds
from engine_factories import LISBON, UTC
from hypothesis import given

from support_credits.engine.covered_time import (
	FIRST_YEAR,
	HORIZON_YEARS,
	LAST_YEAR,
	CoveredTime,
	NeverCovered,
)
from support_credits.engine.errors import EngineError
from support_credits.engine.support_calendar import HOLIDAY, SupportCalendar, window_of

WEEK = range(7)
EVERY = (*WEEK, HOLIDAY)
NEVER = "Any hours is never open in the 20 years from 2026-12-04 16:30 on: give it a window that counts for this ticket"
TOO_FAR = (
	"Any hours is not open long enough for that within 20 years from 2026-12-04 16:30: shorten the target"
)


def hours(*spans, days=EVERY, zone=UTC, holidays=(), severity=0, least=0):
	"""Covered time of windows such as "08:00-18:00", all on the same days."""
	windows = tuple(window_of(days, *span.split("-"), least) for span in spans)
	named = dict.fromkeys(holidays, "Feast")
	return CoveredTime(SupportCalendar("Any hours", zone, windows, named), severity)


def utc(text):
	return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(("name", "day"), PLACES)
def test_each_place_of_the_oracle_has_something_odd_about_its_day(name, day):
	zone, noon = ZoneInfo(name), time(12)
	before, after = (datetime.combine(day + number * DAY, noon, timezone.utc) for number in (-2, 2))
	changes = before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
	assert changes or before.year != after.year


@given(worlds(asked=2))
def test_elapsed_is_what_a_walk_through_the_minutes_counts(world):
	covered, oracle, start, end = world
	assert covered.elapsed(start, end) == oracle.elapsed(start, end)
	assert covered.elapsed(end, start) == -covered.elapsed(start, end)


@given(worlds(), amounts)
def test_adding_ends_where_a_walk_through_the_minutes_ends(world, amount):
	covered, oracle, start = world
	expected = oracle.add(start, amount)
	found = covered.add(start, amount)
	assert found == expected if expected else found > oracle.end
	assert found.utcoffset() == NOTHING


@given(worlds(), amounts)
def test_what_is_added_has_elapsed_and_a_microsecond_before_it_had_not(world, amount):
	covered, _oracle, start = world
	due = covered.add(start, amount)
	assert covered.elapsed(start, due) == amount
	assert covered.elapsed(start, due - TICK) == amount - TICK


@given(worlds(asked=3))
def test_splitting_an_interval_changes_nothing(world):
	covered, _oracle, first, middle, last = world
	assert covered.elapsed(first, middle) + covered.elapsed(middle, last) == covered.elapsed(first, last)


@given(worlds(), amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(world, first, then):
	covered, _oracle, start = world
	assert covered.add(covered.add(start, first), then) == covered.add(start, first + then)


@given(worlds(asked=3))
def test_a_moment_is_covered_exactly_inside_the_intervals(world):
	covered, oracle, first, last, at = world
	first, last = sorted((first, last))
	spans = list(covered.intervals(first, last))
	assert spans == oracle.intervals(first, last)
	assert sum((end - start for start, end in spans), NOTHING) == covered.elapsed(first, last)
	assert covered.is_covered(at) == oracle.is_open(at)
	if first <= at < last:
		assert covered.is_covered(at) == any(start <= at < end for start, end in spans)


@given(worlds())
def test_the_next_opening_is_now_or_where_the_next_interval_begins(world):
	covered, oracle, at = world
	expected = oracle.intervals(at, oracle.end)
	found = covered.next_opening(at)
	assert covered.is_covered(found)
	assert found == expected[0][0] if expected else found >= oracle.end


@given(worlds())
def test_each_local_day_has_what_its_own_windows_hold(world):
	covered, oracle, _at = world
	days, union = oracle.days, []
	for day in days:
		spans = list(covered.of_day(day))
		assert spans == oracle.of_day(day)
		assert covered.opens_on(day) == bool(spans)
		union += spans
	# All of them together are all there is; the first day may also have had something of its eve.
	low, high = (datetime.combine(day, time(), covered.calendar.zone) for day in (days[1], days[-1]))
	clipped = [(max(low, start), min(high, end)) for start, end in union]
	assert merged(span for span in clipped if span[0] < span[1]) == list(covered.intervals(low, high))


def merged(spans):
	found = []
	for start, end in sorted(spans):
		if found and start <= found[-1][1]:
			found[-1] = (found[-1][0], max(end, found[-1][1]))
		else:
			found.append((start, end))
	return found


@pytest.mark.parametrize(
	("zone", "span", "day", "length"),
	[
		("Europe/Lisbon", "00:00-03:00", date(2026, 3, 29), 2 * HOUR),
		("Europe/Lisbon", "01:00-02:00", date(2026, 3, 29), NOTHING),  # 01:00 to 02:00 never came
		("Europe/Lisbon", "00:00-03:00", date(2026, 10, 25), 4 * HOUR),
		("Europe/Lisbon", "01:00-02:00", date(2026, 10, 25), 2 * HOUR),  # and then came twice
		("Europe/Lisbon", "22:00-06:00", date(2026, 3, 28), 7 * HOUR),
		("Europe/Lisbon", "22:00-06:00", date(2026, 10, 24), 9 * HOUR),
		("Europe/Lisbon", "08:00-24:00", date(2026, 3, 29), 16 * HOUR),
		("Australia/Lord_Howe", "00:00-24:00", date(2026, 4, 5), 24.5 * HOUR),
		("Australia/Lord_Howe", "00:00-24:00", date(2026, 10, 4), 23.5 * HOUR),
		("Pacific/Apia", "00:00-24:00", date(2011, 12, 30), NOTHING),
		("Pacific/Apia", "00:00-24:00", date(2011, 12, 29), 24 * HOUR),
		("Pacific/Apia", "22:00-06:00", date(2011, 12, 29), 2 * HOUR),  # its second half was skipped
		("Africa/El_Aaiun", "00:00-24:00", date(2026, 2, 15), 25 * HOUR),
		("Africa/El_Aaiun", "00:00-24:00", date(2026, 3, 22), 23 * HOUR),
		("Asia/Kathmandu", "00:00-24:00", date(2026, 3, 29), 24 * HOUR),
	],
)
def test_a_window_is_as_long_as_the_clock_was_inside_it(zone, span, day, length):
	covered = hours(span, zone=ZoneInfo(zone))
	spans = covered.of_day(day)
	assert sum((end - start for start, end in spans), NOTHING) == length
	assert covered.opens_on(day) == bool(length)
	for start, end in spans:
		assert covered.elapsed(start, end) == end - start


def test_an_hour_that_comes_twice_is_open_twice():
	covered = hours("01:15-01:45", zone=LISBON)
	first, again = covered.of_day(date(2026, 10, 25))
	assert first == (utc("2026-10-25T00:15"), utc("2026-10-25T00:45"))
	assert again == (utc("2026-10-25T01:15"), utc("2026-10-25T01:45"))
	assert covered.add(first[0], 40 * MINUTE) == again[0] + 10 * MINUTE


def test_the_night_before_a_holiday_runs_to_its_end_and_the_holidays_own_does_not_begin():
	feast = date(2026, 12, 8)
	covered = hours("22:00-06:00", days=WEEK, holidays=[feast])
	assert covered.of_day(feast - DAY) == ((utc("2026-12-07T22:00"), utc("2026-12-08T06:00")),)
	assert covered.of_day(feast) == ()
	assert covered.next_opening(utc("2026-12-08T06:00")) == utc("2026-12-09T22:00")


def test_a_window_counts_from_its_severity_up():
	lengths = [
		hours("00:00-24:00", least=2, severity=severity).elapsed(utc("2026-12-04"), utc("2026-12-05"))
		for severity in (1, 2, 3)
	]
	assert lengths == [NOTHING, DAY, DAY]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York", "Asia/Kolkata"])
def test_nothing_happens_at_the_turn_of_a_year(zone):
	covered = hours("20:00-04:00", "08:00-18:00", zone=ZoneInfo(zone))
	eve = datetime(2026, 12, 31, 20, tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)
	assert list(covered.intervals(eve - HOUR, eve + 9 * HOUR)) == [(eve, eve + 8 * HOUR)]
	assert covered.add(eve, 8 * HOUR) == eve + 8 * HOUR
	assert covered.add(eve, 8 * HOUR + TICK) == eve + 12 * HOUR + TICK
	assert covered.elapsed(eve, eve + 5 * 365 * DAY) == 5 * 365 * 18 * HOUR
	always = hours("00:00-24:00", zone=ZoneInfo(zone))
	assert list(always.intervals(eve, eve + 400 * DAY)) == [(eve, eve + 400 * DAY)]


def test_a_year_ends_with_its_last_microsecond():
	covered, turn = hours("00:00-24:00"), utc("2027-01-01")
	assert covered.add(turn - TICK, TICK) == turn
	assert covered.add(turn - TICK, 2 * TICK) == turn + TICK
	assert covered.elapsed(turn - TICK, turn) == TICK
	assert covered.elapsed(turn, turn + TICK) == TICK
	assert covered.next_opening(turn) == turn


def test_microseconds_are_exact():
	covered = hours("08:00-18:00")
	start = utc("2026-12-04T17:59:59.999998")
	assert covered.add(start, 3 * TICK) == utc("2026-12-05T08:00:00.000001")
	assert covered.elapsed(start, utc("2026-12-05T08:00:00.000001")) == 3 * TICK
	assert covered.add(start, 2 * TICK) == utc("2026-12-04T18:00")
	assert covered.is_covered(utc("2026-12-04T17:59:59.999999"))
	assert not covered.is_covered(utc("2026-12-04T18:00"))
	assert covered.is_covered(utc("2026-12-04T08:00"))


def test_nothing_added_is_the_start_itself_even_outside_the_hours():
	assert hours("08:00-18:00").add(utc("2026-12-04T20:00"), NOTHING) == utc("2026-12-04T20:00")
	start = datetime(2026, 12, 4, 20, tzinfo=LISBON)
	assert hours("08:00-18:00").add(start, NOTHING).utcoffset() == NOTHING


def test_what_closes_at_the_beginning_or_opens_at_the_end_is_not_between():
	covered, opens = hours("08:00-18:00"), utc("2026-12-04T08:00")
	closes = opens + 10 * HOUR
	assert list(covered.intervals(closes - DAY, opens)) == []
	assert list(covered.intervals(closes - DAY, closes + DAY)) == [
		(opens, closes),
		(opens + DAY, closes + DAY),
	]


@pytest.mark.parametrize("back", [NOTHING, HOUR])
def test_nothing_is_open_between_an_instant_and_itself_or_an_earlier_one(back):
	at = utc("2026-12-04T12:00")
	assert list(hours("08:00-18:00").intervals(at, at - back)) == []


@pytest.mark.parametrize("ask", ["add", "elapsed", "is_covered", "next_opening", "intervals"])
def test_a_naive_instant_is_refused(ask):
	covered, naive, aware = hours("08:00-18:00"), datetime(2026, 12, 4), utc("2026-12-04")
	asked = {"add": [(naive, HOUR), (naive, NOTHING)], "is_covered": [(naive,)], "next_opening": [(naive,)]}
	for values in asked.get(ask, [(naive, aware), (aware, naive)]):
		with pytest.raises(EngineError, match=r"^naive instant 2026-12-04T00:00:00: pass an aware datetime$"):
			list(getattr(covered, ask)(*values) or ())


def test_less_than_nothing_cannot_be_added():
	message = "covered time to add must not be negative: -1 day, 23:59:59.999999"
	with pytest.raises(EngineError, match=f"^{re.escape(message)}$"):
		hours("08:00-18:00").add(utc("2026-12-04"), -TICK)


FEAST = date(2026, 12, 4)
HOLIDAY_ONLY = hours("08:00-18:00", days=[HOLIDAY], holidays=[FEAST])


@pytest.mark.parametrize(
	("message", "ask"),
	[
		(NEVER, lambda at: hours("08:00-18:00", least=1).add(at, TICK)),
		(NEVER, lambda at: hours("08:00-18:00", least=1).next_opening(at)),
		(NEVER, lambda at: hours("01:00-02:00", days=[HOLIDAY]).add(at, HOUR)),
		(TOO_FAR, lambda at: HOLIDAY_ONLY.add(at, 2 * HOUR)),
		(TOO_FAR, lambda at: hours("08:00-09:00").add(at, 366 * 25 * HOUR)),
		# It was open before, which is no answer to when it will be.
		(NEVER, lambda at: hours("08:00-16:30", days=[HOLIDAY], holidays=[FEAST]).add(at, TICK)),
		(NEVER, lambda at: hours("08:00-16:30", days=[HOLIDAY], holidays=[FEAST]).next_opening(at)),
	],
)
def test_what_never_comes_is_refused_with_calendar_and_start(message, ask):
	assert HORIZON_YEARS == 20
	with pytest.raises(NeverCovered) as refusal:
		ask(utc("2026-12-04T16:30"))
	assert str(refusal.value) == message
	assert refusal.value.values["calendar"] == "Any hours"


def test_the_start_of_what_never_comes_is_told_on_the_wall_of_the_calendar():
	with pytest.raises(NeverCovered, match="from 2026-12-04 22:00 on"):
		hours("08:00-18:00", least=1, zone=ZoneInfo("Asia/Kolkata")).next_opening(utc("2026-12-04T16:30"))


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, LAST_YEAR + 1])
def test_a_year_out_of_range_is_named(year):
	covered, at = hours("08:00-18:00"), datetime(year, 7, 1, tzinfo=timezone.utc)
	message = f"Any hours cannot be asked about {year}-07-01T00:00:00+00:00: only the years 1902 to 2400"
	for ask, *values in ((covered.add, HOUR), (covered.is_covered,), (covered.elapsed, at)):
		with pytest.raises(EngineError) as refusal:
			ask(at, *values)
		assert str(refusal.value) == message


@pytest.mark.parametrize("year", [FIRST_YEAR, LAST_YEAR])
def test_the_first_and_the_last_year_answer(year):
	at = datetime(year, 12, 31, 12, tzinfo=timezone.utc)
	assert hours("08:00-18:00").add(at, HOUR) == at + HOUR
