"""Every line of patches.txt leads to a function: a typo would stop a customer's migration, and only there."""

from __future__ import annotations

from pathlib import Path

import frappe
from frappe.modules.patch_handler import get_patches_from_app

from support_credits.tests.compat import TestCase


class TestPatches(TestCase):
	def test_each_line_of_patches_resolves(self) -> None:
		for patch in get_patches_from_app("support_credits"):
			with self.subTest(patch):
				module = patch.split(maxsplit=1)[0]
				self.assertTrue(callable(frappe.get_attr(f"{module}.execute")), module)

	def test_each_patch_there_is_is_run_once_by_patches_txt(self) -> None:
		files = Path(frappe.get_app_path("support_credits", "patches")).rglob("*.py")
		there = {file.stem for file in files if file.stem != "__init__"}
		named = [patch.split(maxsplit=1)[0] for patch in get_patches_from_app("support_credits")]
		self.assertEqual(
			len(named), len(set(named)), "a line repeated runs once; a new run needs a comment behind it"
		)
		self.assertEqual(
			{f"support_credits.patches.{name}" for name in there}, set(named), "in patches/ and patches.txt"
		)

	def test_each_hook_resolves(self) -> None:
		from support_credits import hooks

		dotted = [
			handler
			for events in hooks.doc_events.values()
			for handlers in events.values()
			for handler in ([handlers] if isinstance(handlers, str) else handlers)
		]
		by_cron = hooks.scheduler_events["cron"].values()
		plain = (jobs for frequency, jobs in hooks.scheduler_events.items() if frequency != "cron")
		dotted += [job for jobs in (*plain, *by_cron) for job in jobs]
		dotted += [
			hooks.before_install,
			hooks.after_install,
			hooks.after_migrate,
			hooks.before_uninstall,
			hooks.after_uninstall,
		]
		for path in dotted:
			with self.subTest(path):
				self.assertTrue(callable(frappe.get_attr(path)))

	def test_no_hook_listens_to_every_doctype(self) -> None:
		from support_credits import hooks

		self.assertNotIn("*", hooks.doc_events)
