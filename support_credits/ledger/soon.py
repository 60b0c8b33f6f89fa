"""Jobs that follow a commit. Without a queue the scheduled job does the same: what is committed must not end as an error."""

from __future__ import annotations

import frappe


def after_commit(job: str, what: str) -> None:
	"""Queue ``job`` once this is committed; ``what`` names, in the log, what then follows later."""

	def enqueue() -> None:
		try:
			frappe.enqueue(job, queue="short")
		except Exception:
			frappe.logger("support_credits").warning(f"no queue: {what} follow with the scheduled job")

	frappe.db.after_commit.add(enqueue)
