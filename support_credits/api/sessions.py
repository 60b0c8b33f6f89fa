"""Help by the hour on a ticket: agents start, pause, resume and stop it, managers cancel it and export what is to be invoiced."""

import io
from datetime import date, datetime, time, timedelta, timezone

import frappe
from frappe import _
from helpdesk.helpdesk.doctype.hd_ticket_activity.hd_ticket_activity import log_ticket_activity
from helpdesk.utils import is_agent
from werkzeug.wrappers import Response

from support_credits import sheets
from support_credits.api import session_wording as wording
from support_credits.api.account import MANAGERS, event_of, guarded
from support_credits.api.arguments import plain_text
from support_credits.api.incident import check_agent
from support_credits.api.limits import limited
from support_credits.api.session_shapes import SessionActed, TicketSessions
from support_credits.engine.session import Kind
from support_credits.exceptions import SupportCreditsError
from support_credits.integrations import erpnext
from support_credits.ledger import clock, session_export, session_rows, session_terms, sessions
from support_credits.ledger import settings as site
from support_credits.ledger.sessions import Acted
from support_credits.offer.wording import minutes_text

READS_A_MINUTE = 300
EXPORTS_A_MINUTE = 30
REASON_LENGTH = 140
SECONDS = 60  # of a minute


@frappe.whitelist(methods=["POST"])
def start(ticket: str, kind: str = "Emergency", key: str = "") -> SessionActed:
	"""Start work by the hour on ``ticket``: ``kind`` is Emergency or After Hours. It needs no credits. Agents only.

	``key`` makes it happen once: the same key again is the same session. Raises WrongState for a resolved ticket and for
	somebody who works on a session already.
	"""
	check_agent(ticket)
	chosen = _kind(kind)
	request_key = event_of("session", f"{frappe.session.user}\n{key}") if key else None
	text = {
		Kind.EMERGENCY: _("started an emergency session"),
		Kind.AFTER_HOURS: _("started a session after hours"),
	}[chosen]
	done = guarded(lambda: _logged(sessions.start(ticket, chosen, request_key), text))
	return _acted(done, _("The clock runs. {0} so far."))


def _kind(kind: str) -> Kind:
	try:
		return Kind(kind)
	except ValueError:
		frappe.throw(
			_("{0} is no kind of session. Choose one of: {1}.").format(
				frappe.utils.escape_html(kind), ", ".join(one.value for one in Kind)
			),
			SupportCreditsError,
		)


@frappe.whitelist(methods=["POST"])
def pause(session: str) -> SessionActed:
	"""Let the clock stand still; what passes until it is resumed costs nothing. Agents only, a colleague's session too."""
	_check_agent_of(session)
	done = guarded(lambda: _logged(sessions.pause(session), _("paused session {0}").format(session)))
	return _acted(done, _("The clock stands still. {0} so far."))


@frappe.whitelist(methods=["POST"])
def resume(session: str) -> SessionActed:
	"""Let the clock run again, for the caller. Agents only. Raises WrongState for somebody who works on another session."""
	_check_agent_of(session)
	done = guarded(lambda: _logged(sessions.resume(session), _("resumed session {0}").format(session)))
	return _acted(done, _("The clock runs. {0} so far."))


@frappe.whitelist(methods=["POST"])
def stop(session: str, summary: str = "", at: str = "") -> SessionActed:
	"""End the work: what it comes to is final, and goes to the invoice. Agents only; again answers the same.

	``summary`` is for the customer. ``at`` is when the work ended (ISO 8601 with its offset from UTC), for who forgot to stop.
	"""
	_check_agent_of(session)
	summary = plain_text(summary, _("The summary"))
	ended = _instant(at) if at else None
	text = _("stopped session {0}").format(session)
	done = guarded(lambda: _logged(sessions.stop(session, summary, ended), text))
	erpnext.session_stopped(done.session)
	return _acted(done, _("Stopped: {0}."))


