"""A resolved ticket opens again: within the window the same incident, later a new one (design rule 12)."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import now_datetime
from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import close_tickets_after_n_days

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, corrections
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Portal, agent

LATE = 9  # days: past the window of 7 in every time zone


class ReopenCase(HttpTestCase):
	def resolved(
		self, credits: int = 1, days_ago: int = LATE, **fields: object
	) -> tuple[Company, Portal, str]:
		"""A charged ticket that an agent resolved so many days ago; ``credits`` are left after it."""
		company = self.company(credits + 1, **fields)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		self.resolve_days_ago(ticket, days_ago)
		return company, portal, ticket

	def resolve_days_ago(self, ticket: str, days: int) -> None:
		look_again()
		incident = make.incident_of(ticket)
		if incident:
			stamp = stamp_text(clock.now() - timedelta(days=days))
			frappe.db.set_value("Support Incident", incident.name, "resolved_at_utc", stamp)
		frappe.db.set_value("HD Ticket", ticket, "resolution_date", now_datetime() - timedelta(days=days))
		publish()

	def assert_new_incident(
		self, company: Company, ticket: str, state: str = "Charged", credits: int = 1
	) -> None:
		"""The ticket's incident follows the first one, which keeps its charge and is no longer the ticket's."""
		incident = self.assert_incident(ticket, state, credits, account=company.account)
		first = frappe.get_doc("Support Incident", incident.follows)
		self.assertEqual(
			("Charged", 1, incident.name, None), (first.state, first.credits, first.followed_by, first.ticket)
		)
		charges = [one for one in kinds(company.account) if one[0] == "Charge"]
		self.assertEqual([("Charge", -1)] * (1 + bool(credits)), charges)

	def assert_same_incident(self, company: Company, ticket: str) -> None:
		self.assertEqual("", self.assert_incident(ticket, "Charged", 1).follows)
		self.assertEqual(1, len([one for one in kinds(company.account) if one[0] == "Charge"]))


class TestWithinTheWindow(ReopenCase):
	def test_the_customers_reply_reopens_the_same_incident(self) -> None:
		company, portal, ticket = self.resolved(days_ago=3)
		self.assert_ok(portal.reply(ticket))
		self.assertEqual("Open", value(ticket, "status"))
		self.assert_same_incident(company, ticket)

	def test_setting_the_status_reopens_the_same_incident(self) -> None:
		company, portal, ticket = self.resolved(days_ago=3)
		self.assert_ok(portal.set_value(ticket, "status", "Open"))
		self.assert_same_incident(company, ticket)

	def test_a_customer_who_closes_it_himself_starts_no_new_window(self) -> None:
		company, portal, ticket = self.resolved(days_ago=6)
		self.assert_ok(portal.reply(ticket))
		before = make.incident_of(ticket).resolved_at_utc
		self.assert_ok(portal.set_value(ticket, "status", "Resolved"))
		self.assertEqual(before, self.assert_incident(ticket, "Charged", 1).resolved_at_utc)
		self.assert_same_incident(company, ticket)

	def test_an_agents_answer_that_he_makes_up_starts_none_either(self) -> None:
		company, portal, ticket = self.resolved(days_ago=6)
		self.assert_ok(portal.reply(ticket))
		before = make.incident_of(ticket).resolved_at_utc
		answered = {"last_agent_response": "2030-01-01 00:00:00"}
		self.assert_ok(portal.set_value(ticket, {"status": "Resolved", **answered}))
		self.assert_ok(portal.set_value(ticket, answered))
		self.assertIsNone(value(ticket, "last_agent_response"))
		self.assertEqual(before, self.assert_incident(ticket, "Charged", 1).resolved_at_utc)
		self.assert_same_incident(company, ticket)

	def test_an_agent_who_resolves_it_again_starts_a_new_window(self) -> None:
		_company, portal, ticket = self.resolved(days_ago=6)
		self.assert_ok(portal.reply(ticket))
		before = make.incident_of(ticket).resolved_at_utc
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		self.assertGreater(self.assert_incident(ticket, "Charged", 1).resolved_at_utc, before)


class TestAtTheSameMoment(ReopenCase):
	def test_an_exemption_that_meets_a_late_reopening_starts_again_and_excuses_the_new_incident(self) -> None:
		company, portal, ticket = self.resolved(credits=1)
		reason = make.exemption_reason()
		publish()
		frappe.db.sql(
			"SELECT name FROM `tabSupport Incident` LIMIT 1"
		)  # what an agent's request has looked at
		self.assertEqual(200, portal.set_value(ticket, "status", "Open").status)
		with self.assertRaises(frappe.QueryDeadlockError) as caught:
			corrections.exempt(ticket, reason)
		self.assertIn(f"Ticket {ticket} was reopened at this moment", str(caught.exception))
		look_again()
		self.assert_new_incident(company, ticket)
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		found = self.assert_incident(ticket, "Exempt", 0)
		self.assertEqual(
			("Charged", 1), frappe.db.get_value("Support Incident", found.follows, ["state", "credits"])
		)
		self.assert_balance(company.account, 1)


class TestLater(ReopenCase):
	def test_the_customers_reply_is_a_new_incident_with_a_clock_of_its_own(self) -> None:
		company, portal, ticket = self.resolved(credits=1)
		opened_at = now_datetime()
		self.assert_ok(portal.reply(ticket))
		self.assert_new_incident(company, ticket)
		self.assert_balance(company.account, 0)
		self.assertEqual("Open", value(ticket, "status"))
		self.assertGreaterEqual(value(ticket, "service_level_agreement_creation"), opened_at)
		# The days it was closed are not a hold: they would put the new deadline off by as much.
		self.assertEqual(0, value(ticket, "total_hold_time") or 0)
		self.assertLess(value(ticket, "resolution_by"), opened_at + timedelta(days=LATE))

	def test_setting_the_status_is_a_new_incident_whoever_does_it(self) -> None:
		for who in ("customer", "agent"):
			with self.subTest(who):
				company, portal, ticket = self.resolved(credits=1)
				someone = portal if who == "customer" else agent()
				self.assert_ok(someone.set_value(ticket, "status", "Open"))
				self.assert_new_incident(company, ticket)

	def test_the_timeline_says_so(self) -> None:
		_company, portal, ticket = self.resolved(credits=1)
		self.assert_ok(portal.reply(ticket))
		look_again()
		said = frappe.get_all("HD Ticket Activity", {"ticket": ticket}, pluck="action")
		self.assertTrue([line for line in said if "new incident" in line and "charged" in line], said)

	def test_without_credits_the_portal_refuses_and_nothing_is_changed(self) -> None:
		_company, portal, ticket = self.resolved(credits=0)
		for change in (lambda: portal.reply(ticket), lambda: portal.set_value(ticket, "status", "Open")):
			with self.nothing_written():
				self.assert_refused(change(), "Not enough support credits: this ticket needs 1")
			self.assertEqual("Resolved", value(ticket, "status"))
			self.assert_incident(ticket, "Charged", 1)

	def test_without_credits_an_agents_reopening_waits(self) -> None:
		company, _portal, ticket = self.resolved(credits=0)
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_new_incident(company, ticket, "Parked", 0)
		self.assertEqual(PARKED_STATUS, value(ticket, "status"))

	def test_an_agents_answer_to_a_resolved_ticket_costs_nothing(self) -> None:
		company, _portal, ticket = self.resolved(credits=1)
		with self.host_settings(skip_email_workflow=1, auto_update_status=1, update_status_to="Replied"):
			self.assert_ok(agent().agent_reply(ticket, "Does it still work?"))
		self.assertEqual("Replied", value(ticket, "status"))
		self.assert_same_incident(company, ticket)

	def test_each_late_reopening_is_one_more_incident(self) -> None:
		company, portal, ticket = self.resolved(credits=2)
		for _again in range(2):
			self.assert_ok(portal.reply(ticket))
			self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
			self.resolve_days_ago(ticket, LATE)
		self.assertEqual([("Grant", 3)] + [("Charge", -1)] * 3, kinds(company.account))
		self.assertEqual(3, frappe.db.count("Support Incident", {"ticket_no": ticket}))

	def test_exempting_it_gives_back_the_new_charge_alone(self) -> None:
		company, portal, ticket = self.resolved(credits=1)
		reason = make.exemption_reason()
		publish()
		self.assert_ok(portal.reply(ticket))
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assert_balance(company.account, 1)
		self.assert_ok(agent().incident("unexempt", ticket=ticket))
		self.assert_balance(company.account, 0)

	def test_a_ticket_that_was_excused_is_no_free_ticket_for_ever(self) -> None:
		company, portal, ticket = self.resolved(credits=0)
		reason = make.exemption_reason()
		publish()
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assert_ok(portal.reply(ticket))
		self.assert_incident(ticket, "Charged", 1)
		self.assert_balance(company.account, 0)

	def test_a_ticket_older_than_the_account_is_no_free_ticket_for_ever(self) -> None:
		someone = make.portal_user()
		name = make.customer(someone)
		publish()
		portal = Portal(someone)
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		account = make.account(name, 1)
		publish()
		self.resolve_days_ago(ticket, LATE)
		# He may write the host's own note of when it was resolved; it is put back.
		self.assert_ok(portal.set_value(ticket, "resolution_date", str(now_datetime())))
		self.assert_ok(portal.reply(ticket))
		self.assert_incident(ticket, "Charged", 1, account=account, follows="")
		self.assert_balance(account, 0)

	def test_a_ticket_the_host_closed_by_itself_has_a_window_too(self) -> None:
		company = self.company(2)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		old = now_datetime() - timedelta(days=30)
		frappe.db.sql(
			"UPDATE `tabCommunication` SET communication_date = %s WHERE reference_name = %s", (old, ticket)
		)
		publish()
		self.assert_ok(agent().set_value(ticket, "status", "Replied"))
		with self.host_settings(auto_close_tickets=1, auto_close_status="Replied", auto_close_after_days=10):
			close_tickets_after_n_days()
			publish()
		self.assertEqual("Closed", value(ticket, "status"))
		self.assertTrue(make.incident_of(ticket).resolved_at_utc)
		self.resolve_days_ago(ticket, LATE)
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_new_incident(company, ticket)

	def test_an_earlier_charge_keeps_the_ticket_from_being_deleted(self) -> None:
		_company, portal, ticket = self.resolved(credits=1)
		reason = make.exemption_reason()
		publish()
		self.assert_ok(portal.reply(ticket))
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		look_again()
		with self.assertRaisesRegex(frappe.ValidationError, "was charged 1 credit.s. before it was reopened"):
			frappe.delete_doc("HD Ticket", ticket, force=True)
		look_again()
		self.assertTrue(frappe.db.exists("HD Ticket", ticket))

	def test_a_customer_who_uses_no_credits_reopens_as_ever(self) -> None:
		someone = make.portal_user()
		make.customer(someone)
		publish()
		portal = Portal(someone)
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		self.resolve_days_ago(ticket, 400)
		self.assert_ok(portal.reply(ticket))
		self.assert_untouched(ticket)


class TestAskingForANewTicket(ReopenCase):
	def test_a_customer_is_told_to_open_a_new_one_and_nothing_is_changed(self) -> None:
		_company, portal, ticket = self.resolved(credits=1)
		with self.site_settings(late_reopen="Ask for a new ticket"):
			for change in (lambda: portal.reply(ticket), lambda: portal.set_value(ticket, "status", "Open")):
				with self.nothing_written():
					self.assert_refused(change(), "was resolved more than 7 days ago", "ReopenTooLate")
		self.assertEqual("Resolved", value(ticket, "status"))

	def test_an_agent_may_reopen_it_and_it_costs_nothing(self) -> None:
		company, _portal, ticket = self.resolved(credits=1)
		with self.site_settings(late_reopen="Ask for a new ticket"):
			self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_same_incident(company, ticket)

	def test_the_window_is_the_providers_to_set(self) -> None:
		company, portal, ticket = self.resolved(credits=1)
		with self.site_settings(reopen_days=30):
			self.assert_ok(portal.reply(ticket))
		self.assert_same_incident(company, ticket)
