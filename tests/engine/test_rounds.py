"""Every account has its turn within the days that were asked for, whatever nights are left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.rounds import share

totals, rounds = st.integers(0, 5_000), st.integers(1, 60)


@given(total=totals, days=rounds)
def test_as_many_nights_as_days_take_every_account(total: int, days: int) -> None:
	assert share(total, days) * days >= total


@given(total=totals, days=rounds)
def test_no_night_takes_more_than_it_must(total: int, days: int) -> None:
	assert share(total, days) <= total // days + 1


@given(total=totals, days=rounds, nights=st.integers(1, 90))
def test_after_silence_one_night_takes_what_the_silent_ones_left(total: int, days: int, nights: int) -> None:
	caught_up = share(total, days, timedelta(days=nights))
	assert min(total, total * nights / days) <= caught_up <= total


def test_a_night_that_begins_a_few_minutes_early_is_a_night_all_the_same() -> None:
	assert share(70, 7, timedelta(hours=23, minutes=50)) == share(70, 7, timedelta(0)) == 10


@pytest.mark.parametrize(("total", "days"), [(-1, 7), (5, 0)])
def test_what_is_no_round_is_refused(total: int, days: int) -> None:
	with pytest.raises(EngineError, match="not a round"):
		share(total, days)
