"""What the ledger says is told to its customer: each once, to whom it concerns, and only what is wanted."""

from __future__ import annotations

import frappe

from support_credits.ledger import grants, jobs
from support_credits.mail import notices as letters
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.crowd import all_at_once
from support_credits.tests.dying import killed_after
from support_credits.tests.notice_case import NoticeCase, later
from support_credits.tests.server import agent, manager

FOLLOW = "support_credits.ledger.notice_jobs.follow_ledger"
SEND = "support_credits.mail.notices.send_due"


class TestLowBalance(NoticeCase):
	def test_at_each_threshold_the_managers_are_told_once_and_again_only_after_more(self) -> None:
		company, boss = self.led(7)
		self.choose("Low balance", by_mail=False, in_desk=True)  # no job of the bench is to send one too soon
		self.assertEqual([], self.kept(company))
		self.spend(company, 2)
		self.follow()
		self.follow()
		row = self.only(company, "Low balance")
		self.assertTrue(row.notice_key.startswith(f"low:{company.account}:5:"))
		self.spend(company)
		self.follow()
		self.assertEqual(1, len(self.kept(company)))
		self.spend(company, 3)
		self.follow()
		self.assertEqual([5, 1], [int(one.notice_key.split(":")[2]) for one in self.kept(company)])
		self.grant(company.account, 9)
		self.follow()
		self.spend(company, 5)
		self.follow()
		self.assertEqual(3, len(self.kept(company)))
		frappe.db.set_value("Credit Notice", {"customer": company.name}, "state", "Queued")
		publish()
		self.send(company)
		mails = self.mails(boss.email)
		# The two told before credits came are no longer true; what is true is told.
		self.assertEqual(1, len(mails))
		self.assertIn(f"{company.name}: 5 support credits left", mails[0])
		self.assertEqual([], self.mails(company.person.email))

	def test_whoever_starts_with_little_has_not_fallen_to_it(self) -> None:
		company, _boss = self.led(3)
		self.assertEqual([], self.kept(company))
		self.spend(company, 2)
		self.follow()
		self.assertEqual(["Low balance"], self.kinds(company))

	def test_a_fall_and_a_grant_between_two_runs_are_both_seen(self) -> None:
		company, _boss = self.led(6)
		self.spend(company, 2)
		self.follow()
		self.grant(company.account, 4)
		self.spend(company, 4)
		self.follow()
		self.assertEqual(2, len(self.kept(company, "Low balance")))

	def test_credits_that_end_are_a_fall_too(self) -> None:
		company, boss = self.led()
		self.grant(company.account, 8, months=1)
		self.follow()
		self.verified.remove(company.account)  # its last entry is of a day to come
		with later(days=40):
			grants.expire_account(company.account)
			self.follow()
			self.assertEqual(["Expired", "Low balance"], self.kinds(company))
			self.send(company)
		self.assertEqual(2, len(self.mails(boss.email)))

	def test_other_thresholds_hold_from_the_next_fall_on(self) -> None:
		company, _boss = self.led(4)
		with self.site_settings(low_balance_at="3"):
			self.spend(company)
			self.follow()
			self.assertEqual(3, frappe.parse_json(self.only(company, "Low balance").details)["threshold"])
		with self.site_settings(low_balance_at=""):
			self.spend(company, 3)
			self.follow()
		self.assertEqual(1, len(self.kept(company)))

	def test_the_desk_tells_the_providers_managers(self) -> None:
		company, _boss = self.led(6)
		manager()
		self.spend(company)
		self.follow()
		told = self.notifications(self.only(company, "Low balance").name)
		self.assertIn(manager().user, {one.for_user for one in told})
		self.assertIn(f"{company.name} is running out of support credits: 5 left.", told[0].subject)


class TestTickets(NoticeCase):
	def test_a_receipt_comes_only_where_it_is_wanted_and_to_who_raised_the_ticket(self) -> None:
		company, boss = self.led(10)
		self.spend(company)
		self.follow()
		self.assertEqual([], self.kept(company))
		self.choose("Charged", by_mail=True)
		ticket = self.spend(company)
		self.follow()
		self.send(company)
		[mail] = self.mails(company.person.email)
		self.assertIn(f"Ticket {ticket}: 1 support credits charged", mail)
		self.assertEqual([], self.mails(boss.email))

	def test_a_refund_says_how_much_and_why(self) -> None:
		company, _boss = self.led(10)
		ticket, reason = self.spend(company), make.exemption_reason()
		publish()
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.follow()
		self.send(company)
		[mail] = self.mails(company.person.email)
		label = frappe.db.get_value("Exemption Reason", reason, "label")
		self.assertIn(f"Ticket {ticket}: 1 support credits given back", mail)
		self.assertIn(label, mail)

	def test_who_left_is_not_told_of_his_ticket_the_managers_are(self) -> None:
		company, boss = self.led(10)
		ticket, reason = self.spend(company), make.exemption_reason()
		doc = frappe.get_doc("HD Customer", company.name)
		doc.set("contacts", [{"contact_name": boss.contact, "is_manager": 1}])
		doc.save()
		publish()
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.follow()
		self.send(company)
		self.assertEqual([], self.mails(company.person.email))
		self.assertEqual(1, len(self.mails(boss.email)))

	def test_a_released_ticket_is_told_once_when_it_goes_on(self) -> None:
		company, _boss = self.led(0, portal_policy="Park")
		ticket = self.spend(company)
		self.grant(company.account, 1)
		jobs.finish_releases()
		jobs.finish_releases()
		self.follow()
		self.assertEqual(["Released"], self.kinds(company))
		self.send(company)
		[mail] = self.mails(company.person.email)
		self.assertIn(f"Ticket {ticket} no longer waits for credits", mail)
		self.assert_incident(ticket, "Charged", 1)

	def test_an_overdraft_that_new_credits_meet_is_nothing_given_back(self) -> None:
		company, _boss = self.led(0, portal_policy="Overdraw", overdraft_limit=3)
		self.choose("Charged", by_mail=True)
		self.spend(company)
		self.grant(company.account, 3)
		self.follow()
		self.assertEqual(["Charged"], self.kinds(company))

	def test_a_merged_account_is_followed_to_its_new_customer(self) -> None:
		company, _boss = self.led(6)
		other, _other_boss = self.led(9)
		self.choose("Charged", by_mail=False, in_desk=True)
		self.spend(company)
		frappe.rename_doc("HD Customer", company.name, other.name, merge=True)
		self.follow()
		self.assertEqual(["Charged"], self.kinds(other))


