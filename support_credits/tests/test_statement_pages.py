"""A customer's statement, page by page from the newest, is the whole statement, whatever an account has been through."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import frappe

from support_credits.engine.model import Kind
from support_credits.engine.pages import place_from_text
from support_credits.engine.statement import StatementLine
from support_credits.ledger import accounts, clock, corrections, grants, overview, pages, queries, rows
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase

LIVES = 6
STEPS = 30
Shown = tuple[datetime, str, Kind, int, int, bool, str]


def shown(line: StatementLine) -> Shown:
	return (line.at, line.lot, line.kind, line.credits, line.balance, line.counted, line.entry)


def paged(account: str, at: datetime, size: int, **filters: object) -> list[StatementLine]:
	"""Every page of a statement, each begun from the text of the one before."""
	place, lines = pages.newest(account, at), []
	while place:
		page = pages.page(account, place, size, **filters)
		lines += page.lines
		place = page.next and place_from_text(page.next.as_text())
	return lines


class Life:
	"""What may happen to an account, each act at random."""

	def __init__(self, company: factories.Company, chance: random.Random) -> None:
		self.company, self.chance, self.account = company, chance, company.account
		self.tickets: list[str] = []

	def grant(self) -> None:
		past = clock.now() - timedelta(days=self.chance.choice([0, 10, 20, 25, -20]))
		factories.grant(self.account, self.chance.randint(1, 3), self.chance.choice([1, 2, None]), past)

	def spend(self) -> None:
		if queries.balance(self.account) > 0:
			self.tickets.append(factories.ticket(self.company.person).name)

	def exempt(self) -> None:
		if self.tickets:
			chosen = self.tickets.pop(self.chance.randrange(len(self.tickets)))
			corrections.exempt(chosen, factories.exemption_reason())

	def adjust(self) -> None:
		lots = [lot for lot in queries.open_lots(self.account) if lot.is_valid_at(clock.now())]
		for lot in lots[:1]:
			grants.adjust_lot(lot.name, self.chance.choice([1, 2]), "Goodwill", factories.unique("adjust"))

	def expire(self) -> None:
		factories.grant(self.account, 1, 1, clock.now() - timedelta(days=self.chance.choice([40, 100])))
		grants.expire_account(self.account)


class PagesCase(LedgerCase):
	def assert_same(self, account: str, at: datetime | None = None) -> None:
		at = at or clock.now()
		whole = [shown(line) for line in reversed(queries.statement(account, at=at).lines)]
		for size in (1, 3, 50):
			self.assertEqual(whole, [shown(line) for line in paged(account, at, size)], f"pages of {size}")


class TestPages(PagesCase):
	def live(self, seed: int) -> str:
		"""An account that was granted, charged, refunded, expired and adjusted at random, with a past."""
		chance = random.Random(seed)
		life = Life(factories.company(), chance)
		for _step in range(STEPS):
			chance.choice(
				[life.grant, life.grant, life.spend, life.spend, life.exempt, life.adjust, life.expire]
			)()
		return life.account

	def test_random_lives_read_backwards_are_their_statements(self) -> None:
		for seed in range(LIVES):
			with self.subTest(seed=seed):
				account = self.live(seed)
				self.assert_same(account)
				# Later, when more lots are over than anybody has booked.
				self.assert_same(account, clock.now() + timedelta(days=70))

	def test_joined_accounts_have_the_statement_of_their_entries(self) -> None:
		one, other = self.live(101), self.live(102)
		factories.grant(one, 2, 3, clock.now() + timedelta(days=9))  # moves before its first day
		factories.expired_credits(one, 4)  # moves without its expiry having been booked
		accounts.join_accounts(one, other)
		for account in (one, other):
			with self.subTest(account=account):
				self.assert_same(account)
				self.assert_same(account, clock.now() + timedelta(days=70))

	def test_an_overdraft_and_its_repayment_are_shown_as_they_were(self) -> None:
		company = factories.company(1, portal_policy="Overdraw", overdraft_limit=3)
		for _number in range(3):
			factories.ticket(company.person)
		factories.grant(company.account, 5)
		self.assertEqual(3, queries.balance(company.account))
		self.assert_same(company.account)

	def test_a_refund_to_a_lot_that_is_over_does_not_count_and_its_new_lot_does(self) -> None:
		company = factories.company()
		lot = factories.grant(company.account, 1, months=1)
		ticket = factories.ticket(company.person).name
		frappe.db.set_value("Credit Lot", lot, "expires_at_utc", "2026-01-01T00:00:00.000000Z")
		corrections.exempt(ticket, factories.exemption_reason())
		lines = paged(company.account, clock.now(), 50)
		self.assertIn(False, [line.counted for line in lines])
		self.assertEqual(1, lines[0].balance)

	def test_what_happens_between_two_pages_changes_neither(self) -> None:
		company = factories.company(9)
		for _number in range(4):
			factories.ticket(company.person)
		at = clock.now()
		before = [shown(line) for line in paged(company.account, at, 50)]
		first = pages.page(company.account, pages.newest(company.account, at), 2)
		factories.ticket(company.person)
		factories.grant(company.account, 7, months=1, granted_at=at - timedelta(days=60))
		rest = pages.page(company.account, first.next, 50)
		self.assertEqual(before, [shown(line) for line in (*first.lines, *rest.lines)])

	def test_it_may_begin_at_the_end_of_an_earlier_day(self) -> None:
		company = factories.company()
		now = clock.now()
		factories.grant(company.account, 3, months=1, granted_at=now - timedelta(days=60))
		factories.grant(company.account, 5, months=6, granted_at=now - timedelta(days=40))
		factories.ticket(company.person)
		for days in (70, 50, 35, 20, 0):
			at = now - timedelta(days=days)
			seen = pages.snapshot(company.account, now)
			place = pages.place_at(company.account, at, seen)
			whole = queries.statement(company.account, at=at)
			with self.subTest(days=days):
				self.assertEqual(whole.closing, place.balance)
				lines = pages.page(company.account, place, 50).lines
				self.assertEqual(
					[shown(line) for line in reversed(whole.lines)], [shown(line) for line in lines]
				)

	def test_a_filter_shows_one_kind_with_the_balances_of_all(self) -> None:
		company = factories.company(5)
		for _number in range(3):
			factories.ticket(company.person)
		whole = paged(company.account, clock.now(), 50)
		charges = paged(company.account, clock.now(), 2, kind=Kind.CHARGE)
		self.assertEqual(
			[shown(line) for line in whole if line.kind is Kind.CHARGE], list(map(shown, charges))
		)

	def test_a_filter_that_finds_little_says_how_far_it_has_looked(self) -> None:
		company = factories.company(30)
		for _number in range(6):
			factories.ticket(company.person)
		most, pages.LOOK_MAX = pages.LOOK_MAX, 4
		self.addCleanup(setattr, pages, "LOOK_MAX", most)
		page = pages.page(company.account, pages.newest(company.account, clock.now()), 5, kind=Kind.GRANT)
		self.assertEqual((), page.lines)
		self.assertEqual(queries.balance(company.account) + 4, page.next.balance)
		self.assertIsNotNone(page.looked_back_to)
		rest = pages.page(company.account, page.next, 5, kind=Kind.GRANT)
		self.assertEqual([(Kind.GRANT, 30)], [(line.kind, line.balance) for line in rest.lines])

	def test_it_ends_at_the_first_day_asked_for(self) -> None:
		company = factories.company()
		now = clock.now()
		factories.grant(company.account, 3, granted_at=now - timedelta(days=60))
		factories.grant(company.account, 5, granted_at=now - timedelta(days=10))
		lines = paged(company.account, now, 50, since=now - timedelta(days=30))
		self.assertEqual([5], [line.credits for line in lines])

	def test_an_empty_account_has_an_empty_page(self) -> None:
		company = factories.company()
		page = pages.page(company.account, pages.newest(company.account, clock.now()), 25)
		self.assertEqual(((), None), (page.lines, page.next))

	def test_a_page_of_a_long_account_reads_no_more_rows_than_one_of_a_short_one(self) -> None:
		"""By the server's own count of rows it touched, so that no clock decides."""
		company = factories.company(400)
		for _number in range(3):
			factories.ticket(company.person)
		few = self.rows_read(company.account)
		lot = rows.read_lots(company.account).popitem()[0]
		for number in range(120):
			grants.adjust_lot(lot, 1, "More", factories.unique(f"more {number}"))
		self.assertLessEqual(self.rows_read(company.account), few + 2 * 11 + 25)

	def test_nor_does_one_of_an_account_with_many_lots_that_ended(self) -> None:
		company = factories.company()
		now = clock.now()
		factories.grant(company.account, 1, months=1, granted_at=now - timedelta(days=300))
		few = self.rows_read(company.account)
		for number in range(60):
			factories.grant(company.account, 1, months=1, granted_at=now - timedelta(days=200 - number))
		self.assertLessEqual(self.rows_read(company.account), few + 8 * 11 + 25)

	def rows_read(self, account: str) -> int:
		names = "('Handler_read_key', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd_next')"
		text = f"SELECT SUM(VARIABLE_VALUE) FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME IN {names}"
		before = int(frappe.db.sql(text)[0][0])
		pages.page(account, pages.newest(account, clock.now()), 10)
		return int(frappe.db.sql(text)[0][0]) - before


