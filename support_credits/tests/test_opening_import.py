"""The Opening Balance Import: its states, who may press its buttons, and what the jobs leave on the record."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable

import frappe
from frappe.utils.background_jobs import get_job

from support_credits import opening_import
from support_credits.exceptions import HasHistory, WrongState
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.ledger_case import as_in_a_request
from support_credits.tests.opening_case import OpeningCase, row
from support_credits.tests.server import Portal, agent, manager

API = "support_credits.api.imports."


class ImportCase(OpeningCase):
	def record(self, *rows: dict[str, object], private: bool = True) -> str:
		"""An import with these rows attached, known to other processes."""
		doc = frappe.get_doc({"doctype": opening_import.DOCTYPE, "file": "/private/files/none.csv"}).insert()
		with open(self.file(*rows), encoding="utf-8") as file:
			upload = {
				"doctype": "File",
				"file_name": f"{make.unique_code('balances')}.csv",
				"content": file.read(),
				"is_private": int(private),
				"attached_to_doctype": doc.doctype,
				"attached_to_name": doc.name,
				"attached_to_field": "file",
			}
		doc.file = frappe.get_doc(upload).insert().file_url
		doc.save()
		publish()
		return doc.name

	def stored(self, name: str) -> frappe._dict:
		look_again()
		return frappe.get_doc(opening_import.DOCTYPE, name)

	def report(self, name: str) -> list[list[str]]:
		doc = self.stored(name)
		path = frappe.get_doc("File", {"file_url": doc.report, "attached_to_name": name}).get_full_path()
		with open(path, newline="", encoding="utf-8-sig") as file:
			return list(csv.reader(file))

	def checked(self, *rows: dict[str, object]) -> str:
		name = self.record(*rows)
		self.run_job(name, "Checking", opening_import.run_check)
		return name

	def run_job(self, name: str, state: str, job: Callable[[str], None]) -> None:
		"""The job of a record whose button was pressed, in this process: the suite has no worker."""
		frappe.db.set_value(opening_import.DOCTYPE, name, "state", state)
		publish()
		job(name)


class TestStates(ImportCase):
	def test_a_dry_run_then_the_import_leave_numbers_and_a_report_of_every_row(self) -> None:
		customer, new = self.customer(credits=1), self.customer()
		name = self.checked(row(customer, 2), row(new, 3))
		doc = self.stored(name)
		self.assertEqual(
			("Checked", 2, 2, 5, 1, 0),
			(doc.state, doc.total_rows, doc.grants, doc.credits, doc.new_accounts, doc.errors),
		)
		self.assertEqual("5 credit(s) in 2 row(s) would be granted.", doc.message)
		self.assertEqual(["to be granted"] * 2, [line[1] for line in self.report(name)[1:]])
		self.assertEqual([], [lot for lot in self.lots(new)])
		self.run_job(name, "Importing", opening_import.run_import)
		doc = self.stored(name)
		self.assertEqual(("Imported", "Administrator"), (doc.state, doc.imported_by))
		self.assertEqual("5 credit(s) granted in 2 row(s).", doc.message)
		lots = {self.lots(one)[-1].name for one in (customer, new)}
		self.assertEqual(lots, {line[12] for line in self.report(name)[1:]})
		self.assertEqual(
			1, frappe.db.count("File", {"attached_to_name": name, "attached_to_field": "report"})
		)

	def test_a_file_with_errors_is_refused_with_every_error_in_the_report_and_shown_first(self) -> None:
		customer = self.customer()
		name = self.checked(row(customer), row("=Nobody()", "x"), row(customer, 3))
		doc = self.stored(name)
		self.assertEqual(("Refused", 1, 3), (doc.state, doc.errors, doc.total_rows))
		self.assertIn(
			"Nothing can be imported yet. Line 3: credits: this must be a whole number", doc.message
		)
		lines = self.report(name)[1:]
		self.assertEqual(
			[("2", "to be granted"), ("3", "error"), ("4", "to be granted")],
			[(one[0], one[1]) for one in lines],
		)
		self.assertEqual(("'=Nobody()", "credits"), (lines[1][2], lines[1][13]))
		self.assertEqual([3], [cells[0] for cells in json.loads(doc.first_rows)[1:]])
		with self.assertRaises(WrongState) as caught:
			opening_import.ask_import(name)
		self.assert_says(caught.exception, "is Refused", "do the dry run first")

	def test_a_header_that_is_no_good_is_in_the_report_too(self) -> None:
		name = self.checked(row(self.customer(), colour="red"))
		self.assertEqual("Refused", self.stored(name).state)
		self.assertEqual(("1", "error", "colour"), tuple(self.report(name)[1][at] for at in (0, 1, 13)))

	def test_an_import_that_meets_an_error_fails_with_its_line_and_writes_nothing(self) -> None:
		first, second = self.customer(), self.customer()
		name = self.checked(row(first), row(second))
		frappe.delete_doc("HD Customer", second)
		publish()
		self.run_job(name, "Importing", opening_import.run_import)
		doc = self.stored(name)
		self.assertEqual("Failed", doc.state)
		self.assertEqual(
			f"Nothing was imported. Line 3: customer: customer {second} does not exist. Create the HD Customer first.",
			doc.message,
		)
		self.assertEqual([], self.lots(first))

	def test_another_file_makes_it_a_draft_again_and_an_imported_one_keeps_its_file(self) -> None:
		name = self.checked(row(self.customer()))
		other = self.stored(self.record(row(self.customer()))).file
		doc = self.stored(name)
		doc.update({"file": other}).save()
		self.assertEqual(("Draft", "", ""), (doc.state, doc.file_digest, doc.report))
		frappe.db.rollback()
		self.run_job(name, "Importing", opening_import.run_import)
		doc = self.stored(name)
		self.assertEqual("Imported", doc.state)
		with self.assertRaises(WrongState):
			doc.update({"file": other}).save()
		with self.assertRaises(WrongState):
			opening_import.ask_check(name)
		with self.assertRaises(HasHistory):
			frappe.delete_doc(doc.doctype, name)

	def test_states_and_numbers_are_not_a_forms_to_write(self) -> None:
		name = self.record(row(self.customer(), "x"))
		doc = self.stored(name)
		doc.update({"state": "Checked", "file_digest": "0" * 64, "imported_by": "Nobody"}).save()
		publish()
		doc = self.stored(name)
		self.assertEqual(("Draft", None, None), (doc.state, doc.file_digest or None, doc.imported_by))
		forged = frappe.get_doc(
			{"doctype": doc.doctype, "file": doc.file, "state": "Imported", "credits": 9}
		).insert()
		self.assertEqual(("Draft", 0), (forged.state, forged.credits or 0))

	def test_a_file_anybody_can_read_or_of_another_record_is_not_taken(self) -> None:
		public = self.record(row(self.customer()), private=False)
		with self.assertRaises(frappe.ValidationError) as caught:
			opening_import.ask_check(public)
		self.assert_says(caught.exception, "Attach it again as a private file")
		other = self.record(row(self.customer()))
		frappe.db.set_value(opening_import.DOCTYPE, public, "file", self.stored(other).file)
		with self.assertRaises(frappe.ValidationError) as caught:
			opening_import.ask_check(public)
		self.assert_says(caught.exception, "Attach the CSV file")

	def test_customers_and_agents_have_no_right_to_it(self) -> None:
		name = self.record(row(self.customer()))
		for someone in (make.portal_user(), make.agent()):
			with self.subTest(someone), make.acting_as(someone), as_in_a_request():
				self.assertFalse(frappe.has_permission(opening_import.DOCTYPE, "read"))
				self.assertRaises(frappe.PermissionError, opening_import.ask_check, name)


class TestOverHttp(ImportCase, HttpTestCase):
	def test_managers_ask_for_the_dry_run_and_for_the_import_and_nobody_else(self) -> None:
		customer = self.customer()
		name = self.record(row(customer))
		portal = make.portal_user()
		make.add_member(customer, portal, is_manager=True)
		publish()
		for endpoint in ("dry_run", "run"):
			for who in (Portal(), Portal(portal), agent()):
				with self.nothing_written():
					self.assertEqual(403, who.call(f"{API}{endpoint}", name=name).status)
		self.assertEqual("Draft", self.stored(name).state)
		self.assert_refused(manager().call(f"{API}run", name=name), "do the dry run first", "WrongState")
		said = self.assert_ok(manager().call(f"{API}dry_run", name=name)).value
		self.assertEqual({"name": name, "state": "Checking"}, said)
		self.assert_queued(name, "Checking", opening_import.run_check)
		self.assert_refused(manager().call(f"{API}dry_run", name=name), "is being worked on", "WrongState")
		opening_import.run_check(name)  # what the queue's worker does
		self.assertEqual("Checked", self.stored(name).state)
		self.assertEqual("Importing", self.assert_ok(manager().call(f"{API}run", name=name)).value["state"])
		self.assert_queued(name, "Importing", opening_import.run_import)
		opening_import.run_import(name)
		self.assertEqual("Imported", self.stored(name).state)
		opening_import.run_check(name)  # one that comes late
		self.assertEqual("Imported", self.stored(name).state)
		self.assertEqual([2], [lot.remaining for lot in self.lots(customer)])

	def assert_queued(self, name: str, state: str, work: Callable[[str], None]) -> None:
		job = get_job(opening_import.job_of(name, state))
		self.assertEqual((work, {"name": name}), (job.kwargs["method"], job.kwargs["kwargs"]))
		self.assertEqual(opening_import.QUEUE, job.origin.rpartition(":")[2])

	def test_an_import_that_does_not_exist_is_said_to_be_missing(self) -> None:
		with self.nothing_written():
			self.assertEqual(404, manager().call(f"{API}dry_run", name="OBI-99999").status)
