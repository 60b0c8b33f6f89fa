"""Helpdesk merges a ticket into another one, whatever state its incident is in (docs/doors.md)."""

from __future__ import annotations

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.door_case import DoorCase
from support_credits.tests.http_case import value
from support_credits.tests.server import agent
from support_credits.tests.test_http_merge import MergeCase


class MergeDoorCase(MergeCase, DoorCase):
	def target(self, customer: str) -> str:
		return self.assert_ok(agent().new(customer=customer)).ticket

	def assert_merged(self, source: str, target: str, state: str, credits: int = 0) -> None:
		self.assert_ok(self.merge(source, target))
		self.assertEqual(("Closed", target), (value(source, "status"), value(source, "merged_with")))
		self.assert_incident(source, state, credits)


class TestStatesOfTheDuplicate(MergeDoorCase):
	def test_what_was_decided_is_undone_and_nothing_of_it_waits(self) -> None:
		"""By the policy of an empty account; the other ticket is a second one of the same customer."""
		for policy, state in (
			("Overdraw", "Overdrawn"),
			("Best effort", "Best effort"),
			("Park", "Parked"),
		):
			with self.subTest(state):
				company = self.payer(agent_policy=policy, overdraft_limit=2)
				target, source = self.target(company.name), self.target(company.name)
				self.assert_incident(source, state, int(state == "Overdrawn"))
				self.assert_merged(source, target, "Exempt")
				self.assert_incident(target, state, int(state == "Overdrawn"))
				self.assert_balance(company.account, -1 if state == "Overdrawn" else 0)

	def test_an_unidentified_one_is_exempt_and_nobody_is_charged_for_it_later(self) -> None:
		company = self.payer(2)
		target, source = self.target(company.name), self.target("")
		self.assert_merged(source, target, "Exempt")
		self.assert_ok(agent().incident("set_customer", ticket=source, customer=company.name))
		self.assert_incident(source, "Exempt")
		self.assert_balance(company.account, 1)

	def test_an_exempt_one_keeps_its_own_reason(self) -> None:
		company, reason = self.payer(2), make.exemption_reason()
		publish()
		target, source = self.target(company.name), self.target(company.name)
		self.assert_ok(agent().incident("exempt", ticket=source, reason=reason))
		self.assert_merged(source, target, "Exempt")
		look_again()
		self.assertEqual(reason, make.incident_of(source).exemption)
		self.assert_balance(company.account, 1)

	def test_a_withdrawn_one_stays_withdrawn(self) -> None:
		company = self.payer()
		target, source = self.target(company.name), self.target(company.name)
		self.assert_ok(agent().set_value(source, "status", "Closed"))
		self.assert_merged(source, target, "Withdrawn")

	def test_one_that_costs_nothing_because_of_its_customer_gives_nothing_back(self) -> None:
		company = self.payer(1)
		name = self.free_customer()
		target, untouched = self.target(company.name), self.target(name)
		self.assert_ok(self.merge(untouched, target))
		self.assert_untouched(untouched)
		given = self.target("")
		self.assert_ok(agent().incident("set_customer", ticket=given, customer=name))
		self.assert_merged(given, target, "Not enforced")
		self.assert_balance(company.account, 0)

	def test_the_other_tickets_customer_does_not_matter(self) -> None:
		"""Merged into a ticket that nobody pays for, the duplicate is refunded all the same."""
		company = self.payer(1)
		target = self.target(self.free_customer())
		self.assert_merged(self.target(company.name), target, "Exempt")
		self.assert_untouched(target)
		self.assert_balance(company.account, 1)
