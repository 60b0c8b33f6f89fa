"""What credits are worth: the parts of a lot add up to its price, whatever happens to it in whatever order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.outstanding import Holding, Sum, sums, totals, worth

prices = st.integers(0, 10**9).flatmap(
	lambda units: st.sampled_from([0, 2, 3, 6]).map(lambda places: Decimal(units).scaleb(-places))
)
places = st.sampled_from([0, 2, 3])
lots = st.integers(1, 10_000)


def test_a_third_of_a_hundred_by_hand():
	"""100.00 for 3 credits: 100.00, 66.67, 33.33, 0.00. So the first is worth 33.33, the second 33.34, the third 33.33."""
	left = [worth(Decimal("100"), 3, credits) for credits in (3, 2, 1, 0)]
	assert left == [Decimal("100.00"), Decimal("66.67"), Decimal("33.33"), Decimal("0.00")]


def test_half_a_unit_is_rounded_up():
	assert worth(Decimal("0.05"), 2, 1) == Decimal("0.03")
	assert worth(Decimal("5"), 2, 1, 0) == Decimal("3")


@given(prices, lots, places)
def test_all_of_a_lot_is_worth_its_price_and_none_of_it_nothing(price, paid, decimals):
	whole = worth(price, paid, paid, decimals)
	assert abs(Fraction(whole) - Fraction(price)) <= Fraction(1, 2 * 10**decimals)
	assert worth(price, paid, 0, decimals) == 0


@given(prices, lots, places, st.data())
def test_the_parts_add_up_to_the_price_however_they_are_taken_and_given_back(price, paid, decimals, data):
	held, moved = paid, Decimal(0)
	for _step in range(data.draw(st.integers(0, 8))):
		after = data.draw(st.integers(0, paid + 5))  # credits may be added by hand
		moved += worth(price, paid, held, decimals) - worth(price, paid, after, decimals)
		held = after
	assert moved + worth(price, paid, held, decimals) == worth(price, paid, paid, decimals)


@given(prices, lots, places, st.data())
def test_it_is_within_half_a_unit_of_the_exact_share_and_never_falls_with_more_credits(
	price, paid, decimals, data
):
	credits = data.draw(st.integers(0, paid))
	found = worth(price, paid, credits, decimals)
	assert abs(Fraction(found) - Fraction(price) * credits / paid) <= Fraction(1, 2 * 10**decimals)
	assert -found.as_tuple().exponent == decimals
	assert found <= worth(price, paid, credits + 1, decimals)


@given(prices, lots, st.integers(0, 50))
def test_credits_added_to_a_lot_cost_nothing_and_leave_first(price, paid, added):
	assert worth(price, paid, paid + added) == worth(price, paid, paid)


@pytest.mark.parametrize(("paid", "credits"), [(0, 0), (-1, 0), (1, -1)])
def test_what_cannot_be_is_refused(paid, credits):
	with pytest.raises(EngineError, match="worth nothing that can be said"):
		worth(Decimal(1), paid, credits)


@pytest.mark.parametrize("price", [Decimal("NaN"), Decimal(-1), 1.5])
def test_a_price_that_is_no_exact_amount_is_refused(price):
	with pytest.raises(EngineError, match="not an amount of money"):
		worth(price, 1, 1)


def test_sums_go_by_month_and_currency_with_what_never_ends_last():
	found = sums(
		[
			Holding("", 1, 5),
			Holding("2026-12", 2, 1, "USD", Decimal("329"), 2),
			Holding("2026-12", 1, 2, "EUR", Decimal("100"), 3),
			Holding("2026-12", 3, 1, "USD", Decimal(0), 2),
			Holding("2026-11", 1, 3, "JPY", Decimal("1000"), 3),
		],
		{"USD": 2, "EUR": 2, "JPY": 0},
	)
	assert found == (
		Sum("2026-11", "JPY", 1, 3, Decimal(1000)),
		Sum("2026-12", "EUR", 1, 2, Decimal("66.67")),
		Sum("2026-12", "USD", 2, 2, Decimal("329.00")),
		Sum("2026-12", "", 3, 3, None),
		Sum("", "", 1, 5, None),
	)
	assert totals(found) == {"EUR": Decimal("66.67"), "JPY": Decimal(1000), "USD": Decimal("329.00")}


@given(
	st.lists(
		st.builds(
			Holding,
			st.sampled_from(["2026-11", "2026-12", ""]),
			st.integers(1, 50),
			st.integers(0, 20),
			st.sampled_from(["USD", "JPY", ""]),
			prices,
			st.integers(1, 20),
		),
		max_size=12,
	)
)
def test_lots_alike_are_worth_what_each_of_them_is(holdings):
	decimals = {"USD": 2, "JPY": 0}
	one_by_one = [
		Holding(held.period, 1, held.credits, held.currency, held.price, held.paid)
		for held in holdings
		for _lot in range(held.lots)
	]
	assert sums(holdings, decimals) == sums(one_by_one, decimals)
	assert sum(one.credits for one in sums(holdings, decimals)) == sum(
		held.lots * held.credits for held in holdings
	)
