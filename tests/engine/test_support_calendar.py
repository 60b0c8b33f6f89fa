"""The shape of a calendar (rule 19): windows as texts, what overlaps, and what the providers' own files say."""

from __future__ import annotations

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from calendar_oracle import windows
from engine_factories import CHECKOUT, LISBON, UTC
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.catalogue import parse
from support_credits.engine.catalogue_model import Calendar, Holidays
from support_credits.engine.catalogue_model import Window as Said
from support_credits.engine.support_calendar import (
	DAY_NAMES,
	HOLIDAY,
	LEAST_SEVERE,
	MINUTES_A_DAY,
	BadCalendar,
	SupportCalendar,
	Window,
	check_overlaps,
	clock_text,
	joined,
	minutes_of,
	of_catalogue,
	window_of,
)

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
WORKDAYS = range(5)
SEVERITIES = {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}


def refusal(act, *values):
	with pytest.raises(BadCalendar) as refused:
		act(*values)
	return str(refused.value)


@given(st.integers(0, MINUTES_A_DAY))
def test_every_minute_of_a_day_is_read_as_it_is_written(minutes):
	assert minutes_of(clock_text(minutes)) == minutes


@pytest.mark.parametrize(
	("text", "minutes"), [("00:00", 0), ("08:30", 510), ("19:59", 1_199), ("23:59", 1_439), ("24:00", 1_440)]
)
def test_a_time_of_day_is_its_minutes(text, minutes):
	assert minutes_of(text) == minutes
	assert clock_text(minutes) == text


@pytest.mark.parametrize(
	"text",
	[
		"",
		"8:00",
		"08:60",
		"24:01",
		"25:00",
		"08.00",
		"08:00:00",
		" 08:00",
		"08:00\n",
		"-1:00",
		"٠٨:٠٠",
		"noon",
	],
)
def test_anything_else_is_not_a_time_of_day(text):
	assert refusal(minutes_of, text) == f'"{text}" is not a time of day from 00:00 to 24:00'


@pytest.mark.parametrize(("minutes", "text"), [(1_441, "00:01"), (1_800, "06:00"), (2_880, "24:00")])
def test_the_next_days_minutes_are_shown_on_its_own_clock(minutes, text):
	assert clock_text(minutes) == text


@pytest.mark.parametrize(
	("start", "end", "first", "last"),
	[
		("08:00", "18:00", 480, 1_080),
		("08:00", "24:00", 480, 1_440),
		("08:00", "00:00", 480, 1_440),  # midnight at the end, said the other way
		("00:00", "24:00", 0, 1_440),
		("22:00", "06:00", 1_320, 1_800),
		("00:01", "00:00", 1, 1_440),
		("12:00", "11:59", 720, 2_159),
		("23:59", "24:00", 1_439, 1_440),
	],
)
def test_a_window_whose_end_is_before_its_start_runs_over_midnight(start, end, first, last):
	window = window_of([MON, SUN], start, end, 3)
	assert window == Window(frozenset({MON, SUN}), first, last, 3)
	assert str(window) == f"{start}–{'24:00' if end == '00:00' else end}"


def test_a_window_counts_for_every_ticket_unless_it_says_otherwise():
	assert window_of([MON], "08:00", "18:00").from_severity == LEAST_SEVERE


@pytest.mark.parametrize(
	("start", "end"), [("08:00", "08:00"), ("00:00", "00:00"), ("24:00", "24:00"), ("24:00", "06:00")]
)
def test_a_window_of_no_length_or_from_the_end_of_a_day_is_refused(start, end):
	expected = f"a window cannot start at {start} and end at {end}"
	assert refusal(window_of, [MON], start, end) == expected


def test_a_window_on_no_day_is_refused():
	assert refusal(window_of, [], "22:00", "06:00") == "the window 22:00–06:00 is on no day"


def test_a_window_of_nonsense_names_the_nonsense():
	assert refusal(window_of, [MON], "08:00", "late") == '"late" is not a time of day from 00:00 to 24:00'


