"""The documents name tests as proof: every one of them exists.

A reference is `` `test_module::test_name` `` between backticks, in any Markdown file of ``docs/`` and in the README: the
module's name without its folder and the function's or method's name without its class, as ``test_http_flow::test_...``.
Modules are looked for in ``support_credits/tests/`` and in ``tests/``, whatever runs them.
"""

from __future__ import annotations

import ast
import re
import unittest
from pathlib import Path

import frappe

REFERENCE = re.compile(r"`(test_\w+)::(test_\w+)`")
LIKE_ONE = re.compile(r"\btest_\w+(?:::|\.)\w+")


def root() -> Path:
	return Path(frappe.get_app_path("support_credits")).parent


def documents() -> dict[str, str]:
	"""The text of every document, by its path."""
	files = (root() / "README.md", *sorted((root() / "docs").rglob("*.md")))
	return {str(file.relative_to(root())): file.read_text() for file in files}


def defined() -> set[tuple[str, str]]:
	"""Every test there is, as module and name, from the source: what a document names must not depend on a site."""
	found = set()
	for folder in (root() / "support_credits" / "tests", root() / "tests"):
		for file in folder.rglob("test_*.py"):
			nodes = ast.walk(ast.parse(file.read_text()))
			names = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
			found |= {(file.stem, name) for name in names if name.startswith("test_")}
	return found


class TestDocuments(unittest.TestCase):
	def test_every_test_that_a_document_names_exists(self) -> None:
		there = defined()
		for path, text in documents().items():
			missing = sorted(set(REFERENCE.findall(text)) - there)
			with self.subTest(path):
				self.assertEqual([], ["::".join(reference) for reference in missing])

	def test_no_test_is_named_in_another_notation_that_nobody_would_check(self) -> None:
		for path, text in documents().items():
			checked = {"::".join(reference) for reference in REFERENCE.findall(text)}
			others = {one for one in LIKE_ONE.findall(text) if not one.endswith(".py")} - checked
			with self.subTest(path):
				self.assertEqual(set(), others)

	def test_the_two_tables_name_many(self) -> None:
		said = documents()
		for path in ("docs/doors.md", "docs/attacks.md"):
			with self.subTest(path):
				self.assertGreater(len(REFERENCE.findall(said[path])), 50)

	def test_every_way_in_names_a_test_for_everything_that_may_go_wrong(self) -> None:
		table = documents()["docs/ways-in.md"].split("## What may go wrong")[1].split("\n## ")[0]
		_head, _line, *rows = [
			line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")
		]
		self.assertGreater(len(rows), 9)
		without = [
			(row[0], cell)
			for row in rows
			for cell in row[1:]
			if not (REFERENCE.search(cell) or cell.startswith("as the order"))
		]
		self.assertEqual([], without)
		self.assertEqual({7}, {len(row) for row in rows})

	def test_every_row_of_the_attacks_names_a_test(self) -> None:
		rows = [line for line in documents()["docs/attacks.md"].splitlines() if line.startswith("| ")]
		rows = [row for row in rows if not row.startswith(("| Attack |", "| ---"))]
		self.assertEqual([], [row[:60] for row in rows if not REFERENCE.search(row)])

	def test_no_test_of_an_attack_is_missing_from_the_attacks(self) -> None:
		attacks = {(module, name) for module, name in defined() if module.startswith("test_attack_")}
		named = set(REFERENCE.findall(documents()["docs/attacks.md"]))
		self.assertEqual([], sorted(attacks - named))
