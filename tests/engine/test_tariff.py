"""Price per credit and saving: computed, never typed (rule 1)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.tariff import MonthlyCost, Offer, monthly_costs, price_list, price_per_credit

PACKS = [
	Offer("8", 8, Decimal("999"), "USD"),
	Offer("2", 2, Decimal("329"), "USD"),
	Offer("4", 4, Decimal("599"), "USD"),
]


def test_the_three_packs_of_the_seed_cost_what_the_anchor_table_says():
	rows = [
		(row.offer.code, str(row.per_credit), str(row.saving), str(row.saving_percent))
		for row in price_list(PACKS)
	]
	assert rows == [
		("2", "164.50", "0.00", "0.0"),
		("4", "149.75", "59.00", "9.0"),
		("8", "124.88", "317.00", "24.1"),
	]


@given(
	st.integers(1, 1000),
	st.decimals(1, 10_000, places=2),
	st.integers(1, 1000),
	st.decimals(0, 10_000, places=2),
)
def test_a_saving_never_contradicts_the_prices_it_compares(credits, price, more, price_more):
	offers = [Offer("a", credits, price, "EUR"), Offer("b", credits + more, price_more, "EUR")]
	small, big = price_list(offers)
	cheaper = price_more * credits < price * (credits + more)
	assert small.saving == 0
	assert (big.saving > 0) <= cheaper
	assert (big.saving < 0) <= (not cheaper)


def test_packs_are_compared_within_their_own_currency():
	rows = price_list([*PACKS, Offer("E", 1, Decimal("240"), "EUR")])
	assert (rows[0].offer.code, rows[0].saving) == ("E", 0)


def test_a_free_pack_divides_by_nothing():
	rows = price_list([Offer("F", 2, Decimal(0), "USD"), Offer("G", 4, Decimal(0), "USD")])
	assert [row.saving_percent for row in rows] == [0, 0]


def test_a_currency_without_cents_is_rounded_to_whole_units():
	assert price_per_credit(Decimal(1000), 3, decimals=0) == Decimal(333)


@pytest.mark.parametrize("price", [1.5, "1", Decimal("-1"), Decimal("NaN"), Decimal("Infinity")])
def test_a_price_that_is_not_an_exact_amount_is_refused(price):
	with pytest.raises(EngineError, match="not an amount of money"):
		price_per_credit(price, 2)


def test_a_pack_without_credits_is_refused():
	with pytest.raises(EngineError, match="credits must be from 1"):
		price_per_credit(Decimal(1), 0)


def test_a_pack_that_is_given_away_is_nothing_to_compare_with():
	gift = Offer("1", 1, Decimal(0), "USD")
	rows = {row.offer.code: (row.saving, row.saving_percent) for row in price_list([gift, *PACKS])}
	assert rows["8"] == (Decimal("317.00"), Decimal("24.1"))
	assert rows["1"] == (Decimal("164.50"), Decimal(100))


@pytest.mark.parametrize(
	("credits", "low", "high"), [(2, "249.75", "329.00"), (4, "499.50", "658.00"), (8, "999.00", "1316.00")]
)
def test_the_tiers_of_the_seed_cost_a_month_what_their_credits_cost(credits, low, high):
	assert monthly_costs(PACKS, credits) == (MonthlyCost("USD", Decimal(low), Decimal(high)),)


def test_each_currency_has_a_monthly_cost_of_its_own():
	found = monthly_costs([*PACKS, Offer("E", 1, Decimal("240"), "EUR")], 2)
	assert found[0] == MonthlyCost("EUR", Decimal("480.00"), Decimal("480.00"))
	assert found[1].currency == "USD"


def test_without_a_pack_that_costs_something_there_is_no_monthly_cost():
	assert monthly_costs([], 2) == monthly_costs([Offer("G", 2, Decimal(0), "USD")], 2) == ()


@given(
	st.lists(st.tuples(st.integers(1, 50), st.decimals(1, 5_000, places=2)), min_size=1), st.integers(1, 20)
)
def test_a_monthly_cost_lies_between_the_best_and_the_dearest_price_of_a_credit(packs, credits):
	offers = [Offer(str(number), count, price, "EUR") for number, (count, price) in enumerate(packs)]
	(cost,) = monthly_costs(offers, credits)
	each = [price * credits / count for count, price in packs]
	half = Decimal("0.005")
	assert min(each) - half <= cost.low <= min(each) + half
	assert max(each) - half <= cost.high <= max(each) + half
