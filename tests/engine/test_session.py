"""Help by the hour while it happens: pauses are not worked, a stop is final, and more work never costs less (rule 17)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from engine_factories import NOW
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.emergency import MINUTE, billed_minutes
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.session import (
	OPEN,
	SESSION_NEXT,
	Event,
	Mark,
	State,
	Terms,
	after,
	begin,
	bill,
	check_stopped_at,
	next_state,
	spans,
	state_of,
	worked,
)

RATE = Terms(Decimal("329.00"))
GAPS = st.timedeltas(timedelta(0), timedelta(hours=9))
EVENTS = st.sampled_from([Event.PAUSE, Event.RESUME, Event.STOP, Event.CANCEL])
STEPS = st.lists(st.tuples(EVENTS, GAPS), max_size=20)
TERMS = st.builds(
	Terms,
	st.decimals(min_value=0, max_value=Decimal("9999.99"), places=2),
	st.sampled_from([1, 6, 15, 30, 60, 240]),
	st.integers(0, 240),
	st.sampled_from([0, 2, 3]),
)


def lived(steps: list[tuple[Event, timedelta]]) -> tuple[tuple[Mark, ...], datetime]:
	"""The marks of a session to which ``steps`` happened, as far as they could, and the instant after the last of them."""
	marks, at = begin(NOW), NOW
	for event, gap in steps:
		at += gap
		if (state_of(marks), event) in SESSION_NEXT:
			marks = after(marks, event, at)
	return marks, at


def minutes_in(*marks: tuple[Event, int]) -> tuple[Mark, ...]:
	"""A session with ``marks``, each so many minutes after its start."""
	found = begin(NOW)
	for event, minutes in marks:
		found = after(found, event, NOW + minutes * MINUTE)
	return found


def test_whatever_is_not_in_the_table_is_refused_and_names_the_state():
	for state, event in product(State, Event):
		if (state, event) in SESSION_NEXT:
			assert next_state(state, event) is SESSION_NEXT[state, event]
		else:
			with pytest.raises(NotAllowed, match=f"this session is {state.value.lower()}"):
				next_state(state, event)


def test_a_stop_is_final_and_so_is_a_cancellation():
	assert {state for state, _event in SESSION_NEXT} == OPEN


def test_what_ran_is_what_is_worked():
	marks = minutes_in((Event.PAUSE, 30), (Event.RESUME, 75), (Event.STOP, 135))
	assert worked(marks, NOW) == 90 * MINUTE
	assert bill(marks, RATE, NOW).minutes == 120
	assert str(bill(marks, RATE, NOW).amount) == "658.00"


@pytest.mark.parametrize(
	("ran", "minutes", "cost"),
	[(1, 60, "329.00"), (60, 60, "329.00"), (89, 60, "329.00"), (90, 120, "658.00"), (149, 120, "658.00")],
)
def test_a_running_one_shows_what_it_would_come_to(ran: int, minutes: int, cost: str) -> None:
	found = bill(begin(NOW), RATE, NOW + ran * MINUTE)
	assert (found.worked, found.minutes, str(found.amount)) == (ran * MINUTE, minutes, cost)


def worked_examples() -> list[list[str]]:
	"""The rows of the table in docs/emergency.md: time worked, and what it comes to under two providers' terms."""
	text = (Path(__file__).parents[2] / "docs" / "emergency.md").read_text()
	table = text.split("| worked |")[1].split("\n\n")[0].splitlines()[2:]
	return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_the_document_works_its_examples_out_as_the_engine_does():
	rows = worked_examples()
	assert len(rows) == 6
	by_the_hour, by_quarters = RATE, Terms(Decimal("90.00"), 15, 30)
	for said, *bills in rows:
		spans_said = re.findall(r"(paused )?(\d+):(\d\d)", said)
		marks, at, running = begin(NOW), NOW, True
		for paused, hours, minutes in spans_said:
			if running and paused:
				marks, running = after(marks, Event.PAUSE, at), False
			elif not running:
				marks, running = after(marks, Event.RESUME, at), True
			at += timedelta(hours=int(hours), minutes=int(minutes))
		for terms, cell in zip((by_the_hour, by_quarters), bills, strict=True):
			found = bill(after(marks, Event.STOP, at), terms, at)
			assert f"{found.minutes // 60}:{found.minutes % 60:02d}, {found.amount}" == cell, said


def test_a_cancelled_one_comes_to_nothing_however_long_it_ran():
	found = bill(minutes_in((Event.CANCEL, 300)), RATE, NOW)
	assert (found.worked, found.minutes, str(found.amount)) == (300 * MINUTE, 0, "0.00")