class TestOnce(NoticeCase):
	def test_however_many_run_at_once_each_is_kept_and_sent_once(self) -> None:
		company, boss = self.led(6)
		self.leave_what_is_due()
		self.spend(company)
		self.assertEqual(["done"] * 5, all_at_once(FOLLOW, [{}] * 5))
		self.only(company, "Low balance")
		self.assertEqual(["done"] * 5, all_at_once(SEND, [{}] * 5))
		self.assertEqual("Sent", self.only(company, "Low balance").state)
		self.assertEqual(1, len(self.mails(boss.email)))

	def test_killed_before_it_commits_nothing_is_lost_and_nothing_is_told_twice(self) -> None:
		company, boss = self.led(6)
		self.choose("Low balance", by_mail=False, in_desk=True)  # no job of the bench is to send it meanwhile
		self.spend(company)
		killed_after("support_credits.ledger.notice_jobs.follow_account", name=company.account)
		self.assertEqual([], self.kept(company))
		self.follow()
		self.requeue(company, "Low balance")
		row = self.only(company, "Low balance")
		killed_after("support_credits.mail.notices.send", name=row.name, sender=self.sender)
		self.assertEqual([], self.mails(boss.email))
		self.assertEqual("Queued", self.only(company, "Low balance").state)
		self.assertTrue(letters.send(row.name, self.sender))
		self.assertFalse(letters.send(row.name, self.sender))
		publish()
		self.assertEqual(1, len(self.mails(boss.email)))

	def test_without_an_account_that_sends_it_stays_queued_and_the_ticket_is_charged(self) -> None:
		company, boss = self.led(6)
		before, frappe.flags.mute_emails = frappe.flags.mute_emails, False
		try:
			self.close_mailbox()
			frappe.db.sql("UPDATE `tabEmail Account` SET enable_outgoing = 0")
			publish()
			self.spend(company)
			self.follow()
			self.assertEqual(0, letters.send_due())
		finally:
			frappe.flags.mute_emails = before
		self.assertEqual("Queued", self.only(company, "Low balance").state)
		self.assertEqual([], self.mails(boss.email))
		self.assert_balance(company.account, 5)

	def test_what_waited_for_a_month_is_no_news_any_more(self) -> None:
		company, boss = self.led(6)
		self.choose("Low balance", by_mail=False, in_desk=True)
		self.spend(company)
		self.follow()
		row = self.only(company, "Low balance")
		frappe.db.set_value(
			"Credit Notice", row.name, {"state": "Queued", "noted_at_utc": "2026-01-01T00:00:00.000000Z"}
		)
		self.assertFalse(letters.send(row.name, self.sender))
		publish()
		row = self.only(company, "Low balance")
		self.assertEqual(
			("Skipped", "It could not be sent in time and is no news any more."), (row.state, row.note)
		)
		self.assertEqual([], self.mails(boss.email))

	def test_an_account_that_was_there_before_is_told_nothing_of_its_past(self) -> None:
		from support_credits.patches import notices_from_now_on

		company = self.company(6)
		self.spend(company)
		notices_from_now_on.execute()
		self.follow()
		self.assertEqual([], self.kept(company))

	def test_nobody_writes_one_by_hand(self) -> None:
		company, _boss = self.led(6)
		self.spend(company)
		self.follow()
		doc = frappe.get_doc("Credit Notice", self.only(company, "Low balance").name)
		for act in (doc.save, doc.delete, lambda: doc.db_set("state", "Queued")):
			with self.assertRaises(frappe.ValidationError):
				act()

	def test_the_customer_and_the_ticket_it_was_about_can_be_deleted(self) -> None:
		from support_credits.engine.notice import Kind
		from support_credits.ledger import notices

		customer = make.customer(label="Gone")
		notices.note(notices.Notice(Kind.SESSION, make.unique_code("key"), customer))
		frappe.delete_doc("HD Customer", customer)
		self.assertFalse(frappe.db.exists("HD Customer", customer))


class TestExpired(NoticeCase):
	def test_lots_that_ended_together_are_one_notice_with_their_last_day(self) -> None:
		company, boss = self.led()
		make.expired_credits(company.account, 2)
		make.expired_credits(company.account, 3)
		publish()
		grants.expire_account(company.account)
		self.follow()
		lot = frappe.get_all("Credit Lot", {"account": company.account}, ["expires_on"])[0]
		self.send(company)
		[mail] = self.mails(boss.email)
		self.assertIn("5 support credits have expired", mail)
		self.assertIn(frappe.utils.formatdate(lot.expires_on), mail)

	def test_what_ended_long_ago_and_was_imported_is_no_news(self) -> None:
		company, _boss = self.led()
		make.expired_credits(company.account, 2, days_ago=200)
		publish()
		grants.expire_account(company.account)
		self.follow()
		self.assertEqual([], self.kept(company))
