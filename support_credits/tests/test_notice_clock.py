"""What the clock brings: credits that end soon, months of a tier that cannot be paid, hours that were worked, answers that came late."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, time, timedelta, timezone
from unittest.mock import patch

import frappe

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, missed, notice_clock, subscription_jobs, subscriptions
from support_credits.ledger import settings as site
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.crowd import all_at_once
from support_credits.tests.factories import Company
from support_credits.tests.notice_case import NoticeCase, later
from support_credits.tests.server import agent

CLOCK = "support_credits.ledger.notice_clock.look_at_clock"
MISSED = "support_credits.ledger.missed.give_back_missed"


class TestExpiring(NoticeCase):
	def ends(self, lot: str) -> datetime:
		"""Noon of a lot's last day, where the provider is."""
		day = frappe.db.get_value("Credit Lot", lot, "expires_on")
		return datetime.combine(day, time(12), tzinfo=site.provider_zone()).astimezone(timezone.utc)

	def days_before(self, lot: str, days: int) -> AbstractContextManager[object]:
		return patch("support_credits.ledger.clock.now", return_value=self.ends(lot) - timedelta(days=days))

	def look(self) -> None:
		publish()
		notice_clock.look_at_clock()
		look_again()

	def told(self, company: Company) -> list[int]:
		return [frappe.parse_json(row.details)["days"] for row in self.kept(company, "Expiring")]

	def test_on_each_of_the_days_before_once(self) -> None:
		company, boss = self.led()
		lot = self.grant(company.account, 4, months=3)
		for days, told in (
			(31, []),
			(30, [30]),
			(29, [30]),
			(8, [30]),
			(7, [30, 7]),
			(2, [30, 7]),
			(1, [30, 7, 1]),
		):
			with self.subTest(days), self.days_before(lot, days):
				self.look()
				self.look()
				self.assertEqual(told, self.told(company))
		with self.days_before(lot, 1):
			self.send(company)
		mails = self.mails(boss.email)
		self.assertEqual(3, len(mails))
		day = frappe.utils.formatdate(frappe.db.get_value("Credit Lot", lot, "expires_on"))
		self.assertIn(f"4 support credits expire on {day}", mails[0])

	def test_after_a_week_without_jobs_the_nearest_day_alone_is_told(self) -> None:
		company, _boss = self.led()
		lot = self.grant(company.account, 4, months=3)
		with self.days_before(lot, 1):
			self.look()
		with self.days_before(lot, 0):
			self.look()
		self.assertEqual([1], self.told(company))

	def test_lots_that_end_on_one_day_are_told_of_together_and_others_not(self) -> None:
		company, _boss = self.led()
		lot = self.grant(company.account, 4, months=3)
		self.grant(company.account, 2, months=3)
		self.grant(company.account, 9)
		with self.days_before(lot, 7):
			self.look()
		self.assertEqual(6, frappe.parse_json(self.only(company, "Expiring").details)["credits"])

	def test_nobody_is_told_before_half_of_their_time_is_over(self) -> None:
		company, _boss = self.led()
		lot = self.grant(company.account, 4, months=1)
		with self.days_before(lot, 20):
			self.look()
		self.assertEqual([], self.told(company))
		with self.days_before(lot, 7):
			self.look()
		self.assertEqual([7], self.told(company))

	def test_what_was_spent_before_the_mail_could_go_is_not_said_to_expire(self) -> None:
		company, boss = self.led()
		lot = self.grant(company.account, 1, months=3)
		self.choose("Expiring", by_mail=False, in_desk=True)
		with self.days_before(lot, 7):
			self.look()
		self.spend(company)
		self.requeue(company, "Expiring")
		self.send(company)
		row = self.only(company, "Expiring")
		self.assertEqual(("Skipped", "Nothing is left of the credits that end then."), (row.state, row.note))
		self.assertEqual([], self.mails(boss.email))

	def test_other_days_may_be_set_and_none(self) -> None:
		company, _boss = self.led()
		lot = self.grant(company.account, 4, months=3)
		with self.site_settings(expiring_days=""), self.days_before(lot, 7):
			self.look()
		self.assertEqual([], self.told(company))
		with self.site_settings(expiring_days="14"), self.days_before(lot, 13):
			self.look()
		self.assertEqual([14], self.told(company))

	def test_however_many_look_at_once_it_is_kept_once(self) -> None:
		company, _boss = self.led()
		granted = clock.now() - timedelta(days=62)
		self.grant(company.account, 4, months=2, granted_at=granted + timedelta(days=8))
		self.assertEqual(["done"] * 5, all_at_once(CLOCK, [{}] * 5))
		self.only(company, "Expiring")


