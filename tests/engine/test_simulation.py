"""The past played again: under the terms that were in force it is what happened, and every figure is one of the rules'."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from engine_factories import ACCOUNT, CHECKOUT, UTC
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.book import Book
from support_credits.engine.catalogue import CatalogueError, parse
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.deadline import due_at
from support_credits.engine.decision import Code, Door, Policy
from support_credits.engine.errors import EngineError
from support_credits.engine.grants import expiry_instant
from support_credits.engine.model import Lot
from support_credits.engine.simulation import Replay, replay
from support_credits.engine.simulation_model import (
	CameIn,
	Changed,
	Client,
	Extra,
	Month,
	Monthly,
	PastTicket,
	Period,
	Purchases,
	Voided,
	total,
)
from support_credits.engine.simulation_terms import Severities, Terms
from support_credits.engine.support_calendar import of_catalogue

SHOP = json.loads((CHECKOUT / "fixtures" / "extremeshok.json").read_text())
SINCE = datetime(2026, 7, 1, tzinfo=UTC)
UNTIL = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 30, tzinfo=UTC)
PERIOD = Period(SINCE, UNTIL, NOW)
SEVERITIES = Severities({"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}, "Medium")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def shop(**changes):
	"""The fixture with whole parts replaced, and with tiers, packs or defaults changed by ``part__field``."""
	data = json.loads(json.dumps(SHOP))
	for name, value in changes.items():
		part, _, field = name.partition("__")
		if not field:
			data[part] = value
		elif part == "defaults":
			data[part][field] = value
		else:
			for row in data[part]:
				row[field] = value
	return parse(data)


def terms(catalogue=None, purchases=Purchases.HAPPENED, pack=""):
	return Terms(catalogue or shop(), SEVERITIES, {}, SINCE, purchases, pack)


def lot(name="L1", credits=2, ends=None, at=SINCE - DAY):
	return Lot(name, credits, credits, at, ends)


def client(*lots, **more):
	return Client("Harbour", **{"account_since": SINCE - DAY, "lots": lots, **more})


def ticket(days=1.0, door=Door.PORTAL, **more):
	return PastTicket(SINCE + days * DAY, door, **more)


def rows_of(events, who=None, under=None, period=PERIOD):
	player = Replay(under or terms(), who or client(), period)
	for event in events:
		player.feed(event)
	return player.finish()


def figures(*events, who=None, under=None):
	return total(rows_of(events, who, under))


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


# Random pasts

STEPS = st.sampled_from([timedelta(0), 5 * HOUR, DAY, 9 * DAY])
DOORS = st.sampled_from([Door.PORTAL, Door.MAIL, Door.AGENT])
ACTS = st.lists(st.tuples(STEPS, st.one_of(DOORS, st.sampled_from(SHOP["packs"][:3]))), max_size=25)


def lived(acts, cost=1):
	"""The acts as they happen in the book of an account, and the same past as events; acts after the period are left out."""
	book = Book(ACCOUNT, UTC)
	catalogue = shop(tiers__credits_per_incident=cost)
	events, refused, at = [], 0, SINCE
	for number, (step, act) in enumerate(acts):
		at += step
		if at >= UNTIL:
			break
		if isinstance(act, Door):
			policy = catalogue.defaults.policies[act]
			facts = book.facts(at, door=act, policy=policy, credits=cost)
			refused += book.open_ticket(f"T{number}", facts).code is Code.REFUSED
			events.append(PastTicket(at, act, "Medium"))
		else:
			posted = book.grant(f"order:{number}", act["credits"], at, months=1)
			events.append(CameIn(at, replace(posted.lots[0], remaining=act["credits"]), act["code"]))
	return book, catalogue, events, refused


@given(ACTS, st.integers(0, 3))
def test_under_the_terms_and_credits_that_were_in_force_it_is_what_happened(acts, cost):
	book, catalogue, events, refused = lived(acts, cost)
	player = Replay(terms(catalogue), client(), PERIOD)
	for event in events:
		player.feed(event)
	held = {name: remaining.remaining for name, remaining in player.purse.lots.items()}
	assert held == {name: book.lots[name].remaining for name in held}
	found = total(player.finish())
	assert found.charged == sum(book.funding(incident).credits for incident in book.states)
	assert found.refusals == refused
	assert found.needed == cost * found.tickets


@given(ACTS, st.integers(1, 5), st.sampled_from([None, 10, 40]))
def test_more_credits_are_never_more_refusals(acts, more, days):
	_book, catalogue, events, _refused = lived(acts)
	under = terms(catalogue)
	gift = lot("gift", more, SINCE + days * DAY if days else None)
	without, gifted = (total(rows_of(events, client(*lots), under)) for lots in ((), (gift,)))
	assert gifted.refusals + gifted.waited <= without.refusals + without.waited
	assert gifted.charged >= without.charged


@given(ACTS)
def test_who_buys_when_he_is_empty_gets_every_ticket_answered(acts):
	_book, catalogue, events, _refused = lived(acts)
	under = terms(catalogue, Purchases.BUYS, "INCIDENT-4")
	found = figures(*events, under=under)
	assert found.charged == found.needed == found.tickets
	assert found.packs == found.refusals + found.waited
	assert found.revenue.get("USD", 0) == found.packs * Decimal("599.00")


@given(st.lists(ACTS, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_the_customers_does_not_matter_and_the_same_again_is_the_same(lives, random):
	histories = []
	for number, acts in enumerate(lives):
		_book, _catalogue, events, _refused = lived(acts)
		histories.append((replace(client(lot(f"L{number}", number)), customer=f"C{number}"), events))
	first = list(replay(terms(), PERIOD, histories))
	again = list(replay(terms(), PERIOD, histories))
	random.shuffle(histories)
	other = sorted(replay(terms(), PERIOD, histories), key=lambda row: (row.customer, row.month))
	assert first == again == other


@given(ACTS)
def test_the_months_add_up_to_the_whole(acts):
	_book, catalogue, events, _refused = lived(acts)
	rows = rows_of(events, client(), terms(catalogue))
	assert total(rows).tickets == sum(isinstance(event, PastTicket) for event in events)
	assert [row.month for row in rows] == sorted({f"{event.at:%Y-%m}" for event in events})


def test_memory_does_not_grow_with_the_tickets():
	player = Replay(terms(purchases=Purchases.BUYS), client(), PERIOD)
	kept = []
	for number in range(3_000):
		player.feed(PastTicket(SINCE + number * timedelta(minutes=40), Door.PORTAL))
		kept.append(len(player.purse.lots))
	assert max(kept) <= 1
	assert len(player.months) <= 3


def test_an_empty_total_is_all_zeros():
	assert total([]) == Month()


def test_a_lot_that_is_bought_ends_as_its_pack_says():
	player = Replay(terms(purchases=Purchases.BUYS, pack="INCIDENT-2"), client(), PERIOD)
	player.feed(ticket(1))
	[bought] = player.purse.lots.values()
	assert bought.expires_at == expiry_instant(SINCE + DAY, 3, UTC)
