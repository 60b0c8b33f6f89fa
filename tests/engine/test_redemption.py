"""A redemption's states, its binding, and when it is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import NotAllowed
from support_credits.engine.redemption import (
	LONGEST_PAUSE,
	LONGEST_RESET,
	OPEN,
	REDEMPTION_NEXT,
	Event,
	State,
	is_bound,
	next_state,
	next_try,
	reset_instant,
)

AT = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


@given(st.sampled_from(State), st.sampled_from(Event))
def test_what_the_table_does_not_hold_cannot_happen_and_names_the_state(state, event):
	if (state, event) in REDEMPTION_NEXT:
		assert next_state(state, event) is REDEMPTION_NEXT[state, event]
	else:
		with pytest.raises(NotAllowed, match=state.value):
			next_state(state, event)


@given(st.lists(st.sampled_from(Event), max_size=12))
def test_credits_come_once_at_the_most_and_only_from_an_open_state(events):
	state, grants = State.FOUND, 0
	for event in events:
		try:
			after = next_state(state, event)
		except NotAllowed:
			continue
		grants += after is State.GRANTED
		assert after is not State.GRANTED or state in OPEN
		state = after
	assert grants <= 1


@pytest.mark.parametrize("state", [State.GRANTED, State.FROZEN, State.REFUSED])
def test_what_is_settled_is_not_opened_again(state):
	assert {event for event in Event if (state, event) in REDEMPTION_NEXT} <= {Event.FREEZE}


def test_an_address_binds_whatever_its_case_and_the_blanks_around_it():
	assert is_bound(["Ana@Example.com "], ["ana@example.com"])
	assert not is_bound(["ana@example.com"], [])
	assert not is_bound([], ["ana@example.com"])
	assert not is_bound([""], [""])
	assert not is_bound(["ana+x@example.com"], ["ana@example.com"])


@given(st.integers(0, 10_000), st.none() | st.timedeltas(timedelta(days=-10), timedelta(days=10)))
def test_it_is_tried_later_each_time_and_never_before_the_reset_that_can_be_believed(tries, reset_in):
	reset = None if reset_in is None else AT + reset_in
	found = next_try(tries, AT, reset)
	assert AT < found <= AT + max(LONGEST_PAUSE, LONGEST_RESET)
	assert next_try(tries + 1, AT, reset) >= found
	assert reset is None or found >= min(reset, AT + LONGEST_RESET)


@pytest.mark.parametrize(
	("headers", "after"),
	[
		({"X-RateLimit-Reset": str(int((AT + timedelta(seconds=40)).timestamp()))}, 40),
		({"x-ratelimit-reset": str(int((AT + timedelta(seconds=40)).timestamp() * 1000))}, 40),
		({"X-RateLimit-Reset": "55"}, 55),
		({"Retry-After": "30"}, 30),
		({"X-RateLimit-Reset": "soon", "Retry-After": "30"}, 30),
		({"X-RateLimit-Reset": "nan"}, None),
		({"X-RateLimit-Reset": "inf"}, None),
		({"X-RateLimit-Reset": "-1"}, None),
		({"X-RateLimit-Reset": "9" * 30}, None),
		({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
		({}, None),
	],
)
def test_the_reset_is_read_as_seconds_since_1970_or_from_now(headers, after):
	found = reset_instant(headers, AT)
	assert found == (None if after is None else AT + timedelta(seconds=after))
