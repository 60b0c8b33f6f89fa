"""Tiers by the month: charged once a period whenever something runs, fallen without credits, and back with them (rule 15)."""

from __future__ import annotations

from datetime import date, timedelta

import frappe

from support_credits.ledger import clock, subscription_jobs, subscription_news, subscriptions
from support_credits.ledger.subscription_rows import DOCTYPE
from support_credits.tests import factories as make
from support_credits.tests.subscription_case import BEGUN, SubscriptionCase, steps_of, subscription_of

FEBRUARY, MARCH = date(2026, 2, 28), date(2026, 3, 31)


class TestPeriods(SubscriptionCase):
	def test_chosen_it_is_charged_at_once_and_counts_for_the_next_ticket(self) -> None:
		company = self.subscribed()
		row = self.assert_paid(company, self.six, BEGUN, date(2026, 2, 27))
		self.assertEqual(("Active", 4, FEBRUARY), (row.state, row.monthly_credits, row.next_period_on))
		self.assertEqual([("Grant", 20), ("Charge", -4)], self.entries(company.account))
		self.assertEqual(self.six, self.tier_of_ticket(company))
		self.assertEqual(15, company.balance)

	def test_each_period_begins_on_the_right_day_of_its_month_and_is_charged_once(self) -> None:
		company = self.subscribed()
		for day, last in (
			(FEBRUARY, date(2026, 3, 30)),
			(MARCH, date(2026, 4, 29)),
			(date(2026, 4, 30), date(2026, 5, 30)),
		):
			self.settle(company, day - timedelta(days=1))
			for _time in range(3):
				self.settle(company, day)
			self.assert_paid(company, self.six, day, last)
		self.assertEqual([("Started", 4), *[("Renewed", 4)] * 3], steps_of(company.account))
		keys = [key for (key,) in self.entries(company.account, "event_key")][1:]
		name = subscription_of(company.account).name
		days = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
		self.assertEqual([f"tier:{name}:{day}/1" for day in days], keys)

	def test_a_day_begins_where_the_provider_is(self) -> None:
		company = self.subscribed()
		with make.settings(time_zone="Pacific/Auckland"):
			self.today(date(2026, 2, 27), hour=10)  # 23:00 there
			self.assertEqual(0, subscriptions.settle_account(company.account))
			self.today(date(2026, 2, 27), hour=11)
			self.assertEqual(1, subscriptions.settle_account(company.account))

	def test_a_week_late_it_is_charged_once_for_the_period_that_runs(self) -> None:
		company = self.subscribed()
		self.settle(company, FEBRUARY + timedelta(days=9))
		self.assert_paid(company, self.six, FEBRUARY, date(2026, 3, 30))
		self.assertEqual([("Started", 4), ("Renewed", 4)], steps_of(company.account))

	def test_months_in_which_nothing_ran_and_nobody_wrote_are_not_charged(self) -> None:
		company = self.subscribed()
		self.settle(company, date(2026, 6, 10))
		self.assert_paid(company, self.six, date(2026, 5, 31), date(2026, 6, 29))
		self.assertEqual(12, company.balance)

	def test_a_ticket_pays_the_month_that_is_due_before_any_job_has_run(self) -> None:
		company = self.subscribed()
		self.today(FEBRUARY)
		self.assertEqual(self.six, self.tier_of_ticket(company))
		self.assertEqual([("Started", 4), ("Renewed", 4)], steps_of(company.account))
		self.assertEqual(20 - 4 - 4 - 1, company.balance)
		self.settle(company, FEBRUARY)
		self.assertEqual(20 - 4 - 4 - 1, company.balance)
		self.assert_proved(company.account)

	def test_a_month_may_be_paid_from_several_lots_in_the_published_order(self) -> None:
		company = self.subscribed(4)
		lots = [make.grant(company.account, credits, months=months) for credits, months in ((3, 6), (3, 3))]
		self.settle(company, FEBRUARY)
		taken = self.entries(company.account, "lot", "credits")[-2:]
		self.assertEqual([(lots[1], -3), (lots[0], -1)], taken)
		self.assert_proved(company.account)

	def test_credits_that_have_expired_that_day_do_not_pay(self) -> None:
		company = self.subscribed(4)
		make.grant(company.account, 4, months=1, granted_at=clock.now() - timedelta(days=4))
		self.settle(company, FEBRUARY)
		self.assertEqual("Fallen", subscription_of(company.account).state)

	def test_a_price_that_was_changed_does_not_change_what_was_agreed(self) -> None:
		company = self.subscribed()
		frappe.get_doc("Support Tier", self.six).update({"credits_per_month": 9}).save()
		self.settle(company, FEBRUARY)
		self.assertEqual([("Started", 4), ("Renewed", 4)], steps_of(company.account))


