"""Every scheduled job of the app: what it does, how often, what it did last, and whether somebody should look."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import format_datetime

from support_credits.engine.job_run import JobState
from support_credits.engine.model import parse_stamp
from support_credits.ledger import clock
from support_credits.ledger import settings as site
from support_credits.scheduled import Standing, standings, title_of

Column = dict[str, object]


def execute(filters: dict[str, object] | None = None) -> tuple[list[Column], list[Column]]:
	"""Columns and rows, those that need a look first. Instants are on the site's clock, as in every list of the host."""
	found = standings(clock.now())
	if (filters or {}).get("needs_a_look"):
		found = [one for one in found if one.needs_a_look]
	return _columns(), [_row(one) for one in found]


def _columns() -> list[Column]:
	return [
		{"fieldname": "purpose", "label": _("What It Does"), "fieldtype": "Data", "width": 380},
		{"fieldname": "frequency", "label": _("How Often"), "fieldtype": "Data", "width": 150},
		{"fieldname": "state", "label": _("State"), "fieldtype": "Data", "width": 130},
		{"fieldname": "started", "label": _("Last Run"), "fieldtype": "Data", "width": 200},
		{"fieldname": "seconds", "label": _("Seconds"), "fieldtype": "Float", "precision": 1, "width": 90},
		{"fieldname": "done", "label": _("How Much It Did"), "fieldtype": "Int", "width": 150},
		{"fieldname": "last_error", "label": _("Last Error"), "fieldtype": "Data", "width": 260},
		{"fieldname": "job", "label": _("Job"), "fieldtype": "Link", "options": "Credit Job", "width": 320},
	]


def _row(one: Standing) -> Column:
	row = one.row
	begun = parse_stamp(row.started_at_utc) if row.started_at_utc else None
	ended = parse_stamp(row.ended_at_utc) if row.ended_at_utc else None
	return {
		"purpose": title_of(one.job.method),
		"frequency": _often(one.job.frequency),
		"state": one.said,
		"color": _color(one),
		"started": format_datetime(site.on_site_wall(begun)) if begun else "",
		"seconds": (ended - begun).total_seconds() if begun and ended and ended >= begun else None,
		"done": row.done if begun else None,
		"last_error": frappe.utils.escape_html(row.last_error or "") if row.result == "Failed" else "",
		"job": one.job.method,
	}


def _color(one: Standing) -> str:
	if one.needs_a_look:
		return "red"
	return "green" if one.state is JobState.DONE else "gray"


def _often(frequency: str) -> str:
	"""The host's word for a frequency, translated; a cron expression as it is."""
	plain = frequency.removesuffix("_long").removesuffix("_maintenance")
	words = {
		"all": _("every few minutes"),
		"hourly": _("hourly"),
		"daily": _("daily"),
		"weekly": _("weekly"),
		"monthly": _("monthly"),
		"*/10 * * * *": _("every ten minutes"),
	}
	return words.get(plain, frequency)
