"""Two accounts that both owed credits are one afterwards, with one limit (design rule 7, promise 5)."""

from __future__ import annotations

import frappe
from frappe.model.rename_doc import rename_doc

from support_credits.exceptions import CreditsRefused
from support_credits.ledger import queries
from support_credits.tests import factories
from support_credits.tests.ledger_case import LedgerCase


class TestJoinedOverdrafts(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		self.old, self.new = (
			factories.company(portal_policy="Overdraw", overdraft_limit=2) for _ in range(2)
		)
		for one in (self.old, self.new):
			factories.ticket(one.person)
		rename_doc("HD Customer", self.old.name, self.new.name, merge=True)

	def test_together_they_lend_no_more_than_the_limit(self) -> None:
		self.assertEqual(-2, queries.balance(self.new.account))
		frappe.db.savepoint("refused")
		with self.assertRaises(CreditsRefused):
			factories.ticket(self.new.person)
		frappe.db.rollback(save_point="refused")
		self.assertEqual(-2, queries.balance(self.new.account))
		self.assert_proved(self.old.account, self.new.account)

	def test_a_grant_repays_both_and_what_is_left_can_be_spent(self) -> None:
		factories.grant(self.new.account, 3)
		self.assertEqual(1, queries.balance(self.new.account))
		states = frappe.get_all("Support Incident", {"account": self.new.account}, pluck="state")
		self.assertEqual(["Charged", "Charged"], states)
		self.assertEqual("Charged", factories.ticket(self.new.person).sc_state)
		self.assert_proved(self.old.account, self.new.account)
