"""A ticket that waits for credits: nothing the host does wakes it, a grant does, and its customer may withdraw it."""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe
from frappe.utils import add_to_date, now_datetime
from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import update_sla_status_in_ticket

from support_credits.ledger import jobs
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish, start_clean
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Portal, agent, manager


class ParkingCase(HttpTestCase):
	def waiting(self, count: int = 1) -> tuple[Company, Portal, list[str]]:
		"""A company without credits whose tickets wait."""
		company = self.company(0, portal_policy="Park")
		portal = Portal(company.person)
		return company, portal, [self.assert_ok(portal.new()).ticket for _number in range(count)]

	def assert_waiting(self, ticket: str) -> None:
		self.assert_incident(ticket, "Parked")
		self.assertEqual(
			(PARKED_STATUS, "Paused"), (value(ticket, "status"), value(ticket, "status_category"))
		)
		self.assertIsNone(value(ticket, "first_responded_on"))
		self.assertEqual("Paused", value(ticket, "agreement_status"))
		for field in ("response_by", "resolution_by"):
			self.assertGreater(value(ticket, field), now_datetime() + timedelta(days=365))

	def work_off_jobs(self) -> None:
		"""What the background worker does after the commit."""
		publish()
		jobs.finish_releases()
		start_clean()


class TestHolds(ParkingCase):
	def test_a_new_ticket_that_waits_shows_no_breach(self) -> None:
		_company, _portal, [ticket] = self.waiting()
		self.assert_waiting(ticket)

	def test_the_customers_reply_does_not_wake_it(self) -> None:
		_company, portal, [ticket] = self.waiting()
		self.assert_ok(portal.reply(ticket))
		self.assert_waiting(ticket)

	def test_the_agents_reply_neither_wakes_it_nor_counts_as_the_first_response(self) -> None:
		_company, _portal, [ticket] = self.waiting()
		with self.host_settings(skip_email_workflow=1):
			self.assert_ok(agent().agent_reply(ticket))
		self.assert_waiting(ticket)
		self.assertIsNotNone(value(ticket, "last_agent_response"))

	def test_an_agent_who_sets_it_open_or_replied_finds_it_waiting_again(self) -> None:
		_company, _portal, [ticket] = self.waiting()
		for status in ("Open", "Replied"):
			for change in (
				agent().set_value,
				lambda name, field, status: agent().save(name, **{field: status}),
			):
				self.assert_ok(change(ticket, "status", status))
				self.assert_waiting(ticket)

	def test_the_hourly_job_does_not_touch_it(self) -> None:
		_company, _portal, [ticket] = self.waiting()
		before = value(ticket, "modified")
		update_sla_status_in_ticket()
		publish()
		self.assert_waiting(ticket)
		self.assertEqual(before, value(ticket, "modified"))

	def test_the_customer_cannot_wake_it_by_writing_its_status_or_marks(self) -> None:
		company, portal, [ticket] = self.waiting()
		fields = {"status": "Open", "status_category": "Open", "sc_state": "Charged", "sc_credits": 1}
		for change in (lambda: portal.set_value(ticket, fields), lambda: portal.put(ticket, **fields)):
			self.assert_ok(change())
			self.assert_waiting(ticket)
		self.assertEqual([], kinds(company.account))


