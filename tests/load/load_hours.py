"""What the benchmark of hours needs on a site: an agreement of the host's own, and very many open tickets of one calendar.

The tickets are named ``Load …`` and stay on the site: a second run uses them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta, timezone

import frappe
import load_site as site

CUSTOMER, CALENDAR, TIER = "Load Hours", "LOAD-HOURS", "LOAD-HOURS"
FIRST_TICKET = 20_000_000  # far above the host's own numbers
WORKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
TOGGLED = 20  # days from now of the holiday that is added, then taken away


def priority_of(hours: int) -> str:
	return f"Load {hours}"


def stock_agreement(holidays: Mapping[date, str], distances: Mapping[str, int]) -> object:
	"""The host's class on records of this transaction: weekdays 08:00 to 18:00, a priority for each distance."""
	from helpdesk.helpdesk.doctype.hd_service_level_agreement.hd_service_level_agreement import (
		HDServiceLevelAgreement,
	)

	name = _holiday_list(holidays)
	hours = [{"workday": day, "start_time": "08:00:00", "end_time": "18:00:00"} for day in WORKDAYS]
	rows = [
		{"priority": priority_of(count), "response_time": count * 3600, "resolution_time": count * 3600}
		for count in distances.values()
	]
	said = {
		"service_level": "Load",
		"holiday_list": name,
		"support_and_resolution": hours,
		"priorities": rows,
	}
	doc = HDServiceLevelAgreement({"doctype": "HD Service Level Agreement", **said})
	for row in doc.support_and_resolution:
		row.start_time, row.end_time = (
			frappe.utils.to_timedelta(row.get(at)) for at in ("start_time", "end_time")
		)
	return doc


def _holiday_list(holidays: Mapping[date, str]) -> str:
	if frappe.db.exists("HD Service Holiday List", "Load Benchmark"):
		return "Load Benchmark"
	rows = [{"holiday_date": day, "description": name} for day, name in holidays.items()]
	said = {
		"holiday_list_name": "Load Benchmark",
		"from_date": min(holidays),
		"to_date": max(holidays),
		"holidays": rows,
	}
	doc = frappe.get_doc({"doctype": "HD Service Holiday List", **said})
	return doc.insert(ignore_permissions=True).name


def grow_open_tickets(count: int, progress: Callable[[int], None]) -> str:
	"""So many open tickets, charged and waiting for their first response, opened over the last weeks; the calendar."""
	calendar, account = ensure_calendar(), _account()
	done = frappe.db.count("Support Incident", {"calendar": calendar})
	while done < count:
		size = min(site.INSERT_ROWS, count - done)
		_insert_tickets(range(done, done + size), calendar, account)
		frappe.db.commit()
		done += size
		progress(done)
	return calendar


def ensure_calendar() -> str:
	"""A calendar in Lisbon with Portugal's holidays, and the tier on it."""
	if not frappe.db.exists("Support Calendar", CALENDAR):
		window = {**dict.fromkeys((day.lower() for day in WORKDAYS), 1), "starts": "08:00", "ends": "18:00"}
		said = {
			"calendar_code": CALENDAR,
			"calendar_name": "Load hours",
			"time_zone": "Europe/Lisbon",
			"country": "PT",
		}
		frappe.get_doc({"doctype": "Support Calendar", **said, "windows": [window]}).insert()
		promise = {"promise_value": 300, "promise_unit": "covered hours", "calendar": CALENDAR}
		frappe.get_doc(
			{"doctype": "Support Tier", "tier_code": TIER, "tier_name": "Load", **promise}
		).insert()
		frappe.db.commit()
	return CALENDAR


def _account() -> str:
	site.ensure_customer(CUSTOMER)
	account = site.ensure_credits(CUSTOMER)
	frappe.db.commit()
	return account


def _insert_tickets(numbers: Iterable[int], calendar: str, account: str) -> None:
	from support_credits.ledger import incidents, responses
	from support_credits.ledger.rows import Incident
	from support_credits.ledger.settings import on_site_wall

	tickets, rows = [], []
	for number in numbers:
		name, key, ticket = incidents.new_name(), frappe.generate_hash(length=10), str(FIRST_TICKET + number)
		start = datetime.now(timezone.utc) - timedelta(minutes=number % 20_000)
		incident = Incident(
			name, ticket, ticket, key, "Exempt", customer=CUSTOMER, account=account, tier=TIER
		)
		responses.start(incident, start)
		rows.append({**incidents._row(incident), "name": name})
		due = on_site_wall(datetime.fromisoformat(incident.due_at_utc.replace("Z", "+00:00")))
		said = {"subject": "Load", "status": "Open", "status_category": "Open", "sla": incident.agreement}
		said |= {
			"sc_state": "Exempt",
			"sc_severity": incident.severity,
			"priority": "Medium",
			"response_by": due,
		}
		said |= {
			"service_level_agreement_creation": on_site_wall(start),
			"agreement_status": "First Response Due",
		}
		tickets.append(
			{"name": ticket, "key": key, "customer": CUSTOMER, "raised_by": site.user_of(CUSTOMER), **said}
		)
	site._insert("Support Incident", rows)
	site._insert("HD Ticket", tickets)


def toggle_holiday(calendar: str) -> None:
	"""Add a holiday that the open tickets have ahead of them, or take it away again."""
	doc = frappe.get_doc("Support Calendar", calendar)
	if doc.own_days:
		doc.set("own_days", [])
	else:
		day = date.today() + timedelta(days=TOGGLED)
		while day.weekday() > 4:
			day += timedelta(days=1)
		doc.append("own_days", {"day": day, "kind": "Holiday", "description": "Benchmark"})
	doc.save()
	frappe.db.commit()


def save_as_the_host_does(calendar: str, count: int) -> None:
	"""What a holiday list's own ``on_update`` does to each open ticket; undone at the end."""
	agreement = frappe.db.get_value("Support Tier", TIER, "agreement")
	for name in frappe.get_all(
		"HD Ticket", {"sla": agreement, "status_category": "Open"}, pluck="name", limit=count
	):
		frappe.get_doc("HD Ticket", name).save()
	frappe.db.rollback()


def memory(line: str) -> float:
	"""MB of this process: ``VmRSS`` now, ``VmHWM`` at most since it was reset."""
	with open("/proc/self/status", encoding="ascii") as status:
		return next(int(text.split()[1]) / 1024 for text in status if text.startswith(line))


def reset_peak() -> None:
	with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
		file.write("5")
