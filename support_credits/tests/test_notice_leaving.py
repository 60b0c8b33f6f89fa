"""Who wants no more notices: he is asked first, gets none from then on, and others go on getting theirs."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import frappe

from support_credits.mail import notices as letters
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.server import Portal
from support_credits.tests.test_notice_mail import LetterCase

LEAVE = re.compile(r'href="https?://[^/"]+(/support-credits/no-notices[^"]+)"')
UNSUBSCRIBE = re.compile(r'href="(/api/method/frappe\.email\.queue\.unsubscribe[^"]+)"')


class TestOptingOut(LetterCase):
	def load(self, link: str) -> str:
		got = Portal().http.get(f"{Portal().url}{link.replace('&amp;', '&')}", timeout=60)
		self.assertEqual(200, got.status_code)
		look_again()
		return got.text

	def test_the_link_in_the_mail_asks_first_and_ends_them_for_this_person_and_account(self) -> None:
		company, boss = self.low()
		second = make.portal_user("second")
		make.add_member(company.name, second, is_manager=True)
		publish()
		self.send(company)
		about = {
			"email": boss.email,
			"reference_doctype": "Credit Account",
			"reference_name": company.account,
		}
		page = self.load(LEAVE.search(self.mails(boss.email)[0])[1])
		self.assertIn(boss.email, page)
		self.assertFalse(
			frappe.db.exists("Email Unsubscribe", about)
		)  # a scanner that follows links ends nothing
		self.load(UNSUBSCRIBE.search(page)[1])
		self.assertTrue(frappe.db.exists("Email Unsubscribe", about))
		self.spend(company, 4)
		self.follow()
		self.requeue(company, "Low balance")
		self.send(company)
		self.assertEqual(1, len(self.mails(boss.email)))
		self.assertEqual(2, len(self.mails(second.email)))

	def test_a_link_that_nobody_signed_ends_nothing_and_its_words_are_text(self) -> None:
		about = {"email": "<b>x</b>@example.com", "doctype": "Credit Account", "name": "CA-00001"}
		page = self.load(f"/support-credits/no-notices?{urlencode(about)}&_signature=0")
		self.assertNotIn("<b>x</b>", page)
		said = (
			Portal()
			.http.get(f"{Portal().url}{UNSUBSCRIBE.search(page)[1].replace('&amp;', '&')}", timeout=60)
			.text
		)
		self.assertIn("This link is invalid or expired", said)
		look_again()
		self.assertFalse(frappe.db.exists("Email Unsubscribe", {"email": about["email"]}))

	def test_who_wants_no_mail_of_the_site_at_all_gets_none(self) -> None:
		company, boss = self.low()
		frappe.get_doc(
			{"doctype": "Email Unsubscribe", "email": boss.email, "global_unsubscribe": 1}
		).insert()
		publish()
		self.send(company)
		row = self.only(company, "Low balance")
		self.assertEqual(("Skipped", "Everybody who could be told has unsubscribed."), (row.state, row.note))

	def test_a_customer_may_want_none_or_none_of_a_kind(self) -> None:
		for fields in ({"notices_off": 1}, {"notice_kinds_off": "low BALANCE\nExpired"}):
			with self.subTest(fields):
				company, boss = self.low(**fields)
				self.send(company)
				self.assertEqual("Skipped", self.only(company, "Low balance").state)
				self.assertEqual([], self.mails(boss.email))
		other, boss = self.low(notice_kinds_off="Expired")
		self.send(other)
		self.assertEqual(1, len(self.mails(boss.email)))

	def test_a_customer_of_whom_nobody_has_an_address_is_noted(self) -> None:
		company = self.company(6)
		self.follow()
		self.choose("Low balance", by_mail=False, in_desk=True)
		self.spend(company)
		frappe.db.set_value("User", company.person.email, "enabled", 0)
		self.follow()
		self.requeue(company, "Low balance")
		self.send(company)
		self.assertEqual("Nobody", self.only(company, "Low balance").state)

	def test_a_kind_that_is_switched_off_is_kept_nowhere(self) -> None:
		company, _boss = self.led(6)
		self.choose("Low balance", by_mail=False, in_desk=False)
		self.spend(company)
		self.follow()
		self.assertEqual([], self.kept(company))

	def test_one_for_the_desk_alone_is_not_sent(self) -> None:
		company, boss = self.led(6)
		self.choose("Low balance", by_mail=False, in_desk=True)
		self.spend(company)
		self.follow()
		self.assertFalse(letters.send(self.only(company, "Low balance").name, self.sender))
		self.assertEqual([], self.mails(boss.email))
