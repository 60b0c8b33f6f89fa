"""An agent sets, corrects or clears a ticket's customer, in every situation of the customer who is to pay (docs/doors.md)."""

from __future__ import annotations

import json

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.door_case import SAVE_FORM, DoorCase
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import TICKET, Answer, Portal, agent

# What an empty account's policy for agents makes of a ticket that exists: it cannot be refused any more.
OUTCOMES = {
	"": ("Parked", 0),
	"Refuse": ("Parked", 0),
	"Park": ("Parked", 0),
	"Overdraw": ("Overdrawn", 1),
	"Best effort": ("Best effort", 0),
}


def by_our_api(ticket: str, customer: str) -> Answer:
	return agent().incident("set_customer", ticket=ticket, customer=customer)


def by_desk_form(ticket: str, customer: str) -> Answer:
	doc = agent().call("frappe.client.get", doctype=TICKET, name=ticket).value
	return agent().call(SAVE_FORM, doc=json.dumps({**doc, "customer": customer}), action="Save")


class IdentifyCase(DoorCase):
	def stray(self) -> str:
		"""A ticket of nobody known."""
		return self.assert_ok(agent().new()).ticket

	def assert_now(
		self, ticket: str, state: str, credits: int = 0, status: str = "", **fields: object
	) -> None:
		self.assert_incident(ticket, state, credits, **fields)
		waits = "Waiting for credits" if state == "Parked" else "Open"
		self.assertEqual(status or waits, value(ticket, "status"))


class TestSet(IdentifyCase):
	def test_an_empty_account_does_what_it_does_with_agents_and_parks_what_it_would_refuse(self) -> None:
		for policy, (state, credits) in OUTCOMES.items():
			with self.subTest(policy or "default"):
				company = self.payer(agent_policy=policy, overdraft_limit=1)
				ticket = self.stray()
				self.assert_ok(by_our_api(ticket, company.name))
				self.assert_now(ticket, state, credits, account=company.account)

	def test_beyond_the_overdraft_it_waits(self) -> None:
		company = self.payer(agent_policy="Overdraw", overdraft_limit=1)
		tickets = [self.stray() for _number in range(2)]
		for ticket, (state, credits) in zip(tickets, (("Overdrawn", 1), ("Parked", 0)), strict=True):
			self.assert_ok(by_our_api(ticket, company.name))
			self.assert_now(ticket, state, credits)

	def test_the_desk_form_is_one_more_way(self) -> None:
		company = self.payer(1)
		ticket = self.stray()
		self.assert_ok(by_desk_form(ticket, company.name))
		self.assert_now(ticket, "Charged", 1, account=company.account)
		self.assert_ok(by_desk_form(ticket, ""))
		self.assert_now(ticket, "Unidentified", account=None)
		self.assertEqual([("Grant", 1), ("Charge", -1), ("Refund", 1)], kinds(company.account))

	def test_where_everyone_must_have_credits_a_customer_without_an_account_gets_one_and_the_ticket_waits(
		self,
	) -> None:
		name = self.free_customer()
		ticket = self.stray()
		with self.site_settings(everyone_must_have_credits=1):
			self.assert_ok(by_our_api(ticket, name))
		self.assert_now(ticket, "Parked", account=self.account_of(name))


