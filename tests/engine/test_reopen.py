"""Rule 12: reopening within the window is the same incident, later it is a new one or needs a new ticket."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.incident import State
from support_credits.engine.model import UTC
from support_credits.engine.reopen import Late, ReopenFacts, Reopening, reopening, window_ends

LISBON = ZoneInfo("Europe/Lisbon")
RESOLVED = datetime(2026, 3, 25, 9, 30, tzinfo=UTC)
SETTLED = (
	State.CHARGED,
	State.OVERDRAWN,
	State.BEST_EFFORT,
	State.EXEMPT,
	State.NOT_ENFORCED,
	State.NOT_CHARGEABLE,
)


def facts(days_later: float, **values) -> ReopenFacts:
	given_ = {"state": State.CHARGED, "days": 7, "zone": LISBON, **values}
	return ReopenFacts(resolved_at=RESOLVED, at=RESOLVED + timedelta(days=days_later), **given_)


def test_the_seventh_day_counts_in_full_across_a_change_of_clocks():
	# Resolved on 25 March; clocks go forward on the 29th; the window closes with 1 April, local time.
	assert window_ends(RESOLVED, 7, LISBON) == datetime(2026, 4, 1, 23, 0, tzinfo=UTC)


def test_a_window_of_no_days_is_the_rest_of_the_day():
	assert window_ends(RESOLVED, 0, LISBON) == datetime(2026, 3, 26, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("late", Late)
@pytest.mark.parametrize("agent", [True, False])
@given(state=st.sampled_from([None, *State]), days_later=st.floats(0, 7))
def test_within_the_window_it_is_always_the_same_incident(late, agent, state, days_later):
	assert reopening(facts(days_later, state=state, late=late, is_agent=agent)) is Reopening.SAME


@pytest.mark.parametrize("state", [None, *SETTLED])
def test_later_it_is_a_new_incident_whether_the_old_one_was_paid_excused_or_free(state):
	assert reopening(facts(8, state=state)) is Reopening.NEW_INCIDENT
	assert reopening(facts(8, state=state, is_agent=True)) is Reopening.NEW_INCIDENT


def test_where_the_provider_asks_for_a_new_ticket_an_agent_may_still_reopen_the_old_one():
	assert reopening(facts(8, late=Late.ASK)) is Reopening.NEW_TICKET
	assert reopening(facts(8, late=Late.ASK, is_agent=True)) is Reopening.SAME


@pytest.mark.parametrize("state", [State.PARKED, State.WITHDRAWN, State.UNIDENTIFIED, State.AUTOMATIC])
def test_a_ticket_whose_question_is_still_open_is_not_a_new_incident(state):
	assert reopening(facts(100, state=state)) is Reopening.SAME


def test_a_ticket_that_was_merged_into_another_is_never_an_incident_again():
	assert reopening(facts(100, state=State.EXEMPT, merged=True)) is Reopening.SAME


@given(days=st.integers(0, 400), later=st.integers(0, 500 * 24))
def test_the_instant_the_window_ends_divides_the_same_incident_from_a_new_one(days, later):
	at = RESOLVED + timedelta(hours=later)
	found = reopening(ReopenFacts(State.CHARGED, RESOLVED, at, days, LISBON))
	assert (found is Reopening.SAME) == (at < window_ends(RESOLVED, days, LISBON))
