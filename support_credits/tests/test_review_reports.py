"""Reports in the hands of people with user permissions, days no calendar has, and a past played again as it really was."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from unittest.mock import patch

import frappe

from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.ledger import corrections, grants, rows, subscriptions
from support_credits.reports import filters, shape
from support_credits.simulation import run as simulation
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.hours_case import HoursCase, at
from support_credits.tests.report_case import UTC, ReportCase, cards_of, on, run
from support_credits.tests.simulation_case import catalogue
from support_credits.tests.subscription_case import BEGUN, SubscriptionCase

YEAR = {"from_date": "2026-01-01", "to_date": "2026-12-31"}
REPORTS = {
	"Credit Ledger": YEAR,
	"Credit Balances": {},
	"Expiring Lots": {"from_date": "2026-11-25", "to_date": "2027-12-31"},
	"Outstanding Credits": {},
	"Breakage": YEAR,
	"Consumption": YEAR,
	"Exemptions": YEAR,
	"Response by Tier": YEAR,
	"Emergency Hours": YEAR,
}


def _session(customer: str) -> None:
	over = stamp_text(on(11, 20))
	values = {
		"name": make.unique_code("ES"), "customer": customer, "kind": "Emergency", "state": "Stopped", "agent": "Administrator",
		"rate": 100, "currency": "USD", "started_at_utc": over, "stopped_at_utc": over, "worked_seconds": 5_000,
		"billed_minutes": 60, "amount": 100,
	}  # fmt: skip
	rows.insert_rows("Emergency Session", [values])


class TestUserPermissions(ReportCase):
	"""The host takes rows away that name another customer; what sums them up must not tell of him either."""

	def setUp(self) -> None:
		super().setUp()
		self.stranger = make.company(11)
		make.ticket(self.stranger.person)
		for customer in (self.customer, self.stranger.name):
			_session(customer)
		self.manager = make.agent_manager()
		rule = {"user": self.manager.email, "allow": "HD Customer", "for_value": self.customer}
		frappe.get_doc({"doctype": "User Permission", **rule}).insert(ignore_permissions=True)

	def test_numbers_and_charts_are_those_of_the_customers_whom_the_reader_may_read(self) -> None:
		for name, chosen in REPORTS.items():
			with self.subTest(name):
				theirs = run(name, customer=self.customer, **chosen)
				with make.acting_as(self.manager):
					seen = run(name, **chosen)
				for part in ("report_summary", "chart", "result"):
					self.assertEqual(theirs[part], seen[part], part)

	def test_another_customer_asked_for_by_name_is_nobody(self) -> None:
		for name, chosen in REPORTS.items():
			with self.subTest(name), make.acting_as(self.manager):
				report = run(name, customer=self.stranger.name, **chosen)
				self.assertEqual([], report["result"])
				self.assertEqual({0}, {value or 0 for value in cards_of(report).values()})

	def test_whoever_is_not_confined_sees_all(self) -> None:
		with make.acting_as(make.agent_manager()):
			seen = cards_of(run("Credit Balances"))
		self.assertEqual(cards_of(run("Credit Balances")), seen)
		self.assertGreaterEqual(seen["Accounts"], 2)


class TestFilters(ReportCase):
	def test_days_that_no_zone_can_say_are_refused_and_no_error_of_the_server(self) -> None:
		for day in ("0001-01-01", "9999-12-31", "1969-12-31"):
			for name in ("Credit Ledger", "Expiring Lots", "Exemptions", "Response by Tier"):
				with self.subTest(f"{name} {day}"):
					self.refused(name, f"{day} is not a day", from_date=day, to_date=day)
			self.refused("Credit Balances", "is not a day", as_at="0001-01-01")

	def test_a_page_beyond_every_number_is_one_that_is_not_there(self) -> None:
		report = self.run_report("Credit Ledger", customer=self.customer, page=10**30, **YEAR)
		self.assertEqual([], report["result"])
		self.assertIn("There is no page", report["message"])


class TestPages(ReportCase):
	def test_of_very_many_customers_a_report_shows_a_page_and_sums_all_of_them(self) -> None:
		other = make.company(5)
		make.ticket(other.person)
		for name, key in (("Consumption", "net"), ("Emergency Hours", "sessions")):
			if name == "Emergency Hours":
				for company in (self.lived.one, other):
					_session(company.name)
			with self.subTest(name):
				whole = run(name, by="Customer", **YEAR)
				pages = []
				with patch.object(filters, "PAGE_ROWS", 1), patch.object(shape, "PAGE_ROWS", 1):
					for number in range(1, len(whole["result"]) + 1):
						page = run(name, by="Customer", page=number, **YEAR)
						self.assertEqual(whole["report_summary"], page["report_summary"])
						pages += page["result"]
					beyond = run(name, by="Customer", page=number + 1, **YEAR)
				self.assertGreater(len(pages), 1)
				self.assertEqual(whole["result"], pages)
				self.assertGreater(sum(row[key] for row in pages), 0)
				self.assertIn("There is no page", beyond["message"])


class PastCase(HoursCase):
	def played(self, name: str, since: date, until: date) -> list:
		"""The months of one customer under the fixture's catalogue."""
		publish()
		found = simulation.simulate(simulation.Wish(catalogue(), since, until))
		return [row.figures for row in found.rows if row.customer == name]


