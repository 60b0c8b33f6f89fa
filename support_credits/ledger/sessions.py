"""Emergency Sessions: started, paused, resumed, stopped or cancelled, each once (design rule 17).

Nothing here touches credits: a ticket without credits or customer has one all the same. Locks: the ticket, then the
session's row. Whoever starts or resumes one works on it alone until he pauses or stops it: no hour of his is billed twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import frappe
from frappe import _
from frappe.model.naming import make_autoname

from support_credits.engine.errors import NotAllowed
from support_credits.engine.model import stamp_text
from support_credits.engine.session import (
	OPEN,
	Event,
	Kind,
	Mark,
	State,
	after,
	begin,
	check_stopped_at,
	state_of,
)
from support_credits.exceptions import AlreadyPosted, SupportCreditsError, WrongState
from support_credits.ledger import clock, corrections, incidents, rows, session_rows, session_terms, wording
from support_credits.ledger.session_rows import DOCTYPE, bill_of, lock, marks_of, marks_text, write

SERIES = "ES-.YYYY.-.#####"
TICKET = "HD Ticket"
# Where an act leads: a session that is there already had it done.
REACHED = {
	Event.PAUSE: State.PAUSED,
	Event.RESUME: State.RUNNING,
	Event.STOP: State.STOPPED,
	Event.CANCEL: State.CANCELLED,
}


@dataclass(frozen=True)
class Acted:
	"""The session an act was about; ``replayed`` when it had been done before and nothing was written now."""

	session: str
	replayed: bool = False


def start(ticket: str, kind: Kind, request_key: str | None = None) -> Acted:
	"""Work on ``ticket`` by the hour begins, for whoever is logged in, at the rate that holds now.

	Raises WrongState for a resolved ticket and for somebody who works on a session already, SupportCreditsError where this kind
	is not offered, AlreadyPosted where the key stands for another session.
	"""
	earlier = started_before(ticket, kind, request_key)
	if earlier:
		return Acted(earlier, replayed=True)
	corrections.lock_ticket(ticket)
	wrong = why_not(ticket, fresh=True)
	if wrong:
		frappe.throw(wrong, WrongState)
	values = _values(ticket, kind, request_key)
	try:
		rows.insert_rows(DOCTYPE, [values])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		# Another request was committed since this transaction began: begun again, it is seen.
		raise frappe.QueryDeadlockError(_("Session started twice at once")) from error
	return Acted(str(values["name"]))


def started_before(ticket: str, kind: Kind, request_key: str | None) -> str | None:
	"""The session that this key stands for already. AlreadyPosted where it stands for another one."""
	if not request_key:
		return None
	found = frappe.db.get_value(
		DOCTYPE, {"request_key": request_key}, ["name", "ticket_no", "kind"], order_by=None
	)
	if not found:
		return None
	name, *asked = found
	if asked != [str(ticket), kind.value]:
		frappe.throw(
			_("This key was used for session {0}. Use another key for another session.").format(name),
			AlreadyPosted,
		)
	return str(name)


def why_not(ticket: str, fresh: bool = False) -> str:
	"""Why whoever is logged in cannot start a session on ``ticket`` now; empty when he can. ``fresh`` under the ticket's lock."""
	if frappe.db.get_value(TICKET, ticket, "status_category", for_update=fresh) == "Resolved":
		return _("Ticket {0} is resolved. Open it first; then start a session.").format(ticket)
	own = frappe.db.get_value(DOCTYPE, {"open_key": _open_key(ticket)}, ["name", "state"], order_by=None)
	if own:
		return _("Your session {0} of this ticket is {1} already. Go on with it, or stop it first.").format(
			own[0], _(own[1]).lower()
		)
	return _running_elsewhere()


def _running_elsewhere() -> str:
	found = frappe.db.get_value(
		DOCTYPE, {"running_key": frappe.session.user}, ["name", "ticket_no"], order_by=None
	)
	if not found:
		return ""
	return _("You are working on session {0} of ticket {1}. Pause or stop it first.").format(*found)


def _open_key(ticket: str) -> str:
	return f"{ticket}:{sha256(frappe.session.user.encode()).hexdigest()[:32]}"