def test_a_change_of_the_clocks_is_no_work():
	"""One instant is one instant, whatever the walls of the two who press the buttons show."""
	lisbon_summer, lisbon_winter = timezone(timedelta(hours=1)), timezone.utc
	start = datetime(2026, 10, 25, 1, 30, tzinfo=lisbon_summer)  # 00:30 UTC
	stop = datetime(2026, 10, 25, 1, 30, tzinfo=lisbon_winter)  # the same wall, an hour later
	assert worked(after(begin(start), Event.STOP, stop), stop) == timedelta(hours=1)


def test_a_naive_instant_is_refused():
	with pytest.raises(EngineError, match="naive instant"):
		begin(datetime(2026, 11, 30, 12, 0))


@given(STEPS)
def test_worked_time_never_exceeds_the_time_that_passed(steps):
	marks, at = lived(steps)
	assert timedelta(0) <= worked(marks, at) <= at - NOW


@given(STEPS, GAPS)
def test_a_pause_adds_nothing_and_running_on_adds_what_passes(steps, more):
	marks, at = lived(steps)
	since = marks[-1].at
	grown = worked(marks, since + more) - worked(marks, since)
	if state_of(marks) is State.RUNNING:
		assert abs(grown - more) < timedelta(seconds=1)
	else:
		assert grown == timedelta(0)
	assert at >= since


@given(STEPS, GAPS)
def test_pausing_and_resuming_at_once_changes_nothing(steps, more):
	marks, at = lived(steps)
	if state_of(marks) is State.RUNNING:
		again = after(after(marks, Event.PAUSE, at), Event.RESUME, at)
		assert worked(again, at + more) == worked(marks, at + more)


@given(STEPS, TERMS, GAPS)
def test_nothing_changes_what_a_stopped_one_comes_to(steps, terms, later):
	marks, at = lived(steps)
	if state_of(marks) in OPEN:
		marks = after(marks, Event.STOP, at)
	assert bill(marks, terms, at + later) == bill(marks, terms, at)
	for event in Event:
		with pytest.raises(NotAllowed):
			after(marks, event, at + later)


@given(STEPS, TERMS, GAPS)
def test_the_bill_of_a_running_one_never_falls(steps, terms, later):
	marks, at = lived(steps)
	now, then = bill(marks, terms, at), bill(marks, terms, at + later)
	assert (now.worked, now.minutes, now.amount) <= (then.worked, then.minutes, then.amount)


@given(STEPS, TERMS)
def test_stopping_costs_what_was_shown_before_it(steps, terms):
	marks, at = lived(steps)
	if state_of(marks) in OPEN:
		shown = bill(marks, terms, at)
		assert bill(after(marks, Event.STOP, at), terms, at) == shown


@given(STEPS, st.sampled_from([1, 7, 15, 60]))
def test_whole_seconds_bill_what_the_fractions_would(steps, step):
	"""A threshold is half a step of whole minutes: never within a second."""
	marks, at = lived(steps)
	exact = sum((end - start for start, end in spans(marks, at)), timedelta(0))
	assert billed_minutes(worked(marks, at), step, 0) == billed_minutes(exact, step, 0)


@given(GAPS)
def test_a_clock_that_was_set_back_counts_as_standing_still(back):
	marks = after(begin(NOW), Event.PAUSE, NOW + 10 * MINUTE)
	marks = after(marks, Event.RESUME, NOW - back)
	assert marks[-1].at == NOW + 10 * MINUTE
	assert worked(after(marks, Event.STOP, NOW - back), NOW) == 10 * MINUTE


def test_who_forgot_to_stop_says_when_the_work_ended():
	marks = minutes_in((Event.PAUSE, 10), (Event.RESUME, 20))
	now = NOW + 600 * MINUTE
	for minutes in (20, 80, 600):
		check_stopped_at(marks, NOW + minutes * MINUTE, now)
	for minutes in (19, 601):
		with pytest.raises(NotAllowed, match="not between its last mark"):
			check_stopped_at(marks, NOW + minutes * MINUTE, now)


@pytest.mark.parametrize(
	"marks",
	[
		(),
		(Mark(Event.STOP, NOW),),
		(Mark(Event.START, NOW), Mark(Event.RESUME, NOW)),
		(Mark(Event.START, NOW), Mark(Event.START, NOW)),
		(Mark(Event.START, NOW), Mark(Event.STOP, NOW - MINUTE)),
		(Mark(Event.START, NOW), Mark(Event.STOP, NOW), Mark(Event.RESUME, NOW)),
	],
)
def test_marks_that_no_session_can_have_are_found(marks):
	with pytest.raises(EngineError):
		state_of(marks)
