"""A site that issued codes before batches were records keeps all of them, each with the batch it was issued in."""

from __future__ import annotations

import frappe
from frappe.utils import add_days, getdate, today

from support_credits.engine.codes import digest_of
from support_credits.engine.serials import serial_key
from support_credits.ledger import codes
from support_credits.patches import batches_of_codes, keys_of_deployments
from support_credits.tests import factories as make
from support_credits.tests.ledger_case import LedgerCase


class TestBatchesOfCodes(LedgerCase):
	def old(self, label: str, count: int, **offer: object) -> list[str]:
		"""Codes as they were kept: with the batch's text, without a number."""
		made = codes.issue(codes.Offer(**offer), count, label)
		frappe.db.delete("Activation Batch", {"name": made.batch})
		old = {"batch": label, "number": 0}
		frappe.db.set_value("Activation Code", {"batch": made.batch}, old, update_modified=False)
		return made.codes

	def row(self, code: str) -> frappe._dict:
		return frappe.db.get_value("Activation Code", {"code_hash": digest_of(code)}, "*", as_dict=True)

	def test_codes_of_one_text_and_terms_become_one_batch_and_can_be_redeemed(self) -> None:
		label, until = make.unique("Fair"), getdate(add_days(today(), 30))
		mine = self.old(label, 3, credits=2, months=3, redeem_until=until)
		other = self.old(label, 2, credits=5)
		company = make.company(0)
		before = {code: self.row(code) for code in (*mine, *other)}
		for _again in range(2):
			batches_of_codes.execute()
			found = {code: self.row(code) for code in before}
			[batch] = {found[code].batch for code in mine}
			[second] = {found[code].batch for code in other}
			self.assertNotEqual(batch, second)
			doc = frappe.get_doc("Activation Batch", batch)
			self.assertEqual(
				(label, 3, 2, 3, until, 0, 0),
				(doc.label, doc.size, doc.credits, doc.months, doc.redeem_until, doc.redeemed, doc.revoked),
			)
			self.assertEqual({1, 2, 3}, {found[code].number for code in mine})
			self.assertEqual(2, frappe.db.count("Activation Batch", {"label": label}))
			for code, row in found.items():
				kept = {field: value for field, value in row.items() if field not in ("batch", "number")}
				self.assertEqual(kept, {field: before[code][field] for field in kept})
		self.assertEqual(2, codes.redeem(mine[0], company.account, company.name).credits)
		self.assertEqual(1, frappe.get_doc("Activation Batch", batch).redeemed)

	def test_a_deployment_of_before_gets_its_key_and_brings_nothing(self) -> None:
		company = make.company(0)
		name = make.deployment(company.name, product="NAS 4")
		values = {"serial": "SN-7", "serial_key": None}
		frappe.db.set_value("Deployment", name, values, update_modified=False)
		keys_of_deployments.execute()
		stored = frappe.db.get_value("Deployment", name, ["serial", "serial_key", "lot"])
		self.assertEqual(("SN-7", serial_key("NAS 4", "SN-7"), None), stored)
		self.assertEqual(0, company.balance)
