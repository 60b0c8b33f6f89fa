"""When the provider answers: the preview of a calendar, and the deadline of a ticket with its reason."""

import json
from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate
from helpdesk.utils import is_agent

from support_credits.api.wording import due
from support_credits.engine.covered_time import HORIZON_YEARS
from support_credits.exceptions import CalendarRefused
from support_credits.hours import calendars, holidays, preview
from support_credits.ledger import clock

CALENDAR = "Support Calendar"
FIELDS = ["tier", "severity", "severity_confirmed", "calendar", "deadline", "aim", "ticket_no", "state"]


@frappe.whitelist(methods=["GET", "POST"])
def deadline(ticket: str) -> dict[str, object]:
	"""When the first response to ``ticket`` is due and why, in the provider's zone and in the reader's.

	``due`` is ISO 8601 in UTC, None where no tier promises anything. Whoever may read the ticket may ask; what the provider
	aims for is shown to agents alone.
	"""
	check_reader(ticket)
	found = frappe.db.get_value("Support Incident", {"ticket": ticket}, FIELDS, as_dict=True, order_by=None)
	if not found or not found.deadline:
		return {"ticket": ticket, "due": None}
	answer = {"ticket": ticket, "tier": found.tier, "severity": found.severity, **due(found.deadline)}
	if is_agent():
		answer["severity_confirmed"] = bool(found.severity_confirmed)
		answer["aim"] = due(found.aim) if found.aim else None
	return answer


def check_reader(ticket: str) -> None:
	"""Whoever may read the ticket. Only agents are told that one does not exist; to others it is one of somebody else's."""
	exists = frappe.db.exists("HD Ticket", ticket)
	if not exists and is_agent():
		frappe.throw(_("Ticket {0} does not exist.").format(ticket), frappe.DoesNotExistError)
	if not exists or not frappe.has_permission("HD Ticket", "read", ticket):
		frappe.throw(_("You have no access to ticket {0}.").format(ticket), frappe.PermissionError)


@frappe.whitelist(methods=["GET", "POST"])
def preview_calendar(doc: str, week_of: str | None = None) -> dict[str, object]:
	"""What the calendar in ``doc`` (JSON of a Support Calendar, saved or not) means: a week from ``week_of`` and a year.

	Nothing is saved. Raises CalendarRefused for what could not be saved either.
	"""
	frappe.has_permission(CALENDAR, "read", throw=True)
	draft = _draft(doc)
	draft.validate_time_zone()
	draft.validate_own_days()
	draft.set_years()
	draft.set_holidays()
	return preview.of_calendar(calendars.of_doc(draft), draft.name or "", clock.now(), _day(week_of))


def _draft(doc: str) -> object:
	try:
		said = json.loads(doc)
	except ValueError:
		said = None
	if not isinstance(said, dict) or said.get("doctype") != CALENDAR:
		frappe.throw(_("This is not a Support Calendar."), CalendarRefused)
	return frappe.get_doc(said)


def _day(text: str | None) -> date | None:
	try:
		day = getdate(text) if text else None
	except Exception:
		frappe.throw(_("{0} is not a date.").format(text), CalendarRefused)
	if day and abs(day.year - getdate().year) > HORIZON_YEARS:
		frappe.throw(_("{0} is more than {1} years away.").format(text, HORIZON_YEARS), CalendarRefused)
	return day


@frappe.whitelist(methods=["GET", "POST"])
def countries() -> list[str]:
	"""Countries whose holidays are known, by their two letters."""
	frappe.has_permission(CALENDAR, "read", throw=True)
	return holidays.countries()


@frappe.whitelist(methods=["GET", "POST"])
def subdivisions(country: str) -> list[str]:
	"""States or regions of ``country`` that have holidays of their own; none for a country that is not known."""
	frappe.has_permission(CALENDAR, "read", throw=True)
	return holidays.subdivisions(country)
