"""Tiers by the month over HTTP: who may choose, what is said before and after, and what happens at the same instant."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import frappe

from support_credits.engine.calendar_days import add_months, local_day
from support_credits.ledger import clock, jobs, queries, subscriptions
from support_credits.ledger import settings as site
from support_credits.ledger.subscription_rows import DOCTYPE
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.crowd import all_at_once
from support_credits.tests.dying import killed_after
from support_credits.tests.factories import PASSWORD, Company
from support_credits.tests.hours_case import at
from support_credits.tests.http_case import kinds
from support_credits.tests.race import Shot
from support_credits.tests.server import Answer, Portal, agent, manager
from support_credits.tests.subscription_case import steps_of, subscription_of
from support_credits.tests.test_race_last_credit import RaceCase

API = "support_credits.api.subscriptions."
CASE = "support_credits.tests.subscription_case."


class HttpCase(RaceCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.base, cls.twelve, cls.six, cls.three = (
			make.tier(credits_per_month=month) for month in (0, 2, 4, 8)
		)
		publish()

	def setUp(self) -> None:
		super().setUp()
		self.enterContext(self.site_settings(base_tier=self.base))

	def boss_of(self, company: Company) -> Portal:
		boss = make.manager_of(company.name)
		publish()
		return Portal(boss)

	def today(self) -> date:
		return local_day(clock.now(), site.provider_zone())

	def ask(self, who: Portal, act: str, company: Company, **fields: object) -> Answer:
		return who.call(f"{API}{act}", customer=company.name, **fields)

	def value(self, who: Portal, act: str, company: Company, **fields: object) -> dict[str, object]:
		return self.assert_ok(self.ask(who, act, company, **fields)).value

	def due(self, credits: int, tier: str = "", months: int = 1, **account: object) -> Company:
		"""A company whose month is over since yesterday, with ``credits`` left."""
		company = self.company(**account)
		with at(clock.now() - timedelta(days=months * 31 + 1)):
			lot = make.grant(company.account, credits + 4)
			subscriptions.choose(company.account, tier or self.six)
		self.assertTrue(lot)
		publish()
		return company


class TestChoosing(HttpCase):
	def test_a_manager_sees_the_runway_and_the_cost_first_and_is_charged_what_was_said(self) -> None:
		company = self.company(12)
		boss, today = self.boss_of(company), self.today()
		with self.nothing_written():
			said = self.value(boss, "preview", company, tier=self.six)
		self.assertEqual(
			("now", 4, 4, 12, 8, 0),
			tuple(
				said[key]
				for key in ("effect", "costs_now", "credits_per_month", "balance", "balance_after", "missing")
			),
		)
		self.assertEqual(add_months(today, 1).isoformat(), said["next_on"])
		self.assertEqual((add_months(today, 3) - timedelta(days=1)).isoformat(), said["lasts_until"])
		self.assertIn("counts at once. 4 credit(s) are charged now", said["message"])
		done = self.value(boss, "choose", company, tier=self.six)
		self.assertEqual(("now", 8, self.six), (done["effect"], done["balance"], done["current"]["tier"]))
		self.assertEqual([("Grant", 12), ("Charge", -4)], kinds(company.account))
		self.assertEqual(boss.user, subscription_of(company.account).chosen_by)
		line = self.value(boss, "current", company)["subscription"]
		self.assertEqual(
			("Active", said["next_on"], 4, 0),
			(line["state"], line["next_on"], line["next_credits"], line["short"]),
		)

	def test_the_credits_page_shows_the_same(self) -> None:
		company = self.company(12)
		boss = self.boss_of(company)
		self.value(boss, "choose", company, tier=self.six)
		page = self.assert_ok(boss.call("support_credits.api.customer.overview", customer=company.name)).value
		self.assertEqual("Active", page["subscription"]["state"])
		rows = {row["tier"]: row for row in page["runway"]["tiers"]}
		for tier in (self.base, self.twelve, self.three):
			said = self.value(boss, "preview", company, tier=tier)
			with self.subTest(tier):
				self.assertTrue(rows[tier]["may_choose"])
				self.assertEqual(said["lasts_until"], rows[tier]["lasts_until"])
		mine = rows[self.six]
		self.assertEqual(
			(True, False, 4), (mine["is_current"], mine["may_choose"], mine["credits_per_month"])
		)
		# A month that was paid is no pace of tickets: it is counted on top of it already.
		self.assertEqual(0, page["runway"]["credits"])

	def test_before_a_change_is_made_it_is_said_what_it_does(self) -> None:
		company = self.company(12)
		boss = self.boss_of(company)
		self.value(boss, "choose", company, tier=self.six)
		for tier, effect, cost, words in (
			(self.three, "now", 4, "The difference for the month"),
			(self.twelve, "later", 0, "Until then nothing changes"),
			(self.base, "end", 0, "Then the base tier counts"),
			(self.six, "none", 0, "Nothing changes"),
		):
			with self.subTest(effect), self.nothing_written():
				said = self.value(boss, "preview", company, tier=tier)
				self.assertEqual((effect, cost), (said["effect"], said["costs_now"]))
				self.assertIn(words, said["message"])

	def test_without_the_credits_it_is_refused_with_the_ways_on_and_nothing_changes(self) -> None:
		company = self.company(3)
		boss = self.boss_of(company)
		said = self.value(boss, "preview", company, tier=self.six)
		self.assertEqual((4, 1), (said["costs_now"], said["missing"]))
		with self.nothing_written():
			refused = self.ask(boss, "choose", company, tier=self.six)
			self.assert_refused(refused, "this tier costs 4 now and you have 3. You can: ")
		self.assertEqual([], steps_of(company.account))

	def test_a_tier_that_costs_something_else_than_was_shown_is_not_taken(self) -> None:
		company = self.company(20)
		boss = self.boss_of(company)
		shown = self.shown(boss, company, self.six)
		self.assertEqual({"costs_now": 4, "credits_per_month": 4}, shown)
		self.cost(self.six, 6)
		self.addCleanup(self.cost, self.six, 4)
		with self.nothing_written():
			refused = self.ask(boss, "choose", company, tier=self.six, **shown)
			self.assert_refused(
				refused,
				"What this tier costs has changed: it takes 6 credits now and 6 a month.",
				error="SupportCreditsError",
			)
		self.assertEqual([], steps_of(company.account))
		shown = self.shown(boss, company, self.six)
		self.value(boss, "choose", company, tier=self.six, **shown)
		self.assertEqual(14, queries.balance(company.account))
		# A cheaper one for later takes nothing now: what it costs then was shown too.
		shown = self.shown(boss, company, self.twelve)
		self.assertEqual(0, shown["costs_now"])
		with self.nothing_written():
			wrong = {**shown, "credits_per_month": shown["credits_per_month"] + 1}
			answer = self.ask(boss, "choose", company, tier=self.twelve, **wrong)
			self.assert_refused(answer, "has changed", error="SupportCreditsError")
		self.value(boss, "choose", company, tier=self.twelve, **shown)
		self.value(boss, "choose", company, tier=self.base, **self.shown(boss, company, self.base))

	def cost(self, tier: str, credits: int) -> None:
		frappe.db.set_value("Support Tier", tier, "credits_per_month", credits)
		publish()

	def shown(self, boss: Portal, company: Company, tier: str) -> dict[str, object]:
		said = self.value(boss, "preview", company, tier=tier)
		return {name: said[name] for name in ("costs_now", "credits_per_month")}

	def test_what_is_not_sold_by_the_month_or_does_not_exist_is_refused(self) -> None:
		company = self.company(3)
		boss, free = self.boss_of(company), make.tier()
		publish()
		for tier, words in ((free, "is not sold by the month"), ("no-such-tier", "does not exist")):
			for act in ("preview", "choose"):
				with self.subTest(f"{act} {tier}"), self.nothing_written():
					self.assert_refused(self.ask(boss, act, company, tier=tier), words, "SupportCreditsError")

	def test_a_plain_member_reads_and_does_not_choose(self) -> None:
		company = self.company(12)
		member = Portal(company.person)
		self.assertFalse(self.value(member, "current", company)["may_act"])
		self.assertEqual("now", self.value(member, "preview", company, tier=self.six)["effect"])
		with self.nothing_written():
			for act, fields in (("choose", {"tier": self.six}), ("cancel", {})):
				self.assert_refused(
					self.ask(member, act, company, **fields), "Only a manager of", "NotMember", 403
				)

	def test_an_agent_chooses_for_a_customer(self) -> None:
		company = self.company(12)
		self.value(agent(), "choose", company, tier=self.six)
		self.assertEqual(agent().user, subscription_of(company.account).chosen_by)
		self.assertEqual("end", self.value(agent(), "cancel", company)["effect"])
		self.assertEqual("none", self.value(agent(), "cancel", company)["effect"])

	def test_where_there_is_no_tier_by_the_month_nothing_is_cancelled(self) -> None:
		company = self.company(12)
		with self.nothing_written():
			self.assert_refused(
				self.ask(agent(), "cancel", company), "There is no tier by the month", "WrongState"
			)

	def test_a_request_sent_twice_is_one_choice(self) -> None:
		company = self.company(12)
		boss = self.boss_of(company)
		effects = [
			self.value(boss, "choose", company, tier=self.six, key="once")["effect"] for _time in range(2)
		]
		self.assertEqual(["now", "none"], effects)
		self.assertEqual([("Started", 4)], steps_of(company.account))

	def test_a_quote_says_what_is_left_once_the_month_that_is_due_is_paid(self) -> None:
		company = self.due(credits=6)
		with self.nothing_written():
			said = self.assert_ok(Portal(company.person).call("support_credits.api.customer.quote")).value
		self.assertEqual((1, 2, 1), (said["credits"], said["balance"], said["balance_after"]))
		self.assertEqual(self.six, said["tier"]["tier"])
		self.assert_ok(Portal(company.person).new())
		self.assert_balance(company.account, 1)

	def test_nobody_writes_or_deletes_what_is_kept_of_it(self) -> None:
		company = self.company(12)
		self.value(agent(), "choose", company, tier=self.six)
		name = subscription_of(company.account).name
		with self.nothing_written():
			for answer in (
				manager().call(
					"frappe.client.set_value", doctype=DOCTYPE, name=name, fieldname="state", value="Ended"
				),
				manager().call("frappe.client.delete", doctype=DOCTYPE, name=name),
			):
				self.assertIn(answer.status, (403, 417), answer)
		self.assertEqual("Active", subscription_of(company.account).state)


class TestAtOnce(HttpCase):
	def test_two_schedulers_at_once_charge_a_month_once(self) -> None:
		companies = [self.due(credits=10) for _number in range(4)]
		said = Counter(all_at_once(f"{CASE}run_job", [{}, {}, {}, {}]))
		self.assertEqual({"done": 4}, dict(said))
		look_again()
		for company in companies:
			self.assertEqual([("Grant", 14), ("Charge", -4), ("Charge", -4)], kinds(company.account))
			self.assertEqual([("Started", 4), ("Renewed", 4)], steps_of(company.account))

	def test_many_connections_that_settle_one_account_charge_it_once(self) -> None:
		company = self.due(credits=10)
		all_at_once(f"{CASE}settle_uncommitted", [{"account": company.account}] * 12)
		self.assertEqual([("Grant", 14), ("Charge", -4), ("Charge", -4)], kinds(company.account))

	def at_once(self, company: Company, tickets: int) -> Counter[str]:
		"""Tickets and jobs at the same instant; how often each ended how."""
		settling = [{"account": company.account}] * 4
		opening = [{"account": company.account, "user": company.person.email}] * tickets
		said = Counter(all_at_once(f"{CASE}settle_or_open", [*settling, *opening]))
		look_again()
		return said

	def test_a_month_that_is_due_and_a_ticket_for_the_last_credits_the_month_goes_first(self) -> None:
		company = self.due(credits=4)
		self.assertEqual({"done": 4, "CreditsRefused": 4}, dict(self.at_once(company, tickets=4)))
		self.assertEqual([("Grant", 8), ("Charge", -4), ("Charge", -4)], kinds(company.account))

	def test_what_the_month_leaves_is_sold_once(self) -> None:
		company = self.due(credits=5)
		self.assertEqual({"done": 5, "CreditsRefused": 3}, dict(self.at_once(company, tickets=4)))
		self.assert_balance(company.account, 0)
		self.assertEqual([("Started", 4), ("Renewed", 4)], steps_of(company.account))

	def test_ten_managers_who_choose_at_once_start_it_once(self) -> None:
		company = self.company(40)
		boss = self.boss_of(company)
		body = {"tier": self.six, "customer": company.name}
		shots = [Shot(boss.user, PASSWORD, f"/api/method/{API}choose", body, {}) for _number in range(10)]
		hits = self.start(shots).fire()
		self.assertEqual({200}, {hit.status for hit in hits}, hits)
		self.assertEqual([("Started", 4)], steps_of(company.account))
		self.assert_balance(company.account, 36)

	def test_killed_in_the_middle_the_next_run_charges_it_once(self) -> None:
		company = self.due(credits=10)
		killed_after(f"{CASE}settle_uncommitted", account=company.account)
		self.assertEqual([("Grant", 14), ("Charge", -4)], kinds(company.account))
		jobs.each(company.account, subscriptions.settle_account)
		self.assertEqual([("Grant", 14), ("Charge", -4), ("Charge", -4)], kinds(company.account))
		self.assertEqual([("Started", 4), ("Renewed", 4)], steps_of(company.account))

	def test_killed_while_he_chooses_nothing_is_charged_and_nothing_counts(self) -> None:
		company = self.company(10)
		killed_after(f"{CASE}choose_uncommitted", account=company.account, tier=self.six)
		self.assertEqual([("Grant", 10)], kinds(company.account))
		self.assertEqual([], steps_of(company.account))
		self.assertIsNone(frappe.db.get_value("Credit Account", company.account, "subscription"))
