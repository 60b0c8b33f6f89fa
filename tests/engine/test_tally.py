"""What entries say of lots, counted without the lots: sums, grants, voids, limits, and entries no rule would post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from engine_factories import ACCOUNT, DAY, NOW, UTC, book
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine import tally as tallying
from support_credits.engine.book import Book
from support_credits.engine.grants import transfer
from support_credits.engine.model import Kind, Line, stamp_text
from support_credits.engine.tally import LEFT, VOIDED, LotTally, join_event
from support_credits.engine.verify import ROW


def row(entry, **columns):
	values = {name: getattr(entry, name, "") for name in ROW} | {"posted_on": entry.posted_at[:10], **columns}
	values["kind"] = getattr(values["kind"], "value", values["kind"])
	return [values[name] for name in ROW]


def tally_of(rows, account=ACCOUNT):
	tally = LotTally(account)
	for one in rows:
		tally.note(one)
	return tally


def played():
	"""A pack, charges, a refund, an overdraft repaid, a void, an expiry and a refund after it."""
	made = Book(ACCOUNT, UTC)
	made.grant("order:1", 3, NOW, months=1)
	for number in range(3):
		made.open_ticket(f"T{number}", made.facts(NOW + number * DAY))
	made.exempt("T1", "vendor's bug", NOW + 4 * DAY)
	made.expire(NOW + 60 * DAY)
	made.exempt("T2", "vendor's bug", NOW + 61 * DAY)
	made.grant("order:2", 2, NOW + 62 * DAY, months=1)
	made.void(next(reversed(made.lots)), "wrong customer", NOW + 63 * DAY)
	return made


BOOK = played()
ENTRIES = BOOK.entries
CHARGED = next(number for number, entry in enumerate(ENTRIES) if entry.kind is Kind.CHARGE)


def lower(entry):
	"""The books of the engine call their incidents T0, T1; the ledger's own names have no upper case."""
	return {"incident": entry.incident.lower()}


def rows():
	return [row(entry, **lower(entry)) for entry in ENTRIES]


def test_it_counts_what_the_lots_say():
	tally = tally_of(rows())
	assert tally.problem is None
	assert tally.opened == len(BOOK.lots)
	for number, lot in enumerate(BOOK.lots.values(), start=1):
		assert (tally.held[number], tally.granted[number]) == (lot.remaining, lot.credits_granted)
		assert bool(tally.marks[number] & VOIDED) == lot.voided
		assert ENTRIES[tally.opened_by[number] - 1].lot == lot.name
		assert tally.terms_by[number] == tally.opened_by[number]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(1, 3))
def test_any_number_of_lots_is_counted_with_a_short_memory_for_names(credits, remembered):
	made = book(*credits)
	made.open_ticket("t0", made.facts(NOW))
	with pytest.MonkeyPatch.context() as patched:
		patched.setattr(tallying, "REMEMBERED", remembered)
		tally = tally_of([row(entry) for entry in made.entries])
	assert tally.problem is None
	assert list(tally.held[1:]) == [lot.remaining for lot in made.lots.values()]


def forged(at, **columns):
	made = rows()
	made[at] = row(ENTRIES[at], **{**lower(ENTRIES[at]), **columns})
	return tally_of(made).problem


@pytest.mark.parametrize(
	("columns", "code", "words"),
	[
		({"kind": "Gift"}, "entry_incident", "is a Gift"),
		({"kind": "Gift", "incident": ""}, "entry_kind", "is a Gift of -1, which no ledger posts"),
		({"credits": 1}, "entry_incident", "is a Charge"),
		({"credits": 0, "incident": ""}, "entry_kind", "is a Charge of 0"),
		({"incident": ""}, "entry_incident", "the incident it names is ''"),
		({"incident": "T0"}, "entry_incident", "the incident it names is 'T0'"),
		({"incident": "t 0"}, "entry_incident", "'t 0'"),
		({"credits": -9}, "entry_bounds", "at -6, outside 0 to 3"),
		({"lot": "CA-00002-L000001"}, "entry_lot", "names lot CA-00002-L000001"),
		({"lot": f"{ACCOUNT}-L000002"}, "entry_lot", "which this account had not been granted"),
		({"lot": f"{ACCOUNT}-L1"}, "entry_lot", "names lot"),
		({"lot": f"{ACCOUNT}-L\u0661"}, "entry_lot", "names lot"),
		({"lot": f"{ACCOUNT}-L-00001"}, "entry_lot", "names lot"),
		({"lot": ""}, "entry_lot", "names lot"),
		({"posted_on": ""}, "entry_day", "is shown on -"),
	],
)  # fmt: skip
def test_a_charge_that_no_rule_posts_is_named(columns, code, words):
	problem = forged(CHARGED, **columns)
	assert (problem.code, problem.row) == (code, ENTRIES[CHARGED].name)
	assert words in str(problem)


