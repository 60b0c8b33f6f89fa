"""What a tier promises a ticket and what it aims for: the deadlines, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from frappe import _

from support_credits.engine.catalogue_model import Target
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.deadline import COVERED_HOURS, due_at
from support_credits.engine.errors import EngineError
from support_credits.engine.explanation import Change, Deadline, changed, deadline_of
from support_credits.engine.severity import counting
from support_credits.engine.support_calendar import SupportCalendar
from support_credits.exceptions import CalendarRefused
from support_credits.hours.calendars import covered_time
from support_credits.hours.severity import default_priority, severities, severity_of
from support_credits.ledger import clock

TIER = "Support Tier"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Promise:
	"""A tier's deadlines for one ticket; ``aim`` None where it has none."""

	calendar: str
	severity: str
	due: Deadline
	aim: Deadline | None


def promise_of(tier: object) -> Target:
	return Target(int(tier.promise_value), _unit(tier.promise_unit))


def aim_of(tier: object) -> Target | None:
	return Target(int(tier.aim_value), _unit(tier.aim_unit)) if tier.aim_value else None


def _unit(label: str | None) -> str:
	return (label or "covered hours").replace(" ", "_")


def check_reachable(tier: object, calendar: SupportCalendar | None = None) -> None:
	"""Refuse a tier whose promise or aim a calendar never gets to, for some severity: its tickets would have no deadline."""
	now = clock.now()
	for severity in sorted({0, *severities().values()}):
		time = CoveredTime(calendar, severity) if calendar else covered_time(tier.calendar, severity)
		targets = [promise_of(tier), aim_of(tier)]
		if tier.resolution_hours:
			targets.append(Target(int(tier.resolution_hours), COVERED_HOURS))
		try:
			for target in filter(None, targets):
				due_at(target, now, time)
		except EngineError as error:
			frappe.throw(
				_("Support Tier {0} could not keep its promise: {1}.").format(
					tier.tier_name, _(error.template).format(**error.values)
				),
				CalendarRefused,
			)


def counting_severity(tier: str, priority: str | None) -> str:
	"""The severity that counts for a ticket on which its customer has put that ``priority``: his word, up to what his
	tier allows. Nobody buys weekend hours with a menu.
	"""
	said = priority or default_priority()
	most = frappe.get_cached_doc(TIER, tier).customer_severity or default_priority()
	return counting(said, most, severity_of)


def promise(tier: str, severity: str, start: datetime, changes: Sequence[Change] = ()) -> Promise | None:
	"""What ``tier`` promises a ticket of ``severity`` whose clock starts at ``start``; None where it has no calendar.

	``changes`` of its severity that an agent has made since keep their instants. Raises NeverCovered where the calendar
	never gets there.
	"""
	doc = frappe.get_cached_doc(TIER, tier)
	if not doc.calendar:
		return None
	first = changes[0].before if changes else severity
	aim = aim_of(doc)
	return Promise(
		doc.calendar,
		severity,
		_with_changes(doc.calendar, promise_of(doc), start, first, changes),
		_with_changes(doc.calendar, aim, start, first, changes) if aim else None,
	)


def change_severity(calendar: str, deadline: Deadline, at: datetime, before: str, after: str) -> Deadline:
	"""The deadline once an agent has said how severe the ticket is: other hours may count from then on."""
	was = covered_time(calendar, severity_of(before))
	return changed(deadline, at, was, covered_time(calendar, severity_of(after)), after)


def worked_out_again(calendar: str, deadline: Deadline) -> Deadline:
	"""The same promise under the calendar as it is now, with every change of severity at its own instant."""
	first = deadline.changes[0].before if deadline.changes else deadline.severity
	return _with_changes(calendar, deadline.target, deadline.start, first, deadline.changes)


def _with_changes(
	calendar: str, target: Target, start: datetime, severity: str, changes: Sequence[Change]
) -> Deadline:
	found = deadline_of(target, start, covered_time(calendar, severity_of(severity)), severity)
	for change in changes:
		found = change_severity(calendar, found, change.at, change.before, change.severity)
	return found