class TestTiers(NoticeCase):
	def subscribed(self, credits: int) -> tuple[Company, make.Person, str]:
		company, boss = self.led(credits)
		tier = make.tier(credits_per_month=4)
		publish()
		subscriptions.choose(company.account, tier)
		publish()
		self.verified.remove(company.account)  # the tests live in days to come
		return company, boss, tier

	def test_a_month_that_cannot_be_paid_is_told_before_and_at_the_fall_once_each(self) -> None:
		company, boss, tier = self.subscribed(5)
		name = frappe.db.get_value("Support Tier", tier, "tier_name")
		until = frappe.db.get_value("Credit Account", company.account, "subscribed_until")
		noon = datetime.combine(until, time(12), tzinfo=site.provider_zone()).astimezone(timezone.utc)
		for before, kinds in ((5, []), (3, ["Tier notice"]), (1, ["Tier notice"])):
			with patch("support_credits.ledger.clock.now", return_value=noon - timedelta(days=before)):
				notice_clock.look_at_clock()
				self.assertEqual(kinds, [one for one in self.kinds(company) if one.startswith("Tier")])
				self.send(company)
		with patch("support_credits.ledger.clock.now", return_value=noon):
			subscription_jobs.run_due()
			notice_clock.look_at_clock()
			notice_clock.look_at_clock()
			self.assertEqual(
				["Tier fall", "Tier notice"], [one for one in self.kinds(company) if one.startswith("Tier")]
			)
			self.send(company)
		mails = [mail for mail in self.mails(boss.email) if name in mail]
		self.assertIn(f"{name} cannot be paid on {frappe.utils.formatdate(until)}", mails[0])
		self.assertIn(f"{name} could not be paid", mails[1])

	def test_who_can_pay_is_told_nothing(self) -> None:
		company, _boss, _tier = self.subscribed(12)
		with later(days=28):
			notice_clock.look_at_clock()
		self.assertEqual([], [one for one in self.kinds(company) if one.startswith("Tier")])


class TestSessions(NoticeCase):
	def test_what_it_came_to_is_told_once_when_it_is_over(self) -> None:
		company, _boss = self.led(3)
		ticket = self.spend(company)
		values = {
			"name": make.unique_code("ES"), "ticket": ticket, "ticket_no": ticket, "customer": company.name,
			"kind": "Emergency", "state": "Running", "agent": agent().user, "rate": 150, "currency": "USD",
			"step_minutes": 60, "least_minutes": 60, "started_at_utc": stamp_text(clock.now()), "marks": "[]",
		}  # fmt: skip
		from support_credits.ledger import rows

		rows.insert_rows("Emergency Session", [values])
		publish()
		notice_clock.look_at_clock()
		self.assertEqual([], self.kept(company, "Session summary"))
		ended = {
			"state": "Stopped", "stopped_at_utc": stamp_text(clock.now()), "worked_seconds": 5_641,
			"billed_minutes": 120, "amount": 300,
		}  # fmt: skip
		frappe.db.set_value("Emergency Session", values["name"], ended)
		publish()
		notice_clock.look_at_clock()
		notice_clock.look_at_clock()
		self.only(company, "Session summary")
		self.send(company)
		[mail] = [one for one in self.mails(company.person.email) if "Emergency" in one]
		for said in ("Emergency: 2 hours, US$300.00", "95 minutes were worked", f"#{ticket}"):
			self.assertIn(said, mail)


