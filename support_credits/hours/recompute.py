"""A calendar was edited: the deadlines of open tickets are worked out again, in the background, a page at a time (rule 21).

Closed tickets keep theirs. Nothing is charged, refused or saved as a document: two columns of the ticket and four of its
incident are written, under the ticket's lock, which every save takes first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import now, now_datetime

from support_credits.engine.catalogue_model import Target
from support_credits.engine.deadline import COVERED_HOURS
from support_credits.engine.errors import EngineError
from support_credits.engine.explanation import Deadline, from_json
from support_credits.hours import promises
from support_credits.hours.calendars import CALENDAR, covered_time
from support_credits.hours.severity import severity_of
from support_credits.ledger import settings as site
from support_credits.ledger.responses import stored_as
from support_credits.ledger.retry import retry_whole
from support_credits.run_record import recorded

PAGE = 200
SETTLED = timedelta(minutes=2)  # whoever began a ticket with a calendar older than that has committed it
TICKETS = """SELECT t.name FROM `tabSupport Incident` i JOIN `tabHD Ticket` t ON t.name = i.ticket
	WHERE i.calendar = %s AND i.due_at_utc != '' AND t.status_category IN ('Open', 'Paused') AND t.name > %s
	ORDER BY t.name LIMIT %s"""
LOCK_TICKETS = """SELECT name, sla, response_by, resolution_by, first_responded_on, resolution_date, on_hold_since,
	agreement_status, status_category, service_level_agreement_creation, total_hold_time, sc_severity, priority
	FROM `tabHD Ticket` FORCE INDEX (PRIMARY) WHERE name IN %s ORDER BY name FOR UPDATE"""
NAMES = """SELECT name FROM `tabSupport Incident`
	WHERE ticket IN %s AND calendar = %s AND due_at_utc != ''"""
# By primary key: a range of the other indexes would hold up every new incident that falls into it.
LOCK_INCIDENTS = """SELECT name, ticket, calendar, agreement, resolution_hours, deadline, aim, due_at_utc, aim_at_utc
	FROM `tabSupport Incident` FORCE INDEX (PRIMARY) WHERE name IN %s ORDER BY name FOR UPDATE"""
OPEN = ("Open", "Paused")


def soon(calendar: str) -> None:
	"""Have it done once this is committed. Without a queue the scheduled job does it."""
	frappe.db.set_value(CALENDAR, calendar, "recompute_due", 1, update_modified=False)
	frappe.db.after_commit.add(lambda: _enqueue(calendar))


def _enqueue(calendar: str) -> None:
	try:
		frappe.enqueue("support_credits.hours.recompute.run", queue="long", calendar=calendar)
	except Exception:
		frappe.logger("support_credits").warning("no queue: deadlines follow with the scheduled job")


@recorded
def run_due() -> int:
	"""The scheduled job: calendars whose edit nothing has followed yet; returns how many tickets were moved."""
	due = frappe.get_all(CALENDAR, filters={"recompute_due": 1}, pluck="name", order_by="name asc")
	return sum(run(calendar) for calendar in due)


def run(calendar: str) -> int:
	"""Work out the open tickets of one calendar; returns how many were moved. Safe to run twice, or at once.

	The mark is taken off at the end, unless the calendar was edited meanwhile or just before, or a page failed: what a crash
	cuts short, and a ticket that was being opened with the old hours, is the next scheduled run's.
	"""
	frappe.db.commit()  # what was edited up to here is seen
	edited = frappe.db.get_value(CALENDAR, calendar, "modified")
	seen = moved = failed = 0
	last, again = "", False
	while names := frappe.db.sql(TICKETS, (calendar, last, PAGE), pluck=True):
		try:
			done = retry_whole(lambda names=names: _page(calendar, names))
			moved, failed = moved + done.count(True), failed + done.count(None)
		except Exception:
			frappe.db.rollback()
			failed, again = failed + len(names), True
			frappe.log_error(
				title=f"Support Credits: deadlines of {calendar} from ticket {names[0]} on were not moved"
			)
		seen, last = seen + len(names), names[-1]
		_tell(
			calendar,
			_("{0} open tickets looked at, {1} moved, {2} failed, so far.").format(seen, moved, failed),
		)
		frappe.db.commit()  # each page stands alone: what was done stays done
	result = _("{0}: {1} open tickets looked at, {2} moved, {3} failed.").format(now(), seen, moved, failed)
	_tell(calendar, result)
	if not again and edited < now_datetime() - SETTLED:
		as_it_was = {"name": calendar, "modified": edited}
		frappe.db.set_value(CALENDAR, as_it_was, "recompute_due", 0, update_modified=False)
	frappe.db.commit()
	return moved


def _tell(calendar: str, result: str) -> None:
	frappe.db.set_value(CALENDAR, calendar, "recompute_result", result, update_modified=False)
	frappe.publish_realtime(
		"support_credits_recompute",
		{"calendar": calendar, "result": result},
		doctype=CALENDAR,
		docname=calendar,
	)


def _page(calendar: str, names: Sequence[str]) -> list[bool | None]:
	"""Of each ticket that is still open, whether it was moved; None where it could not be worked out."""
	# Fresh and locked: a ticket may have been closed, or released, since the page was read.
	tickets = {row.name: row for row in frappe.db.sql(LOCK_TICKETS, (names,), as_dict=True)}
	found = frappe.db.sql(NAMES, (names, calendar), pluck=True)
	incidents = frappe.db.sql(LOCK_INCIDENTS, (found,), as_dict=True) if found else ()
	counted = (one for one in incidents if one.calendar == calendar and one.due_at_utc)
	opened = ((one, tickets[one.ticket]) for one in counted if one.ticket in tickets)
	return [
		_work_out(calendar, incident, ticket) for incident, ticket in opened if ticket.status_category in OPEN
	]


def _work_out(calendar: str, incident: frappe._dict, ticket: frappe._dict) -> bool | None:
	try:
		agreement = frappe.get_cached_doc("HD Service Level Agreement", incident.agreement)
		due = promises.worked_out_again(calendar, from_json(json.loads(incident.deadline)))
		aim = (
			promises.worked_out_again(calendar, from_json(json.loads(incident.aim))) if incident.aim else None
		)
		resolution = _resolution(calendar, incident.resolution_hours, ticket, due)
	except (EngineError, ValueError, frappe.ValidationError) as error:
		frappe.log_error(
			title=f"Support Credits: ticket {ticket.name} keeps its deadline", message=str(error)
		)
		return None
	values = stored_as(due, aim)
	if any(said != (incident[field] or "") for field, said in values.items()):
		frappe.db.set_value("Support Incident", incident.name, values, update_modified=False)
	if ticket.sla == incident.agreement:  # not yet, where it was released and its row has still to follow
		_follow(agreement, ticket, site.on_site_wall(due.due), resolution)
	return values["due_at_utc"] != incident.due_at_utc


def _follow(agreement: object, ticket: frappe._dict, due: datetime, resolution: datetime) -> None:
	"""The ticket's own columns, as its agreement would have set them."""
	before = (ticket.response_by, ticket.resolution_by, ticket.agreement_status)
	ticket.response_by, ticket.resolution_by = due, resolution
	agreement.handle_agreement_status(ticket)
	fields = ("response_by", "resolution_by", "agreement_status")
	changed = {
		field: ticket[field] for field, was in zip(fields, before, strict=True) if ticket[field] != was
	}
	if changed:
		frappe.db.set_value("HD Ticket", ticket.name, changed, update_modified=False)


def _resolution(calendar: str, hours: int, ticket: frappe._dict, due: Deadline) -> datetime:
	"""The time to resolve that was promised then, with the same changes of severity as the response's, and the time on
	hold.
	"""
	if not hours:
		return ticket.resolution_by
	found = promises.worked_out_again(calendar, replace(due, target=Target(hours, COVERED_HOURS)))
	held = timedelta(seconds=float(ticket.total_hold_time or 0))
	return site.on_site_wall(covered_time(calendar, severity_of(due.severity)).add(found.due, held))
