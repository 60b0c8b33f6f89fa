"""Redemptions and the ledger say the same, or the proof finds the row that does not."""

from __future__ import annotations

import frappe

from support_credits.ledger.external_proof import external_findings
from support_credits.tests.compat import publish
from support_credits.tests.oc_case import OpenCollectiveCase, order


class TestProof(OpenCollectiveCase):
	def setUp(self) -> None:
		super().setUp()
		self.buyer_ = self.buyer()
		paid = self.shop.add(order(self.buyer_.email))
		self.redeemed(self.buyer_, paid["publicId"])
		self.row = self.row_of(self.buyer_)

	def told(self) -> dict[str, str]:
		return {finding.row: finding.message for finding in external_findings()}

	def test_what_was_redeemed_and_frozen_is_proved(self) -> None:
		self.assertNotIn(self.row.name, self.told())
		frappe.db.set_value("Order Redemption", self.row.name, "state", "Frozen")
		self.assertNotIn(self.row.name, self.told())

	def test_a_row_that_says_something_else_is_found_and_named(self) -> None:
		for values in (
			{"state": "Refused"},
			{"lot": None},
			{"credits": 7},
			{"grant_key": "oc:or_other:ONETIME"},
		):
			frappe.db.set_value("Order Redemption", self.row.name, values)
			with self.subTest(values):
				self.assertIn(f"Redemption {self.row.name}", self.told()[self.row.name])
			frappe.db.rollback()

	def test_a_row_that_was_granted_nothing_is_found(self) -> None:
		frappe.db.sql(
			"UPDATE `tabCredit Ledger Entry` SET event_key = 'x/1' WHERE event_key = %s",
			f"{self.row.grant_key}/1",
		)
		self.assertIn("the ledger has 0 on lot -", self.told()[self.row.name])

	def test_a_grant_whose_row_is_gone_is_found(self) -> None:
		frappe.db.sql("DELETE FROM `tabOrder Redemption` WHERE name = %s", self.row.name)
		entry = frappe.db.get_value("Credit Ledger Entry", {"event_key": f"{self.row.grant_key}/1"})
		self.assertIn("nobody has redeemed", self.told()[entry])
		frappe.db.rollback()
		publish()
