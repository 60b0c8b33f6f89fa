"""What a grant writes down, how a debt is repaid, how two accounts are joined."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from engine_factories import ACCOUNT, DAY, NOW, lot, overdraft

from support_credits.engine.chain import post
from support_credits.engine.errors import EngineError, InvalidAmount, NotAllowed
from support_credits.engine.grants import (
	grant_line,
	lot_terms_match,
	repay_overdraft,
	terms_text,
	transfer,
)
from support_credits.engine.model import Allocation, Head, Kind, Stamp, lot_name
from support_credits.engine.refund import Funding, funding_of, refund

TERMS = {"pack": "INCIDENT-2", "price": Decimal("329.00"), "currency": "USD"}
FRESH = replace(lot(1, remaining=0), credits_granted=2)


def test_a_grant_writes_price_and_expiry_under_the_chain():
	line = grant_line(FRESH, TERMS, "order 7")
	assert (line.kind, line.credits, line.reason, line.effective_at) == (
		Kind.GRANT,
		2,
		"order 7",
		FRESH.granted_at,
	)
	assert line.detail == (
		'{"currency":"USD","expires_at":"2026-12-22T12:00:00.000000Z",'
		'"granted_at":"2026-11-21T12:00:00.000000Z","pack":"INCIDENT-2","price":"329"}'
	)


def test_terms_match_whatever_spelling_the_database_gives_an_amount():
	detail = grant_line(FRESH, TERMS).detail
	assert lot_terms_match(FRESH, {**TERMS, "price": Decimal("329.000000000")}, detail)
	assert (
		terms_text({"price": Decimal("100")}) == terms_text({"price": Decimal("100.00")}) == '{"price":"100"}'
	)


@pytest.mark.parametrize(
	("held", "terms"),
	[
		(replace(FRESH, expires_at=FRESH.expires_at + DAY), TERMS),
		(replace(FRESH, expires_at=None), TERMS),
		(replace(FRESH, granted_at=FRESH.granted_at - DAY), TERMS),
		(FRESH, {**TERMS, "price": Decimal("1")}),
		(FRESH, {**TERMS, "currency": "EUR"}),
		(FRESH, {}),
	],
)
def test_an_edited_expiry_or_price_no_longer_matches(held, terms):
	assert not lot_terms_match(held, terms, grant_line(FRESH, TERMS).detail)


@pytest.mark.parametrize(
	("terms", "says"),
	[
		({"price": 329.0}, "term price cannot be written down exactly: 329.0"),
		({"expires_at": "never"}, "terms repeat what the lot itself says: expires_at"),
	],
)
def test_terms_that_are_inexact_or_contradict_the_lot_are_refused(terms, says):
	with pytest.raises(EngineError) as refusal:
		grant_line(FRESH, terms)
	assert str(refusal.value) == says


def test_terms_hold_dates_and_instants_as_text():
	assert terms_text({"on": date(2026, 1, 2), "at": NOW}) == (
		'{"at":"2026-11-22T12:00:00.000000Z","on":"2026-01-02"}'
	)


def test_a_grant_of_nothing_is_refused():
	with pytest.raises(InvalidAmount):
		grant_line(lot(1, remaining=0), {})


def test_a_lot_that_ends_before_it_starts_is_refused():
	with pytest.raises(EngineError, match="would expire before it starts"):
		grant_line(replace(FRESH, expires_at=FRESH.granted_at), {})


def test_a_lot_granted_with_credits_already_on_it_is_refused():
	with pytest.raises(EngineError, match="is granted with 2 already on it"):
		grant_line(lot(1), {})


def test_an_overdraft_is_opened_with_nothing_so_that_it_has_a_first_entry():
	assert grant_line(overdraft(), {"overdraft_limit": 5}).credits == 0


def test_a_debt_is_repaid_oldest_incident_first_as_far_as_the_new_credits_reach():
	debt = overdraft(9, limit=5, owed=4)
	owing = [Funding("A", (Allocation(debt.name, 2, "E1"),)), Funding("B", (Allocation(debt.name, 2, "E2"),))]
	lines = repay_overdraft(debt, owing, [lot(1, remaining=1), lot(2, remaining=2, days_left=60), debt], NOW)
	assert [
		(line.lot[-1], line.kind.value, line.credits, line.incident, line.reverses) for line in lines
	] == [
		("9", "Refund", 2, "A", "E1"),
		("1", "Charge", -1, "A", ""),
		("2", "Charge", -1, "A", ""),
		("9", "Refund", 1, "B", "E2"),
		("2", "Charge", -1, "B", ""),
	]
	known = [debt, lot(1, remaining=1), lot(2, remaining=2, days_left=60)]
	posting = post(Head(ACCOUNT, lot_count=9), known, lines, Stamp("repay", NOW, "system"))
	assert {item.name[-1]: item.remaining for item in posting.lots} == {"9": -1, "1": 0, "2": 0}


def test_without_new_credits_nothing_is_repaid():
	debt = overdraft(9, owed=2)
	assert repay_overdraft(debt, [Funding("A", (Allocation(debt.name, 2),))], [debt], NOW) == ()


def test_a_lot_moves_to_another_account_with_its_dates_and_bounds():
	held = lot(1, remaining=1, granted=2)
	move = transfer(held, lot_name("CA-00002", 1), {"pack": "P"}, "customers merged")
	assert (move.out.credits, move.into.credits) == (-1, 1)
	assert (move.successor.expires_at, move.successor.credits_granted) == (held.expires_at, 2)
	out = post(Head(ACCOUNT, lot_count=1), [move.moved], [move.out], Stamp("join", NOW, "manager"))
	into = post(Head("CA-00002"), [move.successor], [move.into], Stamp("join", NOW, "manager"))
	assert (out.lots[0].remaining, into.lots[0].remaining) == (0, 1)
	assert lot_terms_match(into.lots[0], {"pack": "P"}, into.entries[0].detail)


def test_after_a_join_an_older_charge_is_refunded_to_the_successor_once():
	held = lot(1, remaining=1, granted=2)
	stamp = Stamp("x", NOW, "system")
	move = transfer(held, lot_name("CA-00002", 1), {}, "customers merged")
	moved, new = move.moved.with_change(-1), move.successor.with_change(1)
	lots = {moved.name: moved, new.name: new}
	funding = Funding("A", (Allocation(held.name, 1, "CA-00001-E0000002"),))
	plan = refund(funding, lots, NOW)
	posting = post(Head("CA-00002", lot_count=1), plan.lots, plan.lines, stamp)
	assert [(item.name, item.remaining) for item in posting.lots] == [("CA-00002-L000001", 2)]
	charged = replace(posting.entries[0], name="CA-00001-E0000002", lot=held.name, credits=-1, reverses="")
	assert funding_of("A", [charged, *posting.entries], lots).parts == ()


def test_a_lot_is_moved_only_once():
	with pytest.raises(NotAllowed, match="already moved to X"):
		transfer(replace(lot(1), moved_to="X"), "Y", {}, "")
