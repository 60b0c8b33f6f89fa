"""Stopped sessions on the customer's draft invoice, each once and in a transaction of its own.

A session is stopped and committed before; what fails here is noted on it and tried again every hour.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import escape_html

from support_credits.engine.session import State
from support_credits.exceptions import SupportCreditsError
from support_credits.integrations.erpnext import attempts, sweeping, telling
from support_credits.integrations.erpnext.sessions import SessionCharge, line_for
from support_credits.integrations.notices import MANAGERS, notify, people_of
from support_credits.ledger import session_export, session_rows

BATCH = 500


def run() -> int:
	"""Bill whatever was stopped and is billed nowhere; returns how many were. Those that cannot be billed hide none behind them."""
	done, last = 0, ""
	while names := session_export.unbilled(most=BATCH, after=last):
		done, last = done + sum(map(bill_now, names)), names[-1]
	return done


def bill_now(session: str) -> int:
	"""Bill one session; 1 when it is on an invoice now and was not before. Commits what came before it, and itself."""
	return sweeping.in_a_transaction(lambda: _try(session))


def _try(session: str) -> int:
	done: list[int] = []
	attempts.alone(lambda: done.append(_bill(session)), lambda error: _failed(session, error))
	return sum(done)


def _bill(session: str) -> int:
	row = session_rows.lock(session)
	if row.state != State.STOPPED.value or row.invoice or row.export_name or not row.amount:
		return 0
	customer = _customer_of(row)
	line = line_for(_charge(row, customer), row.name)
	if line is None:
		return 0
	session_rows.write(row.name, {"invoice": line.invoice, "customer": customer, "trouble": ""})
	return 1


def _customer_of(row: frappe._dict) -> str:
	found = session_rows.customer_of(row)
	if not found:
		frappe.throw(
			_("Ticket {0} has no customer, so that nobody can be invoiced.").format(row.ticket_no),
			SupportCreditsError,
		)
	return found


def _charge(row: frappe._dict, customer: str) -> SessionCharge:
	return SessionCharge(
		customer,
		timedelta(seconds=int(row.worked_seconds)),
		Decimal(str(row.rate)),
		row.currency,
		text_of(row),
		int(row.step_minutes),
		int(row.least_minutes),
	)


def text_of(row: frappe._dict) -> str:
	"""What the customer reads on his invoice."""
	said = _("{0}, ticket {1}, {2}").format(_(row.kind), row.ticket_no, row.started_at_utc[:10])
	return f"{said}: {row.summary}" if row.summary else said


def _failed(session: str, error: Exception) -> None:
	if isinstance(error, frappe.QueryTimeoutError):
		return  # logged; whoever holds the lock would hold it against a note too
	reason = telling.reason_of(error)
	text = _("Session {0} could not be put on an invoice: {1} It is tried again every hour.").format(
		session, reason
	)
	text = " ".join(text.split())
	if session_rows.note_trouble_once(session_rows.lock(session), text):
		notify(people_of(*MANAGERS), session_rows.DOCTYPE, session, escape_html(text))
