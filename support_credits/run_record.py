"""What each scheduled job did when it ran last, where managers see it: its Credit Job.

The host's own log has no room for a result, keeps nothing of jobs that run every few minutes, and drops the rest in time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import frappe
from frappe.utils import now

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, soon

DOCTYPE = "Credit Job"
ERROR_LENGTH = 1_000

# Each in a statement of its own: two runs at once, or one after a crash, never wait for each other here.
STARTED = f"""INSERT INTO `tab{DOCTYPE}` (name, owner, modified_by, creation, modified, result, started_at_utc)
	VALUES (%(job)s, 'Administrator', 'Administrator', %(now)s, %(now)s, 'Running', %(at)s)
	ON DUPLICATE KEY UPDATE modified = %(now)s, result = 'Running', started_at_utc = %(at)s"""
DONE = f"""UPDATE `tab{DOCTYPE}` SET modified = %(now)s, result = 'Done', done = %(done)s, ended_at_utc = %(at)s
	WHERE name = %(job)s"""
FAILED = f"""UPDATE `tab{DOCTYPE}` SET modified = %(now)s, result = 'Failed', ended_at_utc = %(at)s,
	failed_at_utc = %(at)s, last_error = %(error)s WHERE name = %(job)s"""

Job = Callable[..., int]


def recorded(job: Job) -> Job:
	"""A scheduled job whose every run is noted: when it began and ended, how much it did (what it returns), its error.

	What the caller has open is committed before the job begins: a job stands alone. An error goes on to the scheduler.
	"""
	name = f"{job.__module__}.{job.__name__}"

	@wraps(job)
	def noted(*args: Any, **kwargs: Any) -> int:
		_note(STARTED, name)
		try:
			with soon.gathered():
				done = job(*args, **kwargs)
		except Exception as error:
			frappe.db.rollback()
			said = frappe.utils.strip_html(str(error)) or "-"
			_note(FAILED, name, error=f"{type(error).__name__}: {said}"[:ERROR_LENGTH])
			raise
		_note(DONE, name, done=done)
		return done

	noted.sc_job = name  # type: ignore[attr-defined]  # so that a test finds one that is not wrapped
	return noted


def _note(statement: str, job: str, **values: object) -> None:
	"""A job is worth more than its record: one that cannot be written, as before a migration, is passed over."""
	frappe.db.commit()
	try:
		frappe.db.sql(statement, {"job": job, "now": now(), "at": stamp_text(clock.now()), **values})
		frappe.db.commit()
	except Exception:
		frappe.db.rollback()
		frappe.logger("support_credits").warning(f"the run of {job} could not be noted", exc_info=True)