class TestFalling(SubscriptionCase):
	def test_what_cannot_be_paid_falls_to_the_base_tier_and_nothing_is_taken(self) -> None:
		company = self.subscribed(7)
		self.settle(company, FEBRUARY)
		row = self.assert_paid(company, self.six, BEGUN, date(2026, 2, 27))
		self.assertEqual(
			("Fallen", None, date(2026, 3, 30)), (row.state, row.next_period_on, row.gives_up_on)
		)
		self.assertTrue(row.fallen_at_utc.startswith("2026-02-28T12:00"))
		self.assertEqual(3, company.balance)
		self.assertEqual(self.base, self.tier_of_ticket(company))

	def test_a_ticket_finds_out_before_any_job(self) -> None:
		company = self.subscribed(7)
		self.today(FEBRUARY)
		self.assertEqual(self.base, self.tier_of_ticket(company))
		self.assertEqual("Fallen", subscription_of(company.account).state)

	def test_an_open_ticket_keeps_the_tier_it_came_in_with(self) -> None:
		company = self.subscribed(7)
		ticket = make.ticket(company.person).name
		self.settle(company, FEBRUARY)
		self.assertEqual(self.six, make.incident_of(ticket).tier)

	def test_nothing_is_owed_for_a_month(self) -> None:
		company = self.subscribed(5, portal_policy="Overdraw", overdraft_limit=50)
		for _ticket in range(2):  # the second opens the overdraft
			make.ticket(company.person)
		self.settle(company, FEBRUARY)
		self.assertEqual("Fallen", subscription_of(company.account).state)
		self.assertEqual(-1, company.balance)
		self.assert_proved(company.account)

	def test_it_comes_back_with_the_credits_for_a_whole_month_from_that_day(self) -> None:
		company = self.subscribed(4)
		self.settle(company, FEBRUARY)
		self.today(date(2026, 3, 10))
		make.grant(company.account, 3)
		self.assertEqual("Fallen", subscription_of(company.account).state)
		make.grant(company.account, 2)
		row = self.assert_paid(company, self.six, date(2026, 3, 10), date(2026, 4, 9))
		self.assertEqual(("Active", ""), (row.state, row.fallen_at_utc))
		self.assertEqual(1, company.balance)
		self.settle(company, date(2026, 4, 10))
		self.assertEqual("Fallen", subscription_of(company.account).state)

	def test_tickets_that_wait_are_released_before_it_comes_back(self) -> None:
		company = self.subscribed(4, portal_policy="Park")
		self.settle(company, FEBRUARY)
		ticket = make.ticket(company.person).name
		make.grant(company.account, 4)
		self.assertEqual(("Charged", self.base), self.state_of(ticket))
		self.assertEqual("Fallen", subscription_of(company.account).state)
		make.grant(company.account, 1)
		self.assertEqual("Active", subscription_of(company.account).state)
		self.assert_proved(company.account)

	def state_of(self, ticket: str) -> tuple[str, str]:
		incident = make.incident_of(ticket)
		return incident.state, incident.tier

	def test_credits_that_count_from_a_later_day_bring_it_back_then_by_the_job(self) -> None:
		company = self.subscribed(4)
		self.settle(company, FEBRUARY)
		make.grant(company.account, 4, granted_at=clock.now() + timedelta(days=2))
		self.assertEqual("Fallen", subscription_of(company.account).state)
		self.settle(company, date(2026, 3, 3))
		self.assert_paid(company, self.six, date(2026, 3, 3), date(2026, 4, 2))

	def test_after_thirty_days_it_does_not_come_back(self) -> None:
		company = self.subscribed(4)
		self.settle(company, FEBRUARY)
		self.today(date(2026, 3, 31))
		make.grant(company.account, 10)
		row = subscription_of(company.account)
		self.assertEqual(("Ended", "Lapsed"), (row.state, row.end_reason))
		self.assertEqual(10, company.balance)
		self.assert_proved(company.account)

	def test_a_site_may_give_it_no_day_more(self) -> None:
		company = self.subscribed(4)
		with make.settings(tier_return_days=0):
			self.settle(company, FEBRUARY)
		self.settle(company, FEBRUARY + timedelta(days=1))
		self.assertEqual("Ended", subscription_of(company.account).state)

	def test_an_account_with_a_tier_of_its_own_falls_to_that(self) -> None:
		company = self.subscribed(4)
		frappe.get_doc("Credit Account", company.account).update({"tier": self.twelve}).save()
		self.settle(company, FEBRUARY)
		make.grant(company.account, 1)
		self.assertEqual(self.twelve, self.tier_of_ticket(company))


