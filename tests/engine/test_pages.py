"""A statement read backwards, page by page, is the statement."""

from __future__ import annotations

import pytest
from engine_factories import ACCOUNT, DAY, LISBON, NOW, book
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.book import Book
from support_credits.engine.errors import EngineError
from support_credits.engine.incident import Event, allowed
from support_credits.engine.model import Kind, parse_stamp
from support_credits.engine.pages import Change, Place, Snapshot, balance_before, place_from_text, run_back

steps = st.lists(
	st.tuples(st.sampled_from(["grant", "ticket", "refund", "expire", "wait"]), st.integers(1, 40)),
	max_size=25,
)


def lived(plan):
	"""A book that lived through ``plan``, and when it ended."""
	made, at = Book(ACCOUNT, LISBON, grace_days=30), NOW
	for number, (what, size) in enumerate(plan):
		at += size * DAY / 4
		if what == "grant":
			made.grant(f"order:{number}", size, at, months=1 + size % 3)
		elif what == "ticket":
			made.open_ticket(f"T{number}", made.facts(at, credits=1 + size % 2))
		elif what == "refund":
			charged = [name for name, state in made.states.items() if allowed(state, Event.EXEMPT)]
			for name in charged[-1:]:
				made.exempt(name, "bug", at)
		elif what == "expire":
			made.expire(at)
	return made, at


def changes_back(made, at):
	"""Every change of the book up to ``at``, newest first, straight from its rows."""
	found = []
	for entry in made.entries:
		lot = made.lots[entry.lot]
		when = max(parse_stamp(entry.effective_at), lot.granted_at)
		if entry.kind is not Kind.EXPIRY and when <= at:
			counted = lot.is_valid_at(when)
			found.append(
				Change(
					when, entry.seq, entry.lot, entry.kind, entry.credits, counted, entry.name, entry.incident
				)
			)
	for lot in made.lots.values():
		held = sum(change.credits for change in found if change.lot == lot.name and change.counted)
		if lot.expires_at and lot.expires_at <= at and held:
			found.append(Change(lot.expires_at, 0, lot.name, Kind.EXPIRY, -held, True))
	return sorted(found, key=lambda change: change.key, reverse=True)


@given(steps)
def test_run_backwards_from_todays_balance_it_has_the_lines_of_the_statement(plan):
	made, at = lived(plan)
	back = list(run_back(changes_back(made, at), made.balance(at)))
	forth = made.statement(at)
	assert [(line.at, line.lot, line.credits, line.balance, line.counted) for line in reversed(back)] == [
		(line.at, line.lot, line.credits, line.balance, line.counted) for line in forth
	]
	assert not back or balance_before(back[-1]) == 0


@given(steps, st.integers(1, 6))
def test_pages_put_together_are_the_whole(plan, size):
	made, at = lived(plan)
	changes = changes_back(made, at)
	whole = list(run_back(changes, made.balance(at)))
	place, pages = Place(Snapshot(at, len(made.entries), len(made.lots)), made.balance(at)), []
	while True:
		read = place_from_text(place.as_text())
		assert read == place
		rest = [change for change in changes if read.key is None or change.key < read.key]
		lines = list(run_back(rest, read.balance))[:size]
		if not lines:
			break
		pages += lines
		last = lines[-1]
		place = Place(read.snapshot, balance_before(last), (last.at, last.seq, last.lot))
	assert pages == whole


def test_changes_out_of_order_are_refused():
	changes = [Change(NOW, 1, "L1", Kind.GRANT, 1, True), Change(NOW + DAY, 2, "L1", Kind.CHARGE, -1, True)]
	with pytest.raises(EngineError, match="out of order"):
		list(run_back(changes, 0))


@pytest.mark.parametrize("text", ["", "x", "1~2~3~4~5~6~7", "2026-11-22T12:00:00.000000Z~1~1~x~~0~", "~" * 6])
def test_a_place_somebody_made_up_is_refused(text):
	with pytest.raises(EngineError):
		place_from_text(text)


def test_the_first_place_has_no_change_before_it():
	place = Place(Snapshot(NOW, 3, 1), 2)
	assert place_from_text(place.as_text()) == place


def test_a_change_that_does_not_count_moves_no_balance():
	changes = [Change(NOW + DAY, 2, "L1", Kind.REFUND, 1, False), Change(NOW, 1, "L1", Kind.GRANT, 2, True)]
	assert [line.balance for line in run_back(changes, 2)] == [2, 2]


def test_the_book_of_these_tests_has_what_it_should():
	assert book(2, 3).balance(NOW) == 5
