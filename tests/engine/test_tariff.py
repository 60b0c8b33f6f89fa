"""Price per credit and saving: computed, never typed (rule 1)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.tariff import Offer, price_list, price_per_credit

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
	st.decimals(0, 10_000, places=2),
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
