"""The host's own records of a tier: a Service Level Agreement and a holiday list, so that its pages show the right ones.

They are copies. What counts is the tier and its Support Calendar: stock records know one window a weekday, none to 24:00 and
no time zone, so they show the nearest thing that they can hold.
"""

from __future__ import annotations

from datetime import date
from itertools import count

import frappe
from frappe import _

from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.deadline import BUSINESS_DAYS
from support_credits.engine.support_calendar import HOLIDAY, MINUTES_A_DAY, clock_text
from support_credits.hours.calendars import CALENDAR, covered_time
from support_credits.hours.promises import HOUR, promise_of
from support_credits.hours.severity import PRIORITY, default_priority, severities
from support_credits.ledger import settings as site

AGREEMENT = "HD Service Level Agreement"
HOLIDAY_LIST = "HD Service Holiday List"
TIER = "Support Tier"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NAME_MAX = 140  # characters
END_OF_DAY = "23:59:59"  # the host cannot hold 24:00
NEVER_RESOLVED = 10 * 365 * 24 * 3600  # seconds: where no time to resolve is promised, none may be missed


def follow_tier(tier: str, enable: bool = False) -> str | None:
	"""Create or bring up to date the agreement of a tier; its name, None where the tier has no calendar.

	A new one is enabled; one that is there stays as an administrator has it, unless the tier has a calendar again.
	"""
	doc = frappe.get_doc(TIER, tier)
	if not doc.calendar:
		if doc.agreement:
			_disable(doc.agreement)
		return None
	agreement = _agreement_of(doc)
	_fill(agreement, doc)
	agreement.enabled = int(enable or agreement.enabled)
	agreement.flags.sc_follows = True
	agreement.save(ignore_permissions=True)
	if doc.agreement != agreement.name:
		doc.db_set("agreement", agreement.name, update_modified=False)
	return agreement.name


def _agreement_of(tier: object) -> object:
	if tier.agreement and frappe.db.exists(AGREEMENT, tier.agreement):
		return frappe.get_doc(AGREEMENT, tier.agreement)
	doc = frappe.new_doc(AGREEMENT)
	provider = frappe.flags.sc_provider_name or site.settings().provider_name or ""
	doc.service_level = _free_name(AGREEMENT, f"{provider} {tier.tier_name}".strip(), tier.name)
	return doc


def _free_name(doctype: str, wished: str, code: str) -> str:
	"""The name people read, as far as the host allows; with its code where the site has a record of that name already."""
	plain = " ".join(wished.replace("<", " ").replace(">", " ").split()) or code
	for number in count():
		more = f" ({code})" if number == 1 else f" ({code} {number})" if number else ""
		name = plain[: NAME_MAX - len(more)].strip() + more
		if not frappe.db.exists(doctype, name):
			return name
	raise AssertionError


def _fill(agreement: object, tier: object) -> None:
	time = covered_time(tier.calendar, max(severities().values(), default=0))
	agreement.update(
		{
			"sc_tier": tier.name,
			"sc_calendar": tier.calendar,
			"holiday_list": follow_calendar(tier.calendar),
			"apply_sla_for_resolution": int(bool(tier.resolution_hours)),
			"description": _("Follows Support Tier {0}: change it there.").format(tier.tier_name)[:NAME_MAX],
		}
	)
	agreement.set("support_and_resolution", _workdays(time))
	agreement.set("priorities", _priorities(tier))


def _workdays(time: CoveredTime) -> list[dict[str, str]]:
	"""The nearest the host can hold: one window a weekday, from the first opening to the last end of that day."""
	rows = []
	for number, name in enumerate(WEEKDAYS):
		spans = time.spans[number]
		if spans:
			end = min(spans[-1][1], MINUTES_A_DAY)
			ends = END_OF_DAY if end == MINUTES_A_DAY else f"{clock_text(end)}:00"
			rows.append({"workday": name, "start_time": f"{clock_text(spans[0][0])}:00", "end_time": ends})
	if rows or not time.spans[HOLIDAY]:
		return rows
	return [
		{"workday": WEEKDAYS[0], "start_time": "00:00:00", "end_time": END_OF_DAY}
	]  # open on holidays alone


def _priorities(tier: object) -> list[dict[str, object]]:
	"""Every priority, also disabled ones, which old tickets have: one that is missing stops their saves."""
	response = _seconds(tier)
	resolution = (tier.resolution_hours or 0) * 3600 or max(response, NEVER_RESOLVED)
	names = frappe.get_all(PRIORITY, pluck="name", order_by="name asc")
	default = default_priority() if default_priority() in names else (names or [""])[0]
	return [
		{
			"priority": name,
			"response_time": response,
			"resolution_time": max(response, resolution),
			"default_priority": int(name == default),
		}
		for name in names
	]


