"""Guessing codes: a person's tries and the whole site's wrong ones are counted, and honest people still redeem."""

from __future__ import annotations

import time

import frappe

from support_credits.api import guessing
from support_credits.engine.codes import code_from
from support_credits.ledger import clock
from support_credits.tests import factories as make
from support_credits.tests.code_case import API, NO_GOOD, CodeCase
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import PASSWORD
from support_credits.tests.race import Shot
from support_credits.tests.server import Portal
from support_credits.tests.test_race_last_credit import RaceCase

MOST = 3
TOO_MANY = "Too many wrong codes were typed in this hour."
LONGEST_SECONDS = 300
TITLE = "Support Credits: activation codes are being guessed"


class GuessCase(CodeCase):
	"""The site's own limit is three an hour here, each person's far above it."""

	def setUp(self) -> None:
		super().setUp()
		self.stay_in_the_hour()
		self.enterContext(make.site_config(support_credits_wrong_codes_an_hour=MOST))
		self.forget()
		self.addCleanup(self.forget)

	def stay_in_the_hour(self) -> None:
		"""Tries are counted by the hour of the clock: a test that met its end would count in two."""
		left = 3_600 - clock.now().timestamp() % 3_600
		if left < LONGEST_SECONDS:
			time.sleep(left)

	def forget(self) -> None:
		key = guessing.key_of(clock.now())
		for name in (key, key + b":by_person", key + b":told"):
			frappe.cache.execute_command("DEL", name)

	def wrong(self, who: Portal, number: int = 1) -> None:
		for _number in range(number):
			self.assert_refused(self.redeem(who, code_from(b"0123456789")), NO_GOOD, "CodeRefused")

	def counted(self) -> int:
		return int(frappe.cache.execute_command("GET", guessing.key_of(clock.now())) or 0)

	def told(self) -> list[str]:
		look_again()
		return frappe.get_all("Error Log", {"method": TITLE}, pluck="error", order_by="creation desc")


class TestTheSitesLimit(GuessCase):
	def test_past_it_whoever_typed_a_wrong_code_waits_and_his_good_code_is_not_lost(self) -> None:
		company, [code] = self.company(0), self.issue()
		boss = self.boss(company)
		self.wrong(boss, MOST)
		with self.nothing_written():
			answer = self.redeem(boss, code)
			self.assert_refused(answer, TOO_MANY, "RateLimitExceededError", 429)
			self.assertIn("your code was not used and is not lost", answer.messages)
		self.forget()  # the hour is over
		self.assert_ok(self.redeem(boss, code))
		self.assert_balance(company.account, 2)

	def test_somebody_who_typed_none_wrong_redeems_all_the_same(self) -> None:
		company, [code] = self.company(0), self.issue()
		self.wrong(self.boss(self.company(0)), MOST)
		honest = self.boss(company)
		self.assert_ok(self.redeem(honest, code))
		self.wrong(honest)
		self.assert_refused(self.redeem(honest, self.issue()[0]), TOO_MANY, "RateLimitExceededError", 429)

	def test_the_wrong_codes_of_many_people_are_counted_together(self) -> None:
		crowd = [self.boss(self.company(0)) for _number in range(MOST)]
		for who in crowd:
			self.wrong(who)
		for who in crowd:
			self.assert_refused(
				self.redeem(who, code_from(b"0123456789")), TOO_MANY, "RateLimitExceededError", 429
			)
		self.assertEqual(MOST, self.counted())

	def test_good_codes_and_what_cannot_be_one_do_not_count(self) -> None:
		boss = self.boss(self.company(0))
		for code in self.issue(2):
			self.assert_ok(self.redeem(boss, code))
		self.assert_refused(self.redeem(boss, "7K3M"), "This cannot be a code", "CodeRefused")
		self.assertEqual(403, self.redeem(boss, code_from(b"0123456789"), customer="Another").status)
		self.assertEqual(0, self.counted())

	def test_the_admin_is_told_once_an_hour_who_it_was(self) -> None:
		boss, before = self.boss(self.company(0)), len(self.told())
		self.wrong(boss, MOST - 1)
		self.assertEqual(before, len(self.told()))
		self.wrong(boss)
		self.wrong(self.boss(self.company(0)))
		newest, *rest = self.told()
		self.assertEqual(before, len(rest))
		self.assertIn(f"3 wrong codes in the hour from {clock.now():%Y-%m-%d %H}:00 UTC", newest)
		self.assertIn(f"3\t{boss.user}", newest)

	def test_without_a_word_of_the_sites_config_it_is_a_hundred(self) -> None:
		with make.site_config(support_credits_wrong_codes_an_hour=None), make.rate_factor(1):
			self.assertEqual(100, guessing.most())


class TestTriesAtOnce(GuessCase, RaceCase):
	def test_twenty_wrong_codes_at_the_same_instant_do_not_slip_past_the_count(self) -> None:
		company = self.company(0)
		crowd = self.crowd(company, 4)
		path, body = f"/api/method/{API}redeem", {"code": code_from(b"0123456789"), "customer": company.name}
		with self.site_settings(members_may_act=1):
			shots = [Shot(person.email, PASSWORD, path, body, {}) for person in crowd for _time in range(5)]
			hits = self.start(shots).fire()
		answers = [(hit.status, hit.error) for hit in hits]
		self.assertEqual({(417, "CodeRefused"), (429, "RateLimitExceededError")}, set(answers))
		# Each of the four may have had one try beyond the three.
		self.assertLessEqual(answers.count((417, "CodeRefused")), MOST + len(crowd))
		self.assertEqual(answers.count((417, "CodeRefused")), self.counted())
		publish()
