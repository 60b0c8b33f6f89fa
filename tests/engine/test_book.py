"""The order of calls around one account, told as short stories."""

from __future__ import annotations

import pytest
from engine_factories import ACCOUNT, DAY, LISBON, NOW, UTC, book

from support_credits.engine.book import Book
from support_credits.engine.decision import Code, Door, Policy
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.incident import State


def mail(made, name, at=NOW, credits=1):
	return made.open_ticket(name, made.facts(at, door=Door.MAIL, policy=Policy.PARK, credits=credits))


def test_a_purchase_releases_the_oldest_parked_tickets_first_and_charges_each_once():
	made = Book(ACCOUNT, UTC)
	assert [mail(made, name).code for name in ("A", "B", "C")] == [Code.PARKED] * 3
	made.grant("order:1", 2, NOW + DAY, months=1)
	assert [made.states[name] for name in "ABC"] == [State.CHARGED, State.CHARGED, State.PARKED]
	made.grant("order:1", 2, NOW + DAY, months=1)
	assert (made.parked(), made.balance(NOW + DAY)) == (["C"], 0)


def test_a_small_ticket_does_not_overtake_a_big_one_that_waits():
	made = Book(ACCOUNT, UTC)
	mail(made, "big", credits=3)
	mail(made, "small")
	made.grant("order:1", 2, NOW, months=1)
	assert made.parked() == ["big", "small"]
	assert made.balance(NOW) == 2


def test_a_withdrawn_ticket_is_not_released_and_never_cost_anything():
	made = Book(ACCOUNT, UTC)
	mail(made, "A")
	made.withdraw("A")
	made.grant("order:1", 1, NOW, months=1)
	assert (made.states["A"], made.balance(NOW)) == (State.WITHDRAWN, 1)
	with pytest.raises(NotAllowed, match="withdraw is not possible for an incident that is withdrawn"):
		made.withdraw("A")


def test_a_purchase_pays_the_overdraft_and_a_later_refund_goes_to_the_purchase():
	made = Book(ACCOUNT, UTC)
	made.allow_overdraft("overdraft", 3, NOW)
	decision = made.open_ticket("A", made.facts(NOW, policy=Policy.OVERDRAW, credits=2))
	assert (decision.code, made.balance(NOW)) == (Code.OVERDRAWN, -2)
	bought = made.grant("order:1", 5, NOW, months=1).lots[0].name
	assert made.balance(NOW) == 3
	made.exempt("A", "bug", NOW)
	assert (made.lots[bought].remaining, made.balance(NOW)) == (5, 5)


def test_a_refused_ticket_leaves_nothing_behind_and_may_be_tried_again():
	made = Book(ACCOUNT, UTC)
	head = made.head
	assert made.open_ticket("A", made.facts(NOW)).code is Code.REFUSED
	assert (made.head, made.entries, made.states) == (head, [], {})
	made.grant("order:1", 1, NOW, months=1)
	assert made.open_ticket("A", made.facts(NOW)).code is Code.CHARGED


def test_a_refusal_speaks_of_credits_that_expired_lately_and_not_of_old_ones():
	made = Book(ACCOUNT, LISBON)
	made.grant("order:1", 3, NOW, months=1)
	soon, late = NOW + 40 * DAY, NOW + 400 * DAY
	assert "Expired lately: 3, last usable on 2026-12-22" in str(
		made.open_ticket("A", made.facts(soon)).message
	)
	assert "xpired" not in str(made.open_ticket("A", made.facts(late)).message)


def test_the_same_ticket_twice_is_charged_once():
	made = book(2)
	first = made.open_ticket("A", made.facts(NOW))
	assert made.open_ticket("A", made.facts(NOW)) is first
	assert made.balance(NOW) == 1


def test_removing_an_exemption_charges_again_and_parks_when_nothing_is_left():
	made = book(1)
	made.open_ticket("A", made.facts(NOW))
	made.exempt("A", "bug", NOW)
	assert made.unexempt("A", NOW).code is Code.CHARGED
	made.exempt("A", "bug", NOW)
	made.open_ticket("B", made.facts(NOW))
	assert made.unexempt("A", NOW).code is Code.PARKED


def test_an_incident_that_is_not_there_is_named():
	with pytest.raises(EngineError, match="no incident X"):
		book().exempt("X", "bug", NOW)