class TestPastAsItWas(PastCase):
	def test_credits_given_back_into_a_new_lot_pay_again(self) -> None:
		with at(on(1, 5)):
			company = make.company()
			make.grant(company.account, 1, months=1)
			old = make.ticket(company.person).name
			reason = make.exemption_reason()
		with at(on(4, 2)):
			corrections.exempt(old, reason)  # its lot is over: one credit for thirty days
		with at(on(4, 5)):
			self.assertEqual("Charged", make.incident_of(make.ticket(company.person).name).state)
		[april] = self.played(company.name, date(2026, 4, 1), date(2026, 4, 30))
		self.assertEqual((1, 1, 0), (april.tickets, april.charged, april.refusals))

	def test_tickets_that_a_merged_customer_brought_along_uncharged_stay_so(self) -> None:
		with at(on(4, 2)):
			company = make.company(3)
			someone = make.portal_user()
			stranger = make.customer(someone)
			self.assertIsNone(make.incident_of(make.ticket(someone).name))
		with at(on(4, 9)):
			frappe.rename_doc("HD Customer", stranger, company.name, merge=True)
		with at(on(4, 10)):
			make.ticket(company.person)
		[april] = self.played(company.name, date(2026, 4, 1), date(2026, 4, 30))
		self.assertEqual((2, 1, 1), (april.tickets, april.needed, april.charged))

	def test_lives_by_chance_cost_what_the_ledger_says(self) -> None:
		"""Grants that end, voids, adjustments, tickets that are refused, wait or overdraw, and old ones given back."""
		for seed in range(4):
			with self.subTest(seed=seed):
				self._live(random.Random(seed))

	def _live(self, chance: random.Random) -> None:
		policy = chance.choice(("Refuse", "Park", "Overdraw"))
		now = datetime(2026, 1, 5, 10, tzinfo=UTC)
		since = datetime(2026, 4, 1, tzinfo=UTC)
		with at(now):
			company = make.company(2, portal_policy=policy, overdraft_limit=3)
			reason = make.exemption_reason()
		old: list[str] = []
		while (now := now + timedelta(hours=chance.randrange(20, 200))) < datetime(2026, 7, 1, tzinfo=UTC):
			with at(now):
				self._act(chance, company, reason, old, now < since)
		publish()
		found = self.played(company.name, date(2026, 4, 1), date(2026, 6, 30))
		charged = frappe.db.sql(
			"""SELECT COALESCE(-SUM(e.credits), 0) FROM `tabCredit Ledger Entry` e JOIN `tabSupport Incident` i ON i.name = e.incident
			WHERE e.account = %s AND e.kind IN ('Charge', 'Refund') AND i.opened_at_utc >= %s""",
			(company.account, stamp_text(since)),
		)[0][0]
		self.assertEqual(int(charged), sum(month.charged for month in found), policy)
		self.assertEqual(0, sum(month.refusals for month in found), "what was refused left no ticket")

	def _act(
		self, chance: random.Random, company: make.Company, reason: str, old: list[str], is_before: bool
	) -> None:
		act = chance.choice(("ticket",) * 5 + ("grant", "grant", "adjust", "void", "exempt"))
		lots = frappe.get_all("Credit Lot", {"account": company.account, "overdraft_limit": 0}, pluck="name")
		try:
			if act == "ticket":
				name = make.ticket(company.person).name
				if is_before:
					old.append(name)
			elif act == "grant":
				make.grant(company.account, chance.randrange(1, 5), months=chance.choice((1, 2, None)))
			elif act == "adjust" and lots:
				change = chance.choice((-1, 1))
				grants.adjust_lot(chance.choice(lots), change, "Counted wrong", make.unique_code("adjust"))
			elif act == "void" and lots:
				grants.void_lot(chance.choice(lots), "Charged back")
			elif act == "exempt" and old:
				corrections.exempt(old.pop(chance.randrange(len(old))), reason)
		except (EngineError, frappe.ValidationError):
			return  # refused: it has left nothing behind


class TestTierOfThePast(SubscriptionCase):
	publishes = True

	def test_a_tier_that_was_given_up_is_charged_for_as_long_as_it_was_paid(self) -> None:
		self.today(BEGUN, 11)
		company = make.company(20)
		self.today(BEGUN)
		subscriptions.choose(company.account, self.six)  # four credits
		self.settle(company, date(2026, 2, 28))
		self.today(date(2026, 3, 10))
		subscriptions.cancel(company.account)
		self.settle(company, date(2026, 4, 2))
		self.today(date(2026, 6, 1))
		data = catalogue()
		data["tiers"][2]["code"] = self.six
		data["provider"]["time_zone"] = "Europe/Lisbon"
		publish()
		found = simulation.simulate(simulation.Wish(data, date(2026, 1, 30), date(2026, 5, 31)))
		charged = {row.month: row.figures.charged for row in found.rows if row.customer == company.name}
		self.assertEqual({"2026-01": 4, "2026-02": 4}, charged)
