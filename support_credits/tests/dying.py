"""A process that does something on the site and is killed before it commits.

Run as a script it is that process: ``dying.py SITE DOTTED.FUNCTION JSON``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import frappe


def killed_after(function: str, **arguments: object) -> None:
	"""Call ``function`` as Administrator in a process of its own and kill it, uncommitted, when the call has returned."""
	done = subprocess.run(
		[sys.executable, __file__, frappe.local.site, function, json.dumps(arguments)],
		cwd=os.path.join(frappe.utils.get_bench_path(), "sites"),
		capture_output=True,
		text=True,
		check=False,
	)
	# What it printed proves that the work was done before it died.
	if done.returncode != -signal.SIGKILL or "done" not in done.stdout:
		raise AssertionError(f"{function} did not come to its end: {done.returncode} {done.stderr[-2000:]}")


def work(site: str, function: str, arguments: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	frappe.get_attr(function)(**json.loads(arguments))
	sys.stdout.write("done")
	sys.stdout.flush()
	os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
	work(*sys.argv[1:])
