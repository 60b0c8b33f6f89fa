"""A real run of Frappe's Data Import, insert and update, writes nothing into the ledger (promise 1)."""

from __future__ import annotations

import csv
import io

import frappe
from frappe.core.doctype.data_import.importer import Importer

from support_credits.tests.ledger_case import LEDGER, HistoryCase, row_of, rows_of

INSERT, UPDATE = "Insert New Records", "Update Existing Records"


class TestDataImport(HistoryCase):
	def setUp(self) -> None:
		super().setUp()
		self.before = rows_of(self.account)

	def import_rows(self, doctype: str, import_type: str, row: dict[str, object]) -> list[frappe._dict]:
		"""Import one row from an uploaded CSV file; returns the log of that run."""
		data_import = frappe.new_doc("Data Import")
		data_import.name = frappe.generate_hash(length=10)
		data_import.import_type = import_type
		text = io.StringIO()
		csv.writer(text).writerows([row.keys(), row.values()])
		upload = {
			"doctype": "File",
			"file_name": f"{data_import.name}.csv",
			"content": text.getvalue(),
			"is_private": 1,
		}
		url = frappe.get_doc(upload).insert().file_url
		Importer(doctype, data_import=data_import, file_path=url).import_data()
		self.assertFalse(data_import.template_warnings, data_import.template_warnings)
		fields = ["success", "exception", "docname"]
		return frappe.get_all(
			"Data Import Log", {"data_import": data_import.name}, fields, order_by="log_index asc"
		)

	def posted(self, doctype: str) -> dict[str, object]:
		"""A row of the import file: what the record has, by the labels of its columns."""
		stored = row_of(doctype, self.names[doctype])
		fields = [
			df
			for df in frappe.get_meta(doctype).fields
			if df.fieldtype not in ("Section Break", "Column Break")
		]
		return {df.label: stored[df.fieldname] for df in fields if stored.get(df.fieldname) not in (None, "")}

	def test_an_import_cannot_update_the_ledger(self) -> None:
		worth = {"Credit Ledger Entry": "Credits", "Credit Lot": "Remaining", "Support Incident": "Credits"}
		for doctype in LEDGER:
			with self.subTest(doctype):
				log = self.import_rows(doctype, UPDATE, {"ID": self.names[doctype], worth[doctype]: 99})
				self.assertEqual([0], [line.success for line in log])
				self.assertIn("LedgerImmutableError", log[0].exception)
				self.assertEqual(self.before, rows_of(self.account))

	def test_an_import_cannot_insert_into_the_ledger(self) -> None:
		for doctype in LEDGER:
			with self.subTest(doctype):
				log = self.import_rows(
					doctype, INSERT, {"ID": f"{self.account}-FORGED", **self.posted(doctype)}
				)
				self.assertEqual([0], [line.success for line in log])
				self.assertIn("LedgerImmutableError", log[0].exception)
				self.assertEqual(self.before, rows_of(self.account))

	def test_an_import_updates_policies_of_an_account_but_not_its_chain(self) -> None:
		row = {"ID": self.account, "Entries": 0, "Portal and API": "Park", "Open Lots": "[]", "Head": "0"}
		log = self.import_rows("Credit Account", UPDATE, row)
		self.assertEqual([1], [line.success for line in log])
		self.assertEqual("Park", row_of("Credit Account", self.account)["portal_policy"])
		for field in ("seq", "head_hash", "open_lots", "customer", "counts_from"):
			self.assertEqual(
				self.before["Credit Account"][0][field], row_of("Credit Account", self.account)[field]
			)
		self.assert_proved(self.account)

	def test_the_import_page_offers_none_of_them(self) -> None:
		for doctype in (*LEDGER, "Credit Account"):
			page = {"doctype": "Data Import", "reference_doctype": doctype, "import_type": INSERT}
			with self.assertRaises(frappe.ValidationError) as caught:
				frappe.get_doc(page).insert()
			self.assert_says(caught.exception, "Data Import is not allowed", doctype)
