"""How fast first responses were in the last 90 days, beside what the tiers promise: of the newest tickets, once an hour."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TypedDict

import frappe

from support_credits.engine.deadline import CLOCK_HOURS
from support_credits.engine.errors import EngineError
from support_credits.engine.explanation import from_json
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.percentile import percentile
from support_credits.hours.calendars import covered_time
from support_credits.hours.promises import promise_of
from support_credits.hours.severity import severity_of
from support_credits.ledger import settings as site
from support_credits.ledger.responses import RUNNING
from support_credits.offer import wording

DAYS = 90
FEWEST = 5  # of fewer a percentile says something about single customers
NEWEST = 5_000  # incidents looked at, so that it takes as long on any site
KEPT_SECONDS = 3_600
CACHE = "support_credits:measured_responses"

# The newest by an index alone; what was asked for is picked among them.
ANSWERED = """SELECT i.tier, i.opened_at_utc, i.calendar, i.severity, i.deadline, t.first_responded_on
	FROM (SELECT name FROM `tabSupport Incident` ORDER BY creation DESC LIMIT %(newest)s) newest
	JOIN `tabSupport Incident` i ON i.name = newest.name
	JOIN `tabHD Ticket` t ON t.name = i.ticket
	WHERE i.tier IS NOT NULL AND i.state IN %(states)s AND i.opened_at_utc >= %(since)s
	AND t.first_responded_on IS NOT NULL"""

Seconds = dict[str, list[int]]


class Measured(TypedDict):
	"""Of a tier's ``count`` answered tickets: half were answered within ``median_text``, nine in ten within ``most_text``;
	of covered time, or on the clock.
	"""

	count: int
	is_covered: bool
	median_text: str
	most_text: str


def shown(at: datetime) -> dict[str, Measured]:
	"""By tier; nothing where the provider does not show it, and no tier with few answers."""
	if not site.settings().show_measured_response:
		return {}
	kept = frappe.cache.get_value(CACHE, expires=True)
	if kept is None:
		covered = {tier.name for tier in tiers() if tier.calendar and not _is_on_clock(tier)}
		kept = json.dumps(
			{
				tier: (*_figures(found), tier in covered)
				for tier, found in measure(at).items()
				if len(found) >= FEWEST
			}
		)
		frappe.cache.set_value(CACHE, kept, expires_in_sec=KEPT_SECONDS)
	return {tier: _said(*figures) for tier, figures in json.loads(kept).items()}


def _figures(found: list[int]) -> tuple[int, int, int]:
	return len(found), percentile(found, 50), percentile(found, 90)


def _said(count: int, median: int, most: int, is_covered: bool) -> Measured:
	"""Worded for every reader anew: what is kept is numbers. A day has not 24 covered hours, so they are never made days."""
	word = wording.hours_text if is_covered else wording.duration_text
	texts = [word(timedelta(seconds=seconds)) for seconds in (median, most)]
	return Measured(count=count, is_covered=is_covered, median_text=texts[0], most_text=texts[1])


def _is_on_clock(tier: frappe._dict) -> bool:
	return promise_of(tier).unit == CLOCK_HOURS


def measure(at: datetime) -> Seconds:
	"""Seconds to the first response of every answered ticket of the last :data:`DAYS`, by tier."""
	since = stamp_text(at - timedelta(days=DAYS))
	values = {"since": since, "newest": NEWEST, "states": tuple(sorted(RUNNING))}
	known = {tier.name: tier for tier in tiers()}
	found: Seconds = defaultdict(list)
	for row in frappe.db.sql(ANSWERED, values, as_dict=True):
		seconds = response_seconds(row, known.get(row.tier))
		if seconds is not None:
			found[row.tier].append(seconds)
	return dict(found)


def tiers() -> list[frappe._dict]:
	"""Every tier with what :func:`response_seconds` needs of it."""
	return frappe.get_all("Support Tier", fields=["name", "promise_value", "promise_unit", "calendar"])


def response_seconds(row: frappe._dict, tier: frappe._dict | None) -> int | None:
	"""From when the ticket's clock started to its first response, in the time its promise counts: covered time where it has
	a calendar. None where the calendar cannot be counted on.
	"""
	begun = from_json(json.loads(row.deadline)).start if row.deadline else parse_stamp(row.opened_at_utc)
	answered = site.site_time(row.first_responded_on)
	if answered <= begun:
		return 0
	if not row.calendar or (tier and _is_on_clock(tier)):
		return int((answered - begun).total_seconds())
	try:
		passed = covered_time(row.calendar, severity_of(row.severity)).elapsed(begun, answered)
	except (EngineError, frappe.ValidationError):
		return None
	return int(passed.total_seconds())
