"""What the workspace's cards and charts show, for managers. The host asks for each card with the filters of its record."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import frappe
from frappe import _
from frappe.utils import formatdate

from support_credits import figures, scheduled
from support_credits.api.account import MANAGERS
from support_credits.api.limits import limited
from support_credits.engine.calendar_days import local_day
from support_credits.ledger import clock
from support_credits.ledger.settings import provider_zone

ASKED_A_MINUTE = 240  # a workspace asks for all of its cards at once, and is opened often
MONTHS_OF_CREDITS = 12
MONTHS_OF_ANSWERS = 6


class Figure(NamedTuple):
	"""A number at an instant, and where a click on it leads: a route of the host and the filters to open it with."""

	value: Callable[[datetime], int]
	route: tuple[str, ...]
	options: dict[str, object]


@frappe.whitelist(methods=["GET", "POST"])
@limited(ASKED_A_MINUTE)
def number(filters: str | dict[str, object] = "") -> dict[str, object]:
	"""One number of the workspace: ``filters`` is an object whose ``figure`` names it. Also where a click on it leads."""
	frappe.only_for(MANAGERS)
	found = _figure_of(filters)
	return {
		"value": found.value(clock.now()),
		"fieldtype": "Int",
		"route": list(found.route),
		"route_options": found.options,
	}


@frappe.whitelist(methods=["GET", "POST"])
@limited(ASKED_A_MINUTE)
def credits_by_month() -> dict[str, object]:
	"""Credits sold, spent and expired in each of the last twelve months, as the host draws a chart."""
	frappe.only_for(MANAGERS)
	months = figures.credits_by_month(clock.now(), MONTHS_OF_CREDITS)
	lines = {"sold": _("Sold"), "spent": _("Spent"), "expired": _("Expired")}
	return _chart(months, lines, "MMM yyyy")


@frappe.whitelist(methods=["GET", "POST"])
@limited(ASKED_A_MINUTE)
def answers_by_month() -> dict[str, object]:
	"""First responses in time and late by the month their tickets were opened in, six months, as the host draws a chart."""
	frappe.only_for(MANAGERS)
	months = figures.answers_by_month(clock.now(), MONTHS_OF_ANSWERS)
	lines = {"in_time": _("In time"), "late": _("Late")}
	return _chart(months, lines, "MMM")  # half as wide


@frappe.whitelist(methods=["GET", "POST"])
@limited(ASKED_A_MINUTE)
def tickets_by_state() -> dict[str, object]:
	"""Incidents in each state, in the reader's language, as the host draws a chart."""
	frappe.only_for(MANAGERS)
	found = figures.tickets_by_state()
	return {
		"labels": [_(state) for state in found],
		"datasets": [{"name": _("Tickets"), "values": list(found.values())}],
	}


def _chart(months: list, lines: dict[str, str], shown_as: str) -> dict[str, object]:
	return {
		"labels": [formatdate(one.month.first, shown_as) for one in months],
		"datasets": [
			{"name": label, "values": [getattr(one, field) for one in months]}
			for field, label in lines.items()
		],
	}


def _figure_of(filters: object) -> Figure:
	if isinstance(filters, str):
		try:
			filters = json.loads(filters)
		except (ValueError, RecursionError):
			filters = None
	name = filters.get("figure") if isinstance(filters, dict) else None
	known = _figures()
	if not isinstance(name, str) or name not in known:
		frappe.throw(_("This card names no figure. Known are: {0}.").format(", ".join(known)))
	return known[name]


def _figures() -> dict[str, Figure]:
	first = str(local_day(clock.now(), provider_zone()).replace(day=1))
	entries, lots = ("List", "Credit Ledger Entry", "List"), ("List", "Credit Lot", "List")
	this_month = {"posted_on": [">=", first]}
	held = {"remaining": [">", 0], "overdraft_limit": 0}
	return {
		"outstanding": Figure(figures.outstanding, lots, held),
		"sold": Figure(_this_month("sold"), entries, {"kind": "Grant", **this_month}),
		"spent": Figure(_this_month("spent"), entries, {"kind": ["in", ["Charge", "Refund"]], **this_month}),
		"expired": Figure(_this_month("expired"), entries, {"kind": "Expiry", **this_month}),
		"ending_soon": Figure(figures.ending_soon, lots, {**held, "expires_on": ["timespan", "next month"]}),
		"open_orders": Figure(figures.open_orders, ("List", "Credit Order", "List"), {"state": "Open"}),
		"open_proposals": Figure(
			figures.open_proposals, ("List", "Credit Proposal", "List"), {"state": "Open"}
		),
		"jobs": Figure(_jobs, ("query-report", "Support Credits Jobs"), {"needs_a_look": 1}),
	}


def _this_month(field: str) -> Callable[[datetime], int]:
	return lambda at: getattr(figures.credits_by_month(at, 1)[0], field)


def _jobs(at: datetime) -> int:
	return sum(one.needs_a_look for one in scheduled.standings(at))
