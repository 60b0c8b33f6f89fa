"""Many processes, each with a database connection of its own, that do one thing on the site at the same instant.

The server of the other races has four workers: there no more than four are in the database at once. Run as a script it is
the crowd: ``crowd.py SITE DOTTED.FUNCTION`` with a list of arguments, one object for each process, as JSON on its input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import frappe


def all_at_once(function: str, arguments: list[dict[str, object]]) -> list[str]:
	"""Call ``function`` as Administrator in a process for each of ``arguments``; "done", or the name of what it raised."""
	done = subprocess.run(
		[sys.executable, __file__, frappe.local.site, function],
		cwd=os.path.join(frappe.utils.get_bench_path(), "sites"),
		input=json.dumps(arguments),
		capture_output=True,
		text=True,
		check=False,
	)
	said = done.stdout.split()
	if len(said) != len(arguments):
		raise AssertionError(f"{len(said)} of {len(arguments)} came back: {done.stderr[-2000:]}")
	return said


def crowd(site: str, function: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	act, arguments = frappe.get_attr(function), json.load(sys.stdin)
	frappe.destroy()
	ready_in, ready_out = os.pipe()
	shot_in, shot_out = os.pipe()
	children = []
	for one in arguments:
		child = os.fork()
		if not child:
			os.close(shot_out)
			run(site, act, one, ready_out, shot_in)
		children.append(child)
	for _child in children:
		os.read(ready_in, 1)
	os.close(shot_out)  # the starting shot: everybody's read ends
	for child in children:
		os.waitpid(child, 0)


def run(site: str, act: object, arguments: dict[str, object], ready: int, shot: int) -> None:
	"""A child's own life; it never returns."""
	said = "lost"
	try:
		frappe.init(site=site)
		frappe.connect()
		os.write(ready, b".")
		os.read(shot, 1)
		act(**arguments)
		frappe.db.commit()
		said = "done"
	except Exception as error:
		frappe.db.rollback()
		said = type(error).__name__
	finally:
		os.write(1, f"{said}\n".encode())
		os._exit(0)


if __name__ == "__main__":
	crowd(*sys.argv[1:])
