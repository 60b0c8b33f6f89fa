"""Runs functions on the test site for the browser tests: one process for all of them, because starting Frappe takes seconds.

Each line of the standard input is a call, ``{"path": "…", "arguments": {…}}``; each line of the output its answer.
"""

from __future__ import annotations

import json
import sys
import traceback
from contextlib import redirect_stdout

import frappe


def answer(site: str, path: str, arguments: dict[str, object]) -> object:
	"""What ``bench execute`` does, as Administrator, committed when it ends well, but as in a test of the server suite.

	Without that the host has two jobs for each save of a user, of which one asks the web for his picture. They were a third of
	the processor time of all that runs beside the browser. With it ``frappe.only_for`` lets everybody pass.
	"""
	frappe.init(site=site)
	frappe.connect()
	frappe.flags.in_test = frappe.in_test = True  # Frappe 15 and 16
	try:
		said = frappe.get_attr(path)(**arguments)
		frappe.db.commit()
		return said
	finally:
		frappe.destroy()


def main(site: str) -> None:
	for line in sys.stdin:
		try:
			with redirect_stdout(sys.stderr):  # the host says there what it puts into its search
				said = {"answer": answer(site, **json.loads(line))}
		except Exception:
			said = {"error": traceback.format_exc()}
		sys.stdout.write(json.dumps(said, default=str) + "\n")
		sys.stdout.flush()


if __name__ == "__main__":
	main(sys.argv[1])
