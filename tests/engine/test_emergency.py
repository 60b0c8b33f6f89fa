"""Help by the hour: the nearest hour, half up, at least one (rule 17)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.emergency import MINUTE, amount, billed_minutes, comes_in_hours, examples
from support_credits.engine.errors import EngineError

STEPS = st.sampled_from([1, 6, 10, 15, 30, 60, 240])
LEASTS = st.integers(0, 300)
WORKED = st.timedeltas(timedelta(0), timedelta(days=3))


@pytest.mark.parametrize(
	("worked", "billed"),
	[
		(0, 60),
		(1, 60),
		(20, 60),
		(60, 60),
		(89, 60),
		(90, 120),
		(91, 120),
		(149, 120),
		(150, 180),
		(600, 600),
	],
)
def test_the_seeds_rate_is_billed_by_the_nearest_hour(worked, billed):
	assert billed_minutes(worked * MINUTE) == billed


def test_half_a_step_is_reached_by_the_second():
	assert billed_minutes(timedelta(hours=1, minutes=29, seconds=59)) == 60
	assert billed_minutes(timedelta(hours=1, minutes=30)) == 120


def test_the_least_is_billed_even_where_it_is_no_whole_step():
	assert billed_minutes(10 * MINUTE, step=60, least=90) == 90
	assert billed_minutes(100 * MINUTE, step=60, least=90) == 120
	assert billed_minutes(10 * MINUTE, step=15, least=0) == 15
	assert billed_minutes(7 * MINUTE, step=15, least=0) == 0


@given(WORKED, STEPS, LEASTS)
def test_what_is_billed_is_never_further_than_half_a_step_from_the_work_unless_it_is_the_least(
	worked, step, least
):
	billed = billed_minutes(worked, step, least)
	assert billed >= least
	if billed > least:
		assert billed % step == 0
		assert -step * MINUTE / 2 <= worked - billed * MINUTE < step * MINUTE / 2


@given(WORKED, st.timedeltas(timedelta(0), timedelta(hours=9)), STEPS, LEASTS)
def test_more_work_is_never_billed_less(worked, more, step, least):
	assert billed_minutes(worked, step, least) <= billed_minutes(worked + more, step, least)


@given(st.integers(0, 50), STEPS)
def test_whole_steps_are_billed_as_they_are(steps, step):
	assert billed_minutes(steps * step * MINUTE, step, least=0) == steps * step


@pytest.mark.parametrize(
	("minutes", "rate", "cost"),
	[(60, "329.00", "329.00"), (120, "329.00", "658.00"), (20, "100.00", "33.33")],
)
def test_the_cost_is_rounded_once(minutes, rate, cost):
	assert str(amount(minutes, Decimal(rate))) == cost


@pytest.mark.parametrize(("worked", "step", "least"), [(-1, 60, 60), (1, 0, 60), (1, 60, -1)])
def test_what_makes_no_sense_is_refused(worked, step, least):
	with pytest.raises(EngineError, match="cannot bill"):
		billed_minutes(worked * MINUTE, step, least)


def test_the_examples_show_a_short_one_and_both_sides_of_half_an_hour():
	assert [span / MINUTE for span in examples()] == [20, 89, 90]


@given(STEPS, LEASTS)
def test_the_last_two_examples_are_billed_differently_and_the_first_the_least(step, least):
	short, down, up = examples(step, least)
	assert (
		billed_minutes(up, step, least) == billed_minutes(down, step, least) + step or down < least * MINUTE
	)
	assert billed_minutes(short, step, least) <= billed_minutes(down, step, least)


@pytest.mark.parametrize(
	("minutes", "rate", "decimals", "fits"),
	[
		(120, "329.00", 2, True),
		(90, "90.00", 2, True),
		(20, "90.00", 2, False),  # a third of an hour has more than three decimals
		(90, "90.03", 2, False),  # 135.045: half up it is .05, half to even .04
		(480, "100.125", 2, False),  # the rate itself would be rounded
		(90, "1001", 0, False),
		(120, "1001", 0, True),
	],
)
def test_hours_are_billed_as_hours_only_where_nobodys_rounding_can_change_their_amount(
	minutes, rate, decimals, fits
):
	assert comes_in_hours(minutes, Decimal(rate), decimals) is fits
