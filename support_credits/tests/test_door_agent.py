"""A new ticket that an agent opens or splits off, in every situation (docs/doors.md)."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again
from support_credits.tests.door_case import AGENTS_DOORS, DoorCase, number_of
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import Answer, Portal, agent

COUNT = len(AGENTS_DOORS)


class TestEveryDoor(DoorCase):
	def test_with_credits_each_ticket_takes_one_of_the_customer_named(self) -> None:
		company = self.payer(COUNT)
		for number, (name, post) in enumerate(AGENTS_DOORS.items(), 1):
			with self.subTest(name):
				answer = post(agent(), customer=company.name)
				said = f"Credits charged for this ticket: 1. Credits left: {COUNT - number}."
				self.assert_decided(answer, "Charged", 1, said, door="agent", account=company.account)

	def test_an_empty_account_waits_by_default_though_the_customer_himself_would_be_refused(self) -> None:
		company = self.payer(portal_policy="Refuse")
		for name, post in AGENTS_DOORS.items():
			with self.subTest(name):
				answer = post(agent(), customer=company.name)
				self.assert_decided(answer, "Parked", 0, "waits for credits", door="agent")
		self.assertEqual([], kinds(company.account))

	def test_an_empty_account_that_refuses_agents_too_refuses_and_nothing_is_written(self) -> None:
		company = self.payer(agent_policy="Refuse")
		for name, post in AGENTS_DOORS.items():
			with self.subTest(name), self.nothing_written():
				answer = post(agent(), customer=company.name)
				self.assert_refused(answer, "this ticket needs 1 and your balance is 0")

	def test_an_empty_account_that_overdraws_owes_up_to_its_limit_and_waits_then(self) -> None:
		company = self.payer(agent_policy="Overdraw", overdraft_limit=COUNT)
		for number, (name, post) in enumerate(AGENTS_DOORS.items(), 1):
			with self.subTest(name):
				answer = post(agent(), customer=company.name)
				self.assert_decided(answer, "Overdrawn", 1, f"Your balance is now -{number};", door="agent")
		for name in ("agent's page", "desk form"):
			with self.subTest(name, limit="reached"):
				answer = AGENTS_DOORS[name](agent(), customer=company.name)
				self.assert_decided(answer, "Parked", 0, f"balance is -{COUNT}", door="agent")

	def test_an_empty_account_with_best_effort_gets_an_uncharged_ticket(self) -> None:
		company = self.payer(agent_policy="Best effort")
		for name, post in AGENTS_DOORS.items():
			with self.subTest(name):
				answer = post(agent(), customer=company.name)
				self.assert_decided(answer, "Best effort", 0, "is answered as time allows", door="agent")
		self.assertEqual([], kinds(company.account))

	def test_a_customer_without_an_account_is_left_alone(self) -> None:
		name = self.free_customer()
		for door, post in AGENTS_DOORS.items():
			with self.subTest(door):
				self.assert_untouched(number_of(self.assert_ok(post(agent(), customer=name))))

	def test_where_everyone_must_have_credits_he_gets_an_account_and_the_ticket_waits(self) -> None:
		name = self.free_customer()
		with self.site_settings(everyone_must_have_credits=1):
			for door, post in AGENTS_DOORS.items():
				with self.subTest(door):
					answer = post(agent(), customer=name)
					self.assert_decided(answer, "Parked", 0, "waits for credits", door="agent")
		self.assertEqual([], kinds(self.account_of(name)))

	def test_where_everyone_must_have_credits_and_agents_are_refused_too_nothing_is_written(self) -> None:
		name = self.free_customer()
		with self.site_settings(everyone_must_have_credits=1, agent_policy="Refuse"), self.nothing_written():
			self.assert_refused(agent().new(customer=name), "this ticket needs 1 and your balance is 0")

	def test_a_ticket_for_no_customer_is_flagged(self) -> None:
		self.payer(1)  # the site sells
		for door, post in AGENTS_DOORS.items():
			with self.subTest(door):
				self.assert_decided(post(agent()), "Unidentified", 0, "We do not know yet", door="agent")

	def test_in_the_name_of_somebody_of_two_customers_it_is_flagged_until_one_is_named(self) -> None:
		one, other = self.company(1), self.company(1)
		make.add_member(other.name, one.person)
		self.grant(one.account, 1)
		answer = agent().rest(raised_by=one.person.email)
		self.assert_decided(answer, "Unidentified", 0, "We do not know yet", customer=None)
		answer = agent().rest(raised_by=one.person.email, customer=other.name)
		self.assert_decided(answer, "Charged", 1, "Credits left: 0", account=other.account)
		self.assert_balance(one.account, 2)


class TestSplit(DoorCase):
	def parent(self, customer: str = "") -> str:
		return number_of(self.assert_ok(agent().new(customer=customer)))

	def halved(self, parent: str) -> Answer:
		with self.host_settings(skip_email_workflow=1):
			return self.split(parent)

	def assert_child(self, parent: str, state: str, credits: int = 0, **fields: object) -> str:
		child = str(self.assert_ok(self.halved(parent)).value)
		self.assert_incident(child, state, credits, door="split", **fields)
		return child

	def test_an_empty_account_does_with_the_new_ticket_what_it_does_with_agents(self) -> None:
		outcomes = {"": "Parked", "Park": "Parked", "Overdraw": "Overdrawn", "Best effort": "Best effort"}
		for policy, state in outcomes.items():
			with self.subTest(policy or "default"):
				company = self.payer(1, agent_policy=policy, overdraft_limit=1)
				parent = self.parent(company.name)
				child = self.assert_child(parent, state, int(state == "Overdrawn"), account=company.account)
				self.assertEqual(
					"Waiting for credits" if state == "Parked" else "Open", value(child, "status")
				)
				self.assert_incident(parent, "Charged", 1)

	def test_beyond_the_overdraft_the_new_ticket_waits(self) -> None:
		company = self.payer(agent_policy="Overdraw", overdraft_limit=1)
		parent = self.parent(company.name)
		self.assert_incident(parent, "Overdrawn", 1)
		self.assert_child(parent, "Parked")

	def test_where_agents_are_refused_the_split_is_undone_and_the_message_stays_where_it_was(self) -> None:
		company = self.payer(1, agent_policy="Refuse")
		parent = self.parent(company.name)
		about = {"reference_doctype": "HD Ticket", "reference_name": parent}
		before = frappe.get_all("Communication", about, pluck="name")
		with self.host_settings(skip_email_workflow=1), self.nothing_written():
			self.assert_refused(self.split(parent), "this ticket needs 1 and your balance is 0")
		self.assertEqual(before, frappe.get_all("Communication", about, pluck="name"))
		self.assert_incident(parent, "Charged", 1)

	def test_a_half_of_a_free_customers_ticket_is_left_alone(self) -> None:
		name, portal = self.free_person()
		parent = self.assert_ok(portal.new()).ticket
		child = str(self.assert_ok(self.halved(parent)).value)
		self.assert_untouched(child)
		self.assertEqual(name, value(child, "customer"))

	def test_where_everyone_must_have_credits_the_new_ticket_opens_an_account_and_the_old_one_stays_free(
		self,
	) -> None:
		name, portal = self.free_person()
		parent = self.assert_ok(portal.new()).ticket
		with self.site_settings(everyone_must_have_credits=1):
			child = self.assert_child(parent, "Parked")
		self.assert_incident(child, "Parked", account=self.account_of(name))
		self.assert_untouched(parent)

	def test_a_half_of_a_ticket_of_nobody_is_nobodys(self) -> None:
		self.payer(1)  # the site sells
		self.assert_child(self.parent(), "Unidentified", customer=None)

	def test_a_half_of_a_waiting_ticket_waits_behind_it(self) -> None:
		company = self.payer()
		parent = self.parent(company.name)
		child = self.assert_child(parent, "Parked")
		self.grant(company.account, 1)
		look_again()
		self.assertEqual(
			["Charged", "Parked"], [make.incident_of(ticket).state for ticket in (parent, child)]
		)

	def test_only_agents_split(self) -> None:
		company = self.company(2)
		portal = Portal(company.person)
		parent = self.assert_ok(portal.new()).ticket
		last = frappe.get_all("Communication", {"reference_name": parent}, pluck="name")
		with self.nothing_written():
			split = "helpdesk.helpdesk.doctype.hd_ticket.api.split_ticket"
			self.assertEqual(403, portal.call(split, subject="Half", communication_id=last[0]).status)
