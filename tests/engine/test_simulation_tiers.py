"""The past played again: tiers by the month, what came before the period, and lots that went on elsewhere."""

from __future__ import annotations

from datetime import date

from simulation_plays import (
	DAY,
	HOUR,
	PERIOD,
	SINCE,
	client,
	figures,
	lot,
	rows_of,
	shop,
	terms,
	ticket,
)

from support_credits.engine.decision import Door
from support_credits.engine.model import Lot
from support_credits.engine.simulation import Replay
from support_credits.engine.simulation_model import (
	CameIn,
	Changed,
	Monthly,
	Purchases,
	Voided,
)


def by_the_month(day, *lots, tier="RESPONSE-12H"):
	return client(*lots, monthly=Monthly(tier, day))


def test_a_tier_by_the_month_is_taken_on_its_day_and_falls_where_it_cannot_be_paid():
	rows = rows_of([ticket(1)], by_the_month(SINCE.date(), lot(credits=5)))
	assert [(row.month, row.figures.charged, row.figures.falls) for row in rows] == [
		("2026-07", 3, 0),
		("2026-08", 2, 0),
		("2026-09", 0, 1),
	]


def test_a_period_that_runs_when_the_replay_begins_is_paid_already():
	who = by_the_month(date(2026, 5, 31), lot(credits=9))
	rows = rows_of([], who)
	assert [(row.month, row.figures.charged) for row in rows] == [
		("2026-07", 2),
		("2026-08", 2),
		("2026-09", 2),
	]
	player = Replay(terms(), who, PERIOD)
	assert player.tier.code == "RESPONSE-12H"
	player.feed(ticket(29.9))
	assert sum(held.remaining for held in player.purse.lots.values()) == 8  # the 31st has not come


def test_a_tier_by_the_month_counts_from_the_day_it_was_chosen():
	who = by_the_month(date(2026, 9, 10), lot(credits=9))
	player = Replay(terms(), who, PERIOD)
	assert player.tier.code == "RESPONSE-24H"
	rows = rows_of([], who)
	assert [(row.month, row.figures.charged) for row in rows] == [("2026-09", 2)]


def test_the_first_period_is_paid_when_the_tier_was_chosen_and_not_before_the_credits_came():
	noon = SINCE + 12 * HOUR
	who = client(monthly=Monthly("RESPONSE-12H", SINCE.date(), begun=noon))
	found = rows_of([CameIn(noon - HOUR, lot(credits=2))], who)[0].figures
	assert (found.charged, found.falls) == (2, 0)


def test_a_tier_that_was_given_up_is_paid_until_then_and_never_again():
	who = client(lot(credits=9), monthly=Monthly("RESPONSE-12H", SINCE.date(), date(2026, 9, 1)))
	player = Replay(terms(), who, PERIOD)
	player.feed(ticket(40))
	assert player.tier.code == "RESPONSE-12H"
	player.feed(ticket(70))
	assert player.tier.code == "RESPONSE-24H"
	assert [(row.month, row.figures.charged) for row in player.finish()] == [
		("2026-07", 2),
		("2026-08", 3),
		("2026-09", 1),
	]


def test_what_goes_back_to_a_lot_that_is_void_or_over_is_spent_only_from_the_lot_it_goes_on_in():
	gone, opened = lot("L1", 2), Lot("L2", 1, 0, SINCE + 3 * DAY, SINCE + 33 * DAY)
	events = [
		Voided(SINCE + DAY, "L1"),
		Changed(SINCE + 3 * DAY, "L1", 1),
		Changed(SINCE + 3 * DAY, "L2", 1, opened),
	]
	found = figures(*events, ticket(4), ticket(5), who=client(gone))
	assert (found.charged, found.refusals) == (1, 1)
	late = figures(*events, ticket(34), who=client(gone))
	assert (late.charged, late.refusals) == (0, 1)


def test_a_ticket_of_before_the_account_counted_needs_no_credits():
	found = figures(ticket(1, is_accounts=False), ticket(2), who=client(lot(credits=2)))
	assert (found.tickets, found.needed, found.charged) == (2, 1, 1)


def test_a_tier_that_costs_nothing_a_month_counts_all_the_same():
	free = terms(shop(tiers__credits_per_month=0))
	for day in (date(2026, 5, 31), SINCE.date()):
		player = Replay(free, by_the_month(day, lot(credits=9)), PERIOD)
		player.feed(ticket(1))
		assert player.tier.code == "RESPONSE-12H"
		assert [row.month for row in player.finish()] == ["2026-07"]


def test_who_buys_pays_his_tier_by_buying():
	under = terms(purchases=Purchases.BUYS, pack="INCIDENT-4")
	found = figures(who=by_the_month(SINCE.date()), under=under)
	assert (found.needed, found.charged, found.packs, found.falls) == (6, 6, 2, 0)


def test_tickets_that_waited_before_the_period_go_first():
	who = client(waiting=2)
	events = [ticket(1, Door.MAIL), CameIn(SINCE + 2 * DAY, lot("L2", 3))]
	assert figures(*events, who=who).charged == 1
	assert figures(events[0], CameIn(SINCE + 2 * DAY, lot("L2", 2)), who=who).charged == 0
	buys = terms(purchases=Purchases.BUYS, pack="INCIDENT-2")
	assert figures(ticket(1), who=who, under=buys).packs == 2


def test_a_debt_that_was_given_back_then_is_given_back_no_more_than_there_is_of_it():
	who = client(Lot("debt", 0, -1, SINCE - DAY, overdraft_limit=2))
	player = Replay(terms(), who, PERIOD)
	player.feed(Changed(SINCE + DAY, "debt", 5))
	player.feed(Changed(SINCE + DAY, "another", 5))
	assert {name: held.remaining for name, held in player.purse.lots.items()} == {"debt": 0}


def test_a_tier_that_the_catalogue_has_not_is_the_base_tier():
	who = client(lot(credits=9), tier="GONE")
	assert figures(ticket(1), who=who).needed == 1
