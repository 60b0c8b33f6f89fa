"""What happens to a new ticket, door by door (rules 5 to 10, 12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from string import Formatter

import pytest
from engine_factories import LISBON, NOW, UTC, lot, lots, overdraft
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine import sentences
from support_credits.engine.allocation import available
from support_credits.engine.decision import (
	WAYS_ON,
	AutoExemption,
	Code,
	Door,
	Policy,
	TicketFacts,
	WaitsFor,
	decide,
	resolve_policy,
	within_deployment_window,
)
from support_credits.engine.errors import EngineError, InvalidAmount

FACTS = TicketFacts(Door.PORTAL, "ACME", True, NOW, (lot(1, 2),))
EMPTY = replace(FACTS, lots=())

facts_strategy = st.builds(
	TicketFacts,
	door=st.sampled_from(Door),
	customer=st.sampled_from(["ACME", "ACME", "ACME", None]),
	has_account=st.sampled_from([True, True, True, False]),
	at=st.just(NOW),
	lots=st.tuples(lots, st.sampled_from([[], [overdraft(limit=2, owed=1)]])).map(
		lambda two: (*two[0], *two[1])
	),
	policy=st.sampled_from(Policy),
	credits_needed=st.integers(0, 6),
	everyone_must_have_credits=st.booleans(),
	# Excuses are rare, or hardly an example would ever reach the credits.
	exemption=st.sampled_from([None, None, None, None, AutoExemption("BUG", "Vendor's bug")]),
	automatic_mail=st.sampled_from([False, False, False, False, True]),
	recently_expired=st.integers(0, 2),
	recently_expired_on=st.sampled_from([None, date(2026, 11, 1)]),
	waiting=st.integers(0, 2),
	outside_cover=st.sampled_from([None, None, None, None, "Testing Channel"]),
)


@given(facts_strategy)
def test_every_decision_says_a_whole_sentence_and_charges_only_what_it_allocates(facts):
	decided = decide(facts)
	assert "{" not in str(decided.message)
	assert "None" not in str(decided.message)
	assert sum(part.credits for part in decided.allocations) == decided.credits
	assert (decided.credits > 0) <= (decided.code in (Code.CHARGED, Code.OVERDRAWN))
	assert (decided.waits_for is not WaitsFor.NOTHING) == (decided.code is Code.PARKED)
	if decided.code is Code.REFUSED:
		assert decided.ways_on == WAYS_ON


@given(facts_strategy)
def test_a_quote_is_the_charge_because_the_same_facts_give_the_same_decision(facts):
	assert decide(facts) == decide(facts)
	decided = decide(facts)
	if decided.code is Code.CHARGED and decided.credits:
		assert decided.credits == facts.credits_needed <= available(facts.lots, NOW)


@given(facts_strategy)
def test_mail_imports_and_the_site_itself_are_never_refused(facts):
	decided = decide(facts)
	if facts.door in (Door.MAIL, Door.IMPORT, Door.SYSTEM):
		assert decided.code is not Code.REFUSED
	if facts.door in (Door.IMPORT, Door.SYSTEM):
		assert decided.credits == 0


@pytest.mark.parametrize(
	"template",
	[value for name, value in vars(sentences).items() if name.isupper() and isinstance(value, str)],
)
def test_templates_name_their_values_so_that_translators_can_reorder_them(template):
	assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(template))


def test_a_ticket_with_credits_is_charged_and_told_what_is_left():
	decided = decide(FACTS)
	assert (decided.code, decided.credits) == (Code.CHARGED, 1)
	assert str(decided.message) == "Credits charged for this ticket: 1. Credits left: 1."


def test_a_refusal_says_the_balance_what_expired_lately_and_three_ways_on():
	decided = decide(replace(EMPTY, recently_expired=2, recently_expired_on=date(2026, 10, 31)))
	assert decided.code is Code.REFUSED
	assert str(decided.message) == (
		"Not enough support credits: this ticket needs 1 and your balance is 0. "
		"Expired lately: 2, last usable on 2026-10-31. "
		"You can: buy a pack, redeem a code, ask for emergency support."
	)
	assert decided.ways_on == ("buy", "redeem", "emergency")


def test_a_refusal_offers_only_the_ways_the_provider_has():
	decided = decide(replace(EMPTY, ways_on=("buy", "redeem")))
	assert str(decided.message).endswith("You can: buy a pack, redeem a code.")
	assert decided.ways_on == ("buy", "redeem")


def test_a_refusal_without_recent_expiry_does_not_speak_of_one():
	assert "xpired" not in str(decide(EMPTY).message)


def test_a_parked_ticket_says_the_same():
	decided = decide(
		replace(EMPTY, policy=Policy.PARK, recently_expired=1, recently_expired_on=date(2026, 10, 31))
	)
	assert (decided.code, decided.waits_for) == (Code.PARKED, WaitsFor.CREDITS)
	assert "Expired lately: 1" in str(decided.message)
	assert decided.ways_on == WAYS_ON


def test_mail_is_parked_even_when_told_to_refuse():
	assert decide(replace(EMPTY, door=Door.MAIL, policy=Policy.REFUSE)).code is Code.PARKED


def test_an_overdraft_is_used_to_its_limit_and_then_the_door_decides():
	facts = replace(FACTS, policy=Policy.OVERDRAW, credits_needed=3, lots=(lot(1, 2), overdraft(limit=1)))
	decided = decide(facts)
	assert (decided.code, [part.credits for part in decided.allocations]) == (Code.OVERDRAWN, [2, 1])
	assert "Your balance is now -1" in str(decided.message)
	over = replace(facts, credits_needed=4)
	assert decide(over).code is Code.REFUSED
	assert decide(replace(over, door=Door.AGENT)).code is Code.PARKED
	assert decide(replace(over, door=Door.MAIL)).code is Code.PARKED


def test_with_credits_an_overdrawing_customer_is_simply_charged():
	assert decide(replace(FACTS, policy=Policy.OVERDRAW)).code is Code.CHARGED


def test_best_effort_is_accepted_uncharged():
	decided = decide(replace(EMPTY, policy=Policy.BEST_EFFORT))
	assert (decided.code, decided.credits, decided.is_accepted) == (Code.BEST_EFFORT, 0, True)


def test_under_park_a_ticket_never_overtakes_those_that_wait_already():
	decided = decide(replace(FACTS, policy=Policy.PARK, waiting=2))
	assert (decided.code, decided.waits_for) == (Code.PARKED, WaitsFor.QUEUE)
	assert "behind your earlier tickets, 2 in all" in str(decided.message)
	assert decide(replace(FACTS, policy=Policy.REFUSE, waiting=2)).code is Code.CHARGED


def test_enforcement_is_off_until_there_is_an_account_or_everyone_must_have_one():
	stranger = replace(EMPTY, has_account=False)
	assert decide(stranger).code is Code.NOT_ENFORCED
	assert decide(replace(stranger, everyone_must_have_credits=True)).code is Code.REFUSED


def test_a_ticket_without_a_customer_is_accepted_and_flagged():
	assert decide(replace(FACTS, customer=None)).code is Code.UNIDENTIFIED
	assert decide(replace(FACTS, customer="")).code is Code.UNIDENTIFIED


@pytest.mark.parametrize("door", [Door.IMPORT, Door.SYSTEM])
def test_imports_and_the_sites_own_tickets_are_not_charged(door):
	decided = decide(replace(FACTS, door=door))
	assert (decided.code, decided.credits) == (Code.NOT_CHARGEABLE, 0)


@pytest.mark.parametrize(
	"facts",
	[
		FACTS,
		replace(FACTS, lots=()),
		replace(FACTS, lots=(), policy=Policy.OVERDRAW),
		replace(FACTS, policy=Policy.PARK, waiting=2),
		replace(FACTS, customer=None),
		replace(FACTS, has_account=False, everyone_must_have_credits=True),
		replace(FACTS, credits_needed=8),
		replace(FACTS, exemption=AutoExemption("NEW", "New deployment")),
		replace(FACTS, outside_cover="A release out of life"),
		replace(FACTS, forged_sender=True),
	],
)
def test_a_request_for_services_is_never_charged_whoever_asks_and_whatever_he_has(facts):
	decided = decide(replace(facts, door=Door.SERVICES))
	assert (decided.code, decided.credits, decided.allocations) == (Code.NOT_CHARGEABLE, 0, ())
	assert str(decided.message) == "This is a request and no incident. It costs no credits."


@pytest.mark.parametrize("door", [Door.PORTAL, Door.AGENT, Door.API, Door.MAIL, Door.SPLIT])
def test_every_door_a_person_comes_through_is_charged(door):
	assert decide(replace(FACTS, door=door)).code is Code.CHARGED


def test_automatic_mail_costs_nothing_whoever_sends_it():
	decided = decide(replace(FACTS, door=Door.MAIL, automatic_mail=True, customer=None))
	assert (decided.code, decided.credits) == (Code.AUTOMATIC, 0)


def test_an_automatic_exemption_names_its_reason():
	decided = decide(
		replace(FACTS, exemption=AutoExemption("NEW", "Problem within 7 days of a new deployment"))
	)
	assert decided.code is Code.EXEMPT
	assert str(decided.message) == "This ticket costs no credits: Problem within 7 days of a new deployment."


def test_what_is_not_covered_is_told_before_it_costs_anything():
	decided = decide(replace(FACTS, outside_cover="the Testing Channel"))
	assert (decided.code, decided.credits, decided.waits_for) == (Code.PARKED, 0, WaitsFor.COVER)
	assert "the Testing Channel is not covered" in str(decided.message)


def test_a_free_ticket_is_charged_nothing_even_with_an_empty_account():
	decided = decide(replace(EMPTY, credits_needed=0))
	assert (decided.code, decided.credits, decided.allocations) == (Code.CHARGED, 0, ())


@pytest.mark.parametrize("credits", [-1, True, False, 1.5, "1"])
def test_an_amount_that_is_none_is_not_decided_on(credits):
	with pytest.raises(InvalidAmount):
		decide(replace(FACTS, credits_needed=credits))


def test_a_naive_instant_is_refused():
	with pytest.raises(EngineError, match="naive instant"):
		decide(replace(FACTS, at=datetime(2026, 1, 1)))


def test_the_customers_own_policy_wins_over_the_sites_and_that_over_the_default():
	account, site = {Door.PORTAL: Policy.OVERDRAW}, {Door.PORTAL: Policy.PARK, Door.API: Policy.BEST_EFFORT}
	assert resolve_policy(Door.PORTAL, account, site) is Policy.OVERDRAW
	assert resolve_policy(Door.PORTAL, {}, site) is Policy.PARK
	assert resolve_policy(Door.API, account, site) is Policy.BEST_EFFORT
	defaults = {door: resolve_policy(door) for door in Door}
	assert [door for door, policy in defaults.items() if policy is Policy.REFUSE] == [Door.PORTAL, Door.API]


def test_a_refusal_nobody_would_see_is_a_place_in_the_queue():
	assert resolve_policy(Door.MAIL, {Door.MAIL: Policy.REFUSE}) is Policy.PARK
	assert resolve_policy(Door.MAIL, site_defaults={Door.MAIL: Policy.REFUSE}) is Policy.PARK


@pytest.mark.parametrize(
	("opened", "zone", "inside"),
	[
		("2026-03-20T00:00+00:00", LISBON, True),
		("2026-03-19T23:59+00:00", LISBON, False),  # before the deployment
		("2026-03-27T23:59:59+00:00", LISBON, True),  # day 7, the last
		("2026-03-28T00:00+00:00", LISBON, False),
		("2026-03-27T18:00+00:00", UTC, True),
	],
)
def test_a_problem_within_seven_days_of_a_deployment_is_inside_its_window(opened, zone, inside):
	at = datetime.fromisoformat(opened)
	assert within_deployment_window(date(2026, 3, 20), at, 7, zone) is inside


@given(st.integers(0, 30), st.integers(-5 * 24 * 60, 40 * 24 * 60))
def test_the_deployment_window_is_whole_local_days(days, minutes):
	at = datetime(2026, 3, 20, tzinfo=timezone.utc) + timedelta(minutes=minutes)
	local = at.astimezone(LISBON).date()
	expected = date(2026, 3, 20) <= local <= date(2026, 3, 20) + timedelta(days=days)
	assert within_deployment_window(date(2026, 3, 20), at, days, LISBON) is expected
