"""Nobody buys a faster answer or weekend hours with a menu: the severity that counts is an agent's word, or what the tier allows."""

from __future__ import annotations

from datetime import datetime

import frappe

from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.ledger import clock, responses
from support_credits.tests import factories as make
from support_credits.tests import server
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase, value
from support_credits.tests.server import Answer, Portal

WEEKEND = ("saturday", "sunday", "on_holidays")


class SeverityCase(HttpTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		severe = make.hours("00:00", "24:00", *make.WORKDAYS, *WEEKEND, from_severity="Urgent")
		# A minute a week for all, so that whenever the suite runs the severe are answered much sooner.
		cls.hours = make.support_calendar(make.hours("12:00", "12:01", "monday"), severe)
		cls.tier = make.tier(calendar=cls.hours, promise_value=1, promise_unit="covered hours", aim_value=1)
		publish()

	def member(self, **fields: object) -> tuple[make.Company, Portal]:
		company = self.company(5, tier=fields.pop("tier", self.tier), **fields)
		return company, Portal(company.person)

	def open(self, portal: Portal, **fields: object) -> str:
		return self.assert_ok(portal.new(**fields)).ticket

	def decided(self, ticket: str) -> tuple[str, str, object]:
		"""What counts, when the incident is due, and what Helpdesk shows."""
		look_again()
		incident = make.incident_of(ticket)
		return incident.severity, incident.due_at_utc, value(ticket, "response_by")

	def hours_until_due(self, ticket: str) -> float:
		due: datetime = parse_stamp(self.decided(ticket)[1])
		return (due - clock.now()).total_seconds() / 3600


class TestCustomers(SeverityCase):
	def test_a_customer_who_says_urgent_is_answered_like_anybody(self) -> None:
		_company, portal = self.member()
		plain, loud = self.open(portal), self.open(portal, priority="Urgent")
		self.assertEqual("Urgent", value(loud, "priority"), "what he wishes stays readable")
		self.assertEqual(self.decided(plain)[0], self.decided(loud)[0])
		self.assertGreater(self.hours_until_due(loud), 24 * 7 * 50)

	def test_no_way_of_writing_the_priority_later_moves_the_deadline(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal)
		before = self.decided(ticket)
		ways: dict[str, Answer] = {
			"set_value": portal.set_value(ticket, "priority", "Urgent"),
			"PUT": portal.put(ticket, priority="High"),
			"v2": portal.patch_v2(ticket, priority="Urgent"),
			"save": portal.save(ticket, priority="Low"),
			"all marks": portal.put(
				ticket, sc_severity="Urgent", priority="Urgent", response_by="2020-01-01 00:00:00"
			),
			"reply": portal.reply(ticket),
		}
		for way, answer in ways.items():
			with self.subTest(way):
				self.assert_ok(answer)
				self.assertEqual(before, self.decided(ticket))
				self.assertEqual(before[0], value(ticket, "sc_severity"))

	def test_a_tier_may_let_its_customers_say_it_up_to_a_priority(self) -> None:
		allowed = make.tier(
			calendar=self.hours, promise_value=1, promise_unit="covered hours", customer_severity="Urgent"
		)
		publish()
		_company, portal = self.member(tier=allowed)
		ticket = self.open(portal, priority="Urgent")
		self.assertEqual("Urgent", self.decided(ticket)[0])
		self.assertLessEqual(self.hours_until_due(ticket), 1)

	def test_a_customer_cannot_confirm_it(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal, priority="Urgent")
		before = self.decided(ticket)
		answer = portal.incident("confirm_severity", ticket=ticket, severity="Urgent")
		self.assert_refused(answer, "Only agents", "PermissionError", 403)
		self.assertEqual(before, self.decided(ticket))


class TestAgents(SeverityCase):
	def test_an_agents_own_ticket_counts_as_he_says(self) -> None:
		company, _portal = self.member()
		look_again()
		answer = server.agent().new(customer=company.name, priority="Urgent")
		ticket = self.assert_ok(answer).ticket
		self.assertEqual("Urgent", self.decided(ticket)[0])
		self.assertLessEqual(self.hours_until_due(ticket), 1)

	def test_an_agent_who_changes_the_priority_confirms_it_from_then_on(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal)
		self.assert_ok(server.agent().set_value(ticket, "priority", "Urgent"))
		severity, due, shown = self.decided(ticket)
		self.assertEqual(("Urgent", "Urgent"), (severity, value(ticket, "sc_severity")))
		self.assertLessEqual(self.hours_until_due(ticket), 1)
		self.assertEqual(parse_stamp(due).replace(tzinfo=None), shown)
		changes = responses.deadline_of(make.incident_of(ticket)).changes
		self.assertEqual([("Medium", "Urgent")], [(one.before, one.severity) for one in changes])

	def test_an_agent_confirms_what_the_customer_said_already(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal, priority="Urgent")
		answer = self.assert_ok(server.agent().incident("confirm_severity", ticket=ticket, severity="Urgent"))
		self.assertEqual("Urgent", answer.value["severity"])
		self.assertLessEqual(self.hours_until_due(ticket), 1)
		self.assertEqual(1, make.incident_of(ticket).severity_confirmed)

	def test_a_priority_that_does_not_exist_is_refused_with_those_that_do(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal)
		with self.nothing_written():
			answer = server.agent().incident("confirm_severity", ticket=ticket, severity="Panic")
		self.assert_refused(
			answer, "Panic is not a ticket priority. Choose one of:", "DoesNotExistError", 404
		)
		self.assertIn("Urgent", answer.messages)

	def test_a_promise_that_was_missed_already_stays_missed(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal)
		look_again()
		incident = make.incident_of(ticket)
		past = stamp_text(datetime.fromisoformat("2026-01-05T12:00:00+00:00"))
		stored = incident.deadline.replace(incident.due_at_utc, past)
		frappe.db.set_value("Support Incident", incident.name, {"deadline": stored, "due_at_utc": past})
		publish()
		self.assert_ok(server.agent().incident("confirm_severity", ticket=ticket, severity="Urgent"))
		self.assertEqual(("Urgent", past), self.decided(ticket)[:2])

	def test_lowering_it_leaves_what_is_left_under_the_hours_that_count_then(self) -> None:
		company, _portal = self.member()
		look_again()
		ticket = self.assert_ok(server.agent().new(customer=company.name, priority="Urgent")).ticket
		self.assert_ok(server.agent().set_value(ticket, "priority", "Low"))
		self.assertEqual("Low", self.decided(ticket)[0])
		self.assertGreater(self.hours_until_due(ticket), 24 * 7 * 50)

	def test_the_severity_of_a_resolved_ticket_moves_nothing(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal)
		self.assert_ok(server.agent().set_value(ticket, "status", "Resolved"))
		before = self.decided(ticket)[:2]
		self.assert_ok(server.agent().set_value(ticket, "priority", "Urgent"))
		self.assertEqual(before, self.decided(ticket)[:2])

	def test_a_split_confirms_nothing(self) -> None:
		_company, portal = self.member()
		ticket = self.open(portal, priority="Urgent")
		look_again()
		last = frappe.get_all("Communication", {"reference_name": ticket}, pluck="name", limit=1)[0]
		split = "helpdesk.helpdesk.doctype.hd_ticket.api.split_ticket"
		with self.host_settings(skip_email_workflow=1):
			answer = server.agent().call(split, subject="Half", communication_id=last)
		half = str(self.assert_ok(answer).value)
		self.assertEqual(
			(self.decided(ticket)[0], 0), (self.decided(half)[0], make.incident_of(half).severity_confirmed)
		)
