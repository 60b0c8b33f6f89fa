"""Mails of an empty account under each policy, and where everyone must have credits (docs/doors.md)."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import now_datetime

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds, value
from support_credits.tests.mail_case import MailTestCase, Writers, contact
from support_credits.tests.mail_corpus import Letter
from support_credits.tests.server import agent
from support_credits.tests.test_mail_threads import LATE, ThreadCase

# What the policy for e-mail makes of an empty account's mail; Park is the default.
POLICIES = {"Overdraw": ("Overdrawn", 1), "Best effort": ("Best effort", 0)}


def free_writers() -> tuple[str, Writers]:
	"""A customer without an account whose contact writes."""
	domain = f"{make.unique_code('free')}.test"
	name = make.customer(contact(f"mara.lindqvist@{domain}"))
	publish()
	return name, Writers(domain, name, "")


def stranger() -> Writers:
	return Writers(f"{make.unique_code('stranger')}.test", "", "")


class TestNewMail(MailTestCase):
	def assert_state(self, letter: Letter, state: str, credits: int = 0) -> str:
		ticket = self.ticket_of(letter)
		self.assert_incident(ticket, state, credits, door="mail")
		self.assertEqual([], self.answers(letter.sender))
		return ticket

	def test_the_policy_for_mail_decides_and_only_who_waits_is_answered(self) -> None:
		for policy, (state, credits) in POLICIES.items():
			with self.subTest(policy):
				writers = self.writers(mail_policy=policy, overdraft_limit=1)
				letter = self.letter(writers)
				self.take_in(letter)
				self.assertEqual("Open", value(self.assert_state(letter, state, credits), "status"))

	def test_beyond_the_overdraft_it_waits_and_is_answered(self) -> None:
		writers = self.writers(mail_policy="Overdraw", overdraft_limit=1)
		first, second = self.letter(writers), self.letter(writers, "html-gmail.eml")
		self.take_in(first)
		self.take_in(second)
		self.assert_incident(self.ticket_of(first), "Overdrawn", 1)
		self.assert_parked(second)
		self.assert_answered(second)

	def test_where_everyone_must_have_credits_a_customer_gets_an_account_and_his_mail_waits(self) -> None:
		name, writers = free_writers()
		letter = self.letter(writers)
		with self.site_settings(everyone_must_have_credits=1):
			self.take_in(letter)
			ticket = self.assert_parked(letter)
			self.assert_answered(letter)
		account = frappe.db.get_value("Credit Account", {"customer": name})
		self.assertEqual(account, make.incident_of(ticket).account)
		self.assertEqual([], kinds(account))

	def test_where_everyone_must_have_credits_who_is_not_known_is_flagged_all_the_same(self) -> None:
		name, both = free_writers()
		[member] = frappe.get_doc("HD Customer", name).contacts
		make.customer(make.Person(both.address, member.contact_name))
		publish()
		for writers in (stranger(), both):
			with self.subTest(known=bool(writers.customer)):
				letter = self.letter(writers)
				with self.site_settings(everyone_must_have_credits=1):
					self.take_in(letter)
				self.assert_state(letter, "Unidentified")

	def test_a_machines_mail_costs_nobody_anything_whoever_must_have_credits(self) -> None:
		_name, writers = free_writers()
		letter = self.letter(writers, "x-autoreply.eml")
		self.take_in(letter)
		self.assert_untouched(self.ticket_of(letter))
		for everyone, from_whom in ((1, writers), (0, stranger()), (1, stranger())):
			with self.subTest(everyone=everyone, known=bool(from_whom.customer)):
				letter = self.letter(from_whom, "x-autoreply.eml")
				with self.site_settings(everyone_must_have_credits=everyone):
					self.take_in(letter)
				self.assert_state(letter, "Automatic")


class TestLateReply(ThreadCase):
	def test_the_policy_for_mail_decides(self) -> None:
		for policy, (state, credits) in POLICIES.items():
			with self.subTest(policy):
				writers, letter, ticket = self.resolved(credits=0, days_ago=LATE)
				fields = {"mail_policy": policy, "overdraft_limit": 1}
				frappe.get_doc("Credit Account", writers.account).update(fields).save()
				publish()
				self.take_in(self.reply(writers, letter))
				self.assert_incident(ticket, state, credits)
				self.assertEqual("Open", value(ticket, "status"))
				self.assertEqual([], self.answers(writers.address))

	def free_and_late(self) -> tuple[str, Letter, str]:
		_name, writers = free_writers()
		letter = self.letter(writers)
		self.take_in(letter)
		ticket = self.ticket_of(letter)
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		frappe.db.set_value("HD Ticket", ticket, "resolution_date", now_datetime() - timedelta(days=LATE))
		publish()
		return _name, self.reply(writers, letter), ticket

	def test_of_a_customer_without_an_account_it_opens_the_ticket_as_ever(self) -> None:
		_name, reply, ticket = self.free_and_late()
		self.take_in(reply)
		self.assertEqual("Open", value(ticket, "status"))
		self.assert_untouched(ticket)

	def test_where_everyone_must_have_credits_it_waits(self) -> None:
		_name, reply, ticket = self.free_and_late()
		with self.site_settings(everyone_must_have_credits=1):
			self.take_in(reply)
		self.assert_incident(ticket, "Parked", 0)
		self.assertEqual("Waiting for credits", value(ticket, "status"))


class TestContactMoved(ThreadCase):
	def moved(self, days_ago: int) -> tuple[Writers, Letter, str, str]:
		"""A resolved ticket whose sender has gone over to another customer since; the account of that one."""
		writers, letter, ticket = self.resolved(days_ago=days_ago)
		company = frappe.get_doc("HD Customer", writers.customer)
		[member] = company.contacts
		company.update({"contacts": []}).save()
		account = make.account(make.customer(make.Person(writers.address, member.contact_name)), 1)
		publish()
		return writers, letter, ticket, account

	def test_his_next_mail_is_charged_to_the_new_customer(self) -> None:
		writers, _letter, _ticket, account = self.moved(1)
		letter = self.letter(writers, "html-gmail.eml")
		self.take_in(letter)
		self.assert_incident(self.ticket_of(letter), "Charged", 1, account=account)
		self.assert_balance(writers.account, 1)

	def test_his_late_reply_spends_nothing_of_the_old_one_and_opens_a_ticket_of_the_new_one(self) -> None:
		writers, letter, ticket, account = self.moved(LATE)
		reply = self.reply(writers, letter)
		self.take_in(reply)
		look_again()
		self.assert_balance(writers.account, 1)
		self.assertEqual("Resolved", value(ticket, "status"))
		self.assert_incident(self.ticket_of(reply), "Charged", 1, account=account)
