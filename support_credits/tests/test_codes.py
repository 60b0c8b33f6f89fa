"""Activation codes: shown once, kept as digests, redeemed once, and no help to whoever guesses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import frappe
from frappe.utils import add_days, getdate, today
from freezegun import freeze_time

from support_credits.engine.codes import code_from, digest_of
from support_credits.exceptions import CodeRefused
from support_credits.ledger import codes
from support_credits.ledger import settings as site
from support_credits.tests import factories as make
from support_credits.tests.code_case import API, NO_GOOD, CodeCase
from support_credits.tests.compat import look_again, publish
from support_credits.tests.server import Portal, agent, manager


@contextmanager
def statements() -> Iterator[list[str]]:
	"""The texts of what is sent to the database in the block."""
	found: list[str] = []
	send = frappe.db.sql

	def noted(query: object, *args: object, **more: object) -> object:
		found.append(str(query))
		return send(query, *args, **more)

	frappe.db.sql = noted
	try:
		yield found
	finally:
		del frappe.db.sql


class TestRedeeming(CodeCase):
	def test_a_code_brings_its_credits_once_and_says_until_when(self) -> None:
		company = self.company(1)
		boss, [code] = self.boss(company), self.issue()
		said = self.assert_ok(self.redeem(boss, code.lower().replace("-", " "))).value
		self.assertEqual((2, 3), (said["credits"], said["balance"]))
		self.assertRegex(said["message"], r"^Redeemed: 2 credit\(s\), usable until .+\. Your balance is 3\.$")
		record = frappe.get_doc("Activation Code", {"code_hash": digest_of(code)})
		self.assertEqual(
			("Redeemed", company.name, said["lot"], boss.user),
			(record.state, record.customer, record.lot, record.redeemed_by),
		)
		with self.nothing_written():
			self.assert_refused(self.redeem(boss, code), NO_GOOD, "CodeRefused")

	def test_a_code_for_a_pack_brings_what_the_pack_says(self) -> None:
		company = self.company(0)
		pack = make.pack(credits=4, validity_months=6, price=99)
		publish()
		[code] = self.issue(pack=pack, credits=0, months=0)
		said = self.assert_ok(self.redeem(self.boss(company), code)).value
		lot = frappe.get_doc("Credit Lot", said["lot"])
		self.assertEqual((4, "Code", pack, 99), (lot.credits_granted, lot.source, lot.pack, lot.price))

	def test_a_card_brings_what_it_was_sold_for_whatever_becomes_of_the_pack(self) -> None:
		company = self.company(0)
		pack = make.pack(credits=4, validity_months=6, price=99)
		publish()
		[code] = self.issue(pack=pack, credits=0, months=0)
		frappe.get_doc("Credit Pack", pack).update({"credits": 1, "validity_months": 1, "price": 5}).save()
		publish()
		lot = frappe.get_doc("Credit Lot", self.assert_ok(self.redeem(self.boss(company), code)).value["lot"])
		self.assertEqual((4, 99, pack), (lot.credits_granted, lot.price, lot.pack))
		self.assertGreater((lot.expires_on - getdate()).days, 150)

	def test_tickets_that_wait_go_on_by_themselves(self) -> None:
		company = self.company(0, portal_policy="Park")
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		said = self.assert_ok(self.redeem(self.boss(company), self.issue()[0])).value
		self.assertEqual(1, said["balance"])
		look_again()
		self.assertEqual("Charged", make.incident_of(ticket).state)

	def test_unknown_used_revoked_overdue_and_another_serial_get_one_answer(self) -> None:
		company = self.company(0)
		boss = self.boss(company)
		used, revoked, overdue = *self.issue(2), *self.issue(redeem_until=add_days(today(), -2))
		_serial, bound = self.bound()
		self.assert_ok(self.redeem(boss, used))
		name = frappe.db.get_value("Activation Code", {"code_hash": digest_of(revoked)}, "name")
		self.assert_ok(manager().call(f"{API}revoke", code=name))
		answers = {
			(answer.status, answer.error, answer.messages)
			for code in (used, revoked, overdue, bound, code_from(b"0123456789"))
			for serial in ("", "SN-of-another")
			for answer in [self.redeem(boss, code, serial=serial)]
		}
		self.assertEqual(1, len(answers), answers)
		self.assertIn(NO_GOOD, answers.pop()[2])

	def test_whatever_is_wrong_with_a_code_the_database_is_asked_the_same(self) -> None:
		company = self.company(0)
		used, revoked, overdue = *self.issue(2), *self.issue(redeem_until=add_days(today(), -2))
		_serial, bound = self.bound()
		self.assert_ok(self.redeem(self.boss(company), used))
		codes.revoke(self.record(revoked).name)
		site.provider_zone()  # the settings are read once, whoever comes first
		asked = set()
		for code in (used, revoked, overdue, bound, code_from(b"0123456789")):
			with self.subTest(code), self.assertRaises(CodeRefused), statements() as found:
				codes.redeem(code, company.account, company.name, "SN-of-another")
			asked.add(tuple(text.split("WHERE")[0] for text in found))
		self.assertEqual(1, len(asked), asked)
		[only] = asked.pop()
		self.assertIn("tabActivation Code", only)

	def test_a_customer_without_an_account_gets_one_by_his_card_and_none_by_a_wrong_code(self) -> None:
		boss = make.portal_user("boss")
		customer = make.customer(managers=(boss,))
		publish()
		with self.nothing_written():
			self.assert_refused(self.redeem(Portal(boss), code_from(b"0123456789")), NO_GOOD, "CodeRefused")
		said = self.assert_ok(self.redeem(Portal(boss), self.issue()[0])).value
		self.assertEqual((customer, 2, 2), (said["customer"], said["credits"], said["balance"]))
		self.verified.append(frappe.db.get_value("Credit Account", {"customer": customer}, "name"))

	def test_a_code_is_good_until_its_last_day_is_over_where_the_provider_is(self) -> None:
		company = make.company(0)
		with make.settings(time_zone="Asia/Kolkata"):  # its day begins at 18:30 UTC
			offer = codes.Offer(credits=2, redeem_until=date(2031, 5, 1))
			first, second = codes.issue(offer, 2, "Cards").codes
			with freeze_time("2031-05-01 18:29:59"):
				self.assertEqual(2, codes.redeem(first, company.account, company.name).credits)
			with freeze_time("2031-05-01 18:30:00"), self.assertRaisesRegex(CodeRefused, NO_GOOD):
				codes.redeem(second, company.account, company.name)
		self.assertEqual(1, frappe.db.count("Credit Lot", {"account": company.account}))

	def test_what_cannot_be_a_code_is_told_apart_because_it_helps_nobody_to_guess(self) -> None:
		boss = self.boss(self.company(0))
		with self.nothing_written():
			self.assert_refused(
				self.redeem(boss, "7K3M"), "This cannot be a code: a code has 16 letters", "CodeRefused"
			)

	def test_members_see_and_managers_act(self) -> None:
		company = self.company(0)
		portal, [code] = Portal(company.person), self.issue()
		with self.nothing_written():
			self.assert_refused(
				self.redeem(portal, code), f"Only a manager of {company.name} can do this.", "NotMember", 403
			)
		with self.site_settings(members_may_act=1):
			self.assert_ok(self.redeem(portal, code))

	def test_nobody_redeems_for_another_customer(self) -> None:
		mine, other = self.company(0), self.company(0)
		[code] = self.issue()
		for who, status in ((self.boss(mine), 403), (agent(), 403), (Portal(), 403)):
			with self.nothing_written():
				self.assertEqual(status, self.redeem(who, code, customer=other.name).status)
		self.assert_balance(other.account, 0)


class TestGuessing(CodeCase):
	"""A person's own limit; what the whole suite has typed wrong in this hour must not end it before."""

	def setUp(self) -> None:
		super().setUp()
		self.enterContext(make.site_config(support_credits_wrong_codes_an_hour=10_000))

	def test_after_ten_tries_in_an_hour_not_even_a_good_code_is_taken(self) -> None:
		company = self.company(0)
		boss, [code] = self.boss(company), self.issue()
		with make.rate_factor(1):
			answers = [self.redeem(boss, code_from(bytes([number] * 10))) for number in range(10)]
			self.assertEqual({417}, {answer.status for answer in answers})
			with self.nothing_written():
				self.assertEqual(429, self.redeem(boss, code).status)
		self.assert_balance(company.account, 0)

	def test_both_of_the_hosts_apis_count_as_one(self) -> None:
		boss = self.boss(self.company(0))
		with make.rate_factor(0.2):  # two an hour
			body = {"code": code_from(b"0123456789")}
			paths = (f"/api/method/{API}redeem", f"/api/v2/method/{API}redeem", f"/api/v2/method/{API}redeem")
			answers = [boss.request("POST", path, body).status for path in paths]
		self.assertEqual([417, 417, 429], answers)

	def test_the_table_does_not_hold_the_codes(self) -> None:
		[code] = self.issue()
		record = frappe.get_doc("Activation Code", {"code_hash": digest_of(code)}).as_dict()
		self.assertNotIn(code.replace("-", "")[:12], str(record))
		self.assertEqual(code[-4:], record.hint)


