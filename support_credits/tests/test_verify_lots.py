"""``verify`` names the lot whose row was edited, deleted, inserted, exchanged or moved, and says what is wrong with it."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.model.rename_doc import rename_doc

from support_credits.api import incident as incident_api
from support_credits.ledger import clock, findings, grants, lot_proof, verification
from support_credits.tests import factories
from support_credits.tests.ledger_case import row_of
from support_credits.tests.verify_case import ACCOUNT, ENTRY, INCIDENT, LOT, TamperCase

PACK, SPENT, VOIDED, GRACE, OVERDRAFT = 1, 2, 3, 4, 5  # numbers of the account's lots


class TestVerifyLots(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		"""One lot of every origin: a pack, one spent, one voided, a refund after expiry, an overdraft."""
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.company = factories.company(portal_policy="Overdraw", overdraft_limit=3)
		cls.account = cls.company.account
		pack = factories.pack(credits=4, validity_months=6, price=329)
		grants.grant(cls.account, grants.pack_order(pack, factories.unique_code("order"), "Order 1"))
		factories.grant(cls.account, 1, months=1)
		factories.ticket(cls.company.person)  # takes the one that ends first
		grants.void_lot(factories.grant(cls.account, 3), "Wrong customer")
		cls.refund_after_expiry()
		for _ in range(6):
			factories.ticket(cls.company.person)
		frappe.db.commit()

	@classmethod
	def refund_after_expiry(cls) -> None:
		"""The spent lot ends, then its ticket is exempt: the credit comes back on a lot of its own (design rule 11)."""
		ticket = frappe.db.get_value(INCIDENT, {"account": cls.account}, "ticket")
		later = clock.now() + timedelta(days=40)
		with patch("support_credits.ledger.clock.now", return_value=later):
			incident_api.exempt(ticket, factories.exemption_reason())

	def test_every_kind_of_lot_is_clean(self) -> None:
		self.assertEqual([], self.findings())
		lots = [row_of(LOT, self.lot(number)) for number in (PACK, SPENT, VOIDED, GRACE, OVERDRAFT)]
		sources = [lot["source"] for lot in lots]
		self.assertEqual(["Pack", "Manual", "Manual", "Refund", "Overdraft"], sources)
		self.assertEqual([0, 1], [lots[1]["remaining"], lots[2]["voided"]])

	def test_an_edit_of_any_column_is_found_in_its_row(self) -> None:
		sums = {"remaining": 40}
		granted = {"credits_granted": 40}
		terms = {
			"source": "Import", "pack": "OTHER", "reason": "forged", "overdraft_limit": 50, "price": 1, "currency": "INR",
			"granted_at_utc": "2001-01-01T00:00:00.000000Z", "expires_at_utc": "2099-01-01T00:00:00.000000Z",
			"expires_on": "2099-01-01",
		}  # fmt: skip
		for number in (PACK, SPENT, VOIDED, GRACE, OVERDRAFT):
			with self.subTest(lot=number):
				name = self.lot(number)
				self.assert_edits(LOT, name, sums, "lot_sum")
				self.assert_edits(LOT, name, granted, "lot_granted")
				self.assert_edits(LOT, name, {"voided": int(number != VOIDED)}, "lot_voided")
				self.assert_edits(LOT, name, {"moved_to": self.lot(9)}, "lot_moved")
				self.assert_edits(LOT, name, {"account": "CA-99999"}, "lot_account")
				self.assert_edits(LOT, name, {"lot_no": 900}, "lot_number")
				self.assert_edits(LOT, name, terms, "lot_terms")

	def test_every_column_of_a_lot_is_covered_here(self) -> None:
		tested = {
			"name", "account", "lot_no", "source", "pack", "reason", "credits_granted", "remaining", "overdraft_limit",
			"voided", "moved_to", "granted_at_utc", "expires_at_utc", "expires_on", "price", "currency",
		}  # fmt: skip
		ours = {
			field.fieldname for field in frappe.get_meta(LOT).fields if not field.fieldtype.endswith("Break")
		}
		self.assertEqual(tested, {*ours, "name"})

	def test_values_no_ledger_writes_are_found_and_stop_nothing(self) -> None:
		garbage = {
			"granted_at_utc": "yesterday", "expires_at_utc": "", "expires_on": None, "source": None, "pack": "\u200b",
			"currency": "usd ",
		}  # fmt: skip
		self.assert_edits(LOT, self.lot(PACK), garbage, "lot_terms")
		self.assert_edits(LOT, self.lot(PACK), {"account": None}, "lot_account")
		self.assert_edits(LOT, self.lot(PACK), {"name": "CA-X"}, "lot_missing", self.lot(PACK))

	def test_a_deleted_lot_is_found(self) -> None:
		for number in (PACK, VOIDED, OVERDRAFT):
			with self.subTest(number):
				self.delete(LOT, self.lot(number))
				self.assert_found("lot_missing", self.lot(number))

	def test_of_all_lots_deleted_the_first_is_named(self) -> None:
		frappe.db.sql(f"DELETE FROM `tab{LOT}` WHERE account = %s", self.account)
		self.assert_found("lot_missing", self.lot(1))

	def test_an_invented_lot_is_found(self) -> None:
		for number in (6, 900, 1_000_000, 0, -1):
			with self.subTest(number):
				self.insert(LOT, self.lot(PACK), name=self.lot(number), lot_no=number)
				self.assert_found("lot_extra", self.lot(number))

	def test_a_second_row_for_one_number_is_found(self) -> None:
		for name in ("CA-X", f"{self.account}-L1", f"{self.account}-L0000001"):
			with self.subTest(name):
				self.insert(LOT, self.lot(PACK), name=name)
				self.assert_found("lot_extra", name)

	def test_exchanged_lots_are_found(self) -> None:
		self.swap(LOT, self.lot(PACK), self.lot(VOIDED), "name")
		self.assert_found("lot_number", self.lot(PACK))
		self.swap(LOT, self.lot(PACK), self.lot(VOIDED), "name", "lot_no")
		self.assert_found("lot_granted", self.lot(PACK))

	def test_two_lots_that_changed_terms_are_found(self) -> None:
		self.swap(LOT, self.lot(PACK), self.lot(GRACE), "expires_at_utc", "expires_on")
		self.assert_found("lot_terms", self.lot(PACK))

	def test_a_lot_moved_to_another_account_is_found_in_both(self) -> None:
		other = factories.account(factories.customer(), credits=1)
		frappe.db.commit()
		self.edit(LOT, self.lot(PACK), account=other)
		self.assertEqual(("lot_extra", self.lot(PACK)), self.findings(other)[0])
		self.assert_found("lot_account", self.lot(PACK))

	def test_a_lot_moved_out_of_sight_is_an_orphan(self) -> None:
		self.edit(LOT, self.lot(PACK), account="CA-99999")
		found = self.site_findings()
		self.assertTrue({("lot_account", self.lot(PACK)), ("orphan", self.lot(PACK))} <= set(found))

	def test_windows_smaller_than_the_account_find_the_same(self) -> None:
		with patch.object(findings, "WINDOW", 2), patch.object(lot_proof, "WINDOW", 2):
			self.assertEqual([], self.findings())
			self.edit(LOT, self.lot(GRACE), remaining=40)
			self.assert_found("lot_sum", self.lot(GRACE))

	def test_more_findings_than_anybody_reads_are_cut(self) -> None:
		frappe.db.sql(f"DELETE FROM `tab{LOT}` WHERE account = %s", self.account)
		for limit in ("FINDINGS_MAX", "REPORT_MAX"):
			with self.subTest(limit), patch.object(verification, limit, 2):
				report = verification.verify(self.account)
				lots = [found.row for found in report.findings if found.code == "lot_missing"]
				self.assertEqual(([self.lot(1), self.lot(2)], True, False), (lots, report.cut, report.ok))


class TestVerifyJoinedLots(TamperCase):
	"""Lots that came from another account when two customers were merged."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.old, cls.new = (
			factories.company(credits=1, portal_policy="Overdraw", overdraft_limit=2) for _ in range(2)
		)
		for one in (cls.old, cls.new):
			for _ in range(2):
				factories.ticket(one.person)
		factories.grant(cls.old.account, 3, months=2)
		rename_doc("HD Customer", cls.old.name, cls.new.name, merge=True)
		cls.account = cls.new.account
		frappe.db.commit()

	def test_both_accounts_are_clean(self) -> None:
		self.assertEqual(([], []), (self.findings(), self.findings(self.old.account)))

	def test_a_lot_sent_to_another_successor_is_found(self) -> None:
		lot = f"{self.old.account}-L000001"
		into = frappe.db.get_value(LOT, lot, "moved_to")
		for value in (None, "", self.lot(1), f"{into}0", lot):
			with self.subTest(value):
				self.edit(LOT, lot, moved_to=value)
				self.assert_found("lot_moved", lot, self.old.account)

	def test_what_a_successor_says_of_its_origin_is_proved_too(self) -> None:
		successor = frappe.db.get_value(LOT, f"{self.old.account}-L000003", "moved_to")
		self.assert_edits(LOT, successor, {"reason": "forged", "source": "Manual"}, "lot_terms")
		self.assert_edits(LOT, successor, {"credits_granted": 9}, "lot_granted")

	def test_a_join_that_is_denied_or_told_otherwise_is_found(self) -> None:
		for value in (None, "CA-99999", self.old.account):
			with self.subTest(value):
				self.edit(ACCOUNT, self.old.account, merged_into=value)
				self.assert_found("merged_into", self.old.account, self.old.account)
		self.edit(ACCOUNT, self.account, merged_into=self.old.account)
		self.assert_found("merged_into", self.account)

	def test_an_entry_of_the_joined_account_is_proved_in_its_own(self) -> None:
		self.edit(ENTRY, f"{self.old.account}-E0000002", credits=-2)
		self.assert_found("edited", f"{self.old.account}-E0000002", self.old.account)
