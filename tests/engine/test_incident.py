"""The states of an incident: every transition, allowed and refused."""

from __future__ import annotations

import pytest

from support_credits.engine.decision import Code
from support_credits.engine.errors import NotAllowed
from support_credits.engine.incident import INCIDENT_NEXT, Event, State, allowed, next_state

ALLOWED = {
	Event.IDENTIFY: {State.UNIDENTIFIED},
	Event.CORRECT_CUSTOMER: {
		State.CHARGED,
		State.OVERDRAWN,
		State.BEST_EFFORT,
		State.PARKED,
		State.EXEMPT,
		State.NOT_ENFORCED,
		State.UNIDENTIFIED,
		State.WITHDRAWN,
	},
	Event.EXEMPT: {State.CHARGED, State.OVERDRAWN, State.BEST_EFFORT, State.PARKED, State.UNIDENTIFIED},
	Event.UNEXEMPT: {State.EXEMPT},
	Event.RELEASE: {State.PARKED},
	Event.WITHDRAW: {State.PARKED},
	Event.REFUND: {State.CHARGED, State.OVERDRAWN},
	Event.REOPEN: {State.WITHDRAWN},
	Event.PARK: {State.BEST_EFFORT, State.NOT_ENFORCED},
	Event.COUNT: {State.AUTOMATIC, State.NOT_CHARGEABLE},
}


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_each_event_is_possible_in_exactly_the_states_of_the_table(state, event):
	assert allowed(state, event) == (state in ALLOWED[event])
	if not allowed(state, event):
		with pytest.raises(NotAllowed) as refusal:
			next_state(state, event, Code.CHARGED)
		assert str(refusal.value) == f"{event.value} is not possible for an incident that is {state.value}"


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.REFUSED])
def test_a_decision_made_again_names_the_next_state(code):
	assert next_state(State.UNIDENTIFIED, Event.IDENTIFY, code).value == code.value


@pytest.mark.parametrize("decided", [None, Code.REFUSED])
def test_a_ticket_that_exists_cannot_be_refused_any_more(decided):
	with pytest.raises(NotAllowed, match="needs a decision that accepts the ticket"):
		next_state(State.EXEMPT, Event.UNEXEMPT, decided)


def test_an_exempt_ticket_stays_exempt_when_its_customer_is_corrected():
	assert next_state(State.EXEMPT, Event.CORRECT_CUSTOMER) is State.EXEMPT


def test_nothing_leads_out_of_refunded():
	assert not {state for state, _ in INCIDENT_NEXT} & {State.REFUNDED}


def test_a_withdrawn_ticket_that_opens_again_pays_like_a_new_one():
	assert next_state(State.WITHDRAWN, Event.REOPEN, Code.PARKED) is State.PARKED


def test_every_accepting_code_is_a_state():
	assert {code.value for code in Code} - {state.value for state in State} == {"refused"}


def test_a_request_that_turns_out_to_be_an_incident_is_decided_like_a_new_one():
	assert next_state(State.NOT_CHARGEABLE, Event.COUNT, Code.PARKED) is State.PARKED


def test_an_automatic_mails_ticket_on_which_a_person_writes_is_decided_like_a_new_one():
	assert next_state(State.AUTOMATIC, Event.COUNT, Code.CHARGED) is State.CHARGED
