"""Proves that what a session is billed is what its marks add up to, by the engine alone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import frappe
from frappe import _

from support_credits.engine.errors import EngineError
from support_credits.engine.model import stamp_text
from support_credits.engine.session import OPEN, Bill, State, state_of
from support_credits.ledger import session_rows
from support_credits.ledger.findings import WINDOW, Finding, Stream, found, windows

SESSIONS = Stream("s.name", f"`tab{session_rows.DOCTYPE}` s")
COLUMNS = ", ".join(f"s.{column}" for column in session_rows.COLUMNS)


def session_findings() -> Iterator[Finding]:
	"""Sessions whose state, times, minutes or amount are not those of their marks. Open ones claim no amount yet."""
	for bounds in windows([SESSIONS]):
		source, values = SESSIONS.within(bounds)
		text = f"SELECT {COLUMNS} FROM {source} ORDER BY s.name LIMIT {WINDOW}"
		for row in frappe.db.sql(text, values, as_dict=True):
			yield from _of(row)


def _of(row: frappe._dict) -> Iterator[Finding]:
	try:
		marks = session_rows.marks_of(row)
		state, last = state_of(marks), marks[-1].at
		bill = session_rows.bill_of(row, last)
	except (EngineError, ValueError, TypeError) as error:
		yield found(
			"session_marks", _("Session {0} has marks that no session can have: {1}"), row.name, error
		)
		return
	said = (row.state, row.started_at_utc or "", row.stopped_at_utc or "")
	true = (state.value, stamp_text(marks[0].at), "" if state in OPEN else stamp_text(last))
	if said != true:
		message = _("Session {0} is {1}, from {2} to '{3}'; its marks say {4}, from {5} to '{6}'.")
		yield found("session_times", message, row.name, *said, *true)
	elif _claimed(row) != _due(state, bill):
		message = _(
			"Session {0} claims {1} s worked, {2} min billed and {3} {4}; its marks come to {5}, {6} and {7}."
		)
		claimed, due = _claimed(row), _due(state, bill)
		yield found("session_bill", message, row.name, *claimed, row.currency, *due)


def _claimed(row: frappe._dict) -> tuple[int, int, Decimal]:
	return int(row.worked_seconds or 0), int(row.billed_minutes or 0), Decimal(str(row.amount or 0))


def _due(state: State, bill: Bill) -> tuple[int, int, Decimal]:
	if state in OPEN:
		return 0, 0, Decimal(0)
	return int(bill.worked.total_seconds()), bill.minutes, bill.amount
