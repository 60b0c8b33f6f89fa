"""Emergency Sessions as the endpoints answer them, and as lines of a CSV file: rows in, shapes and texts out."""

from datetime import datetime
from decimal import Decimal

import frappe
from frappe import _
from helpdesk.utils import is_agent

from support_credits.api.account import MANAGERS
from support_credits.api.session_shapes import SessionKind, SessionLine, TicketSession
from support_credits.api.wording import from_stamp
from support_credits.engine.emergency import MINUTES_AN_HOUR
from support_credits.engine.session import OPEN, Kind, State
from support_credits.ledger import clock, session_rows
from support_credits.ledger.orders import decimals_of
from support_credits.ledger.session_terms import HourlyTerms
from support_credits.offer.emergency import rounding_text
from support_credits.offer.wording import minutes_text, money_text


def kind_offered(kind: Kind, hourly: HourlyTerms) -> SessionKind:
	"""What an hour of ``kind`` costs here."""
	terms = hourly.terms
	return {
		"kind": kind.value,
		"kind_text": _(kind.value),
		"rate": _decimal(terms.rate, terms.decimals),
		"currency": hourly.currency,
		"rate_text": money_text(terms.rate, hourly.currency),
		"rounding_text": rounding_text(terms.step_minutes),
		"least_text": minutes_text(terms.least_minutes) if terms.least_minutes else "",
	}


def line(row: frappe._dict, at: datetime) -> SessionLine:
	"""A session as agents see it, at ``at``."""
	state = State(row.state)
	mine = {"running_by": row.running_key or "", "agent": row.agent, "agent_name": _name_of(row.agent)}
	return {
		**_seen(row, at),
		**mine,
		"ticket": row.ticket_no,
		"customer": row.customer or "",
		"cancel_reason": row.cancel_reason or "",
		"invoice": row.invoice or "",
		"export": row.export_name or "",
		"trouble": row.trouble or "",
		"may_act": state in OPEN and is_agent(),
		"may_cancel": state in OPEN and bool(set(MANAGERS) & set(frappe.get_roles())),
	}  # type: ignore[typeddict-item]


def _name_of(user: str) -> str:
	return str(frappe.get_cached_value("User", user, "full_name") or user)


def _seen(row: frappe._dict, at: datetime) -> TicketSession:
	"""A session as its customer sees it."""
	bill = session_rows.bill_of(row, at)
	rate = Decimal(str(row.rate))
	return {
		"session": row.name,
		"kind": row.kind,
		"kind_text": _(row.kind),
		"state": row.state,
		"state_text": _(row.state),
		"started_at": from_stamp(row.started_at_utc) or "",
		"stopped_at": from_stamp(row.stopped_at_utc),
		"worked_seconds": int(bill.worked.total_seconds()),
		"billed_minutes": bill.minutes,
		"amount": str(bill.amount),
		"currency": row.currency,
		"amount_text": money_text(bill.amount, row.currency),
		"rate_text": money_text(rate, row.currency),
		"rounding_text": rounding_text(int(row.step_minutes)),
		"is_provisional": State(row.state) in OPEN,
		"summary": row.summary or "",
	}


def seen_by_customer(ticket: str) -> list[TicketSession]:
	"""The sessions of a ticket for whoever may read it: those its customer pays, and those nobody was known for."""
	at, customer = clock.now(), frappe.db.get_value("HD Ticket", ticket, "customer")
	found = session_rows.of_ticket(ticket)
	return [
		_seen(row, at) for row in found if State(row.state) in OPEN or row.customer in (None, "", customer)
	]


def csv_header() -> list[str]:
	"""The labels of :func:`csv_row`."""
	return [
		_("Session"),
		_("Customer"),
		_("Ticket"),
		_("Kind"),
		_("Agent"),
		_("Started (UTC)"),
		_("Ended (UTC)"),
		_("Worked (minutes)"),
		_("Billed (minutes)"),
		_("Hours"),
		_("Rate"),
		_("Amount"),
		_("Currency"),
		_("Summary"),
	]


def csv_row(row: frappe._dict) -> list[object]:
	"""A stopped session as an accountant wants it; money is a decimal number with a point."""
	places = decimals_of(row.currency)
	minutes = int(row.billed_minutes)
	return [
		row.name,
		row.customer or "",
		row.ticket_no,
		_(row.kind),
		row.agent,
		row.started_at_utc,
		row.stopped_at_utc,
		int(row.worked_seconds) // 60,
		minutes,
		f"{minutes / MINUTES_AN_HOUR:.2f}",
		_decimal(Decimal(str(row.rate)), places),
		_decimal(Decimal(str(row.amount)), places),
		row.currency,
		row.summary or "",
	]


def _decimal(amount: Decimal, places: int) -> str:
	"""With the places of its currency, or with all it has: a rate may be finer than the smallest coin."""
	exponent = amount.as_tuple().exponent
	return f"{amount:.{max(places, -int(exponent))}f}"
