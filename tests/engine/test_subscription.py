"""Tiers by the month: days that stay, periods charged once whatever the run times, and what another choice costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, product

import pytest
from engine_factories import DAY
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.calendar_days import add_months
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.subscription import (
	PAID,
	SUBSCRIPTION_NEXT,
	Event,
	Outlook,
	Period,
	Plan,
	State,
	Subscription,
	cancel,
	choose,
	ended,
	is_due,
	next_state,
	outlook,
	period_of,
	start,
	step,
)

SIX, TWELVE, THREE = Plan("6H", 4), Plan("12H", 2), Plan("3H", 8)
BEGUN = date(2026, 1, 31)
MANY, NONE = 1_000, 0
RETURN_DAYS = 30

days = st.dates(date(2020, 1, 1), date(2032, 12, 31))


def active(plan: Plan = SIX, begun: date = BEGUN) -> Subscription:
	return start(plan, begun).after


def ending() -> Subscription:
	found = cancel(active())
	assert found is not None
	return found.after


def fallen() -> Subscription:
	found = step(active(), date(2026, 2, 28), NONE, RETURN_DAYS)
	assert found is not None
	return found.after


def over() -> Subscription:
	return ended(active()).after


def run(held: Subscription, today: date, able: int = MANY):
	return step(held, today, able, RETURN_DAYS)


def test_a_month_begun_on_the_31st_begins_on_the_last_day_of_shorter_months_and_on_the_31st_again():
	expected = [
		(date(2026, 1, 31), date(2026, 2, 28)),
		(date(2026, 2, 28), date(2026, 3, 31)),
		(date(2026, 3, 31), date(2026, 4, 30)),
	]
	for first, following in expected:
		assert period_of(BEGUN, first) == Period(first, following)
		assert period_of(BEGUN, following - DAY) == Period(first, following)


def test_february_has_its_29th_in_a_leap_year():
	assert period_of(date(2024, 1, 31), date(2024, 2, 29)) == Period(date(2024, 2, 29), date(2024, 3, 31))
	assert period_of(date(2024, 2, 29), date(2025, 2, 28)) == Period(date(2025, 2, 28), date(2025, 3, 29))


@given(days, st.integers(0, 1_500))
def test_every_day_is_in_one_period_that_begins_on_the_right_day_of_its_month(begun, later):
	day = begun + timedelta(days=later)
	found = period_of(begun, day)
	assert found.first <= day <= found.last < found.following
	number = (found.first.year - begun.year) * 12 + found.first.month - begun.month
	assert (found.first, found.following) == (add_months(begun, number), add_months(begun, number + 1))
	assert period_of(begun, found.following).first == found.following


def test_a_day_before_the_first_is_in_no_period():
	with pytest.raises(EngineError, match="before the first period"):
		period_of(BEGUN, BEGUN - DAY)


@given(days, st.lists(st.integers(0, 27), min_size=1, max_size=200))
def test_run_at_least_once_a_month_no_period_is_skipped_and_none_is_paid_twice(begun, pauses):
	held, today, paid = active(begun=begun), begun, [period_of(begun, begun)]
	for pause in pauses:
		today += timedelta(days=pause)
		while found := run(held, today):
			assert (found.event, found.cost) == (Event.RENEW, SIX.credits)
			held = found.after
			paid.append(held.paid)
		assert held.paid.first <= today <= held.paid.last
	assert all(before.following == after.first for before, after in pairwise(paid))


@given(days, st.lists(st.integers(0, 120), min_size=1, max_size=30))
def test_whatever_the_run_times_the_day_has_its_period_once_and_what_passed_unseen_is_not_charged(
	begun, pauses
):
	held, today, paid = active(begun=begun), begun, []
	for pause in pauses:
		today += timedelta(days=pause)
		found = run(held, today)
		if found:
			held = found.after
			paid.append(held.paid)
		assert held.paid == period_of(begun, today)
		assert run(held, today) is None  # repeated at once, there is nothing more to pay
	assert len(paid) == len(set(paid))


def test_a_week_late_it_is_charged_once_and_the_days_stay():
	found = run(active(), date(2026, 3, 7))
	assert found is not None
	assert (found.cost, found.after.paid) == (4, Period(date(2026, 2, 28), date(2026, 3, 31)))


def test_it_is_due_on_its_day_and_not_before():
	assert not is_due(active(), date(2026, 2, 27))
	assert is_due(active(), date(2026, 2, 28))
	assert run(active(), date(2026, 2, 27)) is None
	assert not is_due(fallen(), date(2030, 1, 1))


def test_what_cannot_be_paid_falls_and_nothing_is_taken():
	found = run(active(), date(2026, 2, 28), SIX.credits - 1)
	assert found is not None
	assert (found.event, found.cost, found.after.state) == (Event.FALL, 0, State.FALLEN)
	assert found.after.gives_up_on == date(2026, 3, 30)
	assert found.after.paid == active().paid


def test_a_fallen_one_comes_back_with_a_whole_month_from_the_day_the_credits_are_there():
	assert run(fallen(), date(2026, 3, 10), SIX.credits - 1) is None
	found = run(fallen(), date(2026, 3, 10), SIX.credits)
	assert found is not None
	assert (found.event, found.cost) == (Event.COME_BACK, 4)
	assert found.after == Subscription(
		State.ACTIVE, SIX, date(2026, 3, 10), Period(date(2026, 3, 10), date(2026, 4, 10))
	)


def test_on_the_day_after_it_gives_up_it_ends_however_many_credits_there_are():
	assert run(fallen(), date(2026, 3, 30)).event is Event.COME_BACK
	for able in (NONE, MANY):
		assert run(fallen(), date(2026, 3, 31), able).after.state is State.ENDED


def test_dearer_counts_at_once_for_the_difference_of_two_whole_months():
	found = choose(active(), THREE, date(2026, 2, 27))
	assert (found.event, found.cost) == (Event.UPGRADE, 4)
	assert (found.after.plan, found.after.paid) == (THREE, active().paid)


def test_as_dear_counts_at_once_and_costs_nothing():
	found = choose(active(), Plan("OTHER", 4), date(2026, 2, 1))
	assert (found.event, found.cost, found.after.plan.tier) == (Event.SWITCH, 0, "OTHER")


def test_cheaper_counts_from_the_next_period_on():
	planned = choose(active(), TWELVE, date(2026, 2, 1))
	assert (planned.event, planned.cost, planned.after.plan) == (Event.PLAN, 0, SIX)
	assert choose(planned.after, TWELVE, date(2026, 2, 2)) is None
	renewed = run(planned.after, date(2026, 2, 28))
	assert (renewed.cost, renewed.after.plan, renewed.after.planned) == (2, TWELVE, None)


def test_the_planned_tier_is_the_one_that_falls_and_comes_back():
	planned = choose(active(), TWELVE, date(2026, 2, 1)).after
	down = run(planned, date(2026, 2, 28), TWELVE.credits - 1)
	assert (down.event, down.after.plan) == (Event.FALL, TWELVE)


def test_the_tier_that_counts_drops_what_was_planned_and_costs_nothing():
	for held in (choose(active(), TWELVE, BEGUN).after, ending()):
		kept = choose(held, SIX, date(2026, 2, 1))
		assert (kept.event, kept.cost, kept.after) == (Event.KEEP, 0, active())
	assert choose(active(), SIX, date(2026, 2, 1)) is None


def test_a_price_that_has_changed_is_agreed_from_the_next_period_on():
	for credits in (1, 9):
		found = choose(active(), replace(SIX, credits=credits), date(2026, 2, 1))
		assert (found.event, found.cost, found.after.plan) == (Event.PLAN, 0, SIX)
		assert run(found.after, date(2026, 2, 28)).cost == credits
	assert run(active(), date(2026, 2, 28)).cost == SIX.credits


def test_any_choice_revives_one_that_is_ending():
	for plan, event in ((THREE, Event.UPGRADE), (Plan("OTHER", 4), Event.SWITCH), (TWELVE, Event.PLAN)):
		found = choose(ending(), plan, date(2026, 2, 1))
		assert (found.event, found.after.state) == (event, State.ACTIVE)


def test_a_fallen_one_is_chosen_anew_and_paid_at_once():
	found = choose(fallen(), TWELVE, date(2026, 3, 5))
	assert (found.event, found.cost, found.after.plan) == (Event.COME_BACK, 2, TWELVE)
	assert found.after.paid == Period(date(2026, 3, 5), date(2026, 4, 5))


def test_after_the_end_a_choice_begins_again():
	for held in (None, over()):
		assert choose(held, SIX, date(2026, 5, 1)) == start(SIX, date(2026, 5, 1))


def test_cancelled_it_counts_until_the_end_of_what_is_paid_and_is_not_charged_again():
	assert cancel(ending()) is None
	assert run(ending(), date(2026, 2, 27)) is None
	found = run(ending(), date(2026, 2, 28))
	assert (found.event, found.cost, found.after.state) == (Event.END, 0, State.ENDED)
	assert run(found.after, date(2027, 1, 1)) is None


def test_a_fallen_one_ends_at_once_when_it_is_cancelled():
	assert cancel(fallen()).after.state is State.ENDED


def test_what_is_over_cannot_be_cancelled_or_ended_again():
	for act in (cancel, ended):
		with pytest.raises(NotAllowed, match="this tier is ended already"):
			act(over())


def test_only_what_the_table_names_can_happen():
	for state, event in product(State, Event):
		if (state, event) in SUBSCRIPTION_NEXT:
			assert next_state(state, event) is SUBSCRIPTION_NEXT[state, event]
		else:
			with pytest.raises(NotAllowed):
				next_state(state, event)


plans = st.builds(Plan, st.sampled_from(["A", "B", "C"]), st.integers(1, 9))
acts = st.lists(
	st.tuples(st.sampled_from(["run", "choose", "cancel"]), plans, st.integers(0, 40)), max_size=40
)


def acted(held: Subscription, act: str, plan: Plan, today: date):
	if held.state not in PAID:
		return None
	if act == "choose":
		return choose(held, plan, today)
	return cancel(held) if act == "cancel" else run(held, today)


@given(days, acts)
def test_whatever_is_chosen_a_period_costs_what_its_dearest_tier_does_and_none_is_taken_away_before_its_end(
	begun, chosen
):
	first = start(Plan("A", 3), begun)
	held, today, spent = first.after, begun, {first.after.paid: first.cost}
	for act, plan, pause in chosen:
		today += timedelta(days=pause)
		for what in ("run", act):
			found = acted(held, what, plan, today)
			if not found:
				continue
			if what != "run":
				assert found.after.plan.credits >= held.plan.credits
			held = found.after
			spent[held.paid] = spent.get(held.paid, 0) + found.cost
			assert spent[held.paid] == held.plan.credits


def test_ahead_it_looks_as_it_will_be_with_a_month_that_is_due_paid_first():
	day = date(2026, 2, 10)
	assert outlook(None, SIX, day) == Outlook(4, 4, date(2026, 3, 10), True)
	assert outlook(active(), THREE, day) == Outlook(4, 8, date(2026, 2, 28), True)
	assert outlook(active(), TWELVE, day) == Outlook(0, 2, date(2026, 2, 28), True)
	assert outlook(active(), SIX, day) == Outlook(0, 4, date(2026, 2, 28), False)
	assert outlook(active(), replace(SIX, credits=9), day) == Outlook(0, 4, date(2026, 2, 28), False)
	due = date(2026, 3, 1)
	assert outlook(active(), THREE, due) == Outlook(4 + 4, 8, date(2026, 3, 31), True)
	assert outlook(fallen(), SIX, due) == Outlook(4, 4, date(2026, 4, 1), True)


def test_ahead_the_base_tier_costs_nothing_and_changes_what_is_not_ending():
	day = date(2026, 2, 10)
	for held, changes in ((None, False), (active(), True), (ending(), False), (fallen(), True)):
		assert outlook(held, None, day) == Outlook(0, 0, None, changes)
	assert outlook(ending(), SIX, day) == Outlook(0, 4, date(2026, 2, 28), True)
	assert outlook(ending(), SIX, date(2026, 2, 28)) == Outlook(4, 4, date(2026, 3, 28), True)
	assert outlook(ending(), None, date(2026, 2, 28)) == Outlook(0, 0, None, False)
