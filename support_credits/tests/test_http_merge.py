"""Helpdesk merges tickets: the duplicate gives its credits back, and nothing else changes hands (design rule 12)."""

from __future__ import annotations

from datetime import timedelta

import frappe

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, jobs
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Answer, Portal, agent

MERGE = "helpdesk.helpdesk.doctype.hd_ticket.api.merge_ticket"


class MergeCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		for name in frappe.get_all("Exemption Reason", {"automatic": "Merge"}, pluck="name"):
			frappe.db.set_value("Exemption Reason", name, "automatic", "")
		self.reason = make.exemption_reason("System", automatic="Merge")
		publish()
		self.addCleanup(self.forget_reason)

	def forget_reason(self) -> None:
		look_again()
		frappe.db.set_value("Exemption Reason", self.reason, "automatic", "")
		publish()

	def tickets(self, credits: int, count: int = 2, **fields: object) -> tuple[Company, Portal, list[str]]:
		company = self.company(credits, **fields)
		portal = Portal(company.person)
		return company, portal, [self.assert_ok(portal.new()).ticket for _number in range(count)]

	def merge(self, source: str, target: str, someone: Portal | None = None) -> Answer:
		with self.host_settings(skip_email_workflow=1):
			return (someone or agent()).call(MERGE, source=source, target=target)


class TestMerge(MergeCase):
	def test_the_duplicate_is_refunded_and_the_other_keeps_its_charge(self) -> None:
		company, _portal, [target, source] = self.tickets(2)
		self.assert_ok(self.merge(source, target))
		incident = self.assert_incident(source, "Exempt", 0, exemption=self.reason)
		self.assertIn(f"merged into ticket {target}", incident.message)
		self.assert_incident(target, "Charged", 1)
		self.assertEqual("Closed", value(source, "status"))
		self.assertEqual(
			[("Grant", 2), ("Charge", -1), ("Charge", -1), ("Refund", 1)], kinds(company.account)
		)

	def test_merging_twice_refunds_once(self) -> None:
		company, _portal, [target, source] = self.tickets(2)
		for _again in range(2):
			self.merge(source, target)
		self.assert_balance(company.account, 1)

	def test_a_waiting_duplicate_stops_waiting_and_stays_closed_when_credits_come(self) -> None:
		company, _portal, [target, source] = self.tickets(1, portal_policy="Park")
		self.assert_ok(self.merge(source, target))
		self.assert_incident(source, "Exempt", 0)
		self.grant(company.account, 1)
		jobs.finish_releases()
		self.assert_balance(company.account, 1)
		self.assertEqual("Closed", value(source, "status"))

	def test_the_credit_of_a_charged_duplicate_releases_the_ticket_that_waits(self) -> None:
		company, _portal, [source, target] = self.tickets(1, portal_policy="Park")
		self.assert_incident(target, "Parked")
		self.assert_ok(self.merge(source, target))
		self.assert_incident(source, "Exempt", 0)
		jobs.finish_releases()
		self.assert_incident(target, "Charged", 1)
		self.assertEqual("Open", value(target, "status"))
		self.assert_balance(company.account, 0)

	def test_each_of_two_companies_keeps_its_own_credits(self) -> None:
		one, _portal, [source] = self.tickets(1, 1)
		other, _portal, [target] = self.tickets(1, 1)
		self.assert_ok(self.merge(source, target))
		self.assert_balance(one.account, 1)
		self.assert_balance(other.account, 0)

	def test_a_chain_of_merges_gives_back_each_duplicate_once(self) -> None:
		company, _portal, [first, second, third] = self.tickets(3, 3)
		self.assert_ok(self.merge(third, second))
		self.assert_ok(self.merge(second, first))
		self.assert_balance(company.account, 2)
		self.assert_incident(first, "Charged", 1)

	def test_reopening_a_merged_ticket_years_later_costs_nothing(self) -> None:
		company, _portal, [target, source] = self.tickets(2)
		self.assert_ok(self.merge(source, target))
		look_again()
		stamp = stamp_text(clock.now() - timedelta(days=800))
		frappe.db.set_value("Support Incident", make.incident_of(source).name, "resolved_at_utc", stamp)
		publish()
		self.assert_ok(agent().set_value(source, "status", "Open"))
		self.assert_incident(source, "Exempt", 0, follows="")
		self.assert_balance(company.account, 1)

	def test_mails_that_a_merge_copies_into_a_resolved_ticket_are_no_reopening(self) -> None:
		# The host copies them for Administrator alone: nobody else is shown them by its own query.
		company, _portal, [target, source] = self.tickets(3)
		self.assert_ok(agent().set_value(target, "status", "Resolved"))
		look_again()
		stamp = stamp_text(clock.now() - timedelta(days=30))
		frappe.db.set_value("Support Incident", make.incident_of(target).name, "resolved_at_utc", stamp)
		publish()
		with self.host_settings(skip_email_workflow=1):
			frappe.call(MERGE, source=source, target=target)
			publish()
		self.assertEqual("Open", value(target, "status"))
		self.assert_incident(target, "Charged", 1, follows="")
		self.assert_balance(company.account, 2)


