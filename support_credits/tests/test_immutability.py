"""Nobody writes, changes, renames or removes what the ledger keeps, by whatever way Frappe offers (promise 1)."""

from __future__ import annotations

import json
from collections.abc import Callable

import frappe
from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs
from frappe.desk.form.save import savedocs
from frappe.desk.reportview import delete_items
from frappe.model.rename_doc import rename_doc

from support_credits.exceptions import LedgerImmutableError
from support_credits.tests import factories
from support_credits.tests.ledger_case import LEDGER, HistoryCase, rows_of

Attempt = Callable[[str, str], object]
# A field of each DocType that would be worth changing, with the value a thief would like.
WORTH = {
	"Credit Ledger Entry": {"credits": 1_000},
	"Credit Lot": {"remaining": 1_000},
	"Support Incident": {"credits": 0},
}


def _changed(doctype: str, name: str) -> frappe.model.document.Document:
	return frappe.get_doc(doctype, name).update(WORTH[doctype])


def _copy(doctype: str, name: str) -> frappe.model.document.Document:
	return frappe.copy_doc(frappe.get_doc(doctype, name)).update(
		{"name": f"{name}-COPY", "event_key": "forged/1"}
	)


def _unvalidated(doctype: str, name: str) -> object:
	doc = _changed(doctype, name)
	doc.flags.update({"ignore_validate": True, "ignore_permissions": True, "ignore_links": True})
	return doc.save()


def _forced_name(doctype: str, name: str) -> object:
	return rename_doc(doctype, name, f"{name}-NEW", force=True, ignore_permissions=True)


IN_PROCESS: dict[str, Attempt] = {
	"save": lambda doctype, name: _changed(doctype, name).save(ignore_permissions=True),
	"save without validation": _unvalidated,
	"save in a migration": lambda doctype, name: _changed(doctype, name).save(ignore_version=True),
	"db_set": lambda doctype, name: frappe.get_doc(doctype, name).db_set(WORTH[doctype]),
	"db_update": lambda doctype, name: _changed(doctype, name).db_update(),
	"db_update_all": lambda doctype, name: _changed(doctype, name).db_update_all(),
	"db_insert": lambda doctype, name: _copy(doctype, name).db_insert(),
	"insert": lambda doctype, name: _copy(doctype, name).insert(
		ignore_permissions=True, set_name=f"{name}-COPY"
	),
	"submit": lambda doctype, name: frappe.get_doc(doctype, name).submit(),
	"cancel": lambda doctype, name: frappe.get_doc(doctype, name).cancel(),
	"delete": lambda doctype, name: frappe.get_doc(doctype, name).delete(ignore_permissions=True, force=True),
	"delete_doc": lambda doctype, name: frappe.delete_doc(doctype, name, force=True, ignore_permissions=True),
	"delete_doc without on_trash": lambda doctype, name: frappe.delete_doc(
		doctype, name, force=True, ignore_on_trash=True
	),
	"delete_doc for reload": lambda doctype, name: frappe.delete_doc(doctype, name, for_reload=True),
	"rename_doc": _forced_name,
	"rename_doc without validation": lambda doctype, name: rename_doc(
		doctype, name, f"{name}-NEW", force=True, validate=False
	),
	"rename": lambda doctype, name: frappe.get_doc(doctype, name).rename(f"{name}-NEW", force=True),
}
OVER_HTTP: dict[str, Attempt] = {
	"client.insert": lambda doctype, name: frappe.client.insert(_copy(doctype, name).as_dict()),
	"client.insert_many": lambda doctype, name: frappe.client.insert_many([_copy(doctype, name).as_dict()]),
	"client.save": lambda doctype, name: frappe.client.save(_changed(doctype, name).as_dict()),
	"client.set_value": lambda doctype, name: frappe.client.set_value(doctype, name, WORTH[doctype]),
	"client.submit": lambda doctype, name: frappe.client.submit(_changed(doctype, name).as_dict()),
	"client.cancel": lambda doctype, name: frappe.client.cancel(doctype, name),
	"client.delete": lambda doctype, name: frappe.client.delete(doctype, name),
	"desk form": lambda doctype, name: savedocs(_changed(doctype, name).as_json(), "Save"),
}