class TestCorrected(IdentifyCase):
	def test_the_new_customers_empty_account_decides_and_the_old_one_has_his_credit_back(self) -> None:
		for policy, (state, credits) in OUTCOMES.items():
			if policy == "":
				continue  # it parks by default, as above
			with self.subTest(policy):
				old = self.payer(1)
				new = self.payer(agent_policy=policy, overdraft_limit=1)
				ticket = self.assert_ok(agent().new(customer=old.name)).ticket
				self.assert_ok(by_our_api(ticket, new.name))
				self.assert_now(ticket, state, credits, account=new.account)
				self.assert_balance(old.account, 1)

	def test_to_a_customer_without_an_account_the_credit_goes_back_and_nobody_pays(self) -> None:
		old = self.payer(1)
		name = self.free_customer()
		ticket = self.assert_ok(agent().new(customer=old.name)).ticket
		self.assert_ok(by_our_api(ticket, name))
		self.assert_now(ticket, "Not enforced", account=None, customer=name)
		self.assert_balance(old.account, 1)

	def test_where_everyone_must_have_credits_the_new_customer_gets_an_account_and_the_ticket_waits(
		self,
	) -> None:
		old = self.payer(1)
		name = self.free_customer()
		ticket = self.assert_ok(agent().new(customer=old.name)).ticket
		with self.site_settings(everyone_must_have_credits=1):
			self.assert_ok(by_our_api(ticket, name))
		self.assert_now(ticket, "Parked", account=self.account_of(name))
		self.assert_balance(old.account, 1)

	def test_an_overdrawn_ticket_that_is_corrected_or_cleared_takes_its_debt_along(self) -> None:
		new = self.payer(1)
		for owner in (new.name, ""):
			with self.subTest(owner=bool(owner)):
				old = self.payer(agent_policy="Overdraw", overdraft_limit=1)
				ticket = self.assert_ok(agent().new(customer=old.name)).ticket
				self.assert_incident(ticket, "Overdrawn", 1)
				self.assert_ok(by_our_api(ticket, owner))
				self.assert_now(ticket, *(("Charged", 1) if owner else ("Unidentified", 0)))
				self.assert_balance(old.account, 0)

	def test_a_free_customers_ticket_given_to_one_who_pays_is_charged_when_it_is_younger_than_the_account(
		self,
	) -> None:
		company = self.payer(1)
		name, portal = self.free_person()
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_untouched(ticket)
		self.assert_ok(by_our_api(ticket, company.name))
		self.assert_now(ticket, "Charged", 1, account=company.account)
		self.assert_ok(by_our_api(ticket, name))
		self.assert_now(ticket, "Not enforced", account=None)
		self.assert_balance(company.account, 1)


class TestCleared(IdentifyCase):
	def test_in_every_state_nobody_pays_and_nothing_waits(self) -> None:
		reason = make.exemption_reason()
		publish()
		for policy, (state, _credits) in OUTCOMES.items():
			if policy == "Refuse":
				continue
			with self.subTest(state):
				company = self.payer(agent_policy=policy, overdraft_limit=1)
				ticket = self.assert_ok(agent().new(customer=company.name)).ticket
				self.assert_incident(ticket, state, _credits)
				self.assert_ok(by_our_api(ticket, ""))
				self.assert_now(ticket, "Unidentified", account=None, customer=None)
				self.assert_balance(company.account, 0)
		company = self.payer(1)
		ticket = self.assert_ok(agent().new(customer=company.name)).ticket
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assert_ok(by_our_api(ticket, ""))
		self.assert_now(ticket, "Exempt", account=None)
		self.assert_balance(company.account, 1)

	def test_a_cleared_ticket_left_no_place_in_the_queue(self) -> None:
		company = self.payer()
		tickets = [self.assert_ok(agent().new(customer=company.name)).ticket for _number in range(2)]
		self.assert_ok(by_our_api(tickets[0], ""))
		self.grant(company.account, 1)
		look_again()
		self.assertEqual(["Unidentified", "Charged"], [make.incident_of(ticket).state for ticket in tickets])


class TestByTheCustomer(IdentifyCase):
	def test_a_customer_neither_sets_nor_corrects_nor_clears_it(self) -> None:
		company, other = self.company(1), self.payer(1)
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		for owner in (other.name, ""):
			with self.subTest(owner=bool(owner)):
				portal.set_value(ticket, "customer", owner)
				self.assert_now(ticket, "Charged", 1, customer=company.name)
				answer = portal.incident("set_customer", ticket=ticket, customer=owner)
				self.assert_refused(answer, "Only agents can change", "PermissionError", 403)
		self.assert_balance(other.account, 1)
