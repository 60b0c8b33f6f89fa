"""Tickets that came by mail and wait are released by the next grant, in the order of their arrival (design rule 8)."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import get_datetime, now_datetime

from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import value
from support_credits.tests.mail_case import MailTestCase, Writers
from support_credits.tests.mail_corpus import Letter

FINISH = "support_credits.ledger.jobs.finish_releases"


class TestRelease(MailTestCase):
	def waiting(self, *files: str) -> tuple[Writers, list[Letter]]:
		"""Mails of one customer that wait, in the order of their arrival; of one second the server keeps none."""
		writers = self.writers()
		letters = [self.letter(writers, file) for file in files]
		self.take_in(*letters)
		for letter in letters:
			self.assert_parked(letter)
		return writers, sorted(letters, key=lambda letter: int(self.ticket_of(letter)))

	def test_a_grant_releases_them_in_the_order_of_arrival(self) -> None:
		writers, letters = self.waiting("plain.eml", "html-gmail.eml", "html-outlook.eml")
		for released in range(1, 4):
			self.grant(writers.account, 1)
			self.succeed(FINISH)
			for letter in letters[:released]:
				self.assert_charged(letter)
			for letter in letters[released:]:
				self.assert_parked(letter)
		self.assert_balance(writers.account, 0)

	def test_a_released_ticket_is_open_and_its_clock_starts_at_the_release(self) -> None:
		writers, [letter] = self.waiting("plain.eml")
		ticket = self.ticket_of(letter)
		yesterday = now_datetime() - timedelta(days=1)
		columns = {"creation": yesterday, "opening_date": yesterday.date()}
		frappe.db.set_value("HD Ticket", ticket, {**columns, "service_level_agreement_creation": yesterday})
		publish()
		before = now_datetime().replace(microsecond=0)
		self.grant(writers.account, 1)
		self.succeed(FINISH)
		look_again()
		found = frappe.db.get_value(
			"HD Ticket",
			ticket,
			["status", "service_level_agreement_creation", "response_by", "first_responded_on"],
			as_dict=True,
		)
		self.assertEqual(("Open", None), (found.status, found.first_responded_on))
		self.assertGreaterEqual(get_datetime(found.service_level_agreement_creation), before)
		self.assertGreater(get_datetime(found.response_by), before)
		self.assertLess(get_datetime(found.response_by), before + timedelta(days=365))

	def test_the_next_mail_does_not_overtake_those_that_wait(self) -> None:
		writers, [first] = self.waiting("plain.eml")
		later = self.letter(writers, "html-gmail.eml")
		self.take_in(later)
		self.grant(writers.account, 1)
		self.succeed(FINISH)
		self.assert_charged(first)
		self.assert_parked(later)

	def test_a_reply_to_a_released_ticket_is_on_it_and_costs_nothing(self) -> None:
		writers, [letter] = self.waiting("plain.eml")
		answer = self.assert_answered(letter)
		self.grant(writers.account, 2)
		self.succeed(FINISH)
		reply = self.letter(writers, "reply.eml").with_header("In-Reply-To", answer["Message-ID"])
		self.take_in(reply)
		self.assertEqual(self.assert_charged(letter), self.ticket_of(reply))
		self.assert_balance(writers.account, 1)
		self.assertEqual("Open", value(self.ticket_of(letter), "status"))
