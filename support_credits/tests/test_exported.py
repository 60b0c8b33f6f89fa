"""Uninstalling writes out every table of ours: a DocType that is added later must not be forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import frappe

from support_credits import uninstall
from support_credits.tests.compat import TestCase


def ours() -> dict[str, dict]:
	"""The app's DocTypes as their files say, by name."""
	folder = Path(frappe.get_app_path("support_credits", "support_credits", "doctype"))
	found = (json.loads(file.read_text()) for file in folder.glob("*/*.json"))
	return {doctype["name"]: doctype for doctype in found if doctype.get("doctype") == "DocType"}


class TestExported(TestCase):
	def test_every_doctype_of_ours_that_has_rows_is_written_out(self) -> None:
		with_rows = {name for name, doctype in ours().items() if not doctype.get("is_virtual")}
		self.assertEqual(with_rows, set(uninstall.EXPORTED))

	def test_none_is_named_twice(self) -> None:
		self.assertEqual(len(uninstall.EXPORTED), len(set(uninstall.EXPORTED)))

	def test_every_doctype_of_ours_belongs_to_our_module_and_goes_with_it(self) -> None:
		self.assertEqual({"Support Credits"}, {doctype["module"] for doctype in ours().values()})
		self.assertEqual(
			sorted(ours()), sorted(frappe.get_all("DocType", {"module": "Support Credits"}, pluck="name"))
		)
