"""What the scripts of our forms and lists in Desk call is loaded with them."""

from __future__ import annotations

from pathlib import Path

import frappe
from frappe.desk.form.meta import FormMeta

from support_credits.tests.compat import TestCase

DOCTYPES = Path(frappe.get_app_path("support_credits", "support_credits", "doctype"))
CALLED, GIVEN = "support_credits.ask(", "support_credits.ask = function"


class TestDialogs(TestCase):
	def test_every_form_and_list_that_asks_is_given_the_dialog(self) -> None:
		asking = [path for path in DOCTYPES.glob("*/*.js") if CALLED in path.read_text()]
		self.assertGreater(len(asking), 8)
		for path in asking:
			with self.subTest(path.name):
				is_list = path.stem.endswith("_list")
				[doctype] = frappe.get_all(
					"DocType", {"name": frappe.unscrub(path.parent.name)}, pluck="name", order_by=None
				)
				code = FormMeta(doctype, cached=False).get("__list_js" if is_list else "__js")
				self.assertIn(CALLED, code)
				self.assertIn(GIVEN, code)

	def test_no_dialog_of_ours_closes_before_the_server_has_answered(self) -> None:
		self.assertEqual(
			[], [path.name for path in DOCTYPES.glob("*/*.js") if "frappe.prompt(" in path.read_text()]
		)