@frappe.whitelist(methods=["POST"])
def cancel(session: str, reason: str) -> SessionActed:
	"""End a session that was started by mistake: it is not billed. Managers only; one that was stopped is final."""
	frappe.only_for(MANAGERS)
	reason = plain_text(reason, _("The reason"), required=True, most=REASON_LENGTH)
	text = _("cancelled session {0}").format(session)
	done = guarded(lambda: _logged(sessions.cancel(session, reason), text))
	return _acted(done, _("Cancelled. Nothing is billed."))


def _check_agent_of(session: str) -> None:
	"""Whoever is no agent is told the same whether or not it exists."""
	if not is_agent():
		frappe.throw(_("Only agents work on sessions."), frappe.PermissionError)
	ticket = session_rows.read(session).ticket
	if ticket:  # of an ended one it may be deleted
		check_agent(ticket)


def _logged(done: Acted, activity: str) -> Acted:
	"""The ticket's timeline says what happened, in the same transaction."""
	ticket = session_rows.lock(done.session).ticket
	if ticket and not done.replayed:
		log_ticket_activity(ticket, activity)
	return done


def _instant(text: str) -> datetime:
	try:
		found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
	except ValueError:
		found = datetime.min
	if found.tzinfo is None:
		frappe.throw(
			_("{0} is not an instant. Write it as 2026-11-30T18:05:00+00:00.").format(
				frappe.utils.escape_html(text)
			),
			SupportCreditsError,
		)
	return found.astimezone(timezone.utc)


def _acted(done: Acted, message: str) -> SessionActed:
	at = clock.now()
	# A locking read: whoever has waited for the row has a snapshot from before it was changed.
	line = wording.line(session_rows.lock(done.session), at)
	so_far = f"{minutes_text(line['worked_seconds'] // SECONDS)}, {line['amount_text']}"
	return {
		"session": line,
		"now": at.isoformat(),
		"replayed": done.replayed,
		"message": message.format(so_far),
	}


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def of_ticket(ticket: str) -> TicketSessions:
	"""The sessions of ``ticket`` with what they come to now, and whether the caller may start one. Agents only."""
	check_agent(ticket)
	at = clock.now()
	kinds = [wording.kind_offered(kind, hourly) for kind, hourly in session_terms.offered().items()]
	why_not = (
		sessions.why_not(ticket)
		if kinds
		else _("Help by the hour is not offered: the catalogue has no rate for it.")
	)
	return {
		"ticket": ticket,
		"now": at.isoformat(),
		"sessions": [wording.line(row, at) for row in session_rows.of_ticket(ticket)],
		"kinds": kinds,
		"may_start": not why_not,
		"why_not": why_not,
	}


@frappe.whitelist(methods=["POST"])
@limited(EXPORTS_A_MINUTE)
def export_csv(since: str = "", until: str = "", export: str = "") -> Response:
	"""A CSV file of the stopped sessions to invoice, which are marked as exported: the next file does not have them.

	``since`` and ``until`` are days in the provider's zone, the last one included. ``export`` names an earlier export, to have
	the same file again. Managers only.
	"""
	frappe.only_for(MANAGERS)
	name = export or guarded(lambda: session_export.make(_midnight(since), _midnight(until, days=1)))
	file = io.BytesIO()
	sheets.write(file, wording.csv_header(), [wording.csv_row(row) for row in session_export.lines_of(name)])
	headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
	return Response(file.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


def _midnight(day: str, days: int = 0) -> datetime | None:
	"""Where a day of the provider's begins; so many days later."""
	if not day:
		return None
	try:
		found = date.fromisoformat(day) + timedelta(days=days)
		return datetime.combine(found, time(), tzinfo=site.provider_zone()).astimezone(timezone.utc)
	except (ValueError, OverflowError):
		frappe.throw(
			_("{0} is not a day. Write it as 2026-11-22.").format(frappe.utils.escape_html(day)),
			SupportCreditsError,
		)
