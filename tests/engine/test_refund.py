"""Credits going back or away: rules 4 and 11."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_factories import ACCOUNT, DAY, NOW, UTC, book, lot, overdraft

from support_credits.engine.book import Book
from support_credits.engine.errors import EngineError, InvalidAmount, NotAllowed
from support_credits.engine.model import Allocation, Kind, Lot, lot_name
from support_credits.engine.refund import Funding, RefundPlan, adjust, expire, funding_of, refund, void

BLANK = Lot(lot_name(ACCOUNT, 9), 0, 0, NOW, NOW + 30 * DAY)


def funded(*parts):
	return Funding("T1", tuple(Allocation(lot_name(ACCOUNT, n), credits, f"E{n}") for n, credits in parts))


def by_name(*lots):
	return {item.name: item for item in lots}


def test_a_refund_goes_to_the_same_lots_in_reverse_order_and_names_the_charges():
	plan = refund(funded((1, 2), (2, 1)), by_name(lot(1), lot(2)), NOW, BLANK, "vendor's bug")
	assert [(line.lot[-1], line.kind, line.credits, line.reverses) for line in plan.lines] == [
		("2", Kind.REFUND, 1, "E2"),
		("1", Kind.REFUND, 2, "E1"),
	]
	assert {line.reason for line in plan.lines} == {"vendor's bug"}
	assert plan.new_lot is None


def test_an_incident_that_is_charged_nothing_gets_nothing_back():
	assert refund(Funding("T1"), {}, NOW, BLANK) == RefundPlan()


def test_what_belongs_to_expired_or_voided_lots_goes_together_into_one_new_lot():
	lots = by_name(
		lot(1, 0, granted=2, days_left=-1), lot(2, 1, granted=2), lot(3, 0, granted=3, voided=True)
	)
	plan = refund(funded((1, 2), (2, 1), (3, 3)), lots, NOW, BLANK)
	assert [(line.lot[-1], line.kind.value, line.credits) for line in plan.lines] == [
		("3", "Refund", 3),
		("2", "Refund", 1),
		("1", "Refund", 2),
		("3", "Transfer", -3),
		("1", "Transfer", -2),
		("9", "Grant", 5),
	]
	assert (plan.new_lot.credits_granted, plan.new_lot.expires_at) == (5, BLANK.expires_at)
	assert '"refund_of":"T1"' in plan.lines[-1].detail


def test_a_lot_that_ends_at_this_very_instant_cannot_take_a_refund_any_more():
	lots = by_name(lot(1, 0, granted=1, days_left=0))
	assert refund(funded((1, 1)), lots, NOW, BLANK).new_lot.name == BLANK.name


def test_a_refund_that_needs_a_new_lot_and_has_none_is_refused():
	with pytest.raises(EngineError, match="refund of T1 needs a new lot"):
		refund(funded((1, 1)), by_name(lot(1, 0, granted=1, days_left=-1)), NOW)


def test_a_new_lot_that_is_already_over_cannot_take_a_refund():
	with pytest.raises(EngineError, match="cannot take the refund of T1"):
		refund(
			funded((1, 1)),
			by_name(lot(1, 0, granted=1, days_left=-1)),
			NOW,
			replace(BLANK, expires_at=NOW),
		)


def test_a_lot_that_was_not_passed_is_named():
	with pytest.raises(EngineError, match="needs lots that were not passed: CA-00001-L000001"):
		refund(funded((1, 1)), {}, NOW, BLANK)


def test_lots_moved_in_a_circle_are_refused_not_followed_for_ever():
	one, two = replace(lot(1), moved_to=lot(2).name), replace(lot(2), moved_to=lot(1).name)
	with pytest.raises(EngineError, match="moved in a circle"):
		refund(funded((1, 1)), by_name(one, two), NOW, BLANK)


def test_refunding_twice_refunds_once_also_when_the_lot_has_expired_in_between():
	made = book(2, months=1)
	made.open_ticket("T1", made.facts(NOW))
	late = NOW + 90 * DAY
	assert made.exempt("T1", "bug", late) is not None
	made.unexempt("T1", late)
	assert made.funding("T1").credits == 1
	made.exempt("T1", "bug", late + DAY)
	assert made.funding("T1") == Funding("T1")
	assert made.balance(late + DAY) == 1
	assert made.verify() is None


def test_a_refund_into_an_expired_lot_passes_through_it_and_changes_no_past_balance():
	made = Book(ACCOUNT, UTC, grace_days=30)
	made.grant("g", 3, NOW, months=1)
	made.open_ticket("T1", made.facts(NOW))
	late = NOW + 90 * DAY
	made.exempt("T1", "bug", late)
	assert [made.balance(at) for at in (late, late + 31 * DAY)] == [1, 0]
	assert [made.statement(at).closing for at in (NOW, late - DAY, late)] == [2, 0, 1]


def test_funding_is_read_from_entries_in_charge_order_and_after_partial_refunds():
	made = book(1, 2)
	made.open_ticket("T1", made.facts(NOW, credits=3))
	entries = [entry for entry in made.entries if entry.incident]
	first, second = (entry.name for entry in entries)
	assert made.funding("T1").parts == (
		Allocation(lot_name(ACCOUNT, 1), 1, first),
		Allocation(lot_name(ACCOUNT, 2), 2, second),
	)
	back = replace(entries[1], name="E9", kind=Kind.REFUND, credits=1, reverses=second)
	assert [part.credits for part in funding_of("T1", [*entries, back], made.lots).parts] == [1, 1]


@pytest.mark.parametrize(("named", "left"), [("first", "second"), ("second", "first"), ("", "first")])
def test_a_refund_takes_back_the_charge_it_names_or_else_the_latest(named, left):
	made = book(4)
	made.open_ticket("T1", made.facts(NOW))
	entry = made.entries[-1]
	charges = [replace(entry, name="first"), replace(entry, name="second")]
	back = replace(entry, name="back", kind=Kind.REFUND, credits=1, reverses=named)
	assert [part.entry for part in funding_of("T1", [*charges, back], made.lots).parts] == [left]


def test_a_refund_of_more_than_was_charged_is_found_when_funding_is_read():
	made = book(1)
	made.open_ticket("T1", made.facts(NOW))
	back = replace(made.entries[-1], name="E9", kind=Kind.REFUND, credits=2)
	with pytest.raises(EngineError, match="E9 gives back 1 credits that were never charged"):
		funding_of("T1", [made.entries[-1], back], made.lots)


def test_a_void_takes_all_that_remains_with_its_reason():
	line = void(lot(1, 2), "  charged back ", NOW)
	assert (line.kind, line.credits, line.reason) == (Kind.VOID, -2, "charged back")


@pytest.mark.parametrize(
	("held", "reason", "says"),
	[
		(lot(1, 0), "x", "lot CA-00001-L000001 has nothing left to void"),
		(lot(1, 0, voided=True), "x", "lot CA-00001-L000001 is already void"),
		(lot(1, 2, days_left=0), "x", "lot CA-00001-L000001 is not valid at 2026-11-22T12:00:00.000000Z"),
		(lot(1, 2), " ", "void of lot CA-00001-L000001 needs a reason"),
		(overdraft(1), "x", "lot CA-00001-L000001 is an overdraft: it is repaid, not voided"),
	],
)
def test_a_void_that_rule_four_forbids_is_refused(held, reason, says):
	with pytest.raises(NotAllowed) as refusal:
		void(held, reason, NOW)
	assert str(refusal.value) == says


def test_expiry_is_booked_for_every_lot_past_its_end_at_the_instant_of_its_end():
	lots = [lot(1, 2, days_left=0), lot(2, 1, days_left=-3), lot(3), lot(4, 0, days_left=-1), overdraft(5)]
	assert [(line.lot[-1], line.credits, line.effective_at) for line in expire(lots, NOW)] == [
		("2", -1, NOW - 3 * DAY),
		("1", -2, NOW),
	]


def test_an_adjustment_may_go_either_way():
	assert adjust(lot(1, 2), 3, "lost in the move", NOW).credits == 3
	assert adjust(lot(1, 2), -2, "counted twice", NOW).credits == -2


@pytest.mark.parametrize(
	("held", "credits", "reason", "error", "says"),
	[
		(lot(1, 2), 0, "x", InvalidAmount, "non-zero"),
		(lot(1, 2), True, "x", InvalidAmount, "True"),
		(lot(1, 2), 1.5, "x", InvalidAmount, "1.5"),
		(lot(1, 2), 1_000_001, "x", InvalidAmount, "1000001"),
		(lot(1, 2), -3, "x", NotAllowed, "holds 2, an adjustment cannot take 3"),
		(lot(1, 2), 1, "", NotAllowed, "needs a reason"),
		(lot(1, 2, days_left=-1), 1, "x", NotAllowed, "is not valid at"),
		(lot(1, 0, voided=True), 1, "x", NotAllowed, "is already void"),
		(overdraft(1), 1, "x", NotAllowed, "change its limit instead"),
	],
)
def test_an_adjustment_out_of_bounds_is_refused(held, credits, reason, error, says):
	with pytest.raises(error, match=says):
		adjust(held, credits, reason, NOW)