def _values(ticket: str, kind: Kind, request_key: str | None) -> dict[str, object]:
	hourly = session_terms.offered().get(kind)
	if hourly is None:
		frappe.throw(
			_("{0} is not offered: the catalogue has no rate for it. Load one that has.").format(
				_(kind.value)
			),
			SupportCreditsError,
		)
	at, user = clock.now(), frappe.session.user
	return {
		"name": make_autoname(SERIES),
		"ticket": str(ticket),
		"ticket_no": str(ticket),
		"customer": _customer_of(ticket),
		"incident": incidents.name_for_ticket(ticket),
		"kind": kind.value,
		"state": State.RUNNING.value,
		"agent": user,
		"rate": hourly.terms.rate,
		"currency": hourly.currency,
		"step_minutes": hourly.terms.step_minutes,
		"least_minutes": hourly.terms.least_minutes,
		"started_at_utc": stamp_text(at),
		"marks": marks_text(begin(at, user)),
		"open_key": _open_key(ticket),
		"running_key": user,
		"request_key": request_key,
	}


def _customer_of(ticket: str) -> str | None:
	"""Fresh: the ticket's row is locked."""
	return frappe.db.get_value(TICKET, ticket, "customer", for_update=True) or None


def pause(session: str) -> Acted:
	"""The clock stands still. Any agent may: a colleague may have gone home."""
	return _act(session, Event.PAUSE)


def resume(session: str) -> Acted:
	"""The clock runs again, for whoever is logged in. WrongState when he works on another one."""
	return _act(session, Event.RESUME)


def stop(session: str, summary: str = "", at: datetime | None = None) -> Acted:
	"""The work is over: what it comes to is final. ``at`` is when it ended, for who forgot to stop. Again says the same."""
	return _act(session, Event.STOP, at, {"summary": summary})


def cancel(session: str, reason: str) -> Acted:
	"""It is not billed: for one that was started by mistake and was not stopped yet."""
	return _act(session, Event.CANCEL, None, {"cancel_reason": reason, "cancelled_by": frappe.session.user})


def _act(
	session: str, event: Event, at: datetime | None = None, said: dict[str, object] | None = None
) -> Acted:
	ticket = session_rows.read(session).ticket
	if ticket:
		corrections.lock_ticket(ticket)
	row = lock(session)
	if row.state == REACHED[event].value and _is_his(row, event):
		return Acted(row.name, replayed=True)
	marks = _marks_after(row, event, at)
	_write(row, marks, event, said or {})
	return Acted(row.name)


def _is_his(row: frappe._dict, event: Event) -> bool:
	"""What another one has resumed runs for that one."""
	return event is not Event.RESUME or row.running_key == frappe.session.user


def _marks_after(row: frappe._dict, event: Event, at: datetime | None) -> tuple[Mark, ...]:
	marks, now = marks_of(row), clock.now()
	try:
		found = after(marks, event, at or now, frappe.session.user)
		if at:
			check_stopped_at(marks, at, now)
	except NotAllowed as error:
		frappe.throw(_("Session {0} cannot be changed: {1}.").format(row.name, _reason(error)), WrongState)
	return found


def _reason(error: NotAllowed) -> str:
	state = error.values.get("state")
	return (
		_(error.template).format(state=_(str(state).capitalize()).lower())
		if state
		else wording.of_error(error)
	)


def _write(row: frappe._dict, marks: tuple[Mark, ...], event: Event, said: dict[str, object]) -> None:
	state = state_of(marks)
	if event is Event.RESUME:
		elsewhere = _running_elsewhere()
		if elsewhere:
			frappe.throw(elsewhere, WrongState)
	values = {
		"state": state.value,
		"marks": marks_text(marks),
		"running_key": frappe.session.user if state is State.RUNNING else None,
		**said,
	}
	if state not in OPEN:
		values |= {"open_key": None, "stopped_at_utc": stamp_text(marks[-1].at), **_final(row, marks)}
	try:
		write(row.name, values)
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		raise frappe.QueryDeadlockError(_("Session started twice at once")) from error


def _final(row: frappe._dict, marks: tuple[Mark, ...]) -> dict[str, object]:
	"""What it comes to, and who pays: the ticket's customer as it is now, who may have been found meanwhile."""
	bill = bill_of(frappe._dict(row, marks=marks_text(marks)), marks[-1].at)
	customer = _customer_of(row.ticket) if row.ticket else None
	return {
		"worked_seconds": int(bill.worked.total_seconds()),
		"billed_minutes": bill.minutes,
		"amount": bill.amount,
		"customer": customer or row.customer,
	}
