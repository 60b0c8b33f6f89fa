"""Whoever edits the ledger is found: the first bad row is named, and what was done to it (promise 5)."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from engine_factories import DAY, NOW, UTC, book
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.book import Book
from support_credits.engine.chain import ChainChecker, entry_hash_of, verify_chain
from support_credits.engine.model import Entry, Head, Kind
from support_credits.engine.verify import HASHED, ROW


def played(account="CA-00001"):
	made = Book(account, UTC)
	made.grant("order:1", 3, NOW, months=1)
	for number in range(3):
		made.open_ticket(f"T{number}", made.facts(NOW + number * DAY))
	made.exempt("T1", "vendor's bug", NOW + 4 * DAY)
	made.expire(NOW + 60 * DAY)
	made.grant("order:2", 2, NOW + 61 * DAY, months=1)
	return made


BOOK = played()
ROWS = st.integers(0, len(BOOK.entries) - 1)
FIELDS = [field.name for field in fields(Entry)]


def other_value(name, value):
	if name in ("seq", "credits"):
		return value + 1
	if name == "kind":
		return Kind.VOID if value is not Kind.VOID else Kind.GRANT
	return value + "x" if value else "x"


def found(entries, head=BOOK.head):
	problem = verify_chain(iter(entries), head)
	assert as_rows(entries, head) == problem
	return problem


def as_rows(entries, head):
	"""What the checker makes of the same entries as a database gives them."""
	checker = ChainChecker(head.account)
	for entry in entries:
		if problem := checker.feed_row(row_of(entry)):
			return problem
	return checker.finish(head)


def row_of(entry):
	row = [getattr(entry, name) for name in ROW[:-1]]
	row[ROW.index("kind")] = entry.kind.value
	return [*row, entry.posted_at[:10]]


def test_an_untouched_chain_is_clean():
	assert found(BOOK.entries) is None
	assert verify_chain([], None) is None
	assert verify_chain([], Head("CA-00009")) is None


@pytest.mark.parametrize("name", FIELDS)
@given(row=ROWS)
def test_an_edit_of_any_field_of_any_row_is_found_there(name, row):
	entries = list(BOOK.entries)
	old = entries[row]
	entries[row] = replace(old, **{name: other_value(name, getattr(old, name))})
	problem = found(entries)
	assert problem is not None
	assert problem.row == entries[row].name
	assert problem.code == {"name": "renamed", "account": "foreign", "seq": "reordered"}.get(name, "edited")


@given(row=ROWS)
def test_an_edit_resealed_with_a_fresh_hash_is_found_at_the_next_link(row):
	entries = list(BOOK.entries)
	edited = replace(entries[row], credits=entries[row].credits + 1)
	entries[row] = replace(edited, entry_hash=entry_hash_of(edited))
	problem = found(entries)
	last = row == len(entries) - 1
	assert problem.code == ("other_end" if last else "unlinked")
	assert problem.row == (BOOK.head.account if last else entries[row + 1].name)


@given(row=ROWS)
def test_a_deleted_row_is_found_by_the_gap_it_leaves(row):
	entries = list(BOOK.entries)
	del entries[row]
	problem = found(entries)
	if row == len(entries):
		assert (problem.code, problem.row) == ("truncated", BOOK.head.account)
	else:
		assert (problem.code, problem.row) == ("missing", entries[row].name)


@given(length=ROWS)
def test_a_truncated_chain_does_not_reach_its_head(length):
	problem = found(BOOK.entries[:length])
	assert problem.code == "truncated"
	assert f"ends at entry {length}, but {len(BOOK.entries)} were posted" in str(problem)


@given(row=ROWS, at=ROWS)
def test_an_inserted_copy_is_found(row, at):
	entries = list(BOOK.entries)
	entries.insert(at + 1, entries[row])
	problem = found(entries)
	assert problem is not None
	assert problem.row in {entry.name for entry in entries}


@given(row=ROWS)
def test_an_invented_row_at_the_end_is_found_by_the_head(row):
	last = BOOK.entries[-1]
	invented = replace(
		BOOK.entries[row],
		seq=last.seq + 1,
		name=f"{last.account}-E{last.seq + 1:07d}",
		prev_hash=last.entry_hash,
	)
	invented = replace(invented, entry_hash=entry_hash_of(invented))
	problem = found([*BOOK.entries, invented])
	assert (problem.code, problem.row) == ("extended", BOOK.head.account)


TEXTS = st.text(st.sampled_from('"\\,ab\n\x1f\x7f\u2028é[]:{}'), max_size=8) | st.text(max_size=8)


def hashed_row(reason, detail):
	entry = replace(BOOK.entries[0], reason=reason, detail=detail)
	return [*row_of(entry)[:HASHED], entry_hash_of(entry), entry.name, entry.posted_at[:10]]


@given(reason=TEXTS, detail=TEXTS, other_reason=TEXTS, other_detail=TEXTS)
def test_a_hash_holds_for_one_pair_of_texts_alone(reason, detail, other_reason, other_detail):
	row = hashed_row(reason, detail)
	assert ChainChecker(BOOK.head.account).feed_row(row) is None
	row[ROW.index("reason")], row[ROW.index("detail")] = other_reason, other_detail
	problem = ChainChecker(BOOK.head.account).feed_row(row)
	assert (problem is None) == ((reason, detail) == (other_reason, other_detail))


@pytest.mark.parametrize(
	("posted", "written"),
	[
		(("", '{"a":1}'), ("", '{\\"a\\":1}')),  # the text as it is hashed
		(("a", "b"), ('a","b', "")),  # a border moved
		(("a\nb", ""), ("a\\nb", "")),
		(("é", ""), ("\\u00e9", "")),
	],
)
def test_a_text_that_only_looks_like_the_hashed_one_is_found(posted, written):
	row = hashed_row(*posted)
	row[ROW.index("reason")], row[ROW.index("detail")] = written
	assert ChainChecker(BOOK.head.account).feed_row(row).code == "edited"


@given(one=ROWS, other=ROWS)
def test_two_rows_that_exchanged_their_numbers_are_found_at_the_first_place(one, other):
	entries = list(BOOK.entries)
	first, last = sorted((one, other))
	entries[first], entries[last] = (
		replace(entries[last], seq=entries[first].seq),
		replace(entries[first], seq=entries[last].seq),
	)
	problem = found(entries)
	if first == last:
		assert problem is None
	else:
		assert (problem.code, problem.row) == ("reordered", entries[first].name)
		assert f"was posted with number {last + 1}" in str(problem)


@given(st.permutations(BOOK.entries))
def test_rows_in_another_order_are_found(shuffled):
	assert (found(shuffled) is None) == (shuffled == BOOK.entries)


@given(row=ROWS)
def test_a_row_moved_from_another_account_is_found(row):
	other = played("CA-00002").entries[row]
	entries = list(BOOK.entries)
	entries[row] = other
	problem = found(entries)
	assert (problem.code, problem.row) == ("foreign", other.name)
	assert "belongs to account CA-00002, not to CA-00001" in str(problem)
	entries[row] = replace(other, account="CA-00001")
	assert found(entries) == problem


def test_a_lot_edited_in_its_own_table_is_found():
	made = book(3)
	name = next(iter(made.lots))
	made.lots[name] = made.lots[name].with_change(5)
	problem = made.verify()
	assert (problem.code, str(problem)) == ("lot", f"{name} says 8 credits remain, its entries say 3")


def test_the_checker_keeps_sums_by_lot_and_by_incident():
	checker = ChainChecker("CA-00001")
	for entry in BOOK.entries:
		assert checker.feed(entry) is None
	assert checker.finish(BOOK.head) is None
	assert checker.lot_sums == {name: held.remaining for name, held in BOOK.lots.items()}
	for incident in ("T0", "T1", "T2"):
		total = sum(value for (named, _), value in checker.incident_sums.items() if named == incident)
		assert -total == BOOK.funding(incident).credits