def _seconds(tier: object) -> int:
	"""The promise in the host's seconds; of business days their usual length."""
	target = promise_of(tier)
	if target.unit != BUSINESS_DAYS:
		return target.value * 3600
	spans = covered_time(tier.calendar, 0).spans
	lengths = [sum(end - start for start, end in spans[day]) * 60 for day in range(HOLIDAY) if spans[day]]
	usual = max(lengths, default=int(24 * HOUR.total_seconds()))
	return target.value * usual


def follow_calendar(calendar: str) -> str:
	"""Create or bring up to date the holiday list of a calendar; its name.

	Written without the host's own ``on_update``, which would save every open ticket in this very request: what a holiday
	changes for them is worked out in the background (``recompute``).
	"""
	doc = frappe.get_doc(CALENDAR, calendar)
	name = doc.holiday_list if doc.holiday_list and frappe.db.exists(HOLIDAY_LIST, doc.holiday_list) else None
	found = frappe.get_doc(HOLIDAY_LIST, name) if name else frappe.new_doc(HOLIDAY_LIST)
	found.update(
		{
			"from_date": date(doc.first_year, 1, 1),
			"to_date": date(doc.last_year, 12, 31),
			"sc_calendar": calendar,
		}
	)
	rows = [
		{"holiday_date": row.holiday_date, "description": row.description or _("Holiday")}
		for row in doc.holidays
	]
	found.set("holidays", rows)
	found.flags.sc_follows = True
	if not name:
		# Not the agreement's name: the host looks its days up under that one, which would skip a holiday's own hours.
		found.holiday_list_name = _free_name(HOLIDAY_LIST, doc.calendar_name, calendar)
		found.insert(ignore_permissions=True)
		doc.db_set("holiday_list", found.name, update_modified=False)
		return found.name
	found.run_method("validate")
	found.db_update()
	found.update_children()
	found.clear_cache()
	return found.name


def follow_calendars_tiers(calendar: str) -> str:
	"""A calendar has changed: its holiday list, whose name is returned, and the agreements of its tiers follow."""
	name = follow_calendar(calendar)
	for tier in frappe.get_all(TIER, filters={"calendar": calendar}, pluck="name", order_by="name asc"):
		follow_tier(tier)
	return name


def forget_priority(priority: str) -> None:
	"""A priority is about to be deleted: our agreements, which have all of them, must not be what keeps it."""
	ours = frappe.get_all(AGREEMENT, {"sc_tier": ["is", "set"]}, pluck="name")
	if ours:
		frappe.db.delete("HD Service Level Priority", {"priority": priority, "parent": ["in", ours]})


def follow_all(doc: object = None, method: str | None = None) -> None:
	"""A priority was added, renumbered or deleted: every tier's agreement has all of them again."""
	for tier in frappe.get_all(TIER, filters={"calendar": ["is", "set"]}, pluck="name", order_by="name asc"):
		follow_tier(tier)


def leave(tier: object) -> None:
	"""A tier is deleted: its agreement goes, or stays behind disabled where tickets name it."""
	name = tier.agreement
	if not name or not frappe.db.exists(AGREEMENT, name):
		return
	tier.db_set("agreement", None, update_modified=False)
	if frappe.db.exists("HD Ticket", {"sla": name}) or frappe.db.exists(
		"Support Incident", {"agreement": name}
	):
		frappe.db.set_value(AGREEMENT, name, {"enabled": 0, "sc_tier": None})
	else:
		frappe.delete_doc(AGREEMENT, name, ignore_permissions=True, force=True)


def delete_list(name: str) -> None:
	"""A calendar is deleted: its holiday list goes where nothing else uses it."""
	if frappe.db.exists(HOLIDAY_LIST, name) and not frappe.db.exists(AGREEMENT, {"holiday_list": name}):
		frappe.delete_doc(HOLIDAY_LIST, name, ignore_permissions=True, force=True)


def _disable(agreement: str) -> None:
	if frappe.db.exists(AGREEMENT, agreement):
		frappe.db.set_value(AGREEMENT, agreement, "enabled", 0)


def agreement_of(tier: str | None) -> str | None:
	"""The agreement of a tier's tickets; None where the host's own choice stands. Costs a ticket no statement."""
	if not tier:
		return None
	doc = frappe.get_cached_doc(TIER, tier)
	return (doc.calendar and doc.agreement) or None


def follows_us(agreement: str | None) -> bool:
	"""Whether this agreement is one of a tier's."""
	return bool(agreement and frappe.get_cached_value(AGREEMENT, agreement, "sc_tier"))
