"""How lines become entries, and the bounds no posting may break."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from engine_factories import ACCOUNT, NOW, lot, overdraft
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.chain import canonical, next_lot_name, post
from support_credits.engine.errors import BrokenBounds, EngineError
from support_credits.engine.model import GENESIS_HASH, Head, Kind, Line, Stamp, lot_name

STAMP = Stamp("ticket:7:open", NOW, "agent@example.com")


def charge(number, credits):
	return Line(lot_name(ACCOUNT, number), Kind.CHARGE, -credits, incident="7")


def test_entries_are_numbered_named_and_linked_to_the_one_before():
	posting = post(Head(ACCOUNT, lot_count=2), [lot(1), lot(2)], [charge(1, 1), charge(2, 2)], STAMP)
	first, second = posting.entries
	assert [first.name, second.name] == [f"{ACCOUNT}-E0000001", f"{ACCOUNT}-E0000002"]
	assert [first.event_key, second.event_key] == ["ticket:7:open/1", "ticket:7:open/2"]
	assert (first.prev_hash, second.prev_hash) == (GENESIS_HASH, first.entry_hash)
	assert posting.head == Head(ACCOUNT, 2, second.entry_hash, 2)
	assert [item.remaining for item in posting.lots] == [1, 0]


def test_the_hash_is_the_sha256_of_the_documented_json_list():
	entry = post(Head(ACCOUNT, lot_count=1), [lot(1)], [charge(1, 1)], STAMP).entries[0]
	assert entry.kind is Kind.CHARGE
	text = json.dumps(
		[
			ACCOUNT,
			1,
			lot(1).name,
			"Charge",
			-1,
			"7",
			"",
			"",
			"",
			"ticket:7:open/1",
			"agent@example.com",
			"2026-11-22T12:00:00.000000Z",
			"2026-11-22T12:00:00.000000Z",
			GENESIS_HASH,
		],
		ensure_ascii=False,
		separators=(",", ":"),
	)
	assert entry.entry_hash == sha256(text.encode()).hexdigest()


@given(st.lists(st.text(), min_size=9, max_size=9), st.lists(st.text(), min_size=9, max_size=9))
def test_no_two_different_entries_share_their_bytes(one, other):
	def encode(texts):
		account, lot_, kind, *rest = texts
		return canonical(account, 1, lot_, kind, -1, *rest, "t", "t", "h")

	assert (encode(one) == encode(other)) == (one == other)


def test_text_no_encoding_can_hold_is_hashed_all_the_same():
	assert canonical("\ud800", 1, "", "", 0, "", "", "", "", "", "", "", "", "") != b""


@pytest.mark.parametrize(
	("held", "line", "says"),
	[
		(
			lot(1, remaining=2),
			charge(1, 3),
			"Charge of -3 would leave lot CA-00001-L000001 at -1, outside 0 to 2",
		),
		(
			lot(1, remaining=2),
			Line(lot_name(ACCOUNT, 1), Kind.REFUND, 1),
			"Refund of 1 would leave lot CA-00001-L000001 at 3, outside 0 to 2",
		),
		(
			overdraft(1, limit=5, owed=4),
			charge(1, 2),
			"Charge of -2 would leave lot CA-00001-L000001 at -6, outside -5 to 0",
		),
		(
			overdraft(1, limit=5, owed=1),
			Line(lot_name(ACCOUNT, 1), Kind.REFUND, 2),
			"Refund of 2 would leave lot CA-00001-L000001 at 1, outside -5 to 0",
		),
	],
)
def test_a_posting_that_breaks_a_lots_bounds_is_refused(held, line, says):
	with pytest.raises(BrokenBounds) as refusal:
		post(Head(ACCOUNT, lot_count=1), [held], [line], STAMP)
	assert str(refusal.value) == says


def test_bounds_hold_at_every_line_not_only_at_the_end():
	with pytest.raises(BrokenBounds):
		post(
			Head(ACCOUNT, lot_count=1),
			[lot(1, remaining=0, granted=2)],
			[charge(1, 1), Line(lot_name(ACCOUNT, 1), Kind.REFUND, 1)],
			STAMP,
		)


def test_a_debt_above_a_lowered_limit_can_still_be_repaid_step_by_step():
	line = Line(lot_name(ACCOUNT, 1), Kind.REFUND, 1)
	posting = post(Head(ACCOUNT, lot_count=1), [overdraft(1, limit=2, owed=4)], [line], STAMP)
	assert posting.lots[0].remaining == -3


def test_an_upward_adjustment_makes_room_for_a_later_refund():
	spent = lot(1, remaining=0, granted=2)
	more = Line(spent.name, Kind.ADJUSTMENT, 2, reason="miscounted")
	back = Line(spent.name, Kind.REFUND, 2)
	posting = post(Head(ACCOUNT, lot_count=1), [spent], [more, back], STAMP)
	assert (posting.lots[0].remaining, posting.lots[0].credits_granted) == (4, 4)


def test_a_voided_lot_comes_back_marked():
	assert (
		post(Head(ACCOUNT, lot_count=1), [lot(1)], [Line(lot(1).name, Kind.VOID, -2, reason="x")], STAMP)
		.lots[0]
		.voided
	)


def test_a_new_lot_grows_the_count_and_an_old_one_does_not():
	head = Head(ACCOUNT, lot_count=3)
	assert next_lot_name(head) == f"{ACCOUNT}-L000004"
	fresh = lot(4, remaining=0, granted=2)
	assert post(head, [fresh], [Line(fresh.name, Kind.GRANT, 2)], STAMP).head.lot_count == 4
	assert post(head, [lot(2)], [charge(2, 1)], STAMP).head.lot_count == 3


def test_another_accounts_lot_is_refused():
	foreign = replace(lot(1), name=lot_name("CA-00002", 1))
	with pytest.raises(EngineError, match="lot CA-00002-L000001 is not a lot of account CA-00001"):
		post(Head(ACCOUNT), [foreign], [Line(foreign.name, Kind.CHARGE, -1)], STAMP)


def test_a_lot_that_was_not_passed_is_refused():
	with pytest.raises(EngineError, match="names lot CA-00001-L000001, which was not passed"):
		post(Head(ACCOUNT), [], [charge(1, 1)], STAMP)


def test_an_event_without_lines_is_refused():
	with pytest.raises(EngineError, match="posts nothing"):
		post(Head(ACCOUNT), [], [], STAMP)
