"""Runs the server suite on a site, or what other runs have left of it: `sc test server` has one run on each of two sites.

cd sites; ../env/bin/python ../apps/support_credits/tests/server/run.py SITE QUEUE

QUEUE is a folder with a file for each module that is still to be run. Whoever removes the file runs the module, so that
all runs end at about the same time; what is left when they have ended was run by nobody.
"""

from __future__ import annotations

import os
import sys
import time
import unittest
from collections.abc import Iterator
from pathlib import Path

import frappe

APP = "support_credits"
SLOW_SECONDS = 2
# What looks at the whole site, again for each test: every attack in a proof of it, every replay in its whole past. That is
# quick as long as there is little on it. test_verify_command stays among the last: it proves what all the others have left.
EARLY = (
	"reconciliation",
	"review_money",
	"review_reports",
	"simulation",
	"simulation_desk",
	"verify",
	"verify_accounts",
	"verify_incidents",
	"verify_lots",
	"verify_tickets",
)


class Queue(unittest.TestSuite):
	"""The modules that this run has taken, each when the one before is over."""

	_cleanup = False  # a suite forgets the tests it has run by their place in its list, and here is none

	def __init__(self, folder: Path) -> None:
		super().__init__()
		self.folder = folder

	def __iter__(self) -> Iterator[unittest.TestSuite]:
		while name := self.take():
			yield unittest.defaultTestLoader.loadTestsFromName(name)

	def take(self) -> str | None:
		for path in sorted(self.folder.iterdir(), key=order):
			try:
				path.unlink()
			except FileNotFoundError:  # another run was faster
				continue
			return path.name
		return None


def order(path: Path) -> tuple[bool, str]:
	return path.name.rpartition(".test_")[2] not in EARLY, path.name


class Result(unittest.TextTestResult):
	"""Dots, and the name of what was slow."""

	def startTest(self, test: unittest.TestCase) -> None:
		self.began = time.monotonic()
		super().startTest(test)

	def stopTest(self, test: unittest.TestCase) -> None:
		seconds = time.monotonic() - self.began
		if seconds >= SLOW_SECONDS:
			self.stream.write(f"\n{self.getDescription(test)} ({seconds:.3}s)\n")
		super().stopTest(test)


def begin(site: str) -> None:
	"""What the host's `run-tests` does before the first test."""
	frappe.init(site, sites_path=".")
	if not (frappe.conf.allow_tests or os.environ.get("CI")):
		sys.exit(f"{site} is no site for these tests: allow_tests is off")
	try:
		from frappe.testing.environment import _initialize_test_environment as initialize
	except ImportError:  # Frappe 15
		frappe.connect()
		frappe.clear_cache()
		frappe.flags.print_messages, frappe.flags.in_test = False, True
	else:
		initialize(site, None)
	for hook in frappe.get_hooks("before_tests", app_name=APP):
		frappe.get_attr(hook)()
	frappe.db.commit()


def main(site: str, queue: str) -> int:
	begin(site)
	runner = unittest.TextTestRunner(resultclass=Result, stream=sys.stdout, warnings="ignore")
	result = runner.run(Queue(Path(queue)))
	frappe.clear_cache()
	frappe.destroy()
	return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
	sys.exit(main(*sys.argv[1:]))
