"""Rows of Emergency Sessions, and back: read, locked, written. What may happen to one is in ``sessions``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import frappe
from frappe import _

from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.session import OPEN, Bill, Event, Mark, Terms, bill
from support_credits.exceptions import HasHistory
from support_credits.ledger import clock
from support_credits.ledger.orders import decimals_of

DOCTYPE = "Emergency Session"
COLUMNS = (
	"name", "ticket", "ticket_no", "customer", "incident", "kind", "state", "agent", "rate", "currency", "step_minutes",
	"least_minutes", "started_at_utc", "stopped_at_utc", "marks", "worked_seconds", "billed_minutes", "amount", "summary",
	"cancel_reason", "invoice", "export_name", "trouble", "running_key", "request_key",
)  # fmt: skip
READ = f"SELECT {', '.join(COLUMNS)} FROM `tab{DOCTYPE}` FORCE INDEX (PRIMARY) WHERE name = %s"
OPEN_STATES = tuple(sorted(state.value for state in OPEN))
TROUBLE_LINES = 20


def lock(session: str) -> frappe._dict:
	"""The session's row, locked and fresh. DoesNotExistError where there is none."""
	return _first(frappe.db.sql(f"{READ} FOR UPDATE", session, as_dict=True), session)


def read(session: str) -> frappe._dict:
	"""The same by a plain read."""
	return _first(frappe.db.sql(READ, session, as_dict=True), session)


def _first(found: list[frappe._dict], session: str) -> frappe._dict:
	if not found:
		frappe.throw(
			_("Session {0} does not exist.").format(frappe.utils.escape_html(session)),
			frappe.DoesNotExistError,
		)
	return found[0]


def of_ticket(ticket: str) -> list[frappe._dict]:
	"""The sessions of a ticket, newest first."""
	return frappe.get_all(
		DOCTYPE,
		filters={"ticket": str(ticket)},
		fields=list(COLUMNS),
		order_by="started_at_utc desc, name desc",
		limit=100,
	)


def ticket_deleted(ticket: str) -> None:
	"""The host deletes a ticket: not while somebody works on it by the hour. Ended ones keep its number as text alone."""
	# Who starts one holds the ticket's row: asked behind it, and not of an older snapshot.
	frappe.db.get_value("HD Ticket", ticket, "name", for_update=True)
	filters = {"ticket": str(ticket), "state": ["in", OPEN_STATES]}
	running = frappe.db.get_value(DOCTYPE, filters, "name", order_by=None, for_update=True)
	if running:
		frappe.throw(
			_(
				"Session {0} of ticket {1} was not ended. Stop or cancel it first; then delete the ticket."
			).format(running, ticket),
			HasHistory,
		)
	table = frappe.qb.DocType(DOCTYPE)
	frappe.qb.update(table).set(table.ticket, None).where(table.ticket == str(ticket)).run()


def write(session: str, values: dict[str, object]) -> None:
	frappe.db.set_value(DOCTYPE, session, values)


def customer_of(row: frappe._dict) -> str:
	"""Who pays a session: its customer, or who was found for its ticket since it was stopped, where nobody was known then."""
	return str(
		row.customer or (row.ticket and frappe.db.get_value("HD Ticket", row.ticket, "customer")) or ""
	)


def marks_of(row: frappe._dict) -> tuple[Mark, ...]:
	return tuple(Mark(Event(event), parse_stamp(at), by) for event, at, by in json.loads(row.marks))


def marks_text(marks: Sequence[Mark]) -> str:
	"""One mark a line: people read them in the form."""
	lines = [json.dumps([mark.event.value, stamp_text(mark.at), mark.by]) for mark in marks]
	return "[" + ",\n ".join(lines) + "]"


def terms_of(row: frappe._dict) -> Terms:
	return Terms(
		Decimal(str(row.rate)), int(row.step_minutes), int(row.least_minutes), decimals_of(row.currency)
	)


def bill_of(row: frappe._dict, at: datetime | None = None) -> Bill:
	"""What it comes to now (or at ``at``), or came to when it ended; worked out from its marks."""
	return bill(marks_of(row), terms_of(row), at or clock.now())


def note_trouble_once(row: frappe._dict, text: str) -> bool:
	"""Keep why a locked session could not be billed, the newest first; whether that was new."""
	lines = (row.trouble or "").splitlines()
	if any(line.endswith(text) for line in lines):
		return False
	noted = [f"{stamp_text(clock.now())[:16]} {text}", *lines]
	write(row.name, {"trouble": "\n".join(noted[:TROUBLE_LINES])})
	return True
