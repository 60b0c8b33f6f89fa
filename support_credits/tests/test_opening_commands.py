"""``import-balances`` and ``export-customer`` as real processes: what they print, how they end, what they leave."""

from __future__ import annotations

import json
import os

from support_credits.tests.compat import look_again
from support_credits.tests.opening_case import OpeningCase, row
from support_credits.tests.test_commands import TestCommands as _Commands

run_command, json_of = _Commands.run_command, _Commands.json_of
del _Commands  # its tests are run where they are


class TestImportBalances(OpeningCase):
	run_command, json_of = run_command, json_of

	def test_a_dry_run_shows_then_the_command_grants_and_a_second_time_changes_nothing(self) -> None:
		customer = self.customer()
		path = self.file(row(customer, 2), row(customer, 3))
		said = self.run_command("import-balances", path, "--dry-run").stdout
		self.assertIn("5 credits in 2 row(s) would be granted; nothing was written (dry run)", said)
		self.assertEqual([], self.lots(customer))
		self.assertIn(
			"granted 5 credits in 2 row(s); 1 account(s) opened",
			self.run_command("import-balances", path).stdout,
		)
		again = self.json_of("import-balances", path)
		self.assertEqual((True, 0, 2), (again["ok"], again["grants"], again["before"]))
		self.assertEqual([2, 3], [lot.remaining for lot in self.lots(customer)])

	def test_every_error_is_printed_with_its_line_and_the_report_has_every_row(self) -> None:
		customer = self.customer()
		path, report = (
			self.file(row(customer), row("Nobody & Sons"), row(customer, "x")),
			f"{self.folder}/report.csv",
		)
		done = self.run_command("import-balances", path, "--report", report, status=1)
		self.assertIn("Line 3: customer: customer Nobody & Sons does not exist.", done.stdout)
		self.assertIn("Line 4: credits: this must be a whole number", done.stdout)
		self.assertIn("nothing was written", done.stdout)
		with open(report, encoding="utf-8-sig") as file:
			self.assertEqual(4, len(file.readlines()))
		look_again()
		self.assertEqual([], self.lots(customer))

	def test_a_file_that_does_not_exist_is_a_wrong_call(self) -> None:
		self.assertIn("does not exist", self.run_command("import-balances", "none.csv", status=2).stderr)


class TestExportCustomer(OpeningCase):
	run_command, json_of = run_command, json_of

	def test_the_export_is_written_to_the_file_and_its_rows_are_counted(self) -> None:
		customer = self.customer(credits=3)
		path = os.path.join(self.folder, "export.json")
		said = self.json_of("export-customer", customer, "--output", path)
		with open(path, encoding="utf-8") as file:
			tables = json.load(file)["tables"]
		self.assertEqual(said["rows"], {doctype: len(rows) for doctype, rows in tables.items()})
		self.assertEqual(1, said["rows"]["Credit Lot"])
		self.run_command("export-customer", customer, "--output", path, "--format", "csv")
		with open(path, "rb") as file:
			self.assertEqual(b"PK", file.read(2))

	def test_a_customer_that_does_not_exist_ends_with_one(self) -> None:
		path = os.path.join(self.folder, "export.json")
		done = self.run_command("export-customer", "Nobody & Sons", "--output", path, status=1)
		self.assertIn("Customer Nobody & Sons does not exist", done.stderr.replace("&amp;", "&"))
		self.assertFalse(os.path.exists(path))
