"""What an outside order has to be to bring credits; each charge once; and when what it brought is frozen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from external_orders import AT, OFFER, TERMS, charge, order, recurring
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.external_answer import STATUSES
from support_credits.engine.external_order import (
	GONE,
	NOT_YET,
	ONETIME,
	PAID,
	Answer,
	Money,
	grant_key,
	judge,
	net_cents,
	why_lost,
)

cents = st.integers(0, 10**9)


def test_a_paid_order_of_the_right_tier_brings_its_one_charge():
	verdict = judge(order(), TERMS, AT)
	assert verdict.answer is Answer.GRANT
	assert [one.id for one in verdict.charges] == ["tx_1"]
	assert verdict.offer == OFFER


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_of_all_statuses_only_paid_and_active_bring_credits_and_unpaid_ones_wait(status):
	verdict = judge(order(status=status), TERMS, AT)
	wanted = Answer.GRANT if status in PAID else Answer.WAIT if status in NOT_YET else Answer.REFUSE
	assert verdict.answer is wanted
	assert wanted is Answer.GRANT or status in str(verdict.reason)


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_of_an_order_that_was_redeemed_before_every_status_but_gone_still_brings_its_charges(status):
	verdict = judge(recurring(charge(), status=status), TERMS, AT, is_known=True)
	assert verdict.answer is (Answer.REFUSE if status in GONE else Answer.GRANT)


@pytest.mark.parametrize(
	("changes", "why"),
	[
		({"collective": "somebody-else"}, "another collective"),
		({"tiers": frozenset({"backer"})}, "brings no support credits"),
		({"tiers": frozenset()}, "brings no support credits"),
		({"quantity": 0}, "1 to 100 packs, not 0"),
		({"quantity": -1}, "1 to 100 packs, not -1"),
		({"quantity": 101}, "1 to 100 packs, not 101"),
		({"amount": Money(24_000, "USD")}, "it is in USD, the pack in EUR"),
		({"amount": Money(23_999, "EUR")}, "239.99 EUR without tax and tip were paid, 240.00 are needed"),
		({"tax_cents": 1}, "239.99 EUR"),
		({"quantity": 2}, "480.00 are needed"),
		({"charges": (charge(cents=100),)}, "1.00 EUR"),
		({"charges": (charge(is_refunded=True),)}, "refunded or is disputed"),
		({"charges": (charge(is_disputed=True),)}, "refunded or is disputed"),
		({"charges": (charge(days_ago=400),)}, "too long ago"),
		({"charges": (charge(days_ago=-5),)}, "too long ago"),
	],
)
def test_what_is_wrong_about_an_order_refuses_it_and_is_named(changes, why):
	verdict = judge(order(**changes), TERMS, AT)
	assert verdict.answer is Answer.REFUSE
	assert why in str(verdict.reason)
	assert not verdict.charges


def test_a_tip_pays_for_nothing_and_tax_neither():
	taxed = order(amount=Money(29_520, "EUR"), tax_cents=5_520, charges=(charge(cents=29_520),))
	assert judge(taxed, TERMS, AT).answer is Answer.GRANT
	assert judge(replace(taxed, tax_cents=5_521), TERMS, AT).answer is Answer.REFUSE


def test_an_order_whose_amount_was_raised_after_a_cheap_charge_brings_nothing_for_that_charge():
	cheap, whole = charge("tx_cheap", cents=100), charge("tx_whole", days_ago=0)
	assert [one.id for one in judge(recurring(cheap, whole), TERMS, AT).charges] == ["tx_whole"]


def test_an_order_that_was_lowered_below_the_price_brings_nothing_whatever_was_charged_before():
	lowered = order(tax_cents=1, charges=(charge(cents=50_000),))
	assert "239.99 EUR" in str(judge(lowered, TERMS, AT).reason)


def test_a_charge_in_another_currency_is_for_a_person_to_judge():
	assert judge(order(charges=(charge(currency="USD"),)), TERMS, AT).answer is Answer.REVIEW


def test_a_paid_order_without_a_payment_is_for_a_person_and_a_recurring_one_waits_for_its_first():
	assert judge(order(charges=()), TERMS, AT).answer is Answer.REVIEW
	assert judge(recurring(), TERMS, AT).answer is Answer.WAIT


def test_a_payment_in_review_is_waited_for():
	assert judge(order(charges=(charge(is_in_review=True),)), TERMS, AT).answer is Answer.WAIT


def test_every_charge_of_a_recurring_order_that_is_in_its_term_brings_credits_oldest_first():
	charges = [
		charge("tx_new", 1),
		charge("tx_over", 380),
		charge("tx_old", 300),
		charge("tx_back", 20, is_refunded=True),
	]
	assert [one.id for one in judge(recurring(*charges), TERMS, AT).charges] == ["tx_old", "tx_new"]


def test_the_provider_may_take_younger_charges_only():
	young = replace(TERMS, age_days=30)
	assert judge(order(charges=(charge(days_ago=29),)), young, AT).answer is Answer.GRANT
	assert judge(order(charges=(charge(days_ago=31),)), young, AT).answer is Answer.REFUSE


def test_a_tier_is_known_by_its_slug_or_any_of_its_ids_whatever_their_case():
	for name in ("incident-based-support", "TI_1"):
		terms = replace(TERMS, offers={name: OFFER})
		assert judge(order(), terms, AT).answer is Answer.GRANT


def test_a_pack_without_a_price_is_never_brought():
	free = replace(TERMS, offers={"ti_1": replace(OFFER, price=Decimal(0))})
	assert judge(order(), free, AT).answer is Answer.REFUSE


@given(cents, cents, st.integers(1, 100), st.integers(1, 10**6))
def test_credits_are_granted_exactly_where_amount_less_tax_covers_every_pack(amount, tax, quantity, price):
	terms = replace(TERMS, offers={"ti_1": replace(OFFER, price=Decimal(price) / 100)})
	found = order(
		amount=Money(amount, "EUR"), tax_cents=tax, quantity=quantity, charges=(charge(cents=amount),)
	)
	granted = judge(found, terms, AT).answer is Answer.GRANT
	assert granted == (amount - tax >= price * quantity)


@given(cents, st.integers(1, 10**9), cents)
def test_a_charge_without_its_share_of_tax_is_never_rounded_in_favour_of_the_payer(paid, amount, tax):
	found = order(amount=Money(amount, "EUR"), tax_cents=min(tax, amount))
	net = net_cents(charge(cents=paid), found)
	assert 0 <= net <= paid
	assert net * amount <= paid * (amount - min(tax, amount))


@given(st.lists(st.tuples(st.integers(0, 3_000), st.booleans(), st.booleans()), max_size=8), st.booleans())
def test_no_charge_that_went_back_or_is_over_is_ever_granted_and_none_twice(drawn, is_known):
	charges = [
		charge(f"tx_{number}", days, is_refunded=back, is_disputed=disputed)
		for number, (days, back, disputed) in enumerate(drawn)
	]
	found = recurring(*charges)
	granted = judge(found, TERMS, AT, is_known).charges
	keys = [grant_key(found, one) for one in granted]
	assert len(keys) == len(set(keys))
	for one in granted:
		assert not one.is_lost
		assert one.at > AT - timedelta(days=367)


def test_a_one_time_order_has_one_key_whatever_its_payments_are_called():
	twice = order(charges=(charge("tx_1"), charge("tx_2")))
	assert [grant_key(twice, one) for one in judge(twice, TERMS, AT).charges] == ["oc:or_right123:ONETIME"]
	assert grant_key(recurring(), charge("tx_9")) == "oc:or_right123:tx_9"


@pytest.mark.parametrize("status", sorted(GONE))
def test_what_a_one_time_order_brought_is_lost_with_its_status_or_its_payment(status):
	assert status in str(why_lost(order(status=status), ONETIME))
	assert "refunded" in str(why_lost(order(charges=(charge(is_refunded=True),)), ONETIME))
	assert "disputed" in str(why_lost(order(charges=(charge(is_disputed=True),)), ONETIME))


def test_of_a_recurring_order_only_the_charge_that_went_back_is_lost():
	found = recurring(charge("tx_1", is_refunded=True), charge("tx_2"), status="REFUNDED")
	assert why_lost(found, "tx_1")
	assert why_lost(found, "tx_2") is None
	assert why_lost(recurring(charge("tx_1"), status="REJECTED"), "tx_1")


@pytest.mark.parametrize("status", sorted(STATUSES - GONE))
def test_no_other_status_takes_anything_away(status):
	assert why_lost(order(status=status), ONETIME) is None
	assert why_lost(recurring(charge("tx_1"), status=status), "tx_1") is None
