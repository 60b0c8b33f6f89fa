"""Replies by mail: what reopens, what costs, what a machine's mail on a ticket does (design rule 12)."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import now_datetime

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds, value
from support_credits.tests.mail_case import MailTestCase, Writers
from support_credits.tests.mail_corpus import Letter
from support_credits.tests.server import agent

LATE = 9  # days: past the window of 7 in every time zone


class ThreadCase(MailTestCase):
	def opened(self, credits: int = 1, file: str = "plain.eml") -> tuple[Writers, Letter, str]:
		"""A ticket opened by mail."""
		writers = self.writers(credits)
		letter = self.letter(writers, file)
		self.take_in(letter)
		return writers, letter, self.ticket_of(letter)

	def resolved(self, credits: int = 1, days_ago: int = 0) -> tuple[Writers, Letter, str]:
		"""The same, resolved by an agent; ``credits`` are left after it was charged."""
		writers, letter, ticket = self.opened(credits + 1)
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		if days_ago:
			self.resolve_days_ago(ticket, days_ago)
		return writers, letter, ticket

	def resolve_days_ago(self, ticket: str, days: int) -> None:
		look_again()
		stamp = stamp_text(clock.now() - timedelta(days=days))
		frappe.db.set_value("Support Incident", make.incident_of(ticket).name, "resolved_at_utc", stamp)
		frappe.db.set_value("HD Ticket", ticket, "resolution_date", now_datetime() - timedelta(days=days))
		publish()

	def reply(self, writers: Writers, letter: Letter, file: str = "reply.eml") -> Letter:
		"""A mail in the thread of ``letter``."""
		thread = f"<{letter.message_id}>"
		return self.letter(writers, file).with_header("In-Reply-To", thread).with_header("References", thread)

	def charges(self, writers: Writers) -> int:
		return len([kind for kind, _credits in kinds(writers.account) if kind == "Charge"])


class TestReplyOfAPerson(ThreadCase):
	def test_to_an_open_ticket_costs_nothing(self) -> None:
		writers, letter, ticket = self.opened(2)
		answer = self.reply(writers, letter)
		self.take_in(answer)
		self.assertEqual(ticket, self.ticket_of(answer))
		self.assertEqual(1, self.charges(writers))
		self.assertEqual([], self.answers(writers.address))

	def test_within_the_window_reopens_the_same_incident(self) -> None:
		writers, letter, ticket = self.resolved(days_ago=3)
		answer = self.reply(writers, letter)
		self.take_in(answer)
		self.assertEqual(ticket, self.ticket_of(answer))
		self.assertEqual("Open", value(ticket, "status"))
		self.assert_incident(ticket, "Charged", 1)
		self.assertEqual(1, self.charges(writers))

	def test_known_by_references_alone_it_reopens_the_same_incident(self) -> None:
		writers, letter, ticket = self.resolved(days_ago=3)
		answer = self.reply(writers, letter).without_header("In-Reply-To")
		self.take_in(answer)
		self.assertEqual(ticket, self.ticket_of(answer))
		self.assertEqual(1, self.charges(writers))

	def test_after_the_window_is_a_new_incident_that_is_charged(self) -> None:
		writers, letter, ticket = self.resolved(days_ago=LATE)
		answer = self.reply(writers, letter)
		self.take_in(answer)
		self.assertEqual([ticket], self.tickets_of(writers))
		self.assertEqual("Open", value(ticket, "status"))
		incident = self.assert_incident(ticket, "Charged", 1)
		self.assertTrue(incident.follows)
		self.assertEqual(2, self.charges(writers))
		self.assert_balance(writers.account, 0)
		self.assertEqual([], self.answers(writers.address))

	def test_after_the_window_without_credits_it_waits_and_is_answered(self) -> None:
		writers, letter, ticket = self.resolved(credits=0, days_ago=LATE)
		answer = self.reply(writers, letter)
		self.take_in(answer)
		self.assert_incident(ticket, "Parked", 0)
		self.assertEqual("Waiting for credits", value(ticket, "status"))
		self.assert_answered(answer)
		self.assertEqual(1, len(self.answers(writers.address)))

	def test_after_the_window_where_late_replies_need_a_new_ticket_it_opens_one(self) -> None:
		writers, letter, ticket = self.resolved(days_ago=LATE)
		answer = self.reply(writers, letter)
		with self.site_settings(late_reopen="Ask for a new ticket"):
			self.take_in(answer)
		fresh = self.assert_charged(answer)
		self.assertEqual([ticket, fresh], self.tickets_of(writers))
		self.assertEqual("Resolved", value(ticket, "status"))

	def test_after_the_window_a_stranger_who_knows_the_thread_spends_nobodys_credits(self) -> None:
		writers, letter, ticket = self.resolved(days_ago=LATE)
		stranger = Writers(f"{make.unique_code('stranger')}.test", "", "")
		answer = self.reply(stranger, letter)
		self.take_in(answer)
		self.assertEqual(1, self.charges(writers))
		self.assert_balance(writers.account, 1)
		self.assertEqual("Resolved", value(ticket, "status"))
		self.assert_incident(self.ticket_of(answer), "Unidentified", 0)

	def test_a_forged_reply_neither_reopens_nor_costs(self) -> None:
		writers, letter, ticket = self.resolved(days_ago=LATE)
		answer = self.reply(writers, letter, "dmarc-fail.eml")
		with self.site_settings(authentication_server="mx.provider.test"):
			self.take_in(answer)
		self.assertEqual(1, self.charges(writers))
		self.assertEqual("Resolved", value(ticket, "status"))
		self.assertEqual([], self.answers(writers.address))

	def test_the_same_late_reply_fetched_twice_is_one_new_incident(self) -> None:
		writers, letter, ticket = self.resolved(credits=3, days_ago=LATE)
		answer = self.reply(writers, letter)
		self.deliver(answer, answer)
		self.pull()
		self.take_in(answer)
		self.assertEqual(2, self.charges(writers))
		self.assertEqual([ticket], self.tickets_of(writers))

	def test_to_a_parked_ticket_leaves_it_waiting(self) -> None:
		writers, letter, ticket = self.opened(0)
		answer = self.reply(writers, letter)
		self.take_in(answer)
		self.assertEqual(ticket, self.ticket_of(answer))
		self.assert_parked(letter)
		self.assertEqual(1, len(self.answers(writers.address)))


class TestReplyWithoutThreading(ThreadCase):
	"""An account that the host lets find a ticket by sender and subject, which it does for POP3."""

	def setUp(self) -> None:
		super().setUp()
		self.box = self.open_mailbox()
		self.by_pop3(self.box)

	def opened_at(self, credits: int) -> tuple[Writers, str]:
		writers = self.writers(credits)
		letter = self.letter(writers, mailbox=self.box)
		self.take_in(letter, mailbox=self.box)
		return writers, self.ticket_of(letter)

	def unthreaded(self, writers: Writers, subject: str) -> Letter:
		return self.letter(writers, "reply-unthreaded.eml", self.box).with_header("Subject", subject)

	def test_with_the_same_subject_it_is_on_the_same_ticket(self) -> None:
		writers, ticket = self.opened_at(2)
		reply = self.unthreaded(writers, "Re: Nightly replication stops at 40 percent")
		self.take_in(reply, mailbox=self.box)
		self.assertEqual(ticket, self.ticket_of(reply))
		self.assertEqual(1, self.charges(writers))

	def test_with_another_subject_it_is_a_new_incident(self) -> None:
		writers, ticket = self.opened_at(2)
		reply = self.unthreaded(writers, "Antwort: quite another matter")
		self.take_in(reply, mailbox=self.box)
		self.assertEqual([ticket, self.assert_charged(reply)], self.tickets_of(writers))
		self.assertEqual(2, self.charges(writers))

	def test_a_stranger_who_writes_a_tickets_number_into_the_subject_spends_nobodys_credits(self) -> None:
		"""The host takes him to that ticket by its number alone."""
		writers, ticket = self.opened_at(2)
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		self.resolve_days_ago(ticket, LATE)
		stranger = Writers(f"{make.unique_code('stranger')}.test", "", "")
		reply = self.unthreaded(stranger, f"Re: your ticket (#{ticket})")
		self.take_in(reply, mailbox=self.box)
		self.assertEqual(1, self.charges(writers))
		self.assert_balance(writers.account, 1)
		self.assertEqual("Resolved", value(ticket, "status"))


class TestMachineOnATicket(ThreadCase):
	AUTOMATIC = (
		"out-of-office-exchange.eml",
		"vacation-program.eml",
		"bounce-report.eml",
		"read-receipt.eml",
	)

	def test_on_a_resolved_ticket_neither_reopens_it_nor_costs(self) -> None:
		for days_ago in (1, LATE):
			writers, letter, ticket = self.resolved(days_ago=days_ago)
			for file in self.AUTOMATIC:
				with self.subTest(file, days_ago=days_ago):
					self.take_in(self.reply(writers, letter, file))
					self.assertEqual("Resolved", value(ticket, "status"))
			self.assertEqual(1, self.charges(writers))
			self.assertEqual([ticket], self.tickets_of(writers))
			self.assertEqual([], self.answers(writers.address))

	def test_after_it_a_person_still_reopens_within_the_window(self) -> None:
		writers, letter, ticket = self.resolved(days_ago=3)
		self.take_in(self.reply(writers, letter, "out-of-office-gmail.eml"))
		self.take_in(self.reply(writers, letter))
		self.assertEqual("Open", value(ticket, "status"))
		self.assertEqual(1, self.charges(writers))

	def test_on_a_parked_ticket_changes_nothing(self) -> None:
		writers, letter, ticket = self.opened(0)
		self.take_in(self.reply(writers, letter, "out-of-office-gmail.eml"))
		self.assert_parked(letter)
		self.assertEqual([ticket], self.tickets_of(writers))
		self.assertEqual(1, len(self.answers(writers.address)))


class TestPersonOnAMachinesTicket(ThreadCase):
	def test_his_reply_makes_it_an_incident_that_is_charged(self) -> None:
		writers, letter, ticket = self.opened(1, "x-autoreply.eml")
		self.assert_incident(ticket, "Automatic", 0)
		answer = self.reply(writers, letter)
		self.take_in(answer)
		self.assertEqual(ticket, self.ticket_of(answer))
		self.assert_incident(ticket, "Charged", 1)
		self.assert_balance(writers.account, 0)
		self.assertEqual([], self.answers(writers.address))

	def test_without_credits_it_waits_and_he_is_answered(self) -> None:
		writers, letter, ticket = self.opened(0, "x-autoreply.eml")
		answer = self.reply(writers, letter)
		self.take_in(answer)
		self.assert_incident(ticket, "Parked", 0)
		self.assertEqual("Waiting for credits", value(ticket, "status"))
		self.assert_answered(answer)

	def test_another_machines_reply_leaves_it_free(self) -> None:
		writers, letter, ticket = self.opened(1, "x-autoreply.eml")
		self.take_in(self.reply(writers, letter, "out-of-office-gmail.eml"))
		self.assert_incident(ticket, "Automatic", 0)
		self.assert_balance(writers.account, 1)