class TestMissedTargets(NoticeCase):
	def setUp(self) -> None:
		super().setUp()
		for name in frappe.get_all("Exemption Reason", {"automatic": "Missed target"}, pluck="name"):
			frappe.db.set_value("Exemption Reason", name, "enabled", 0)
		self.reason = make.exemption_reason(automatic="Missed target")
		publish()

	def late(self, hours: int = 1, **fields: object) -> tuple[Company, make.Person, str]:
		"""A ticket whose first response was due so many hours ago."""
		company, boss = self.led(10)
		ticket = self.spend(company)
		self.set_due(ticket, stamp_text(clock.now() - timedelta(hours=hours)))
		self.addCleanup(self.set_due, ticket, None)  # no figure of the whole site has to explain it
		return company, boss, ticket

	@staticmethod
	def set_due(ticket: str, due: str | None) -> None:
		look_again()
		frappe.db.set_value("Support Incident", {"ticket": ticket}, "due_at_utc", due)
		publish()

	def give_back(self) -> None:
		publish()
		missed.give_back_missed()
		look_again()

	def switched_on(self, days_ago: int = 2) -> AbstractContextManager[None]:
		since = stamp_text(clock.now() - timedelta(days=days_ago))
		return self.since(since)

	def since(self, stamp: str) -> AbstractContextManager[None]:
		from contextlib import contextmanager

		@contextmanager
		def on():
			with self.site_settings(missed_target_credit=1):
				frappe.db.set_single_value("Support Credits Settings", "missed_target_since_utc", stamp)
				publish()
				yield

		return on()

	def test_off_as_it_is_by_default_nothing_is_given_back(self) -> None:
		company, _boss, ticket = self.late()
		self.give_back()
		self.assert_incident(ticket, "Charged", 1)
		self.assertEqual([], self.kept(company, "Missed target"))

	def test_on_the_credits_come_back_once_with_one_mail_that_says_why(self) -> None:
		company, _boss, ticket = self.late()
		with self.switched_on():
			self.give_back()
			self.give_back()
		self.assert_incident(ticket, "Exempt", 0, exemption=self.reason)
		self.assert_balance(company.account, 10)
		self.follow()
		self.assertEqual(["Missed target"], self.kinds(company))
		self.send(company)
		[mail] = self.mails(company.person.email)
		self.assertIn(f"Ticket {ticket}: we were late, 1 support credits given back", mail)

	def test_a_manager_who_takes_it_back_is_not_overruled(self) -> None:
		company, _boss, ticket = self.late()
		with self.switched_on():
			self.give_back()
			self.assert_ok(agent().incident("unexempt", ticket=ticket))
			due = stamp_text(clock.now() - timedelta(hours=1))
			frappe.db.set_value("Support Incident", {"ticket": ticket}, "due_at_utc", due)
			self.give_back()
		self.assert_incident(ticket, "Charged", 1)
		self.assert_balance(company.account, 9)

	def test_answered_in_time_or_due_before_it_was_switched_on_is_not_missed(self) -> None:
		_company, _boss, in_time = self.late(hours=2)
		answered = site.on_site_wall(clock.now() - timedelta(hours=3))
		frappe.db.set_value("HD Ticket", in_time, "first_responded_on", answered)
		_other, _other_boss, old = self.late(hours=30)
		with self.switched_on(days_ago=1):
			self.give_back()
		self.assert_incident(in_time, "Charged", 1)
		self.assert_incident(old, "Charged", 1)

	def test_answered_after_the_target_it_is(self) -> None:
		_company, _boss, ticket = self.late(hours=2)
		frappe.db.set_value(
			"HD Ticket", ticket, "first_responded_on", site.on_site_wall(clock.now() - timedelta(hours=1))
		)
		with self.switched_on():
			self.give_back()
		self.assert_incident(ticket, "Exempt", 0)

	def test_however_many_run_at_once_it_is_given_back_once(self) -> None:
		company, _boss, ticket = self.late()
		with self.switched_on():
			self.assertEqual(["done"] * 4, all_at_once(MISSED, [{}] * 4))
		self.assert_incident(ticket, "Exempt", 0)
		self.assert_balance(company.account, 10)

	def test_it_cannot_be_switched_on_without_a_reason_for_it(self) -> None:
		frappe.db.set_value("Exemption Reason", self.reason, "enabled", 0)
		publish()
		doc = frappe.get_doc("Support Credits Settings")
		doc.missed_target_credit = 1
		with self.assertRaises(frappe.ValidationError) as caught:
			doc.save()
		self.assertIn(
			"no enabled Exemption Reason that applies by itself to a missed target", str(caught.exception)
		)

	def test_switching_it_on_notes_since_when(self) -> None:
		before = stamp_text(clock.now())
		with self.site_settings(missed_target_credit=1):
			self.assertLessEqual(
				before, frappe.db.get_single_value("Support Credits Settings", "missed_target_since_utc")
			)
