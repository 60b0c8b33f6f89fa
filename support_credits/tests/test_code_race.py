"""Fifty people redeem one code at the same instant, each from a process of his own: one is granted, nothing else happens."""

from __future__ import annotations

from collections import Counter

import frappe

from support_credits.tests import factories as make
from support_credits.tests.code_case import API, CodeCase
from support_credits.tests.compat import look_again
from support_credits.tests.crowd import all_at_once
from support_credits.tests.dying import killed_after
from support_credits.tests.factories import PASSWORD, Company
from support_credits.tests.http_case import kinds
from support_credits.tests.race import Shot
from support_credits.tests.server import manager
from support_credits.tests.test_race_last_credit import RaceCase, agents_act

CROWD = 50


class TestRaceOfRedeemers(CodeCase, RaceCase):
	def shots(self, companies: list[Company], code: str, **fields: str) -> list[Shot]:
		body = {"code": code, **fields}
		return [
			Shot(company.person.email, PASSWORD, f"/api/method/{API}redeem", body, {})
			for company in companies
		]

	def assert_one_won(self, companies: list[Company], shots: list[Shot]) -> None:
		with self.site_settings(members_may_act=1):
			hits = self.start(shots).fire()
		self.assertEqual(1, sum(hit.status == 200 for hit in hits), hits)
		self.assertEqual(
			{(417, "CodeRefused")}, {(hit.status, hit.error) for hit in hits if hit.status != 200}
		)
		accounts = {one.account for one in companies}
		self.assertEqual([("Grant", 2)], [entry for account in accounts for entry in kinds(account)])

	def test_fifty_at_once_for_different_customers_redeem_it_once(self) -> None:
		[code] = self.issue()
		companies = [self.company(0) for _number in range(CROWD)]
		self.assert_one_won(companies, self.shots(companies, code))
		self.assertEqual("Redeemed", self.record(code).state)

	def test_fifty_with_fifty_connections_redeem_it_once(self) -> None:
		serial, code = self.bound()
		companies = [self.company(0) for _number in range(CROWD)]
		asked = [
			{"typed": code, "account": one.account, "customer": one.name, "serial": serial}
			for one in companies
		]
		said = Counter(all_at_once("support_credits.tests.code_case.redeem_whole", asked))
		self.assertEqual({"done": 1, "CodeRefused": CROWD - 1}, dict(said))
		self.assertEqual([("Grant", 2)], [entry for one in companies for entry in kinds(one.account)])
		self.assertEqual(1, frappe.db.count("Deployment", {"serial": serial}))

	def test_one_person_pressing_ten_times_at_once_redeems_it_once(self) -> None:
		[code], company = self.issue(), self.company(0)
		self.assert_one_won([company], self.shots([company] * 10, code))

	def test_ten_customers_with_one_serial_register_it_once(self) -> None:
		serial, code = self.bound()
		companies = [self.company(0) for _number in range(10)]
		self.assert_one_won(companies, self.shots(companies, code, serial=serial))
		look_again()
		self.assertEqual(1, frappe.db.count("Deployment", {"serial": serial}))

	def test_revoked_and_redeemed_at_once_it_is_one_of_the_two(self) -> None:
		for _round in range(3):
			[code], company = self.issue(), self.company(0)
			revoke = agents_act(manager(), "codes.revoke", code=self.record(code).name)
			with self.site_settings(members_may_act=1):
				hits = self.start([*self.shots([company], code), revoke]).fire()
			self.assertEqual(1, sum(hit.status == 200 for hit in hits), hits)
			state, came = self.record(code).state, kinds(company.account)
			self.assertIn((state, came), [("Redeemed", [("Grant", 2)]), ("Revoked", [])])


class TestCrash(CodeCase):
	def test_killed_before_it_is_committed_the_code_is_good_and_the_next_try_redeems_it(self) -> None:
		company, (serial, code) = self.company(0), self.bound()
		killed_after(
			"support_credits.ledger.codes.redeem",
			typed=code, account=company.account, customer=company.name, serial=serial,
		)  # fmt: skip
		self.assertEqual(
			("Issued", [], []),
			(self.record(code).state, kinds(company.account), self.deployments(company.name)),
		)
		self.assert_ok(self.redeem(self.boss(company), code, serial=serial))
		self.assert_balance(company.account, 2)

	def test_an_issue_that_is_not_committed_leaves_no_batch_and_no_code(self) -> None:
		label = make.unique("Lost")
		before = frappe.db.count("Activation Code")
		killed_after(f"{API}issue", batch=label, credits=2, count=5)
		look_again()
		self.assertEqual(0, frappe.db.count("Activation Batch", {"label": label}))
		self.assertEqual(before, frappe.db.count("Activation Code"))