class TestCourse(PagesCase):
	def test_the_chart_has_the_balance_after_every_instant_of_the_year(self) -> None:
		company = factories.company(4)
		for _number in range(2):
			factories.ticket(company.person)
		seen = overview.course(company.account, pages.newest(company.account, clock.now()))
		self.assertEqual([0, 4, 3, 2], [held for _at, held in seen.points])

	def test_a_year_with_more_changes_than_it_shows_is_cut_at_the_oldest_shown(self) -> None:
		company = factories.company(9)
		for _number in range(3):
			factories.ticket(company.person)
		most, overview.LINES_MAX = overview.LINES_MAX, 2
		self.addCleanup(setattr, overview, "LINES_MAX", most)
		seen = overview.course(company.account, pages.newest(company.account, clock.now()))
		self.assertTrue(seen.is_cut)
		self.assertEqual([8, 7, 6], [held for _at, held in seen.points])

	def test_what_is_older_than_a_year_is_where_the_chart_begins(self) -> None:
		company = factories.company()
		factories.grant(company.account, 3, granted_at=clock.now() - timedelta(days=500))
		factories.grant(company.account, 2)
		seen = overview.course(company.account, pages.newest(company.account, clock.now()))
		self.assertEqual([3, 5], [held for _at, held in seen.points])

	def test_the_pace_is_what_tickets_took_less_what_came_back(self) -> None:
		company = factories.company(6)
		tickets = [factories.ticket(company.person).name for _number in range(3)]
		corrections.exempt(tickets[0], factories.exemption_reason())
		at = clock.now()
		pace = overview.pace(overview.course(company.account, pages.newest(company.account, at)), at)
		self.assertEqual((2, 30), (pace.credits, pace.days))
