"""Every line of patches.txt leads to a function: a typo would stop a customer's migration, and only there."""

from __future__ import annotations

import frappe
from frappe.modules.patch_handler import get_patches_from_app

from support_credits.tests.compat import TestCase


class TestPatches(TestCase):
	def test_each_line_of_patches_resolves(self) -> None:
		for patch in get_patches_from_app("support_credits"):
			with self.subTest(patch):
				module = patch.split(maxsplit=1)[0]
				self.assertTrue(callable(frappe.get_attr(f"{module}.execute")), module)

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
