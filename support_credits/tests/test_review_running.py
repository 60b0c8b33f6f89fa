"""What a hostile review found about months, hours and notices: each of these was told, taken or billed wrongly once."""

from __future__ import annotations

import csv
import io
from datetime import date

import frappe

from support_credits.engine.notice import Kind
from support_credits.ledger import notice_clock, proposals, subscriptions
from support_credits.mail import notice_texts, notice_values
from support_credits.mail.readers import Reader
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.notice_case import NoticeCase, later
from support_credits.tests.server import agent, manager
from support_credits.tests.session_case import SessionCase
from support_credits.tests.subscription_case import SubscriptionCase, steps_of

FEBRUARY = date(2026, 2, 28)


class TestMonths(SubscriptionCase):
	def test_a_due_month_is_paid_before_extra_credits_are_accepted(self) -> None:
		company = self.subscribed(12)
		ticket = str(make.ticket(company.person).name)
		self.today(date(2026, 2, 27))
		proposal = proposals.propose(ticket, 3, "It takes a new index.")
		self.today(FEBRUARY)
		self.assertEqual(0, proposals.accept(proposal).balance)
		self.assertEqual([("Started", 4), ("Renewed", 4)], steps_of(company.account))
		self.assertEqual(
			["tier", "proposal"],
			[key.partition(":")[0] for (key,) in self.entries(company.account, "event_key")[-2:]],
		)
		self.assert_proved(company.account)


class TestNotices(NoticeCase):
	def test_nobody_is_told_that_an_account_is_empty_that_was_joined_with_another(self) -> None:
		company, _boss = self.led(20)
		other, _other_boss = self.led(30)
		frappe.rename_doc("HD Customer", company.name, other.name, merge=True)
		self.follow()
		self.assertEqual([], self.kinds(other))

	def low_and_joined(self, more: int) -> tuple[frappe._dict, make.Person]:
		"""A low balance that nobody was told of before its customer was merged into one with ``more``."""
		company, _boss = self.led(6)
		other, boss = self.led(more)
		self.choose("Low balance", by_mail=False, in_desk=True)
		self.spend(company)
		self.follow()
		self.requeue(company, "Low balance")
		frappe.rename_doc("HD Customer", company.name, other.name, merge=True)
		publish()
		self.send(other)
		return self.only(other, "Low balance"), boss

	def test_a_low_balance_that_a_merger_has_mended_is_told_no_more(self) -> None:
		row, boss = self.low_and_joined(30)
		self.assertEqual(("Skipped", "Credits have come in since."), (row.state, row.note))
		self.assertEqual([], self.mails(boss.email))

	def test_one_that_is_low_after_it_too_is_told_as_it_is_now(self) -> None:
		_row, boss = self.low_and_joined(0)
		[mail] = self.mails(boss.email)
		self.assertIn(": 5 support credits left", mail)

	def test_a_ticket_that_is_another_customers_now_is_not_described_to_the_old_ones_managers(self) -> None:
		company, boss = self.led(6)
		other, _other_boss = self.led(6)
		self.choose("Refunded", by_mail=False, in_desk=True)
		ticket = str(make.ticket(other.person, subject="Plans of the other", customer=other.name).name)
		publish()
		for customer in (company.name, other.name):
			self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=customer))
			self.follow()
		self.requeue(company, "Refunded")
		self.send(company)
		[mail] = self.mails(boss.email)
		self.assertIn(f"Ticket {ticket}: 1 support credits given back", mail)
		self.assertNotIn("Plans of the other", mail)


class TestTiersTold(NoticeCase):
	def fallen(self) -> tuple[make.Company, make.Person]:
		"""A customer whose month could not be paid, of which he was not told yet; and he was not told before either."""
		company, boss = self.led(5)
		for kind in ("Tier notice", "Tier fall"):
			self.choose(kind, by_mail=False, in_desk=True)
		subscriptions.choose(company.account, make.tier(credits_per_month=4))
		publish()
		self.verified.remove(company.account)  # it lives in days to come
		until = frappe.db.get_value("Credit Account", company.account, "subscribed_until")
		self.days = (until - frappe.utils.getdate()).days
		return company, boss

	def told(self, company: make.Company, kind: str) -> tuple[str, str]:
		self.requeue(company, kind)
		self.send(company)
		row = self.only(company, kind)
		return row.state, row.note

	def test_a_month_that_can_be_paid_by_the_time_of_the_mail_is_not_said_to_be_short(self) -> None:
		company, boss = self.fallen()
		with later(days=self.days - 2):
			notice_clock.look_at_clock()
			self.grant(company.account, 9)
			said = self.told(company, "Tier notice")
		self.assertEqual(("Skipped", "That month can be paid by now, or has begun."), said)
		self.assertEqual([], self.mails(boss.email))

	def test_a_tier_that_is_back_by_the_time_of_the_mail_is_not_said_to_have_fallen(self) -> None:
		company, boss = self.fallen()
		with later(days=self.days + 1):
			subscriptions.settle_account(company.account)
			publish()
			notice_clock.look_at_clock()
			self.grant(company.account, 9)
			said = self.told(company, "Tier fall")
		self.assertEqual(("Skipped", "The tier has come back since, or was cancelled."), said)
		self.assertEqual([], self.mails(boss.email))


class TestHours(SessionCase):
	def stopped_for_nobody(self) -> tuple[str, str]:
		"""A session that was stopped before anybody knew whose ticket it was, and its ticket."""
		doc = {"doctype": "HD Ticket", "subject": "Who is it?", "description": "x"}
		ticket = str(
			frappe.get_doc({**doc, "raised_by": f"{make.unique_code('x')}@example.com"}).insert().name
		)
		publish()
		session = self.started(ticket)
		self.done("stop", session=session)
		self.assert_row(session, customer=None)
		return session, ticket

	def found(self, ticket: str) -> None:
		self.someone()
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=self.customer))

	def test_who_was_found_for_it_since_is_on_its_line_to_invoice(self) -> None:
		session, ticket = self.stopped_for_nobody()
		self.found(ticket)
		answer = manager().call("support_credits.api.sessions.export_csv")
		lines = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
		self.assertEqual([self.customer], [line["Customer"] for line in lines if line["Session"] == session])
		self.assert_row(session, customer=self.customer)

	def test_who_was_found_for_it_since_is_told_what_it_came_to_once(self) -> None:
		session, ticket = self.stopped_for_nobody()
		notice_clock.look_at_clock()
		self.assertEqual(0, frappe.db.count("Credit Notice", {"about_name": session}))
		self.found(ticket)
		look_again()
		for _run in range(2):
			notice_clock.look_at_clock()
		look_again()
		told = frappe.get_all("Credit Notice", {"about_name": session}, pluck="customer")
		self.assertEqual([self.customer], told)

	def test_one_that_comes_to_nothing_says_so_in_hours_too(self) -> None:
		details = {
			"label": "Emergency",
			"minutes": 3,
			"billed_minutes": 0,
			"amount": "0.0",
			"currency": "USD",
		}
		row = frappe._dict(kind="Session summary", details=details, customer="Acme", account="", ticket="")
		values = notice_values.values_for(row, Reader("x@example.com", "", is_manager=False))
		self.assertEqual(
			"Emergency: 0 hours, US$0.00", notice_texts.write(Kind.SESSION, values, "en").subject
		)
