"""Logged work: rounded up, never lost, never more than a day, and what it takes beyond an incident's cover."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.proposal import covered_minutes
from support_credits.engine.work import (
	MINUTE,
	MOST_MINUTES,
	credits_to_cover,
	is_too_long,
	logged_minutes,
	measured,
)

AT = datetime(2026, 11, 30, 10, 0, tzinfo=timezone.utc)
WORKED = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1))
STEPS = st.integers(1, MOST_MINUTES)


@pytest.mark.parametrize(
	("worked", "step", "minutes"),
	[
		(timedelta(0), 1, 1),
		(timedelta(seconds=1), 1, 1),
		(timedelta(minutes=1), 1, 1),
		(timedelta(minutes=1, seconds=1), 1, 2),
		(timedelta(minutes=15), 15, 15),
		(timedelta(minutes=15, microseconds=1), 15, 30),
		(timedelta(minutes=61), 60, 120),
		(timedelta(hours=24), 7, MOST_MINUTES),
		(timedelta(days=3), 15, MOST_MINUTES),
	],
)
def test_work_is_rounded_up_to_whole_steps(worked: timedelta, step: int, minutes: int) -> None:
	assert logged_minutes(worked, step) == minutes


@given(WORKED, STEPS)
def test_no_work_is_lost_and_less_than_a_step_is_added(worked: timedelta, step: int) -> None:
	minutes = logged_minutes(worked, step)
	assert worked <= minutes * MINUTE
	assert minutes * MINUTE < max(worked, timedelta(microseconds=1)) + step * MINUTE
	assert minutes % step == 0 or minutes == MOST_MINUTES


@given(WORKED, WORKED, STEPS)
def test_more_work_is_never_fewer_minutes(one: timedelta, other: timedelta, step: int) -> None:
	less, more = sorted((one, other))
	assert logged_minutes(less, step) <= logged_minutes(more, step)


@given(WORKED, STEPS)
def test_rounding_what_is_rounded_changes_nothing(worked: timedelta, step: int) -> None:
	minutes = logged_minutes(worked, step)
	assert logged_minutes(minutes * MINUTE, step) == minutes


@pytest.mark.parametrize(("worked", "step"), [(-MINUTE, 1), (MINUTE, 0), (MINUTE, -5)])
def test_work_of_less_than_no_time_and_steps_of_none_are_refused(worked: timedelta, step: int) -> None:
	with pytest.raises(EngineError, match="cannot log"):
		logged_minutes(worked, step)


def test_a_clock_that_was_set_back_has_measured_nothing() -> None:
	assert measured(AT, AT + 5 * MINUTE) == 5 * MINUTE
	assert measured(AT, AT - 5 * MINUTE) == timedelta(0)


def test_a_timer_that_ran_for_more_than_a_day_was_forgotten() -> None:
	assert not is_too_long(timedelta(days=1))
	assert is_too_long(timedelta(days=1, microseconds=1))


@pytest.mark.parametrize(
	("used", "covered", "credits"),
	[(0, 60, 0), (60, 60, 0), (61, 60, 1), (120, 60, 1), (121, 60, 2), (1, 0, 1)],
)
def test_work_beyond_the_cover_takes_whole_credits(used: int, covered: int, credits: int) -> None:
	assert credits_to_cover(used, covered, 60) == credits


@given(st.integers(0, 10_000), st.integers(0, 50), st.integers(1, 600))
def test_so_many_more_credits_cover_it_and_one_less_does_not(used: int, extra: int, cover: int) -> None:
	needed = credits_to_cover(used, covered_minutes(cover, extra), cover)
	assert used <= covered_minutes(cover, extra + needed)
	assert not needed or used > covered_minutes(cover, extra + needed - 1)


def test_a_credit_that_covers_no_time_is_refused() -> None:
	with pytest.raises(EngineError, match="covers nothing"):
		credits_to_cover(10, 0, 0)
