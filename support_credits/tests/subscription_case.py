"""What the suites about tiers by the month share: four tiers of a provider in Lisbon, a company, and days."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, datetime, timezone

import frappe

from support_credits.ledger import subscription_jobs, subscriptions
from support_credits.ledger.subscription_rows import DOCTYPE, EVENT
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.factories import Company
from support_credits.tests.hours_case import at
from support_credits.tests.ledger_case import LedgerCase

BEGUN = date(2026, 1, 31)


def noon(day: date) -> datetime:
	return datetime(day.year, day.month, day.day, 12, tzinfo=timezone.utc)


def subscription_of(account: str) -> frappe._dict:
	"""The row of the account's latest subscription."""
	return frappe.get_all(DOCTYPE, {"account": account}, ["*"], order_by="creation desc, name desc")[0]


def steps_of(account: str) -> list[tuple[str, int]]:
	"""What happened to the account's subscriptions, and what each step cost."""
	names = frappe.get_all(DOCTYPE, {"account": account}, pluck="name")
	found = frappe.get_all(
		EVENT, {"subscription": ["in", names]}, ["event", "credits"], order_by="at_utc, name"
	)
	return [(row.event, row.credits) for row in found]


def choose_uncommitted(account: str, tier: str) -> None:
	subscriptions.choose(account, tier)


def settle_uncommitted(account: str) -> None:
	"""What the job does for one account, up to its commit."""
	subscriptions.settle_account(account)


def settle_or_open(account: str, user: str = "") -> None:
	"""The job's part for the account or, for a ``user``, a ticket of his."""
	if not user:
		subscriptions.settle_account(account)
		return
	frappe.set_user(user)
	doc = {
		"doctype": "HD Ticket",
		"subject": "At once",
		"description": "x",
		"via_customer_portal": 1,
		"raised_by": user,
	}
	frappe.get_doc(doc).insert()


def run_job() -> None:
	"""The whole job, as the scheduler runs it."""
	subscription_jobs.run_due()


class SubscriptionCase(LedgerCase):
	"""``base`` costs nothing a month; ``twelve``, ``six`` and ``three`` cost 2, 4 and 8 credits."""

	publishes = False  # for what commits, and so has the server see the tiers

	def setUp(self) -> None:
		super().setUp()
		if self.publishes:
			self.addCleanup(publish)  # the settings as they were, too
		self.base, self.twelve, self.six, self.three = (
			make.tier(credits_per_month=month) for month in (0, 2, 4, 8)
		)
		self.enterContext(make.settings(base_tier=self.base, time_zone="Europe/Lisbon"))
		self.clock = ExitStack()
		self.addCleanup(self.clock.close)

	def today(self, day: date, hour: int = 12) -> None:
		"""From now on it is ``day``, at ``hour`` UTC."""
		self.clock.close()
		self.clock.enter_context(at(datetime(day.year, day.month, day.day, hour, tzinfo=timezone.utc)))

	def subscribed(self, credits: int = 20, tier: str = "", **account: object) -> Company:
		"""A company with so many credits, that chose ``six`` on 31 January."""
		self.today(BEGUN)
		company = make.company(credits, **account)
		subscriptions.choose(company.account, tier or self.six)
		return company

	def settle(self, company: Company, day: date) -> None:
		"""The scheduled job's part for one account on ``day``."""
		self.today(day)
		subscriptions.settle_account(company.account)

	def tier_of_ticket(self, company: Company) -> str:
		return make.incident_of(make.ticket(company.person).name).tier

	def assert_paid(self, company: Company, tier: str, first: date, last: date) -> frappe._dict:
		row = subscription_of(company.account)
		self.assertEqual((tier, first, last), (row.tier, row.period_on, row.paid_until))
		self.assert_proved(company.account)
		return row
