"""The chain's fields on a Credit Account are the ledger's, however stale the form that saves it (promises 1 and 5)."""

from __future__ import annotations

import json

import frappe
from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs
from frappe.desk.reportview import delete_items
from frappe.model.rename_doc import rename_doc

from support_credits.exceptions import HasHistory, LedgerImmutableError
from support_credits.ledger.guard import ACCOUNT_LEDGER_FIELDS
from support_credits.tests import factories
from support_credits.tests.ledger_case import HistoryCase, row_of, rows_of

FORGED = {
	"seq": 0,
	"lot_count": 0,
	"head_hash": "0" * 64,
	"open_lots": "[]",
	"overdrawn": "[]",
	"parked": "[]",
}


class TestImmutableAccount(HistoryCase):
	def setUp(self) -> None:
		super().setUp()
		self.before = rows_of(self.account)

	def chain(self) -> dict[str, object]:
		row = row_of("Credit Account", self.account)
		return {field: row[field] for field in ACCOUNT_LEDGER_FIELDS}

	def test_a_form_opened_before_a_charge_and_saved_after_it_keeps_the_new_chain(self) -> None:
		stale = frappe.get_doc("Credit Account", self.account)
		factories.ticket(self.company.person)
		after_charge = self.chain()
		self.assertGreater(after_charge["seq"], stale.seq)
		stale.portal_policy = "Park"
		stale.save()
		self.assertEqual(after_charge, self.chain())
		self.assertEqual("Park", row_of("Credit Account", self.account)["portal_policy"])
		self.assert_proved(self.account)

	def test_forged_chain_fields_are_dropped_on_every_way_to_save(self) -> None:
		def save_unvalidated() -> None:
			doc = frappe.get_doc("Credit Account", self.account).update(FORGED)
			doc.flags.ignore_validate = True
			doc.save()

		ways = {
			"save": lambda: frappe.get_doc("Credit Account", self.account).update(FORGED).save(),
			"save without validation": save_unvalidated,
			"client.set_value": lambda: frappe.client.set_value("Credit Account", self.account, FORGED),
			"client.save": lambda: frappe.client.save(
				{**frappe.get_doc("Credit Account", self.account).as_dict(), **FORGED}
			),
			"client.bulk_update": lambda: frappe.client.bulk_update(
				json.dumps([{"doctype": "Credit Account", "docname": self.account, **FORGED}])
			),
			"bulk edit": lambda: submit_cancel_or_update_docs(
				"Credit Account", [self.account], "update", dict(FORGED)
			),
		}
		before = self.chain()
		for way, save in ways.items():
			with self.subTest(way):
				save()
				self.assertEqual(before, self.chain())
				self.assertEqual(
					self.before["Credit Ledger Entry"], rows_of(self.account)["Credit Ledger Entry"]
				)
			frappe.db.rollback()

	def test_db_set_of_a_chain_field_is_refused_one_by_one_and_as_a_dict(self) -> None:
		account = frappe.get_doc("Credit Account", self.account)
		for field, value in {
			**FORGED,
			"customer": None,
			"merged_into": self.account,
			"counts_from": None,
		}.items():
			for asked in ((field, value), ({"portal_policy": "Park", field: value},)):
				with self.subTest(field), self.assertRaises(LedgerImmutableError) as caught:
					account.db_set(*asked)
				self.assert_says(caught.exception, self.account, "is kept by the ledger")
		self.assertEqual(self.before, rows_of(self.account))

	def test_db_update_of_a_stale_copy_does_not_set_the_chain_back(self) -> None:
		stale = frappe.get_doc("Credit Account", self.account)
		factories.ticket(self.company.person)
		after_charge = self.chain()
		stale.db_update()
		self.assertEqual(after_charge, self.chain())

	def test_what_a_person_may_set_by_db_set_is_set(self) -> None:
		frappe.get_doc("Credit Account", self.account).db_set("portal_policy", "Park")
		self.assertEqual("Park", row_of("Credit Account", self.account)["portal_policy"])

	def test_an_account_never_changes_its_customer(self) -> None:
		other = factories.customer()
		with self.assertRaises(LedgerImmutableError) as caught:
			frappe.get_doc("Credit Account", self.account).update({"customer": other}).save()
		self.assert_says(caught.exception, self.account, self.company.name, "merge the customer")

	def test_an_account_with_history_is_neither_deleted_nor_renamed(self) -> None:
		ways = {
			"delete": (lambda: frappe.get_doc("Credit Account", self.account).delete(), HasHistory),
			"client.delete": (lambda: frappe.client.delete("Credit Account", self.account), HasHistory),
			"delete_doc force": (
				lambda: frappe.delete_doc("Credit Account", self.account, force=True),
				HasHistory,
			),
			"delete_doc without on_trash": (
				lambda: frappe.delete_doc("Credit Account", self.account, force=True, ignore_on_trash=True),
				HasHistory,
			),
			"rename": (
				lambda: rename_doc("Credit Account", self.account, "CA-X", force=True),
				LedgerImmutableError,
			),
			"rename without validation": (
				lambda: rename_doc("Credit Account", self.account, "CA-X", force=True, validate=False),
				LedgerImmutableError,
			),
		}
		for way, (attempt, error) in ways.items():
			with self.subTest(way):
				try:
					with self.assertRaises(error) as caught:
						attempt()
					self.assert_says(caught.exception, self.account)
				finally:
					frappe.db.rollback()
				self.assertEqual(self.before, rows_of(self.account))

	def test_bulk_delete_from_the_list_leaves_the_account(self) -> None:
		frappe.form_dict.update({"doctype": "Credit Account", "items": json.dumps([self.account])})
		delete_items()
		self.assertEqual(self.before, rows_of(self.account))

	def test_an_account_is_born_without_history_whatever_is_posted(self) -> None:
		posted = {
			"doctype": "Credit Account",
			"customer": factories.customer(),
			"seq": 7,
			"open_lots": "[1]",
			"lot_count": 3,
		}
		born = row_of("Credit Account", frappe.client.insert(posted)["name"])
		self.assertEqual(
			(0, 0, "[]", "0" * 64), (born["seq"], born["lot_count"], born["open_lots"], born["head_hash"])
		)

	def test_an_account_without_history_may_be_deleted(self) -> None:
		empty = factories.account(factories.customer())
		frappe.delete_doc("Credit Account", empty)
		self.assertFalse(frappe.db.exists("Credit Account", empty))
