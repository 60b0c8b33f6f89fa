"""The past played again under the terms that were in force is what happened, whatever was lived."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from engine_factories import ACCOUNT, UTC
from hypothesis import given
from hypothesis import strategies as st
from simulation_plays import (
	DAY,
	HOUR,
	PERIOD,
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

from support_credits.engine.book import Book
from support_credits.engine.decision import Code, Door
from support_credits.engine.grants import expiry_instant
from support_credits.engine.simulation import Replay, replay
from support_credits.engine.simulation_model import (
	CameIn,
	Month,
	PastTicket,
	Purchases,
	total,
)

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
