"""A tier by the month that its holder changes, gives up, or brings along into a merger (rule 15)."""

from __future__ import annotations

from datetime import date

import frappe

from support_credits.ledger import queries, subscriptions
from support_credits.ledger.subscription_rows import DOCTYPE
from support_credits.tests import factories as make
from support_credits.tests.subscription_case import BEGUN, SubscriptionCase, steps_of, subscription_of

FEBRUARY, MARCH = date(2026, 2, 28), date(2026, 3, 31)


class TestChanges(SubscriptionCase):
	def test_a_dearer_tier_counts_at_once_for_the_difference_of_the_month(self) -> None:
		company = self.subscribed()
		self.today(date(2026, 2, 20))
		subscriptions.choose(company.account, self.three)
		self.assert_paid(company, self.three, BEGUN, date(2026, 2, 27))
		self.assertEqual([("Started", 4), ("Upgraded", 4)], steps_of(company.account))
		self.assertEqual(self.three, self.tier_of_ticket(company))
		self.settle(company, FEBRUARY)
		self.assertEqual(20 - 4 - 4 - 1 - 8, company.balance)
		self.assert_proved(company.account)

	def test_two_steps_up_in_one_period_are_charged_one_by_one(self) -> None:
		company = self.subscribed(tier=self.twelve)
		for tier in (self.six, self.three):
			subscriptions.choose(company.account, tier)
		self.assertEqual([("Started", 2), ("Upgraded", 2), ("Upgraded", 4)], steps_of(company.account))
		self.assert_proved(company.account)

	def test_a_cheaper_one_counts_from_the_next_period_on(self) -> None:
		company = self.subscribed()
		subscriptions.choose(company.account, self.twelve)
		self.assertEqual(self.six, self.tier_of_ticket(company))
		row = subscription_of(company.account)
		self.assertEqual((self.twelve, 2), (row.next_tier, row.next_credits))
		self.settle(company, FEBRUARY)
		self.assert_paid(company, self.twelve, FEBRUARY, date(2026, 3, 30))
		self.assertEqual([("Started", 4), ("Change planned", 0), ("Renewed", 2)], steps_of(company.account))

	def test_chosen_again_the_tier_that_counts_drops_the_plan(self) -> None:
		company = self.subscribed()
		subscriptions.choose(company.account, self.twelve)
		subscriptions.choose(company.account, self.six)
		self.settle(company, FEBRUARY)
		self.assert_paid(company, self.six, FEBRUARY, date(2026, 3, 30))

	def test_what_is_chosen_already_changes_nothing(self) -> None:
		company = self.subscribed()
		self.assertIsNone(subscriptions.choose(company.account, self.six))
		self.assertEqual([("Started", 4)], steps_of(company.account))

	def test_cancelled_it_counts_until_its_end_and_is_not_charged_again(self) -> None:
		company = self.subscribed()
		subscriptions.cancel(company.account)
		self.settle(company, date(2026, 2, 27))
		self.assertEqual(self.six, self.tier_of_ticket(company))
		self.today(FEBRUARY)
		self.assertEqual(self.base, self.tier_of_ticket(company))
		row = subscription_of(company.account)
		self.assertEqual(("Ended", "Cancelled"), (row.state, row.end_reason))
		self.assertEqual(20 - 4 - 2, company.balance)
		self.assert_proved(company.account)

	def test_the_base_tier_is_a_cancellation_and_another_choice_takes_it_back(self) -> None:
		company = self.subscribed()
		subscriptions.choose(company.account, self.base)
		self.assertEqual("Ending", subscription_of(company.account).state)
		subscriptions.choose(company.account, self.six)
		self.assertEqual("Active", subscription_of(company.account).state)
		self.assertEqual([("Started", 4), ("Cancelled", 0), ("Kept", 0)], steps_of(company.account))

	def test_a_fallen_one_that_is_cancelled_ends_at_once_and_does_not_come_back(self) -> None:
		company = self.subscribed(4)
		self.settle(company, FEBRUARY)
		subscriptions.cancel(company.account)
		make.grant(company.account, 10)
		self.assertEqual(("Ended", 10), (subscription_of(company.account).state, company.balance))

	def test_after_its_end_another_one_begins(self) -> None:
		company = self.subscribed()
		subscriptions.cancel(company.account)
		self.today(FEBRUARY)
		subscriptions.choose(company.account, self.twelve)
		self.assert_paid(company, self.twelve, FEBRUARY, date(2026, 3, 27))
		self.assertEqual(2, frappe.db.count(DOCTYPE, {"account": company.account}))

	def test_a_due_month_is_paid_before_a_change_is_weighed(self) -> None:
		company = self.subscribed()
		self.today(FEBRUARY)
		subscriptions.choose(company.account, self.three)
		self.assertEqual([("Started", 4), ("Renewed", 4), ("Upgraded", 4)], steps_of(company.account))

	def test_the_same_request_twice_is_one_choice_whatever_came_between(self) -> None:
		company = self.subscribed(tier=self.twelve)
		subscriptions.choose(company.account, self.three, "choice:1")
		subscriptions.choose(company.account, self.twelve, "choice:2")
		self.assertIsNone(subscriptions.choose(company.account, self.three, "choice:1"))
		self.assertEqual(self.twelve, subscription_of(company.account).next_tier)

	def test_a_merged_customer_keeps_the_dearer_of_two_tiers(self) -> None:
		one, other = self.subscribed(tier=self.three), self.subscribed(tier=self.twelve)
		frappe.rename_doc("HD Customer", one.name, other.name, merge=True)
		row = subscription_of(other.account)
		self.assertEqual({"Ended": "Joined", "Active": ""}, self.reasons(other.account))
		self.assertEqual(self.three, frappe.db.get_value("Credit Account", other.account, "subscribed_tier"))
		self.assertEqual(other.name, row.customer)
		self.assertEqual(20 - 8 + 20 - 2, queries.balance(other.account))
		self.settle(other, FEBRUARY)
		self.assertEqual(20 - 8 + 20 - 2 - 8, queries.balance(other.account))
		self.assert_proved(one.account, other.account)

	def reasons(self, account: str) -> dict[str, str]:
		found = frappe.get_all(DOCTYPE, {"account": account}, ["state", "end_reason"])
		return {row.state: row.end_reason or "" for row in found}

	def test_a_merged_customer_brings_his_tier_to_one_that_has_none(self) -> None:
		one, other = self.subscribed(), make.company(1)
		frappe.rename_doc("HD Customer", one.name, other.name, merge=True)
		self.assertEqual("Active", subscription_of(other.account).state)
		self.assertEqual(self.six, self.tier_of_ticket(other))
		self.assert_proved(one.account, other.account)

	def test_of_a_paid_tier_and_a_dearer_fallen_one_the_paid_stays(self) -> None:
		one, other = self.subscribed(8, tier=self.three), self.subscribed(20, tier=self.twelve)
		self.settle(one, FEBRUARY), self.settle(other, FEBRUARY)
		frappe.rename_doc("HD Customer", one.name, other.name, merge=True)
		self.assertEqual("Ended", subscription_of(one.account).state)
		self.assertEqual(self.twelve, self.tier_of_ticket(other))
		self.assert_proved(one.account, other.account)
