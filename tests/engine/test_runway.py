"""How long credits last: compared with a life lived day by day."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from engine_factories import DAY, LISBON, NOW, UTC, lot, lots, overdraft
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.allocation import spending_key
from support_credits.engine.calendar_days import add_months, last_usable_day, local_day
from support_credits.engine.errors import EngineError
from support_credits.engine.runway import HORIZON_DAYS, Holding, Pace, Runway, after_paying, holdings, pace_of
from support_credits.engine.runway import runway as runway_of

TODAY = date(2026, 11, 22)


def runway(lots, at, pace, monthly, zone, start=None):
	return runway_of(holdings(lots, at, zone), local_day(at, zone), pace, monthly, start)


def lived(lots, at, pace, monthly, zone, start=None):
	"""The same, one day after the other."""
	today = local_day(at, zone)
	left = {one.name: Fraction(one.remaining) for one in lots}
	ordered = sorted(
		(
			one
			for one in lots
			if one.remaining > 0 and not one.voided and (not one.expires_at or one.expires_at > at)
		),
		key=spending_key,
	)
	fees = {add_months(start or today, month) for month in range(40)}
	unused = Fraction(0)
	over = set()
	for number in range(HORIZON_DAYS):
		day = today + number * DAY
		for one in ordered:
			if one.expires_at and last_usable_day(one.expires_at, zone) < day and one.name not in over:
				over.add(one.name)
				unused += left[one.name]
		usable = [one for one in ordered if one.name not in over and local_day(one.granted_at, zone) <= day]
		needed = pace + (monthly if day in fees else 0)
		if sum(left[one.name] for one in usable) < needed:
			return Runway(day - DAY, int(unused))
		for one in usable:
			taken = min(needed, left[one.name])
			left[one.name] -= taken
			needed -= taken
	return Runway(None, int(unused))


paces = st.sampled_from(
	[Fraction(0), Fraction(1, 90), Fraction(1, 30), Fraction(1, 7), Fraction(1, 2), Fraction(3)]
)


@given(lots, paces, st.integers(0, 3), st.sampled_from([UTC, LISBON]), st.integers(0, 70))
def test_it_lasts_as_long_as_a_life_lived_day_by_day(held, pace, monthly, zone, days_before):
	start = TODAY - days_before * DAY
	if pace or monthly:
		assert runway(held, NOW, pace, monthly, zone, start) == lived(held, NOW, pace, monthly, zone, start)


def test_two_credits_at_one_a_month_last_two_months():
	assert runway([lot(remaining=2, days_left=None)], NOW, Fraction(1, 30), 0, UTC) == Runway(
		TODAY + 59 * DAY, 0
	)


def test_a_pack_of_eight_lasts_one_month_at_eight_a_month():
	"""eXtremeSHOK's fastest tier: a pack for a year pays its first month, and the second cannot be paid."""
	found = runway([lot(remaining=8, days_left=365)], NOW, Fraction(0), 8, UTC)
	assert found.lasts_until == date(2026, 12, 21)


def test_credits_that_nobody_spends_last_until_the_last_of_them_expires():
	assert runway([lot(1, 2, days_left=3), lot(2, 1, days_left=9)], NOW, Fraction(0), 0, UTC) == Runway(
		TODAY + 9 * DAY, 3
	)


def test_credits_that_never_expire_and_that_nobody_spends_last_for_ever():
	assert runway([lot(days_left=None)], NOW, Fraction(0), 0, UTC) == Runway(None, 0)


def test_without_credits_not_even_today_can_be_paid():
	assert runway([], NOW, Fraction(1), 0, UTC) == Runway(TODAY - DAY, 0)


def test_what_is_owed_and_what_is_void_pays_nothing():
	held = [overdraft(owed=3), lot(2, 0, voided=True)]
	assert runway(held, NOW, Fraction(1), 0, UTC).lasts_until == TODAY - DAY


def test_credits_that_expire_before_they_are_needed_are_told_as_unused():
	found = runway([lot(1, 10, days_left=10), lot(2, 1, days_left=None)], NOW, Fraction(1, 10), 0, UTC)
	assert found == Runway(TODAY + 20 * DAY, 8)


def test_a_negative_pace_is_refused():
	with pytest.raises(EngineError, match="never negative"):
		runway([], NOW, Fraction(-1), 0, UTC)


@pytest.mark.parametrize(("age", "days"), [(0, 30), (29, 30), (31, 31), (90, 90), (400, 90)])
def test_a_pace_is_of_thirty_to_ninety_days(age, days):
	assert pace_of(3, NOW - timedelta(days=age), NOW) == Pace(3, days)


def test_of_a_busy_account_whose_past_is_cut_off_only_the_days_seen_count():
	assert pace_of(500, NOW - 5 * DAY, NOW, is_cut=True) == Pace(500, 5)
	assert pace_of(500, NOW, NOW, is_cut=True) == Pace(500, 1)


def test_more_given_back_than_spent_is_no_pace():
	assert pace_of(-2, NOW - 60 * DAY, NOW).a_day == 0


def test_a_month_is_a_twelfth_of_a_year():
	assert Pace(90, 90).a_month == Fraction(365, 12)


def test_what_is_paid_today_is_taken_from_what_ends_first_and_can_be_used_today():
	later, soon = Holding(TODAY, TODAY + 9 * DAY, 2), Holding(TODAY, TODAY, 1)
	tomorrow = Holding(TODAY + DAY, TODAY + DAY, 5)
	assert after_paying((soon, tomorrow, later), TODAY, 2) == (tomorrow, Holding(TODAY, TODAY + 9 * DAY, 1))
	assert after_paying((soon, tomorrow, later), TODAY, 0) == (soon, tomorrow, later)
	assert after_paying((soon, tomorrow, later), TODAY, 4) is None
