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

		dotted = [handler for events in hooks.doc_events.values() for handler in events.values()]
		dotted += [job for jobs in hooks.scheduler_events.values() for job in jobs if isinstance(job, str)]
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
