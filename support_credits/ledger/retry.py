"""Retrying a whole piece of work after a deadlock: never below it, because a deadlock loses the whole transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import frappe

ATTEMPTS = 5
PAUSE_SECONDS = 0.05  # grows with each attempt, so that two that met once do not meet again

Result = TypeVar("Result")


def retry_whole(work: Callable[[], Result]) -> Result:
	"""Run ``work``, and again from the start after a deadlock or lock wait, ``ATTEMPTS`` times at the most.

	``work`` must be everything the transaction has done so far: before another attempt all of it is rolled back. What the
	host has committed in its middle, with a mail that goes out at once, would be done twice: then the error stands.
	"""
	for attempt in range(1, ATTEMPTS):
		committed: list[bool] = []
		frappe.db.after_commit.add(lambda committed=committed: committed.append(True))
		try:
			return work()
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			if committed:
				raise
			frappe.db.rollback()
			time.sleep(PAUSE_SECONDS * attempt)
	return work()
