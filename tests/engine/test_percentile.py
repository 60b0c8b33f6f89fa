"""Percentiles by the nearest rank."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.percentile import percentile

VALUES = st.lists(st.integers(0, 100), min_size=1, max_size=60)


@pytest.mark.parametrize(
	("percent", "found"), [(1, 15), (5, 15), (30, 20), (40, 20), (50, 35), (90, 50), (100, 50)]
)
def test_the_worked_example_of_the_nearest_rank(percent, found):
	assert percentile([35, 20, 15, 50, 40], percent) == found


def test_of_an_even_number_the_median_is_the_lower_of_the_two_in_the_middle():
	assert percentile([4, 1, 3, 2], 50) == 2


@given(VALUES, st.integers(1, 100))
def test_it_is_the_smallest_value_that_so_many_do_not_exceed(values, percent):
	found = percentile(values, percent)
	assert found in values
	assert 100 * sum(value <= found for value in values) >= percent * len(values)
	assert 100 * sum(value < found for value in values) < percent * len(values)


@given(VALUES, st.integers(1, 100), st.integers(1, 100))
def test_a_higher_percentage_is_never_a_smaller_value(values, one, other):
	low, high = sorted((one, other))
	assert percentile(values, low) <= percentile(values, high)


@given(VALUES)
def test_the_hundredth_is_the_greatest(values):
	assert percentile(values, 100) == max(values)


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1], 0), ([1], 101)])
def test_of_nothing_and_beyond_a_hundred_there_is_none(values, percent):
	with pytest.raises(EngineError, match="no percentile"):
		percentile(values, percent)
