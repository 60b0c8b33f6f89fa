"""``bench --site … support-credits …`` as real processes: what they print, how they end, what they leave (issue 2, §2)."""

from __future__ import annotations

import json
import os
import subprocess

import frappe
from frappe.utils import get_bench_path

from support_credits.ledger import queries
from support_credits.tests import factories
from support_credits.tests.compat import look_again
from support_credits.tests.ledger_case import LedgerCase

# bench hands commands to this module, with the same arguments; bench itself is not in every test's PATH.
BENCH = (os.path.join("..", "env", "bin", "python"), "-m", "frappe.utils.bench_helper", "frappe", "--site")
FIXTURES = os.path.join("apps", "support_credits", "fixtures")


class TestCommands(LedgerCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.company = factories.company(credits=2)
		cls.account = cls.company.account
		frappe.db.commit()

	def run_command(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
		"""Run it from the bench's ``sites`` folder, as bench does, and see what it committed."""
		done = subprocess.run(
			[*BENCH, frappe.local.site, "support-credits", *arguments],
			cwd=os.path.join(get_bench_path(), "sites"),
			capture_output=True,
			text=True,
			timeout=300,
			check=False,
		)
		self.assertEqual(status, done.returncode, done.stdout + done.stderr)
		look_again()
		return done

	def json_of(self, *arguments: str, status: int = 0) -> dict[str, object]:
		return json.loads(self.run_command(*arguments, "--json", status=status).stdout)

	def test_help_names_every_command_and_every_command_has_help(self) -> None:
		said = self.run_command("--help").stdout
		for command in ("grant", "statement", "verify", "load-catalogue"):
			with self.subTest(command):
				self.assertIn(command, said)
				self.assertIn("--json", self.run_command(command, "--help").stdout)

	def test_grant_grants_once_per_key_and_says_so(self) -> None:
		asked = (
			"grant",
			"--customer",
			self.company.name,
			"--credits",
			"3",
			"--months",
			"2",
			"--reason",
			"Order 7",
		)
		key = factories.unique_code("order")
		before = queries.balance(self.account)
		first = self.json_of(*asked, "--key", key)
		self.assertEqual((3, False, before + 3), (first["credits"], first["replayed"], first["balance"]))
		again = self.json_of(*asked, "--key", key)
		self.assertEqual(
			(first["lot"], True, before + 3), (again["lot"], again["replayed"], again["balance"])
		)
		self.assertIn("was granted before; nothing changed", self.run_command(*asked, "--key", key).stdout)
		self.assertEqual(before + 3, queries.balance(self.account))

	def test_a_refused_grant_ends_with_one_and_writes_nothing(self) -> None:
		before = self.entries(self.account, "name")
		calls = {
			"does not exist": ("--customer", "Nobody & Sons", "--credits", "1"),
			"-1": ("--customer", self.company.name, "--credits", "-1"),
			"either a pack or a number": ("--customer", self.company.name),
			"No Such Pack": ("--customer", self.company.name, "--pack", "No Such Pack"),
		}
		for said, asked in calls.items():
			with self.subTest(said):
				done = self.run_command("grant", *asked, "--reason", "Test", status=1)
				self.assertIn(said, done.stderr)
				self.assertNotIn("Traceback", done.stderr)
		self.assertEqual(before, self.entries(self.account, "name"))

	def test_a_wrong_call_ends_with_two(self) -> None:
		for asked in (
			("grant",),
			("grant", "--reason", "x", "--credits", "many"),
			("statement",),
			("load-catalogue", "none.json"),
			("no-such",),
		):
			with self.subTest(asked):
				self.assertNotIn("Traceback", self.run_command(*asked, status=2).stderr)

	def test_a_statement_by_customer_and_by_account_agree_with_the_ledger(self) -> None:
		by_customer = self.json_of("statement", self.company.name)
		self.assertEqual(by_customer, self.json_of("statement", self.account))
		self.assertEqual(queries.balance(self.account), by_customer["balance"])
		self.assertEqual(
			self.entries(self.account), [(line["kind"], line["credits"]) for line in by_customer["lines"]]
		)
		said = self.run_command("statement", self.company.name).stdout
		self.assertIn(f"balance {by_customer['balance']}", said)
		self.assertIn(by_customer["digest"], said)

	def test_a_statement_since_a_later_day_is_empty_and_keeps_the_balance(self) -> None:
		said = self.json_of("statement", self.company.name, "--since", "2099-01-01")
		self.assertEqual(([], queries.balance(self.account)), (said["lines"], said["balance"]))

	def test_a_statement_of_nobody_ends_with_one(self) -> None:
		self.assertIn(
			"has no Credit Account", self.run_command("statement", "Nobody & Sons", status=1).stderr
		)

	def test_verify_ends_with_zero_when_clean_and_with_one_naming_the_bad_row(self) -> None:
		clean = self.json_of("verify", "--customer", self.company.name)
		self.assertEqual((True, 1, []), (clean["ok"], clean["accounts"], clean["findings"]))
		self.assertIn(
			"all as it was posted", self.run_command("verify", "--customer", self.company.name).stdout
		)
		row = f"{self.account}-E0000001"
		credits = frappe.db.get_value("Credit Ledger Entry", row, "credits")
		self.set_credits(row, 99)
		try:
			found = self.json_of("verify", "--customer", self.company.name, status=1)
			self.assertEqual((False, row), (found["ok"], found["findings"][0]["row"]))
			self.assertIn(row, self.run_command("verify", "--customer", self.company.name, status=1).stdout)
		finally:
			self.set_credits(row, credits)

	def set_credits(self, row: str, credits: int) -> None:
		frappe.db.sql("UPDATE `tabCredit Ledger Entry` SET credits = %s WHERE name = %s", (credits, row))
		frappe.db.commit()

	def test_load_catalogue_dry_run_writes_nothing_and_says_so(self) -> None:
		path = os.path.join(FIXTURES, "rockstor.json")
		before = frappe.db.sql(
			"SELECT * FROM tabSingles WHERE doctype = 'Support Credits Settings' ORDER BY field"
		)
		packs = frappe.db.count("Credit Pack")
		self.assertTrue(self.json_of("load-catalogue", path, "--dry-run")["dry_run"])
		self.assertIn("nothing was written", self.run_command("load-catalogue", path, "--dry-run").stdout)
		self.assertEqual(
			before,
			frappe.db.sql(
				"SELECT * FROM tabSingles WHERE doctype = 'Support Credits Settings' ORDER BY field"
			),
		)
		self.assertEqual(packs, frappe.db.count("Credit Pack"))

	def test_a_catalogue_with_errors_ends_with_one_and_names_path_and_value(self) -> None:
		path = os.path.join(frappe.get_site_path("private", "files"), "broken.json")
		with open(path, "w", encoding="utf-8") as file:
			json.dump({"schema": 1, "provider": {"time_zone": "Mars/Olympus"}}, file)
		done = self.run_command("load-catalogue", os.path.abspath(path), status=1)
		self.assertIn("provider.time_zone", done.stderr)
		self.assertIn("Mars/Olympus", done.stderr)
