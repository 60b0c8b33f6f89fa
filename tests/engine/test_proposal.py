"""Extra credits: what may happen to a proposal, and what silence means."""

from __future__ import annotations

from itertools import product

import pytest
from engine_factories import DAY, NOW

from support_credits.engine.errors import NotAllowed
from support_credits.engine.proposal import PROPOSAL_NEXT, Event, State, covered_minutes, next_state, state_at


def test_only_an_open_one_can_be_answered_and_only_once():
	for state, event in product(State, Event):
		if state is State.OPEN:
			assert next_state(state, event) is PROPOSAL_NEXT[state, event]
		else:
			with pytest.raises(NotAllowed, match=f"this proposal is {state.value.lower()} already"):
				next_state(state, event)


def test_silence_ends_it_at_its_instant_and_not_before():
	ends = NOW + DAY
	assert state_at(State.OPEN, ends, ends - DAY / 86_400) is State.OPEN
	assert state_at(State.OPEN, ends, ends) is State.EXPIRED


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DECLINED, State.WITHDRAWN, State.EXPIRED])
def test_what_was_answered_stays_as_it_was(state):
	assert state_at(state, NOW, NOW + DAY) is state


@pytest.mark.parametrize(("extra", "minutes"), [(0, 60), (1, 120), (3, 240)])
def test_each_extra_credit_covers_as_many_minutes_again(extra, minutes):
	assert covered_minutes(60, extra) == minutes