class TestJob(SubscriptionCase):
	publishes = True

	def setUp(self) -> None:
		super().setUp()
		self.today(MARCH)
		while subscription_jobs.run_due():
			pass  # whatever other tests have left

	def test_it_does_what_is_due_of_every_account_and_nothing_the_second_time(self) -> None:
		paying, falling, ending = self.subscribed(20), self.subscribed(4), self.subscribed(20)
		subscriptions.cancel(ending.account)
		self.today(FEBRUARY)
		self.assertEqual(3, subscription_jobs.run_due())
		self.assertEqual(0, subscription_jobs.run_due())
		states = [subscription_of(one.account).state for one in (paying, falling, ending)]
		self.assertEqual(["Active", "Fallen", "Ended"], states)

	def test_one_that_fails_keeps_nobody_else_from_his_month(self) -> None:
		broken, fine = self.subscribed(20), self.subscribed(20)
		frappe.db.set_value(DOCTYPE, {"account": broken.account}, "counted_from", date(2030, 1, 1))
		self.today(FEBRUARY)
		self.assertEqual(1, subscription_jobs.run_due())
		frappe.db.set_value(DOCTYPE, {"account": broken.account}, "counted_from", BEGUN)
		self.assert_paid(fine, self.six, FEBRUARY, date(2026, 3, 30))

	def test_a_fallen_one_is_looked_at_again_only_when_there_is_something_to_do(self) -> None:
		company = self.subscribed(4)
		self.settle(company, FEBRUARY)
		self.assertEqual(0, subscription_jobs.run_due())
		self.today(date(2026, 3, 31))
		self.assertEqual(1, subscription_jobs.run_due())
		self.assertEqual("Ended", subscription_of(company.account).state)


class TestNotices(SubscriptionCase):
	def short(self, company: make.Company) -> list[tuple[int, int]]:
		found = subscription_news.due_for_notice()
		return [(one.credits, one.able) for one in found if one.account == company.account]

	def test_three_days_before_a_month_that_cannot_be_paid_it_is_said(self) -> None:
		company = self.subscribed(7)
		for day, expected in ((24, []), (25, [(4, 3)]), (27, [(4, 3)])):
			self.today(date(2026, 2, day))
			self.assertEqual(expected, self.short(company))

	def test_credits_that_end_before_it_do_not_count(self) -> None:
		company = self.subscribed(4)
		make.grant(company.account, 9, months=1, granted_at=clock.now() - timedelta(days=4))
		self.today(date(2026, 2, 26))
		self.assertEqual([(4, 0)], self.short(company))

	def test_whoever_can_pay_or_has_cancelled_is_not_warned(self) -> None:
		company, other = self.subscribed(20), self.subscribed(4)
		subscriptions.cancel(other.account)
		self.today(date(2026, 2, 26))
		self.assertEqual(([], []), (self.short(company), self.short(other)))

	def test_the_tier_that_is_planned_is_what_has_to_be_paid(self) -> None:
		company = self.subscribed(5)
		subscriptions.choose(company.account, self.twelve)
		self.today(date(2026, 2, 26))
		self.assertEqual([(2, 1)], self.short(company))

	def test_a_fallen_one_has_fallen_until_it_is_back(self) -> None:
		company = self.subscribed(4)
		name = subscription_of(company.account).name
		self.settle(company, FEBRUARY)
		self.assertTrue(subscription_news.has_fallen(name))
		make.grant(company.account, 4)
		self.assertFalse(subscription_news.has_fallen(name))

	def test_what_was_short_is_so_until_it_can_be_paid_or_its_day_has_come(self) -> None:
		company = self.subscribed(7)
		name = subscription_of(company.account).name
		self.today(date(2026, 2, 26))
		self.assertTrue(subscription_news.is_still_short(name, FEBRUARY))
		self.assertFalse(subscription_news.is_still_short(name, date(2026, 3, 31)))
		make.grant(company.account, 1)
		self.assertFalse(subscription_news.is_still_short(name, FEBRUARY))
		other = self.subscribed(7)
		self.today(FEBRUARY)
		self.assertFalse(subscription_news.is_still_short(subscription_of(other.account).name, FEBRUARY))
