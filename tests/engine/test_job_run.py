"""What is said of a scheduled job, from what was noted of its last run and the clock alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.job_run import FINE, JobState, LastRun, state_of
from support_credits.engine.model import UTC

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=90)
spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40))


def ran(started: timedelta, took: timedelta | None = timedelta(seconds=2), failed: bool = False) -> LastRun:
	begun = NOW - started
	return LastRun(LONG_AGO, begun, None if took is None else begun + took, failed)


@pytest.mark.parametrize(
	("run", "expected"),
	[
		(LastRun(NOW - HOUR), JobState.NEVER),
		(LastRun(NOW - 4 * HOUR), JobState.LATE),
		(ran(HOUR), JobState.DONE),
		(ran(HOUR, failed=True), JobState.FAILED),
		(ran(4 * HOUR), JobState.LATE),
		(ran(4 * HOUR, failed=True), JobState.LATE),
		(ran(HOUR, took=None), JobState.RUNNING),
		(ran(3 * HOUR, took=None), JobState.CUT_OFF),
	],
)
def test_an_hourly_job_is_what_its_last_run_says(run: LastRun, expected: JobState) -> None:
	assert state_of(run, HOUR, NOW) is expected


def test_a_run_that_began_after_the_last_one_ended_has_not_ended() -> None:
	begun = NOW - timedelta(minutes=1)
	assert state_of(LastRun(LONG_AGO, begun, begun - HOUR), HOUR, NOW) is JobState.RUNNING


@given(every=spans, silent=spans)
def test_silence_is_late_once_two_turns_and_an_hour_are_over_and_never_before(
	every: timedelta, silent: timedelta
) -> None:
	late = state_of(ran(silent, took=timedelta(0)), every, NOW) is JobState.LATE
	assert late == (silent > 2 * every + HOUR)


@given(every=spans, silent=spans, failed=st.booleans())
def test_what_needs_nobody_has_not_failed(every: timedelta, silent: timedelta, failed: bool) -> None:
	if failed:
		assert state_of(ran(silent, took=timedelta(0), failed=True), every, NOW) not in FINE