class TestImmutability(HistoryCase):
	def setUp(self) -> None:
		super().setUp()
		self.before = rows_of(self.account)

	def assert_refused(
		self, what: str, attempt: Attempt, doctype: str, error: type[Exception] | tuple
	) -> None:
		name = self.names[doctype]
		with self.subTest(f"{doctype}: {what}"):
			try:
				with self.assertRaises(error) as caught:
					attempt(doctype, name)
				if error is LedgerImmutableError:
					self.assert_says(caught.exception, doctype, "is kept by the ledger")
			finally:
				frappe.db.rollback()
			self.assertEqual(self.before, rows_of(self.account))

	def test_administrator_cannot_write_them_in_process(self) -> None:
		for doctype in LEDGER:
			for what, attempt in IN_PROCESS.items():
				self.assert_refused(what, attempt, doctype, LedgerImmutableError)

	def test_administrator_cannot_write_them_through_the_api(self) -> None:
		for doctype in LEDGER:
			for what, attempt in OVER_HTTP.items():
				self.assert_refused(what, attempt, doctype, LedgerImmutableError)

	def test_system_manager_and_agent_manager_cannot_either(self) -> None:
		people = (
			factories.person("system", ("System Manager",)),
			factories.agent_manager(),
			factories.agent(),
		)
		frappe.db.commit()
		for someone in people:
			for doctype in LEDGER:
				for what, attempt in OVER_HTTP.items():
					with factories.acting_as(someone):
						self.assert_refused(
							what, attempt, doctype, (LedgerImmutableError, frappe.PermissionError)
						)

	def test_the_refusal_says_what_to_do_instead(self) -> None:
		ways = {
			"Credit Ledger Entry": "Post a correction that names this entry instead",
			"Credit Lot": "Grant, void or adjust credits from the Credit Account instead",
			"Support Incident": "Use the actions of the incident",
		}
		for doctype, way in ways.items():
			with self.assertRaises(LedgerImmutableError) as caught:
				frappe.get_doc(doctype, self.names[doctype]).save()
			self.assert_says(caught.exception, self.names[doctype], way)

	def test_bulk_delete_from_a_list_removes_nothing(self) -> None:
		for doctype in LEDGER:
			frappe.form_dict.update({"doctype": doctype, "items": json.dumps([self.names[doctype]])})
			delete_items()
			self.assertEqual(self.before, rows_of(self.account), doctype)

	def test_bulk_edit_from_a_list_changes_nothing(self) -> None:
		for doctype in LEDGER:
			name = self.names[doctype]
			failed = submit_cancel_or_update_docs(doctype, [name], "update", WORTH[doctype])
			self.assertEqual([name], failed)
			self.assertEqual(self.before, rows_of(self.account), doctype)

	def test_bulk_update_through_the_api_changes_nothing(self) -> None:
		for doctype in LEDGER:
			asked = {"doctype": doctype, "docname": self.names[doctype], **WORTH[doctype]}
			failed = frappe.client.bulk_update(json.dumps([asked]))["failed_docs"]
			self.assertIn("LedgerImmutableError", failed[0]["exc"])
			frappe.db.commit()  # the host commits after this call, whatever failed
			self.assertEqual(self.before, rows_of(self.account), doctype)

	def test_restoring_a_deleted_document_inserts_nothing(self) -> None:
		from frappe.core.doctype.deleted_document.deleted_document import restore

		for doctype in LEDGER:
			copy = _copy(doctype, self.names[doctype])
			bin_row = {"doctype": "Deleted Document", "deleted_doctype": doctype, "deleted_name": copy.name}
			deleted = frappe.get_doc({**bin_row, "data": copy.as_json()}).insert()
			self.assert_refused(
				"restore",
				lambda _doctype, _name, bin=deleted.name: restore(bin),
				doctype,
				LedgerImmutableError,
			)

	def test_deferred_inserts_leave_no_row(self) -> None:
		from frappe.deferred_insert import insert_record

		for doctype in LEDGER:
			insert_record(_copy(doctype, self.names[doctype]).as_dict(), doctype)
			self.assertEqual(self.before, rows_of(self.account), doctype)
