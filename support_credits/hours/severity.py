"""How severe a ticket is: the host's priorities in their order, as the numbers the engine compares."""

from __future__ import annotations

import json

import frappe

PRIORITY = "HD Ticket Priority"
CACHE = "support_credits:severities"
DEFAULT = "support_credits:default_priority"


def severities() -> dict[str, int]:
	"""Every priority of the site with its severity, from 1 (the least) upwards; equals have the same.

	Kept in the cache until a priority is saved or deleted: asking costs a ticket no statement.
	"""
	return frappe.cache.get_value(CACHE, _read)


def _read() -> dict[str, int]:
	# Helpdesk 1.28 numbers them, the most urgent with the smallest number; its `develop` names levels instead.
	if frappe.get_meta(PRIORITY).has_field("integer_value"):
		rows = frappe.get_all(
			PRIORITY, fields=["name", "integer_value as place"], order_by="integer_value desc"
		)
	else:
		levels = ("Low", "Medium", "High", "Urgent")
		rows = frappe.get_all(PRIORITY, fields=["name", "level as place"], order_by="name asc")
		rows.sort(key=lambda row: levels.index(row.place) if row.place in levels else 0)
	found: dict[str, int] = {}
	last: object = None
	for row in rows:
		found[row.name] = max(found.values(), default=0) + (row.place != last)
		last = row.place
	return found


def forget() -> None:
	"""Now, and once more when the change is committed or undone: somebody may have asked in between."""
	_forget()
	frappe.db.after_commit.add(_forget)
	frappe.db.after_rollback.add(_forget)


def _forget() -> None:
	frappe.cache.delete_value([CACHE, DEFAULT])


def rename(old: str, new: str) -> None:
	"""Incidents, their deadlines' reasons and tickets call the priority by its new name."""
	was, now = (json.dumps(name, ensure_ascii=False) for name in (old, new))
	frappe.db.sql("UPDATE `tabSupport Incident` SET severity = %s WHERE severity = %s", (new, old))
	frappe.db.sql("UPDATE `tabHD Ticket` SET sc_severity = %s WHERE sc_severity = %s", (new, old))
	for column in ("deadline", "aim"):
		frappe.db.sql(
			f"UPDATE `tabSupport Incident` SET {column} = REPLACE({column}, %s, %s) WHERE {column} LIKE %s",
			(was, now, f"%{was}%"),
		)


def severity_of(priority: str | None) -> int:
	"""The number of a priority; 0, less than any, for none and for one that does not exist."""
	return severities().get(priority or "", 0)


def default_priority() -> str:
	"""What a ticket has whose raiser says nothing: the site's setting, else its default agreement's."""
	said = frappe.get_cached_doc("HD Settings").default_priority
	return said or frappe.cache.get_value(DEFAULT, _read_default)


def host_priority(priority: str, ticket_type: str) -> str | None:
	"""The priority the host gives a new ticket that says these, empty where nothing was chosen: its own, else its type's,
	else the site's.
	"""
	if priority and frappe.db.exists(PRIORITY, priority):
		return priority
	said = ticket_type or frappe.get_cached_doc("HD Settings").default_ticket_type
	return (said and frappe.get_cached_value("HD Ticket Type", said, "priority")) or default_priority()


def _read_default() -> str:
	about = {"default_sla": 1, "enabled": 1}
	said = frappe.db.get_value("HD Service Level Agreement", about, "default_priority")
	return said or next(reversed(severities()), "")


def most_severe(*priorities: str | None) -> str:
	return max((one for one in priorities if one), key=severity_of, default="")
