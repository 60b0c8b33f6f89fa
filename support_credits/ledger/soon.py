"""Jobs that follow a commit. Without a queue the scheduled job does the same: what is committed must not end as an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe


def after_commit(job: str, what: str) -> None:
	"""Queue ``job`` once this is committed; ``what`` names, in the log, what then follows later."""
	frappe.db.after_commit.add(lambda: _enqueue(job, what))


def _enqueue(job: str, what: str) -> None:
	gathered = getattr(frappe.local, "sc_gathered", None)
	if gathered is not None:
		gathered[job] = what
		return
	try:
		frappe.enqueue(job, queue="short")
	except Exception:
		frappe.logger("support_credits").warning(f"no queue: {what} follow with the scheduled job")


@contextmanager
def gathered() -> Iterator[None]:
	"""For a block that commits a thousand times: what follows is queued once for all of them, when the block is over."""
	if getattr(frappe.local, "sc_gathered", None) is not None:
		yield  # the outer block does it
		return
	following: dict[str, str] = {}
	frappe.local.sc_gathered = following
	try:
		yield
	finally:
		frappe.local.sc_gathered = None
		for job, what in following.items():
			_enqueue(job, what)
