"""Work on tickets: timers that run on the server, and the logs that they and typed entries become (design rule 14).

A timer is a row while it runs and a Work Log afterwards: whoever stops it again finds the log by its event key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from frappe import _

from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.work import MINUTE, is_too_long, measured
from support_credits.exceptions import SupportCreditsError, WrongState
from support_credits.ledger import clock, incidents, rows

TIMER, LOG = "Work Timer", "Work Log"
COLUMNS = "name, ticket, agent, started_at_utc"


@dataclass(frozen=True)
class Timer:
	"""A timer that runs."""

	name: str
	ticket: str
	agent: str
	started_at: datetime


@dataclass(frozen=True)
class Logged:
	"""Work that is in the books. ``replayed``: it was before, and nothing was written now."""

	log: str
	ticket: str
	minutes: int
	replayed: bool = False


def start(ticket: str, agent: str) -> Timer:
	"""The timer of ``agent`` on ``ticket``: one that runs already goes on."""
	values = {
		"name": incidents.new_name(),
		"ticket": ticket,
		"agent": agent,
		"started_at_utc": stamp_text(clock.now()),
	}
	try:
		rows.insert_rows(TIMER, [values])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		# A locking read: this transaction may be older than the timer.
		where = "WHERE ticket = %s AND agent = %s LOCK IN SHARE MODE"
		found = frappe.db.sql(f"SELECT {COLUMNS} FROM `tab{TIMER}` {where}", (ticket, agent), as_dict=True)
		return _timer(found[0])
	return Timer(values["name"], ticket, agent, parse_stamp(values["started_at_utc"]))


def running(ticket: str, agent: str) -> Timer | None:
	"""The timer of ``agent`` that runs on ``ticket``, to be shown."""
	found = frappe.get_all(
		TIMER, filters={"ticket": ticket, "agent": agent}, fields=COLUMNS.split(", "), limit=1
	)
	return _timer(found[0]) if found else None


def stop(timer: str, agent: str, minutes: int | None = None, note: str = "") -> Logged:
	"""End a timer as one Work Log, of what it measured or of the ``minutes`` its agent says instead.

	Again it is the same log. WrongState for one that was thrown away; SupportCreditsError for one that ran longer than one
	log may hold, unless its agent says the minutes: it runs on.
	"""
	found = _lock(timer, agent)
	if found is None:
		logged = _logged(_key(timer), agent)
		if logged is None:
			_not_running()
		return logged
	worked = measured(found.started_at, clock.now())
	if minutes is None and is_too_long(worked):
		frappe.throw(
			_(
				"The timer of ticket {0} has run for {1} hours. Say how many minutes of it were work, or throw it away."
			).format(found.ticket, int(worked.total_seconds() // 3600)),
			SupportCreditsError,
		)
	frappe.db.delete(TIMER, {"name": timer})
	return enter(found.ticket, worked if minutes is None else minutes * MINUTE, note, _key(timer))


def discard(timer: str, agent: str) -> Timer:
	"""Throw a timer away; nothing is logged."""
	found = _lock(timer, agent)
	if found is None:
		_not_running()
	frappe.db.delete(TIMER, {"name": timer})
	return found


def enter(ticket: str, worked: timedelta, note: str, event: str) -> Logged:
	"""Log work once per ``event``: again it is the first log. Its document rounds it."""
	doc = frappe.get_doc({"doctype": LOG, "ticket": ticket, "note": note, "event_key": event})
	doc.flags.sc_worked = worked
	try:
		doc.insert()
	except frappe.UniqueValidationError:
		frappe.clear_last_message()
		logged = _logged(event, doc.agent)
		if logged is None:
			raise
		return logged
	return Logged(doc.name, ticket, doc.minutes)


def minutes_of(incident: str) -> int:
	"""Minutes logged for an incident so far."""
	found = frappe.db.sql(f"SELECT COALESCE(SUM(minutes), 0) FROM `tab{LOG}` WHERE incident = %s", incident)
	return int(found[0][0])


def _lock(timer: str, agent: str) -> Timer | None:
	"""The timer, locked by primary key; None when it is over. Somebody else's is nobody's business."""
	text = f"SELECT {COLUMNS} FROM `tab{TIMER}` FORCE INDEX (PRIMARY) WHERE name = %s FOR UPDATE"
	found = frappe.db.sql(text, timer, as_dict=True)
	if found and found[0].agent != agent:
		frappe.throw(_("Somebody else has started this timer; only he can stop it."), frappe.PermissionError)
	return _timer(found[0]) if found else None


def _logged(event: str, agent: str) -> Logged | None:
	# As it is now, not as it was when this transaction began: another request may just have logged it.
	text = f"SELECT name, ticket_no, minutes FROM `tab{LOG}` WHERE event_key = %s AND agent = %s LOCK IN SHARE MODE"
	found = frappe.db.sql(text, (event, agent))
	return Logged(*found[0], replayed=True) if found else None


def _timer(row: frappe._dict) -> Timer:
	return Timer(row.name, row.ticket, row.agent, parse_stamp(row.started_at_utc))


def _key(timer: str) -> str:
	return f"timer:{timer}"


def _not_running() -> None:
	frappe.throw(
		_("This timer does not run any more. Load the page again to see what is logged."), WrongState
	)
