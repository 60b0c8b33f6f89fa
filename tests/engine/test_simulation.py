"""The past played again, ticket by ticket: each figure is one of the rules', worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from engine_factories import UTC
from simulation_plays import (
	DAY,
	HOUR,
	NOW,
	PERIOD,
	SEVERITIES,
	SHOP,
	SINCE,
	UNTIL,
	client,
	figures,
	lot,
	rows_of,
	shop,
	terms,
	ticket,
)

from support_credits.engine.catalogue import CatalogueError, parse
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.deadline import due_at
from support_credits.engine.decision import Door, Policy
from support_credits.engine.errors import EngineError
from support_credits.engine.simulation import Replay
from support_credits.engine.simulation_model import (
	CameIn,
	Changed,
	Extra,
	PastTicket,
	Period,
	Purchases,
	Voided,
	total,
)
from support_credits.engine.support_calendar import of_catalogue


def test_a_ticket_that_the_credits_pay_is_charged():
	found = figures(ticket(1), ticket(2), who=client(lot(credits=2)))
	assert (found.tickets, found.needed, found.charged, found.refusals) == (2, 2, 2, 0)


def test_a_ticket_without_credits_is_refused_at_the_portal_and_waits_by_mail():
	found = figures(ticket(1), ticket(2, Door.MAIL))
	assert (found.needed, found.charged, found.refusals, found.waited) == (2, 0, 1, 1)


def test_what_waits_is_charged_when_credits_come_in_and_in_the_month_it_came():
	rows = rows_of([ticket(1, Door.MAIL), CameIn(SINCE + 40 * DAY, lot("L2", 4))])
	assert [(row.month, row.figures.charged) for row in rows] == [("2026-07", 1)]


def test_a_withdrawn_ticket_leaves_the_queue():
	found = figures(ticket(1, Door.MAIL, withdrawn=True), CameIn(SINCE + 2 * DAY, lot("L2", 1)), ticket(3))
	assert (found.waited, found.charged, found.refusals) == (1, 1, 0)


def test_credits_stop_counting_at_their_end_and_not_a_moment_later():
	ends = SINCE + 5 * DAY
	before = PastTicket(ends - timedelta(microseconds=1), Door.PORTAL)
	found = figures(before, PastTicket(ends, Door.PORTAL), who=client(lot(credits=2, ends=ends)))
	assert (found.charged, found.refusals) == (1, 1)


def test_an_exempt_or_automatic_ticket_needs_no_credits():
	found = figures(ticket(1, exempt=True), ticket(2, automatic=True), ticket(3, Door.IMPORT))
	assert (found.tickets, found.exempt, found.needed, found.refusals) == (3, 1, 0, 0)


def test_a_fresh_deployment_excuses_as_long_as_the_catalogue_says():
	who = client(deployed_on=((SINCE + DAY).date(),))
	events = [ticket(3), ticket(20)]
	assert figures(*events, who=who).exempt == 1
	assert figures(*events, who=who, under=terms(shop(defaults__deployment_days=30))).exempt == 2


def test_a_customer_without_an_account_needs_credits_only_where_everybody_does():
	nobody = client(account_since=None)
	assert figures(ticket(1), who=nobody).needed == 0
	everybody = terms(shop(defaults__everyone_must_have_credits=True))
	assert figures(ticket(1), who=nobody, under=everybody).refusals == 1


def test_an_account_counts_from_the_day_it_was_opened():
	late = client(account_since=SINCE + 2 * DAY)
	assert figures(ticket(1), ticket(3), who=late).refusals == 1


def test_a_dearer_tier_needs_more():
	dear = terms(shop(tiers__credits_per_incident=2))
	found = figures(ticket(1), ticket(2), who=client(lot(credits=3)), under=dear)
	assert (found.needed, found.charged, found.refusals) == (4, 2, 1)


def test_a_customer_who_buys_pays_the_list_price_of_whole_packs():
	under = terms(purchases=Purchases.BUYS, pack="INCIDENT-2")
	found = figures(ticket(1), ticket(2), ticket(3), under=under)
	assert (found.refusals, found.charged, found.packs) == (2, 3, 2)
	assert found.revenue == {"USD": Decimal("658.00")}


def test_the_pack_with_the_cheapest_credit_is_bought_unless_one_is_named():
	assert terms(purchases=Purchases.BUYS).bought.code == "INCIDENT-8"


def test_who_buys_repays_what_he_owes_first():
	owing = client(overdraft_limit=2, policies={Door.PORTAL: Policy.OVERDRAW})
	under = terms(purchases=Purchases.BUYS, pack="INCIDENT-2")
	found = figures(ticket(1), ticket(2), ticket(3), who=owing, under=under)
	assert (found.charged, found.refusals, found.packs) == (3, 1, 2)


def test_credits_that_came_in_by_a_pack_count_at_the_list_price_of_this_catalogue():
	bought = CameIn(SINCE + DAY, lot("L2", 4), "INCIDENT-4")
	assert figures(bought).revenue == {"USD": Decimal("599.00")}
	assert figures(bought, under=terms(shop(packs__price="100.00"))).revenue == {"USD": Decimal("100.00")}
	assert figures(replace(bought, pack="GONE")).revenue == {}


def test_without_purchases_only_the_opening_balance_pays():
	under = terms(purchases=Purchases.NONE)
	found = figures(CameIn(SINCE + DAY, lot("L2", 4), "INCIDENT-4"), ticket(2), under=under)
	assert (found.refusals, found.revenue) == (1, {})


def test_what_came_in_repays_the_overdraft_and_then_pays_what_waits():
	who = client(overdraft_limit=1, policies={Door.PORTAL: Policy.OVERDRAW})
	player = Replay(terms(), who, PERIOD)
	for event in (ticket(1), ticket(2, Door.MAIL), CameIn(SINCE + 3 * DAY, lot("L2", 2))):
		player.feed(event)
	assert {name: held.remaining for name, held in player.purse.lots.items()} == {"overdraft": 0, "L2": 0}
	assert total(player.finish()).charged == 2


def test_a_void_and_a_correction_take_what_is_still_there():
	two = client(lot("A", 3), lot("B", 3, ends=UNTIL))
	player = Replay(terms(), two, PERIOD)
	for event in (ticket(1), Voided(SINCE + 2 * DAY, "A"), Changed(SINCE + 3 * DAY, "B", -3)):
		player.feed(event)
	assert {name: held.remaining for name, held in player.purse.lots.items()} == {"A": 0, "B": 0}


def test_extra_credits_are_needed_on_top():
	found = figures(ticket(1), Extra(SINCE + 2 * DAY, 2), who=client(lot(credits=3)))
	assert (found.needed, found.charged, found.refusals) == (3, 3, 0)
	assert figures(Extra(SINCE + DAY, 1)).refusals == 1


def test_a_first_response_after_the_deadline_is_missed_and_so_is_none():
	opened = datetime(2026, 7, 7, 8, 0, tzinfo=UTC)  # a Tuesday; 24 covered hours end on Wednesday at 16:00
	due = datetime(2026, 7, 8, 16, 0, tzinfo=UTC)

	def judged(responded_at, now=NOW):
		asked = PastTicket(opened, Door.PORTAL, "Medium", responded_at=responded_at)
		found = total(rows_of([asked], client(lot()), period=Period(SINCE, UNTIL, now)))
		return found.due, found.missed

	assert judged(due) == (1, 0)
	assert judged(due + timedelta(microseconds=1)) == (1, 1)
	assert judged(None) == (1, 1)
	assert judged(None, now=due) == (0, 0)


def test_nobody_misses_the_deadline_of_a_ticket_that_was_refused_or_waits():
	found = figures(ticket(1), ticket(2, Door.MAIL))
	assert (found.due, found.missed) == (0, 0)


def test_a_ticket_whose_answer_is_not_known_is_not_judged():
	assert figures(ticket(1, is_timed=False), who=client(lot())).due == 0


def test_a_customer_cannot_claim_a_severity_that_his_tier_does_not_let_him_say():
	saturday = datetime(2026, 7, 4, 9, 0, tzinfo=UTC)
	under = terms(shop(tiers__promise={"value": 3, "unit": "covered_hours"}))
	claimed = PastTicket(saturday, Door.PORTAL, "Urgent", responded_at=saturday + 20 * HOUR)
	assert figures(claimed, who=client(lot()), under=under).missed == 0
	assert figures(replace(claimed, confirmed=True), who=client(lot()), under=under).missed == 1


@pytest.mark.parametrize("hours", [1, 24, 100])
def test_a_deadline_is_the_one_the_rules_work_out(hours):
	catalogue = shop(tiers__promise={"value": hours, "unit": "covered_hours"})
	calendar = of_catalogue(catalogue.calendars[0], {}, SEVERITIES.number)
	at = SINCE + 3 * DAY + HOUR
	expected = due_at(catalogue.base_tier.promise, at, CoveredTime(calendar, 2))
	assert terms(catalogue).due(catalogue.base_tier, "Medium", False, at) == expected


def test_what_cannot_be_played_is_named_by_its_place():
	data = json.loads(json.dumps(SHOP))
	data["calendars"][0]["windows"] = data["calendars"][0]["windows"][1:]  # only for urgent ones
	with pytest.raises(CatalogueError, match=r"tiers\[0\].promise: .* is never open"):
		terms(parse(data))
	data["calendars"][0]["windows"] = [SHOP["calendars"][0]["windows"][0]] * 2
	with pytest.raises(CatalogueError, match=r"calendars\[0\]: on Monday the windows .* overlap"):
		terms(parse(data))


def test_a_pack_to_buy_that_is_not_there_is_named():
	with pytest.raises(CatalogueError, match='packs: "GONE" is not the code of a pack'):
		terms(purchases=Purchases.BUYS, pack="GONE")
	with pytest.raises(CatalogueError, match="packs: none of them is on sale"):
		terms(shop(packs__on_sale=False), Purchases.BUYS)


def test_events_out_of_order_or_outside_the_period_are_refused():
	for events in ([ticket(2), ticket(1)], [ticket(-1)], [ticket(92)]):
		with pytest.raises(EngineError, match="cannot follow"):
			rows_of(events, client(lot()))
