"""The proof looks at tiers by the month: what was charged, what the history says, and what the account's row says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import frappe

from support_credits.ledger import subscriptions
from support_credits.ledger.subscription_proof import lone_month_findings
from support_credits.ledger.subscription_rows import DOCTYPE, EVENT
from support_credits.tests import factories as make
from support_credits.tests.verify_case import ACCOUNT, TamperCase


class TestMonths(TamperCase):
	def setUp(self) -> None:
		super().setUp()
		self.six, self.three = make.tier(credits_per_month=4), make.tier(credits_per_month=8)
		company = make.company(20)
		self.account = company.account
		subscriptions.choose(self.account, self.six)
		subscriptions.choose(self.account, self.three)
		self.name = frappe.db.get_value(ACCOUNT, self.account, "subscription")

	def step(self, number: int) -> str:
		return f"{self.name}-{number:05d}"

	def told(self) -> list[tuple[str, str]]:
		return self.findings()

	def lone(self) -> list[tuple[str, str]]:
		return [(one.code, one.row) for one in lone_month_findings()]

	def test_what_was_chosen_is_proved(self) -> None:
		self.assertEqual([], self.told())
		self.assertEqual([], [one for one in self.lone() if self.name in one[1] or self.account in one[1]])

	def test_a_step_that_says_it_cost_something_else_is_found(self) -> None:
		for values in (
			{"credits": 5},
			{"credits": 0, "event_key": None},
			{"event_key": "tier:another:2026-01-01"},
		):
			before = frappe.db.get_value(EVENT, self.step(1), list(values), as_dict=True)
			self.edit(EVENT, self.step(1), **values)
			with self.subTest(values):
				found = [*self.told(), *self.lone()]
				self.assertTrue({("tier", self.step(1)), ("no_act", self.entry(2))} & set(found), found)
			self.edit(EVENT, self.step(1), **before)

	def test_a_charge_that_no_step_names_is_found(self) -> None:
		self.delete(EVENT, self.step(2))
		self.assertIn(("no_act", self.entry(3)), self.lone())
		self.assertIn(("subscription", self.name), self.told())

	def test_a_tier_that_was_never_paid_is_found(self) -> None:
		for values in (
			{"tier": self.six}, {"paid_until": date(2030, 1, 1)}, {"period_on": date(2020, 1, 1)},
			{"state": "Ended"}, {"state": "Ending"}, {"monthly_credits": 4}, {"live_account": "CA-other"}, {"event_count": 9},
		):  # fmt: skip
			before = frappe.db.get_value(DOCTYPE, self.name, list(values), as_dict=True)
			self.edit(DOCTYPE, self.name, **values)
			with self.subTest(values):
				self.assertIn(("subscription", self.name), self.told())
			self.edit(DOCTYPE, self.name, **before)

	def test_an_account_that_says_it_has_a_better_tier_is_found(self) -> None:
		for values in (
			{"subscribed_tier": self.six}, {"subscribed_until": date(2030, 1, 1)}, {"subscription": None},
		):  # fmt: skip
			before = frappe.db.get_value(ACCOUNT, self.account, list(values), as_dict=True)
			self.edit(ACCOUNT, self.account, **values)
			with self.subTest(values):
				self.assertEqual([("subscribed", self.account)], self.told())
			self.edit(ACCOUNT, self.account, **before)

	def test_a_subscription_of_no_account_and_a_step_of_no_subscription_are_found(self) -> None:
		self.edit(DOCTYPE, self.name, account="CA-gone")
		self.assertIn(("subscription", self.name), self.lone())
		self.delete(DOCTYPE, self.name)
		self.assertIn(("tier", self.step(1)), self.lone())

	def test_a_month_charged_to_an_incident_or_a_ticket_charged_to_none_is_found(self) -> None:
		month = self.chain()[1]
		for entry in (replace(month, event_key="ticket:x:open/1"), replace(month, incident="A b")):
			entries = self.chain()
			self.rechain([entries[0], entry, *entries[2:]])
			with self.subTest(entry.event_key):
				self.assertIn(("entry_incident", self.entry(2)), self.told())
			self.rechain(entries)
