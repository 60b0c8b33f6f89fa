"""``support-credits verify`` as a real process: its progress on a terminal, noted heads, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import frappe
from frappe.utils import get_bench_path

from support_credits.ledger import queries
from support_credits.tests import factories
from support_credits.tests.test_commands import BENCH
from support_credits.tests.verify_case import ENTRY, TamperCase


class TestVerifyCommand(TamperCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.company = factories.company(credits=2)
		cls.account = cls.company.account
		factories.ticket(cls.company.person)
		cls.kept = os.path.abspath(frappe.get_site_path("private", "files", f"{cls.account}-heads.txt"))
		frappe.db.commit()

	def verify(
		self, *arguments: str, status: int = 0, stderr: int = subprocess.PIPE
	) -> subprocess.CompletedProcess[str]:
		done = subprocess.run(
			[
				*BENCH,
				frappe.local.site,
				"support-credits",
				"verify",
				"--customer",
				self.company.name,
				*arguments,
			],
			cwd=os.path.join(get_bench_path(), "sites"),
			stdout=subprocess.PIPE,
			stderr=stderr,
			text=True,
			timeout=300,
			check=False,
		)
		self.assertEqual(status, done.returncode, done.stdout + (done.stderr or ""))
		return done

	def on_a_terminal(self, *arguments: str) -> tuple[str, str]:
		"""What is printed, and what somebody sees who watches standard error on a terminal."""
		screen, terminal = pty.openpty()
		try:
			printed = self.verify(*arguments, stderr=terminal).stdout
			os.close(terminal)
			return printed, self.read_all(screen)
		finally:
			os.close(screen)

	@staticmethod
	def read_all(screen: int) -> str:
		seen = b""
		while True:
			try:
				part = os.read(screen, 4096)
			except OSError:  # the other end was closed
				return seen.decode()
			if not part:
				return seen.decode()
			seen += part

	def test_a_terminal_shows_how_far_it_is_in_one_line_and_clears_it(self) -> None:
		printed, seen = self.on_a_terminal()
		self.assertIn("all as it was posted", printed)
		self.assertRegex(seen, rf"\r\x1b\[K{self.account} entries 2 of 2")
		self.assertTrue(seen.endswith("\r\x1b[K"), repr(seen))
		self.assertNotIn("\n", seen)

	def test_nothing_is_shown_where_nobody_watches(self) -> None:
		self.assertEqual("", self.on_a_terminal("--json")[1])
		for arguments in ((), ("--json",), ("--heads",)):
			with self.subTest(arguments):
				self.assertEqual("", self.verify(*arguments).stderr)

	def test_a_head_is_printed_that_the_next_run_compares_with(self) -> None:
		last = list(queries.entries(self.account))[-1]
		line = f"head {self.account} 2 {last.entry_hash} {self.company.name}"
		printed = self.verify("--heads").stdout
		self.assertIn(line, printed.splitlines())
		self.note(printed)
		self.assertIn("all as it was posted", self.verify("--kept", self.kept).stdout)
		self.note(printed.replace(last.entry_hash, "0" * 64))
		found = json.loads(self.verify("--kept", self.kept, "--json", status=1).stdout)["findings"]
		self.assertEqual([("head_changed", self.entry(2))], [(one["code"], one["row"]) for one in found])

	def test_heads_in_json_can_be_compared_with_too(self) -> None:
		printed = self.verify("--heads", "--json").stdout
		self.assertEqual([self.account], [head["account"] for head in json.loads(printed)["heads"]])
		self.note(printed)
		self.verify("--kept", self.kept)
		self.assertNotIn("heads", json.loads(self.verify("--json").stdout))

	def note(self, text: str) -> None:
		with open(self.kept, "w", encoding="utf-8") as file:
			file.write(text)
		self.addCleanup(lambda: os.path.exists(self.kept) and os.remove(self.kept))

	def test_a_list_that_is_none_or_is_not_there_is_refused(self) -> None:
		self.note("not a list of heads")
		self.assertIn("notes no heads", self.verify("--kept", self.kept, status=1).stderr)
		self.assertIn("does not exist", self.verify("--kept", f"{self.kept}.none", status=2).stderr)

	def test_a_finding_ends_with_one_and_names_the_row_in_text_and_json(self) -> None:
		row = self.entry(2)
		self.edit(ENTRY, row, reason="forged")
		frappe.db.commit()
		try:
			said = self.verify(status=1).stdout
			found = json.loads(self.verify("--json", status=1).stdout)
		finally:
			self.edit(ENTRY, row, reason="")
			frappe.db.commit()
		self.assertIn(f"{row}: {row} does not match its own hash", said)
		self.assertIn("1 finding(s)", said)
		self.assertEqual(("edited", row), (found["findings"][0]["code"], found["findings"][0]["row"]))
		self.assertIn("all as it was posted", self.verify().stdout)
