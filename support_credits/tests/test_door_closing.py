"""Tickets that the host closes by itself, and tickets that are deleted, in every state (docs/doors.md)."""

from __future__ import annotations

import json
from datetime import timedelta

import frappe
from frappe.utils import now_datetime
from helpdesk.api.ticket import delete_ticket
from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import close_tickets_after_n_days

from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.door_case import DoorCase
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import TICKET, Answer, agent, manager

# The policy for agents that brings an empty account's ticket into this state.
BY_POLICY = {"Parked": "Park", "Overdrawn": "Overdraw", "Best effort": "Best effort"}


class StatesCase(DoorCase):
	def in_state(self, state: str) -> tuple[str, str | None]:
		"""A ticket whose incident is in ``state``, and the account that has to do with it."""
		if state in ("Unidentified", "Not enforced"):
			ticket = self.assert_ok(agent().new()).ticket
			if state == "Not enforced":
				name = self.free_customer()
				self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=name))
			return ticket, None
		fields = {"agent_policy": BY_POLICY.get(state, ""), "overdraft_limit": 1}
		company = self.payer(int(state in ("Charged", "Exempt")), **fields)
		ticket = self.assert_ok(agent().new(customer=company.name)).ticket
		if state == "Exempt":
			reason = make.exemption_reason()
			publish()
			self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		if state == "Withdrawn":
			self.assert_ok(agent().set_value(ticket, "status", "Closed"))
		return ticket, company.account


class TestAutoClose(StatesCase):
	def close_old(self, *tickets: str, status: str) -> None:
		"""The host's daily job, for tickets of this status on which nobody has written for a month."""
		old = now_datetime() - timedelta(days=30)
		for ticket in tickets:
			frappe.db.set_value("Communication", {"reference_name": ticket}, "communication_date", old)
		publish()
		with self.host_settings(auto_close_tickets=1, auto_close_status=status, auto_close_after_days=10):
			close_tickets_after_n_days()
			publish()

	def test_it_changes_no_incident_and_no_balance(self) -> None:
		free = self.assert_ok(agent().new(customer=self.free_customer())).ticket
		states = ("Charged", "Overdrawn", "Best effort", "Exempt", "Unidentified", "Not enforced")
		made = {state: self.in_state(state) for state in states}
		before = {account: kinds(account) for _ticket, account in made.values() if account}
		tickets = [free, *(ticket for ticket, _account in made.values())]
		replied = {"status": "Replied", "status_category": "Paused"}
		frappe.db.set_value(TICKET, {"name": ["in", tickets]}, replied)
		self.close_old(*tickets, status="Replied")
		for state, (ticket, account) in made.items():
			with self.subTest(state):
				self.assertEqual("Closed", value(ticket, "status"))
				self.assert_incident(ticket, state, int(state in ("Charged", "Overdrawn")))
				self.assertTrue(make.incident_of(ticket).resolved_at_utc)
				self.assertEqual(before.get(account), kinds(account) if account else None)
		self.assertEqual("Closed", value(free, "status"))
		self.assert_untouched(free)

	def test_a_waiting_ticket_is_none_of_its_business(self) -> None:
		ticket, _account = self.in_state("Parked")
		for status in ("Replied", "Open"):
			self.close_old(ticket, status=status)
			self.assert_incident(ticket, "Parked")
			self.assertEqual(PARKED_STATUS, value(ticket, "status"))

	def test_a_site_that_closes_waiting_tickets_withdraws_them_and_they_cost_nothing(self) -> None:
		ticket, account = self.in_state("Parked")
		self.close_old(ticket, status=PARKED_STATUS)
		self.assertEqual("Closed", value(ticket, "status"))
		self.assert_incident(ticket, "Withdrawn")
		self.grant(account, 1)
		self.assert_incident(ticket, "Withdrawn")
		self.assert_balance(account, 1)


class TestDeletion(StatesCase):
	def delete(self, ticket: str) -> Answer:
		return manager().request("DELETE", f"/api/resource/{TICKET}/{ticket}")

	def assert_deleted(self, ticket: str) -> None:
		answer = self.delete(ticket)
		self.assertEqual(202, answer.status, answer)
		look_again()
		self.assertFalse(frappe.db.exists(TICKET, ticket))

	def test_one_that_holds_a_charge_or_waits_is_kept_at_every_door(self) -> None:
		refusals = {
			"Charged": "holds a charge of 1 credit(s). Exempt it first",
			"Overdrawn": "holds a charge of 1 credit(s). Exempt it first",
			"Parked": "waits for credits. Close it first",
		}
		for state, said in refusals.items():
			ticket, _account = self.in_state(state)
			with self.subTest(state), self.nothing_written():
				self.assert_refused(self.delete(ticket), said, "HasHistory")
				answer = manager().call("frappe.client.delete", doctype=TICKET, name=ticket)
				self.assert_refused(answer, said, "HasHistory")
				items = {"doctype": TICKET, "items": json.dumps([ticket])}
				manager().call("frappe.desk.reportview.delete_items", **items)
				with self.assertRaises(frappe.ValidationError):
					delete_ticket(ticket)  # Helpdesk's own, for Administrator alone
				self.assert_incident(ticket, state, int(state != "Parked"))

	def test_any_other_is_deleted_its_incident_stays_and_its_number_inherits_nothing(self) -> None:
		for state in ("Best effort", "Exempt", "Withdrawn", "Unidentified", "Not enforced"):
			with self.subTest(state):
				ticket, account = self.in_state(state)
				look_again()
				incident, before = make.incident_of(ticket).name, kinds(account) if account else None
				self.assert_deleted(ticket)
				left = frappe.get_doc("Support Incident", incident)
				self.assertEqual((state, None, ticket), (left.state, left.ticket, left.ticket_no))
				self.assertTrue(left.ticket_deleted_at_utc)
				self.assertEqual(before, kinds(account) if account else None)
				company = self.payer(1)
				again = self.assert_ok(agent().new(customer=company.name)).ticket
				self.assertEqual(ticket, again, "the host gives the number of the last ticket again")
				new = self.assert_incident(again, "Charged", 1, account=company.account, exemption=None)
				self.assertNotEqual(incident, new.name)

	def test_one_of_a_customer_without_an_account_is_deleted_as_ever(self) -> None:
		ticket = self.assert_ok(agent().new(customer=self.free_customer())).ticket
		self.assert_deleted(ticket)

	def test_a_charged_one_can_be_deleted_once_it_is_exempt_and_the_credit_is_back(self) -> None:
		ticket, account = self.in_state("Charged")
		reason = make.exemption_reason()
		publish()
		self.assertEqual(417, self.delete(ticket).status)
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assert_deleted(ticket)
		self.assert_balance(account, 1)
