"""An account that may go below zero: to its limit, then the fallback; the next grant repays it first (design rule 7)."""

from __future__ import annotations

import frappe

from support_credits.exceptions import CreditsRefused
from support_credits.ledger import corrections
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase, row_of


class TestOverdraft(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		self.company = factories.company(portal_policy="Overdraw", agent_policy="Overdraw", overdraft_limit=2)
		self.account = self.company.account

	def ticket(self) -> str:
		return factories.ticket(self.company.person).name

	def assert_refused(self) -> None:
		"""The next ticket is refused, and undone as the host undoes a request that failed."""
		frappe.db.savepoint("refused")
		with self.assertRaises(CreditsRefused):
			self.ticket()
		frappe.db.rollback(save_point="refused")

	def state(self, ticket: str) -> tuple[str, int]:
		incident = factories.incident_of(ticket)
		return incident.state, incident.credits

	def overdraft(self) -> dict[str, object]:
		return row_of(
			"Credit Lot", frappe.db.get_value("Credit Lot", {"account": self.account, "source": "Overdraft"})
		)

	def set_limit(self, limit: int) -> None:
		frappe.get_doc("Credit Account", self.account).update({"overdraft_limit": limit}).save()

	def test_tickets_are_charged_to_the_limit_and_then_refused(self) -> None:
		self.assertEqual([("Overdrawn", 1)] * 2, [self.state(self.ticket()) for _ in range(2)])
		self.assertEqual(-2, self.company.balance)
		self.assert_refused()
		self.assertEqual(-2, self.company.balance)
		self.assert_proved(self.account)

	def test_a_grant_repays_first_and_moves_the_incidents_funding(self) -> None:
		tickets = [self.ticket() for _ in range(2)]
		lot = factories.grant(self.account, 3)
		self.assertEqual(1, self.company.balance)
		self.assertEqual([("Charged", 1)] * 2, [self.state(ticket) for ticket in tickets])
		for ticket in tickets:
			self.assertEqual(
				[lot], [part[0] for part in frappe.parse_json(factories.incident_of(ticket).funding)]
			)
		self.assertEqual(0, self.overdraft()["remaining"])
		self.assert_proved(self.account)

	def test_a_grant_too_small_repays_the_oldest_incident(self) -> None:
		tickets = [self.ticket() for _ in range(2)]
		factories.grant(self.account, 1)
		self.assertEqual([("Charged", 1), ("Overdrawn", 1)], [self.state(ticket) for ticket in tickets])
		self.assertEqual(-1, self.company.balance)
		self.assert_proved(self.account)

	def test_a_refund_of_a_repaid_ticket_goes_to_the_lot_that_paid_in_the_end(self) -> None:
		ticket = self.ticket()
		lot = factories.grant(self.account, 1)
		corrections.exempt(ticket, factories.exemption_reason())
		self.assertEqual((1, 0), (row_of("Credit Lot", lot)["remaining"], self.overdraft()["remaining"]))
		self.assertEqual(1, self.company.balance)
		self.assert_proved(self.account)

	def test_a_refund_of_an_overdrawn_ticket_lowers_the_debt(self) -> None:
		ticket, other = self.ticket(), self.ticket()
		corrections.exempt(ticket, factories.exemption_reason())
		self.assertEqual(-1, self.company.balance)
		self.assertEqual(("Overdrawn", 1), self.state(other))
		self.assertEqual("Overdrawn", factories.incident_of(self.ticket()).state)
		self.assert_proved(self.account)

	def test_credits_left_over_are_spent_before_the_overdraft(self) -> None:
		factories.grant(self.account, 1)
		frappe.get_doc("Credit Account", self.account).update(
			{"tier": factories.tier(credits_per_incident=2)}
		).save()
		ticket = self.ticket()
		self.assertEqual(("Overdrawn", 2), self.state(ticket))
		self.assertEqual(-1, self.company.balance)
		factories.grant(self.account, 1)
		self.assertEqual(("Charged", 2), self.state(ticket))
		self.assert_proved(self.account)

	def test_a_raised_limit_is_used_and_proved(self) -> None:
		for _ in range(2):
			self.ticket()
		self.set_limit(3)
		self.assertEqual(("Overdrawn", 1), self.state(self.ticket()))
		self.assertEqual((-3, 3), (self.overdraft()["remaining"], self.overdraft()["overdraft_limit"]))
		self.assert_proved(self.account)

	def test_a_limit_lowered_below_the_debt_refuses_cleanly_and_the_debt_is_repaid(self) -> None:
		self.set_limit(5)
		for _ in range(3):
			self.ticket()
		self.set_limit(1)
		self.assert_refused()
		self.assertEqual(-3, self.company.balance)
		factories.grant(self.account, 5)
		self.assertEqual(2, self.company.balance)
		self.assert_proved(self.account)

	def test_a_limit_lowered_to_the_debt_refuses_cleanly(self) -> None:
		self.set_limit(5)
		for _ in range(3):
			self.ticket()
		self.set_limit(3)
		self.assert_refused()
		self.assert_proved(self.account)

	def test_an_overdraft_taken_away_after_it_was_repaid_is_not_used_again(self) -> None:
		self.ticket()
		factories.grant(self.account, 1)
		self.set_limit(0)
		self.assert_refused()
		self.assertEqual(0, self.company.balance)
		self.assert_proved(self.account)

	def test_no_limit_means_no_overdraft(self) -> None:
		company = factories.company(portal_policy="Overdraw")
		with self.assertRaises(CreditsRefused):
			factories.ticket(company.person)
		self.assertEqual([], self.entries(company.account))
