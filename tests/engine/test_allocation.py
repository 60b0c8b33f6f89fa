"""Which lots pay (rule 3), and that nobody pays in part."""

from __future__ import annotations

from datetime import timedelta

import pytest
from engine_factories import NOW, lot, lots, overdraft
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.allocation import (
	MAX_CREDITS,
	allocate,
	available,
	balance,
	in_spending_order,
	overdraft_room,
)
from support_credits.engine.errors import InvalidAmount, NotEnoughCredits
from support_credits.engine.model import Allocation


def one_credit_at_a_time(credits, lots_given):
	"""The slow oracle: hand out single credits, each from the best lot by the published order."""
	left = {item.name: item.remaining for item in lots_given}
	taken = []
	for _ in range(credits):
		best = None
		for item in lots_given:
			usable = (
				left[item.name] > 0
				and not item.voided
				and item.granted_at <= NOW
				and (item.expires_at is None or item.expires_at > NOW)
			)
			if usable and (best is None or _before(item, best)):
				best = item
		left[best.name] -= 1
		taken.append(best.name)
	return taken


def _before(one, other):
	if one.expires_at != other.expires_at:
		return other.expires_at is None or (one.expires_at is not None and one.expires_at < other.expires_at)
	if one.granted_at != other.granted_at:
		return one.granted_at < other.granted_at
	return one.name < other.name


@given(lots, st.integers(1, 20))
def test_spending_follows_the_published_order_or_takes_nothing(given_lots, credits):
	able = available(given_lots, NOW)
	if credits > able:
		with pytest.raises(NotEnoughCredits) as refusal:
			allocate(credits, given_lots, NOW)
		assert (refusal.value.needed, refusal.value.available) == (credits, able)
		return
	taken = allocate(credits, given_lots, NOW)
	flat = [part.lot for part in taken for _ in range(part.credits)]
	assert flat == one_credit_at_a_time(credits, given_lots)
	assert len({part.lot for part in taken}) == len(taken)


@given(lots, st.randoms())
def test_the_order_of_rows_from_the_database_does_not_matter(given_lots, chance):
	shuffled = list(given_lots)
	chance.shuffle(shuffled)
	assert in_spending_order(shuffled, NOW) == in_spending_order(given_lots, NOW)


def test_equal_expiry_and_grant_fall_back_to_the_name():
	assert [item.name[-1] for item in in_spending_order([lot(3), lot(1), lot(2)], NOW)] == ["1", "2", "3"]


def test_a_lot_without_expiry_is_spent_last():
	assert allocate(3, [lot(1, days_left=None), lot(2, days_left=9)], NOW) == (
		Allocation(lot(2).name, 2),
		Allocation(lot(1).name, 1),
	)


def test_a_lot_is_unusable_from_its_expiry_on_and_usable_a_moment_before():
	ending = lot(1, days_left=0)
	assert available([ending], NOW) == 0
	assert available([ending], NOW - timedelta(microseconds=1)) == 2


def test_a_voided_lot_is_not_spent_even_if_something_is_left_on_it():
	assert available([lot(1, voided=True)], NOW) == 0


def test_a_lot_that_starts_in_the_future_cannot_be_spent():
	assert available([lot(1, age_days=-1)], NOW) == 0
	assert balance([lot(1, age_days=-1)], NOW) == 0


@pytest.mark.parametrize("credits", [0, -1, MAX_CREDITS + 1, True, 1.0, "1", None, float("nan")])
def test_only_whole_numbers_within_bounds_are_amounts(credits):
	with pytest.raises(InvalidAmount) as refusal:
		allocate(credits, [lot(1, remaining=5)], NOW)
	assert str(credits) in str(refusal.value)


def test_an_overdraft_is_untouched_unless_asked_for():
	with pytest.raises(NotEnoughCredits, match="3 credits needed, 2 available"):
		allocate(3, [lot(1), overdraft()], NOW)


def test_the_overdraft_pays_only_what_real_lots_cannot():
	assert allocate(4, [overdraft(), lot(1)], NOW, overdraft=True) == (
		Allocation(lot(1).name, 2),
		Allocation(overdraft().name, 2),
	)


def test_an_overdraft_is_refused_past_its_limit_and_says_what_was_possible():
	with pytest.raises(NotEnoughCredits) as refusal:
		allocate(5, [lot(1), overdraft(limit=3, owed=1)], NOW, overdraft=True)
	assert (refusal.value.needed, refusal.value.available) == (5, 4)


def test_a_limit_lowered_below_the_debt_leaves_no_room():
	assert overdraft_room([overdraft(limit=2, owed=4)], NOW) == 0


def test_the_balance_counts_a_debt_and_what_can_be_spent_does_not():
	both = [lot(1, remaining=1), overdraft(owed=3)]
	assert (balance(both, NOW), available(both, NOW)) == (-2, 1)
