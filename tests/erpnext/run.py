"""Runs the modules beside it inside a site with ERPNext: `sc test erpnext`, or by hand with the name of a module or a test.

cd sites; ../env/bin/python ../apps/support_credits/tests/erpnext/run.py SITE [test_module[.Class[.test]] ...]
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

import frappe

HERE = Path(__file__).resolve().parent
NEEDED = ("erpnext", "payments", "helpdesk", "support_credits")


def main(site: str, *names: str) -> int:
	frappe.init(site, sites_path=".")
	frappe.connect()
	missing = [app for app in NEEDED if app not in frappe.get_installed_apps()]
	if missing or not frappe.conf.allow_tests:
		sys.exit(f"{site} is no site for these tests: {', '.join(missing) or 'allow_tests is off'}")
	frappe.flags.in_test = True
	frappe.set_user("Administrator")
	sys.path.insert(0, str(HERE))
	loader = unittest.defaultTestLoader
	found = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE), "test_*.py")
	result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(found)
	frappe.destroy()
	return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
	sys.exit(main(*sys.argv[1:]))
