"""Support Incidents: one row per ticket that the rules looked at. Read and written here, under the account's lock."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import now

from support_credits.engine.model import stamp_text
from support_credits.exceptions import HasHistory
from support_credits.ledger import clock, extras
from support_credits.ledger.rows import (
	INCIDENT_COLUMNS,
	Incident,
	funding_text,
	insert_rows,
	parse_funding,
)

if TYPE_CHECKING:
	from support_credits.ledger.posting import OpenAccount

# By primary key and in its order, whatever the optimizer thinks of a small table.
LOCK_INCIDENTS = (
	f"SELECT {', '.join(INCIDENT_COLUMNS)} FROM `tabSupport Incident` FORCE INDEX (PRIMARY)"
	" WHERE name IN %(names)s ORDER BY name FOR UPDATE"
)
_INTEGERS = {field.name for field in fields(Incident) if field.type == "int"}
_TEXTS = {field.name for field in fields(Incident) if field.type == "str"}


def new_name() -> str:
	"""A random name: a name derived from the ticket could collide when the host reuses a ticket's number."""
	return frappe.generate_hash(length=12)


def insert(incident: Incident) -> None:
	insert_rows("Support Incident", [{**_row(incident), "name": incident.name}])


def update(incident: Incident) -> None:
	table = frappe.qb.DocType("Support Incident")
	query = frappe.qb.update(table).where(table.name == incident.name)
	query = query.set(table.modified, now()).set(table.modified_by, frappe.session.user)
	for column, value in _row(incident).items():
		query = query.set(table[column], value)
	query.run()


def _row(incident: Incident) -> dict[str, object]:
	row = {column: getattr(incident, column) for column in INCIDENT_COLUMNS if column != "name"}
	row["funding"] = funding_text(incident.funding)
	return row


def _from_row(row: dict) -> Incident:
	values = dict(row)
	for column in _INTEGERS:
		values[column] = int(values[column] or 0)
	for column in _TEXTS:
		values[column] = values[column] or ""
	values["funding"] = parse_funding(row["funding"])
	return Incident(**values)


def lock(names: list[str]) -> list[Incident]:
	"""Incidents by name, locked and fresh, in the order asked for; those that do not exist are left out."""
	if not names:
		return []
	rows = frappe.db.sql(LOCK_INCIDENTS, {"names": tuple(names)}, as_dict=True)
	found = {row["name"]: _from_row(row) for row in rows}
	return [found[name] for name in names if name in found]


def read(name: str) -> Incident | None:
	"""An incident by a plain read: to show it, never to decide by it."""
	found = frappe.get_all("Support Incident", filters={"name": name}, fields=list(INCIDENT_COLUMNS))
	return _from_row(found[0]) if found else None


def lock_in(account: OpenAccount | None, name: str) -> Incident:
	"""The incident, locked, when it is ``account``'s, or nobody's where that is None. Its account was read before the lock and may have changed since:
	then the whole piece of work starts again, as after a deadlock.
	"""
	incident = lock([name])[0]
	if incident.account != (account.name if account else None):
		raise frappe.QueryDeadlockError(
			_("The customer of ticket {0} was changed at this moment.").format(incident.ticket_no)
		)
	return incident


def name_for_ticket(ticket: str) -> str | None:
	"""The incident of a ticket that exists, by a plain read: a late reopening gives it another, so whoever locks it looks
	again at whose it is.
	"""
	return frappe.db.get_value("Support Incident", {"ticket": str(ticket)}, "name", order_by=None)


def ticket_of_request(request_key: str) -> str | None:
	"""The ticket that a mail or a request has opened already, as it is stored now; None also when it was deleted."""
	found = frappe.db.get_value("Support Incident", {"request_key": request_key}, "ticket", order_by=None)
	return found or None


def was_deleted(request_key: str) -> bool:
	"""Whether the ticket that a mail or a request opened has been deleted since."""
	about = {"request_key": request_key}
	return bool(frappe.db.get_value("Support Incident", about, "ticket_deleted_at_utc", order_by=None))


def note_resolved(ticket: str, by_customer: bool, answered_at: datetime | None = None) -> None:
	"""The ticket is resolved: the window for reopening starts. A customer who closes it himself starts no new one,
	or he could keep an incident open for ever; unless an agent has answered since it was resolved before.
	"""
	name = name_for_ticket(ticket)
	if not name:
		return
	earlier = frappe.db.get_value("Support Incident", name, "resolved_at_utc")
	worked_on = bool(answered_at and earlier and stamp_text(answered_at) > earlier)
	if worked_on or not (by_customer and earlier):
		values = {"resolved_at_utc": stamp_text(clock.now())}
		frappe.db.set_value("Support Incident", name, values, update_modified=False)


def answers_due() -> list[str]:
	"""Incidents whose senders are still to be told that they wait, oldest first."""
	return frappe.get_all(
		"Support Incident",
		filters={"answer_due": 1},
		pluck="name",
		order_by="modified asc, parked_at_utc asc",
		limit=100,
	)


def postpone(name: str) -> None:
	"""To the end of a job's line."""
	frappe.db.set_value("Support Incident", name, "modified", now(), update_modified=False)


def earlier_charge(incident: Incident) -> int:
	"""Credits of the incidents the same ticket had before it was reopened late."""
	credits, name = 0, incident.follows
	while name:
		held, name = frappe.db.get_value("Support Incident", name, ["credits", "follows"])
		credits += held or 0
	return credits


def ticket_deleted(ticket: str) -> None:
	"""The host deletes a ticket. One that holds a charge stays; of any other the incident stays, without a ticket.

	A later ticket may get the same number: nothing of this one must lead to it (design rule 13).
	"""
	name = name_for_ticket(ticket)
	if not name:
		_leave_ticket(ticket)
		return
	incident = lock([name])[0]
	if incident.credits:
		frappe.throw(
			_(
				"Ticket {0} holds a charge of {1} credit(s). Exempt it first, which gives them back; then delete it."
			).format(ticket, incident.credits),
			HasHistory,
		)
	earlier = earlier_charge(incident)
	if earlier:
		frappe.throw(
			_(
				"Ticket {0} was charged {1} credit(s) before it was reopened; it is kept as what they were spent on."
			).format(ticket, earlier),
			HasHistory,
		)
	if incident.state == "Parked":
		frappe.throw(
			_("Ticket {0} waits for credits. Close it first; then delete it.").format(ticket), HasHistory
		)
	extras.withdraw_open(incident.name)
	incident.ticket = None
	incident.ticket_deleted_at_utc = stamp_text(clock.now())
	update(incident)
	_leave_ticket(ticket)


def _leave_ticket(ticket: str) -> None:
	"""What was proposed for a ticket and the work on it stay, with its number as text: another may get that number. Timers
	that run on it end.
	"""
	for doctype in ("Credit Proposal", "Work Log"):
		table = frappe.qb.DocType(doctype)
		frappe.qb.update(table).set(table.ticket, None).where(table.ticket == str(ticket)).run()
	frappe.db.delete("Work Timer", {"ticket": str(ticket)})


def forget_customer(customer: str) -> None:
	"""A customer without an account is deleted: his tickets stay, and nothing of ours stands in the way."""
	table = frappe.qb.DocType("Support Incident")
	query = frappe.qb.update(table).set(table.customer, None)
	query.where((table.customer == customer) & table.account.isnull()).run()
