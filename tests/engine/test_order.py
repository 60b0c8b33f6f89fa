"""Credit Orders: what may happen to one, what it costs, and which payment is the one it asks for."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from engine_factories import DAY, NOW
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.allocation import MAX_CREDITS
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.order import (
	MOST_PACKS,
	ORDER_NEXT,
	Event,
	State,
	check_payment,
	next_state,
	order_credits,
	order_total,
	state_at,
)

PRICES = st.decimals(min_value=0, max_value=Decimal("99999.99"), places=2)
QUANTITIES = st.integers(1, MOST_PACKS)


def test_whatever_is_not_in_the_table_is_refused_and_names_the_state():
	for state, event in product(State, Event):
		if (state, event) in ORDER_NEXT:
			assert next_state(state, event) is ORDER_NEXT[state, event]
		else:
			with pytest.raises(NotAllowed, match=f"this order is {state.value.lower()}"):
				next_state(state, event)


def test_money_that_came_pays_whatever_is_not_paid():
	unpaid = {State.OPEN, State.EXPIRED, State.CANCELLED}
	assert {state for state in State if (state, Event.PAYMENT_ARRIVED) in ORDER_NEXT} == unpaid


def test_a_person_does_not_pay_what_was_cancelled():
	with pytest.raises(NotAllowed):
		next_state(State.CANCELLED, Event.PAY)


def test_only_what_was_paid_can_be_reversed_and_only_once():
	assert [state for state in State if (state, Event.REVERSE) in ORDER_NEXT] == [State.PAID]
	assert not [event for state, event in ORDER_NEXT if state is State.REVERSED]


def test_paid_is_only_left_by_reversing():
	assert {event for state, event in ORDER_NEXT if state is State.PAID} == {Event.REVERSE}


def test_an_open_one_is_over_at_its_instant_and_not_before():
	ends = NOW + DAY
	assert state_at(State.OPEN, ends, ends - DAY / 86_400) is State.OPEN
	assert state_at(State.OPEN, ends, ends) is State.EXPIRED
	assert state_at(State.OPEN, None, ends) is State.OPEN
	assert state_at(State.PAID, ends, ends + DAY) is State.PAID


@given(PRICES, QUANTITIES)
def test_the_total_is_exact(price: Decimal, quantity: int) -> None:
	assert order_total(price, quantity) == sum([price] * quantity, Decimal(0))


def test_in_a_currency_without_cents_each_pack_costs_what_the_offer_shows():
	assert str(order_total(Decimal("1099.5"), 3, decimals=0)) == "3300"


@pytest.mark.parametrize("quantity", [0, -1, MOST_PACKS + 1, True, 1.5])
def test_a_quantity_out_of_bounds_is_refused(quantity: object) -> None:
	with pytest.raises(EngineError, match="an order is for 1 to 100 packs"):
		order_total(Decimal(1), quantity)  # type: ignore[arg-type]


@given(st.integers(1, 1_000), QUANTITIES)
def test_the_credits_of_all_packs_come_together(credits: int, quantity: int) -> None:
	assert order_credits(credits, quantity) == credits * quantity


def test_more_credits_than_a_lot_holds_are_refused():
	with pytest.raises(EngineError):
		order_credits(MAX_CREDITS, 2)


@given(PRICES, st.sampled_from(["EUR", "eur", " EUR "]))
def test_the_payment_asked_for_is_taken_however_its_zeros_are_written(total: Decimal, paid_in: str) -> None:
	check_payment(total, "EUR", total, paid_in)
	check_payment(total, "EUR", Decimal(f"{total}00"), paid_in)


@given(PRICES, PRICES)
def test_any_other_amount_is_refused_more_as_well_as_less(total: Decimal, amount: Decimal) -> None:
	if total == amount:
		check_payment(total, "USD", amount, "USD")
	else:
		with pytest.raises(NotAllowed, match=r"came, the order's total is"):
			check_payment(total, "USD", amount, "USD")


@given(PRICES)
def test_the_same_number_in_another_currency_is_refused(total: Decimal) -> None:
	with pytest.raises(NotAllowed, match="JPY came, the order is in USD"):
		check_payment(total, "USD", total, "JPY")


@pytest.mark.parametrize("amount", ["119.995", "120.004", "1e30", "-1e30"])
def test_not_a_fraction_of_a_cent_is_rounded_away(amount: str) -> None:
	with pytest.raises(NotAllowed, match=r"the order's total is 120\.00"):
		check_payment(Decimal("120.00"), "USD", Decimal(amount), "USD")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_pays_nothing(amount: str) -> None:
	with pytest.raises(NotAllowed):
		check_payment(Decimal(0), "USD", Decimal(amount), "USD")