@pytest.mark.parametrize(
	("day", "first", "second"),
	[
		("Monday", ([MON], "08:00", "12:00"), ([MON], "11:59", "18:00")),
		("Monday", ([MON], "08:00", "18:00"), ([MON], "08:00", "18:00")),
		("Friday", (WORKDAYS, "08:00", "18:00"), ([FRI, SAT], "09:00", "10:00")),
		("Tuesday", ([MON], "22:00", "06:00"), ([TUE], "05:59", "18:00")),  # over midnight into the next day
		("Monday", ([SUN], "22:00", "06:00"), ([MON], "05:00", "08:00")),  # and round the end of the week
		("Monday", ([SAT, SUN], "12:00", "11:00"), ([MON], "00:00", "24:00")),
		("Holidays", ([HOLIDAY], "09:00", "12:00"), ([MON, HOLIDAY], "11:00", "13:00")),
	],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_windows_of_one_severity_cannot_say_the_same_time(day, first, second, swapped):
	some = [window_of(*first), window_of(*second)]
	names = "{}–{} and {}–{}".format(*first[1:], *second[1:])
	expected = f"on {day} the windows {names} overlap: join them, or give one another severity"
	assert refusal(check_overlaps, some[::-1] if swapped else some) == expected


def test_an_overlap_is_found_behind_windows_that_do_not():
	some = [window_of([WED], start, end) for start, end in (("00:00", "24:00"), ("03:00", "04:00"))]
	apart = [window_of([day], "08:00", "18:00") for day in (MON, TUE, THU)]
	assert refusal(check_overlaps, [*apart, *some]).startswith(
		"on Wednesday the windows 00:00–24:00 and 03:00–04:00"
	)


@pytest.mark.parametrize(
	"some",
	[
		[],
		[([MON], "08:00", "12:00"), ([MON], "12:00", "18:00")],
		[([MON], "22:00", "06:00"), ([TUE], "06:00", "18:00")],
		[([SUN], "22:00", "06:00"), ([MON], "06:00", "18:00")],
		[(range(7), "12:00", "11:59")],
		[([MON], "08:00", "18:00"), ([TUE], "08:00", "18:00"), ([HOLIDAY], "08:00", "18:00")],
		# The whole week for severe tickets beside the working day for all.
		[(WORKDAYS, "08:00", "18:00"), (range(7), "00:00", "24:00", 4), (WORKDAYS, "07:00", "19:00", 2)],
		# Sunday's night may run into a holiday's own windows: nothing says that a holiday follows a Sunday.
		[([SUN], "22:00", "06:00"), ([HOLIDAY], "00:00", "12:00")],
	],
)
def test_windows_that_touch_or_differ_in_severity_are_fine(some):
	check_overlaps(window_of(*one) for one in some)


@given(st.lists(windows(severities=1), max_size=4))
def test_overlaps_are_those_a_count_of_the_minutes_finds(some):
	said = [[0] * 8 * MINUTES_A_DAY, [0] * 8 * MINUTES_A_DAY]
	feasts = [[0] * 2 * MINUTES_A_DAY, [0] * 2 * MINUTES_A_DAY]
	for window in some:
		for day in window.days:
			for minute in range(window.start, window.end):
				if day == HOLIDAY:
					feasts[window.from_severity][minute] += 1
				else:
					said[window.from_severity][(day * MINUTES_A_DAY + minute) % (7 * MINUTES_A_DAY)] += 1
	if any(count > 1 for counts in (*said, *feasts) for count in counts):
		assert any(f"on {day} the windows" in refusal(check_overlaps, some) for day in DAY_NAMES)
	else:
		check_overlaps(some)


def test_spans_that_touch_or_overlap_are_one():
	assert list(joined([(5, 6), (1, 2), (2, 3), (7, 9), (8, 8), (6, 7)])) == [(1, 3), (5, 9)]
	assert list(joined([])) == []


def test_a_ticket_has_the_windows_up_to_its_severity():
	some = (
		window_of([MON], "08:00", "18:00"),
		window_of([MON, HOLIDAY], "18:00", "20:00", 2),
		window_of([MON, SUN], "22:00", "06:00", 3),
	)
	calendar = SupportCalendar("Hours", UTC, some)
	closed = dict.fromkeys(range(8), ())
	assert calendar.spans(1) == {**closed, MON: ((480, 1_080),)}
	assert calendar.spans(2) == {**closed, MON: ((480, 1_200),), HOLIDAY: ((1_080, 1_200),)}
	night = (1_320, 1_800)
	assert calendar.spans(3) == {
		**closed,
		MON: ((480, 1_200), night),
		SUN: (night,),
		HOLIDAY: ((1_080, 1_200),),
	}


def own_calendar(provider):
	path = CHECKOUT / "fixtures" / f"{provider}.json"
	(calendar,) = parse(json.loads(path.read_text())).calendars
	return calendar


def test_extremeshok_is_open_late_on_weekdays_and_for_urgent_tickets_on_other_days():
	calendar = of_catalogue(own_calendar("extremeshok"), {}, SEVERITIES.__getitem__)
	assert (calendar.name, calendar.zone, calendar.holidays) == (
		"Support hours (UTC)",
		ZoneInfo("Etc/UTC"),
		{},
	)
	workday, weekend = ((480, 1_440),), ((540, 1_200),)
	every_day = dict.fromkeys(WORKDAYS, workday)
	closed = dict.fromkeys((SAT, SUN, HOLIDAY), ())
	assert calendar.spans(LEAST_SEVERE) == {**every_day, **closed}
	assert calendar.spans(SEVERITIES["High"]) == {**every_day, **closed}
	assert calendar.spans(SEVERITIES["Urgent"]) == {**every_day, **dict.fromkeys(closed, weekend)}
	check_overlaps(calendar.windows)


def test_rockstor_works_by_day_in_lisbon_and_not_on_portuguese_holidays():
	feasts = {date(2026, 12, 8): "Imaculada Conceição", date(2026, 12, 25): "Dia de Natal"}
	calendar = of_catalogue(own_calendar("rockstor"), feasts, SEVERITIES.__getitem__)
	assert (calendar.zone, calendar.holidays) == (LISBON, feasts)
	expected = {**dict.fromkeys(WORKDAYS, ((480, 1_080),)), **dict.fromkeys((SAT, SUN, HOLIDAY), ())}
	assert calendar.spans(LEAST_SEVERE) == calendar.spans(SEVERITIES["Urgent"]) == expected
	check_overlaps(calendar.windows)


def test_a_provider_adds_and_removes_days_of_its_country():
	eve, natal, saint = date(2026, 12, 24), date(2026, 12, 25), date(2026, 6, 13)
	own = Holidays("PT", added=(eve, natal), removed=(saint,))
	said = Calendar("C", "Hours", "Europe/Lisbon", (Said("08:00", "18:00", None, ("mon",)),), own)
	calendar = of_catalogue(said, {natal: "Dia de Natal", saint: "Santo António"}, SEVERITIES.__getitem__)
	# A day that both know keeps the name its country gives it.
	assert calendar.holidays == {eve: "2026-12-24", natal: "Dia de Natal"}


def test_a_severity_nobody_knows_is_not_taken_for_every_tickets():
	said = Calendar("C", "Hours", "UTC", (Said("08:00", "18:00", "Dire", ("mon",)),), Holidays())
	with pytest.raises(KeyError, match="Dire"):
		of_catalogue(said, {}, SEVERITIES.__getitem__)


def test_a_bad_window_of_a_catalogue_is_refused():
	said = Calendar("C", "Hours", "UTC", (Said("08:00", "08:00", None, ("mon",)),), Holidays())
	message = "a window cannot start at 08:00 and end at 08:00"
	assert refusal(of_catalogue, said, {}, SEVERITIES.__getitem__) == message