class TestWhoAndWhether(MergeCase):
	def test_a_customer_who_writes_on_a_merged_ticket_is_sent_to_the_other_and_nothing_is_written(
		self,
	) -> None:
		company = self.company(3)
		portal = Portal(company.person)
		source, target = (
			self.assert_ok(portal.rest()).ticket for _ in range(2)
		)  # the portal's are the host's to refuse
		self.assert_ok(self.merge(source, target))
		for way in (lambda: portal.reply(source), lambda: portal.set_value(source, "status", "Open")):
			with self.nothing_written():
				answer = way()
			self.assert_refused(
				answer, f"was merged into ticket {target}. Please write there.", "ReopenTooLate"
			)
		self.assert_balance(company.account, 2)

	def test_a_customer_who_says_his_ticket_is_merged_gets_nothing_back(self) -> None:
		company, portal, [target, source] = self.tickets(2)
		self.assertEqual(403, self.merge(source, target, portal).status)
		said = {"is_merged": 1, "merged_with": target, "status": "Closed"}
		self.assert_ok(portal.set_value(source, said))
		self.assertEqual((0, None), (value(source, "is_merged"), value(source, "merged_with")))
		self.assert_incident(source, "Charged", 1)
		self.assert_balance(company.account, 0)

	def test_a_provider_who_disables_the_reason_gives_nothing_back(self) -> None:
		company, _portal, [target, source, waiting] = self.tickets(2, 3, portal_policy="Park")
		frappe.db.set_value("Exemption Reason", self.reason, "enabled", 0)
		publish()
		self.assert_ok(self.merge(source, target))
		self.assert_ok(self.merge(waiting, target))
		self.assert_incident(source, "Charged", 1)
		self.assert_incident(waiting, "Withdrawn", 0)
		self.assert_balance(company.account, 0)

	def test_without_such_a_reason_the_duplicate_is_refunded_all_the_same(self) -> None:
		company, _portal, [target, source] = self.tickets(2)
		self.forget_reason()
		self.assert_ok(self.merge(source, target))
		self.assert_incident(source, "Refunded", 0, exemption=None)
		self.assert_balance(company.account, 1)

	def test_an_agent_may_take_the_refund_of_a_wrong_merge_back_and_says_why(self) -> None:
		"""The merge has closed the duplicate."""
		company, _portal, [target, source] = self.tickets(2)
		self.assert_ok(self.merge(source, target))
		with self.nothing_written():
			refused = agent().incident("unexempt", ticket=source)
			self.assert_refused(refused, f"Ticket {source} is closed. Say why it is charged", "WrongState")
		self.assert_ok(agent().incident("unexempt", ticket=source, reason="They are two problems."))
		self.assert_incident(source, "Charged", 1)
		self.assert_balance(company.account, 0)