class TestIssuing(CodeCase):
	def test_only_managers_issue_and_revoke(self) -> None:
		company = self.company(0)
		for who in (agent(), Portal(company.person), Portal()):
			with self.nothing_written():
				self.assertEqual(403, who.call(f"{API}issue", batch="x", credits=1).status)
				self.assertEqual(403, who.call(f"{API}revoke", code="x").status)

	def test_what_makes_no_sense_is_refused_with_its_reason(self) -> None:
		for bad, text in (
			({"batch": " "}, "Name the batch"),
			({"credits": 0}, "Name either a pack or a number of credits."),
			({"pack": "NO-SUCH"}, "Name either a pack or a number of credits."),
			({"pack": "NO-SUCH", "credits": 0}, "Credit Pack NO-SUCH does not exist."),
			({"count": 0}, "Issue from 1 to 1000 codes at once."),
			({"count": 1001}, "Issue from 1 to 1000 codes at once."),
			({"months": -1}, "Months must be from 0 to 600."),
			({"months": 601}, "Months must be from 0 to 600."),
			({"pack": "NO-SUCH", "credits": 0, "months": 3}, "A pack has its own validity."),
			({"redeem_until": "soon"}, "soon is not a date."),
		):
			with self.subTest(bad), self.nothing_written():
				answer = manager().call(f"{API}issue", **{"batch": "Cards", "credits": 1, **bad})
				self.assertIn(answer.status, (404, 417), answer)
				self.assertIn(text, answer.messages)

	def test_a_code_that_was_redeemed_cannot_be_revoked(self) -> None:
		[code] = self.issue()
		self.assert_ok(self.redeem(self.boss(self.company(0)), code))
		name = frappe.db.get_value("Activation Code", {"code_hash": digest_of(code)}, "name")
		self.assert_refused(manager().call(f"{API}revoke", code=name), "was redeemed already", "WrongState")