class TestReleases(ParkingCase):
	def test_a_grant_releases_the_oldest_first_and_as_many_as_it_pays(self) -> None:
		company, _portal, tickets = self.waiting(3)
		answer = manager().account("grant", customer=company.name, credits=2, reason="Bought by phone")
		self.assertEqual(2, len(self.assert_ok(answer).value["released"]))
		self.work_off_jobs()
		for ticket in tickets[:2]:
			self.assert_incident(ticket, "Charged", 1)
			self.assertEqual("Open", value(ticket, "status"))
		self.assert_waiting(tickets[2])
		self.assertEqual([("Grant", 2), ("Charge", -1), ("Charge", -1)], kinds(company.account))

	def test_the_clock_and_the_first_response_start_at_the_release(self) -> None:
		company, _portal, [ticket] = self.waiting()
		self.age(ticket, days=30)
		with self.host_settings(skip_email_workflow=1):
			self.assert_ok(agent().agent_reply(ticket))
		released_at = now_datetime()
		self.grant(company.account, 1)
		self.work_off_jobs()
		self.assertIsNone(value(ticket, "first_responded_on"))
		self.assertGreaterEqual(value(ticket, "service_level_agreement_creation"), released_at)
		self.assertGreater(value(ticket, "response_by"), released_at)
		self.assertLess(value(ticket, "response_by"), released_at + timedelta(days=30))
		self.assertNotIn(value(ticket, "agreement_status"), ("Failed", "Paused"))

	def test_after_the_release_it_is_a_ticket_like_any_other(self) -> None:
		company, portal, [ticket] = self.waiting()
		self.grant(company.account, 1)
		self.work_off_jobs()
		self.assert_ok(agent().set_value(ticket, "status", "Replied"))
		self.assertEqual("Replied", value(ticket, "status"))
		self.assert_ok(portal.reply(ticket))
		self.assertEqual("Open", value(ticket, "status"))
		self.assert_incident(ticket, "Charged", 1)

	def test_a_release_that_nobody_finished_is_finished_by_the_next_run_once(self) -> None:
		company, _portal, [ticket] = self.waiting()
		self.grant(company.account, 1)
		look_again()
		self.assertEqual(
			(PARKED_STATUS, 1), (value(ticket, "status"), make.incident_of(ticket).ticket_update_due)
		)
		self.work_off_jobs()
		self.assertEqual(0, make.incident_of(ticket).ticket_update_due)
		modified = value(ticket, "modified")
		self.work_off_jobs()
		self.assertEqual(modified, value(ticket, "modified"))

	def test_a_reply_between_the_grant_and_the_job_loses_nothing(self) -> None:
		company, portal, [ticket] = self.waiting()
		self.grant(company.account, 1)
		self.assert_ok(portal.reply(ticket))
		self.work_off_jobs()
		self.assert_incident(ticket, "Charged", 1)
		self.assertEqual("Open", value(ticket, "status"))

	def test_an_agent_releases_one_before_its_turn(self) -> None:
		company, _portal, tickets = self.waiting(2)
		frappe.get_doc("Credit Account", company.account).update({"tier": make.tier(2)}).save()
		self.grant(company.account, 1)
		frappe.get_doc("Credit Account", company.account).update({"tier": None}).save()
		publish()
		self.assert_ok(agent().incident("release", ticket=tickets[1]))
		self.work_off_jobs()
		self.assert_incident(tickets[1], "Charged", 1)
		self.assert_waiting(tickets[0])

	def test_without_credits_an_agents_release_is_refused_with_the_balance(self) -> None:
		_company, _portal, [ticket] = self.waiting()
		with self.nothing_written():
			answer = agent().incident("release", ticket=ticket)
			self.assert_refused(answer, "cannot be released: the balance is 0", "WrongState")

	def test_a_voided_or_expired_grant_releases_nothing(self) -> None:
		company, _portal, [ticket] = self.waiting()
		make.expired_credits(company.account, 2)
		self.work_off_jobs()
		self.assert_waiting(ticket)

	def age(self, ticket: str, days: int) -> None:
		"""As if the ticket had come in some days earlier."""
		then: datetime = add_to_date(now_datetime(), days=-days)
		fields = {"creation": then, "opening_date": then.date(), "service_level_agreement_creation": then}
		frappe.db.set_value("HD Ticket", ticket, fields, update_modified=False)
		publish()


class TestWithdrawn(ParkingCase):
	def test_the_customer_closes_a_waiting_ticket_and_a_later_grant_leaves_it_alone(self) -> None:
		company, portal, [ticket] = self.waiting()
		self.assert_ok(portal.set_value(ticket, "status", "Closed"))
		self.assert_incident(ticket, "Withdrawn")
		self.assertEqual("Closed", value(ticket, "status"))
		self.grant(company.account, 1)
		self.work_off_jobs()
		self.assert_incident(ticket, "Withdrawn")
		self.assert_balance(company.account, 1)

	def test_the_next_in_the_queue_takes_its_place(self) -> None:
		company, portal, tickets = self.waiting(2)
		self.assert_ok(portal.set_value(tickets[0], "status", "Resolved"))
		self.grant(company.account, 1)
		self.work_off_jobs()
		self.assert_incident(tickets[0], "Withdrawn")
		self.assert_incident(tickets[1], "Charged", 1)

	def test_reopened_it_pays_like_a_new_one(self) -> None:
		company, portal, [ticket] = self.waiting()
		self.assert_ok(portal.set_value(ticket, "status", "Resolved"))
		self.grant(company.account, 1)
		self.assert_ok(portal.reply(ticket))
		self.assert_incident(ticket, "Charged", 1)
		self.assertEqual("Open", value(ticket, "status"))
		self.assert_balance(company.account, 0)

	def test_reopened_without_credits_it_waits_again_and_is_paid_once_by_the_next_grant(self) -> None:
		company, portal, [ticket] = self.waiting()
		self.assert_ok(portal.set_value(ticket, "status", "Resolved"))
		self.assert_ok(portal.reply(ticket))
		self.assert_waiting(ticket)
		self.grant(company.account, 2)
		self.work_off_jobs()
		self.assert_incident(ticket, "Charged", 1)
		self.assert_balance(company.account, 1)

	def test_closed_and_reopened_again_and_again_it_costs_one_credit_in_all(self) -> None:
		company, portal, [ticket] = self.waiting()
		for _round in range(2):
			self.assert_ok(portal.set_value(ticket, "status", "Resolved"))
			self.assert_ok(portal.reply(ticket))
		self.grant(company.account, 3)
		self.work_off_jobs()
		for status in ("Resolved", "Open"):
			self.assert_ok(agent().set_value(ticket, "status", status))
		self.assert_incident(ticket, "Charged", 1)
		self.assert_balance(company.account, 2)


class TestAgentsPark(ParkingCase):
	def test_an_agent_parks_what_was_accepted_uncharged(self) -> None:
		company = self.company(0, portal_policy="Best effort")
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_ok(agent().incident("park", ticket=ticket))
		self.assert_waiting(ticket)
		self.grant(company.account, 1)
		self.work_off_jobs()
		self.assert_incident(ticket, "Charged", 1)

	def test_a_charged_ticket_has_nothing_to_wait_for(self) -> None:
		company = self.company(1)
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		with self.nothing_written():
			answer = agent().incident("park", ticket=ticket)
			self.assert_refused(answer, "that cannot be done to it", "WrongState")