@pytest.mark.parametrize("detail", ["", "[]", "null", "{", "7", "[" * 100_000])
def test_a_grant_without_terms_is_named(detail):
	problem = forged(0, detail=detail)
	assert (problem.code, problem.row) == ("entry_terms", ENTRIES[0].name)


@pytest.mark.parametrize("limit", [2**80, -1, "3", 1.5, None, True])
def test_a_limit_that_is_none_stops_nothing(limit):
	import json

	terms = json.dumps({**json.loads(ENTRIES[0].detail), "overdraft_limit": limit})
	tally = tally_of([row(ENTRIES[0], detail=terms)])
	assert tally.opened == 1


def test_lots_are_opened_in_turn_and_once():
	assert forged(0, lot=f"{ACCOUNT}-L000002").code == "entry_lot"
	again = tally_of([*rows(), row(ENTRIES[0])]).problem
	assert (again.code, str(again)) == (
		"entry_lot",
		f"{ENTRIES[0].name} grants lot {ENTRIES[0].lot} a second time",
	)


@pytest.mark.parametrize(
	("hours", "days", "holds"),
	[
		(0, 0, True), (12, 0, True), (0, -1, True), (11, -1, True), (12, -1, False), (10, 1, True), (9, 1, False),
		(0, -2, False), (23, 2, False),
	],
)  # fmt: skip
def test_a_day_must_be_one_that_it_was_somewhere(hours, days, holds):
	at = NOW.replace(hour=0) + timedelta(hours=hours)
	day = (at + days * DAY).date().isoformat()
	problem = tally_of([row(ENTRIES[0], posted_at=stamp_text(at), posted_on=day)]).problem
	assert (problem is None) == holds


def test_a_moved_lot_holds_nothing_any_more():
	made = book(3)
	lot = made.lots[f"{ACCOUNT}-L000001"]
	plan = transfer(lot, "CA-00002-L000001", {}, "joined")
	grant = row(made.entries[0])
	out = row(
		replace(made.entries[0], kind=plan.out.kind, credits=plan.out.credits, detail=""),
		event_key=join_event(lot.name, "out"),
	)
	tally = tally_of([grant, out])
	assert (tally.problem, tally.held[1], tally.marks[1] & LEFT) == (None, 0, LEFT)
	late = row(ENTRIES[CHARGED], kind="Refund", credits=1, incident="t0", lot=lot.name)
	tally.note(late)
	assert tally.problem.code == "entry_bounds"
	into = row(
		replace(
			made.entries[0],
			kind=Kind.TRANSFER,
			credits=3,
			account="CA-00002",
			lot=plan.into.lot,
			detail=plan.into.detail.replace("{", '{"credits_granted":3,"voided":true,', 1),
		)
	)
	other = tally_of([into], "CA-00002")
	assert (other.problem, other.held[1], other.granted[1], other.marks[1]) == (None, 3, 3, VOIDED)


def test_an_overdraft_goes_to_its_limit_and_no_further():
	made = Book(ACCOUNT, UTC)
	made.allow_overdraft("overdraft:1", 2, NOW)
	opened = row(made.entries[0])
	charge = row(made.entries[0], kind="Charge", credits=-2, incident="t0", detail="")
	assert tally_of([opened, charge]).problem is None
	assert tally_of([opened, charge, charge]).problem.code == "entry_bounds"
	lowered = row(made.entries[0], detail=made.entries[0].detail.replace("2", "1", 1))
	back = row(made.entries[0], kind="Refund", credits=1, incident="t0", detail="")
	assert tally_of([opened, charge, lowered, back, back]).problem is None
	assert tally_of([opened, charge, back, back, back]).problem.code == "entry_bounds"


def test_the_first_problem_is_kept_and_counting_goes_on():
	made = rows()
	made[CHARGED] = row(ENTRIES[CHARGED], **{**lower(ENTRIES[CHARGED]), "kind": "Gift"})
	made[CHARGED + 1] = row(ENTRIES[CHARGED + 1], lot="CA-00002-L000001")
	tally = tally_of(made)
	assert tally.problem.row == ENTRIES[CHARGED].name
	assert tally.held[0] == 0
	assert tally.opened == len(BOOK.lots)


def test_an_adjustment_raises_what_a_lot_may_hold():
	made = book(3)
	name = next(iter(made.lots))
	line = Line(name, Kind.ADJUSTMENT, 2, reason="counted wrong")
	adjusted = row(replace(made.entries[0], kind=line.kind, credits=2, detail=""))
	tally = tally_of([row(made.entries[0]), adjusted])
	assert (tally.problem, tally.held[1], tally.granted[1]) == (None, 5, 5)
	assert (
		tally_of(
			[row(made.entries[0]), row(made.entries[0], kind="Adjustment", credits=0, detail="")]
		).problem.code
		== "entry_kind"
	)
