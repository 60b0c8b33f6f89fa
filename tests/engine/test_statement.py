"""The statement: its running balance is the balance at every instant, whatever job has run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine_factories import ACCOUNT, DAY, NOW, UTC, book

from support_credits.engine.book import Book
from support_credits.engine.errors import EngineError
from support_credits.engine.model import Kind, stamp_text
from support_credits.engine.statement import balance_at, statement


def expiring():
	made = Book(ACCOUNT, UTC)
	made.grant("g", 3, NOW, months=1)
	made.open_ticket("T1", made.facts(NOW + DAY))
	return made


def test_an_expiry_nobody_booked_is_shown_at_its_instant():
	made = expiring()
	last = made.statement(NOW + 90 * DAY).lines[-1]
	assert (last.kind, last.credits, last.balance, last.entry) == (Kind.EXPIRY, -2, 0, "")
	assert last.at == next(iter(made.lots.values())).expires_at


def test_booking_the_expiry_changes_no_line_of_the_statement():
	made = expiring()
	before = made.statement(NOW + 90 * DAY).lines
	made.expire(NOW + 80 * DAY)
	assert made.statement(NOW + 90 * DAY).lines == before


def test_the_expiry_of_one_lot_does_not_take_what_was_spent_on_it_from_another():
	"""FloCafe #78: expired grants left the credit side, their spent part stayed in the debits, the rest
	collapsed."""
	made = expiring()
	made.grant("g2", 5, NOW + 2 * DAY, months=12)
	made.open_ticket("T2", made.facts(NOW + 3 * DAY, credits=2))
	assert made.balance(NOW + 90 * DAY) == made.statement(NOW + 90 * DAY).closing == 5
	made.expire(NOW + 90 * DAY)
	assert made.balance(NOW + 90 * DAY) == made.statement(NOW + 90 * DAY).closing == 5


def test_a_statement_since_a_day_opens_with_the_balance_before_it():
	made = expiring()
	report = made.statement(NOW + 2 * DAY, since=NOW + DAY)
	assert (report.opening, report.closing, len(report)) == (3, 2, 1)
	assert [line.incident for line in report] == ["T1"]


def test_the_statement_carries_the_last_hash_as_its_digest():
	made = expiring()
	assert made.statement(NOW + DAY).digest == made.head.entry_hash
	assert Book(ACCOUNT, UTC).statement(NOW).digest == ""


def test_a_pack_that_starts_later_is_not_in_a_statement_of_today():
	made = book(2)
	made.grant("later", 4, NOW + 10 * DAY, months=1)
	assert made.statement(NOW).closing == 2
	assert made.statement(NOW + 10 * DAY).closing == 6


def test_a_charge_at_the_instant_of_an_expiry_comes_after_it():
	made = expiring()
	end = next(iter(made.lots.values())).expires_at
	made.grant("g2", 1, end, months=1)
	assert [line.kind for line in made.statement(end)][-2:] == [Kind.EXPIRY, Kind.GRANT]
	assert made.statement(end).closing == balance_at(made.entries, made.lots, end) == 1


def test_what_passes_through_an_expired_lot_is_shown_and_not_counted():
	made = expiring()
	made.exempt("T1", "bug", NOW + 90 * DAY)
	lines = made.statement(NOW + 90 * DAY).lines[-3:]
	assert [(line.kind, line.credits, line.balance, line.counted) for line in lines] == [
		(Kind.REFUND, 1, 0, False),
		(Kind.TRANSFER, -1, 0, False),
		(Kind.GRANT, 1, 1, True),
	]


def test_an_entry_dated_before_its_lot_counts_from_the_lots_grant():
	made = expiring()
	early = replace(made.entries[-1], effective_at=stamp_text(NOW - DAY))
	entries = [made.entries[0], early]
	lines = statement(entries, made.lots, NOW).lines
	assert [(line.at, line.balance) for line in lines] == [(NOW, 3), (NOW, 2)]
	assert balance_at(entries, made.lots, NOW) == 2


def test_a_missing_lot_is_named():
	with pytest.raises(EngineError, match="statement needs lot CA-00001-L000001"):
		statement(expiring().entries, {}, NOW)
