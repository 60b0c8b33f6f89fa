"""A second person: who may answer what, until when, and from how many credits on one is needed."""

from __future__ import annotations

import pytest
from engine_factories import DAY, NOW
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.approval import (
	APPROVAL_NEXT,
	Event,
	State,
	needs_second_person,
	next_state,
	state_at,
)
from support_credits.engine.errors import NotAllowed

MIA, NOE = "mia@example.com", "noe@example.com"


@given(st.integers(-1_000, 1_000), st.integers(1, 1_000))
def test_the_limit_itself_needs_a_second_person_whichever_way_the_credits_go(credits, limit):
	assert (
		needs_second_person(credits, limit) == needs_second_person(-credits, limit) == (abs(credits) >= limit)
	)


@given(st.integers(-1_000, 1_000))
def test_no_limit_asks_for_nobody(credits):
	assert not needs_second_person(credits, 0)


def test_another_manager_approves_or_declines():
	assert next_state(State.WAITING, Event.APPROVE, MIA, NOE) is State.APPROVED
	assert next_state(State.WAITING, Event.DECLINE, MIA, NOE) is State.DECLINED


def test_who_asked_cannot_approve_but_can_take_it_back():
	with pytest.raises(NotAllowed, match="needs another manager"):
		next_state(State.WAITING, Event.APPROVE, MIA, MIA)
	assert next_state(State.WAITING, Event.WITHDRAW, MIA, MIA) is State.WITHDRAWN
	assert next_state(State.WAITING, Event.DECLINE, MIA, MIA) is State.DECLINED


def test_nobody_takes_back_what_somebody_else_asked_for():
	with pytest.raises(NotAllowed, match="decline it instead"):
		next_state(State.WAITING, Event.WITHDRAW, MIA, NOE)


@pytest.mark.parametrize("state", [state for state in State if state is not State.WAITING])
@pytest.mark.parametrize("event", list(Event))
def test_an_answer_is_final(state, event):
	with pytest.raises(NotAllowed, match=f"it is {state.value} already"):
		next_state(state, event, MIA, NOE)


def test_the_table_names_every_event_once():
	assert {event for _state, event in APPROVAL_NEXT} == set(Event)


def test_one_that_waits_is_over_from_its_end_on():
	assert state_at(State.WAITING, NOW + DAY, NOW) is State.WAITING
	assert state_at(State.WAITING, NOW, NOW) is State.EXPIRED
	assert state_at(State.APPROVED, NOW, NOW) is State.APPROVED
