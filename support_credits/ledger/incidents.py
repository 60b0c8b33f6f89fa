"""Support Incidents: one row per ticket that the rules looked at. Read and written here, under the account's lock."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import now

from support_credits.engine.model import stamp_text
from support_credits.exceptions import HasHistory
from support_credits.ledger import clock
from support_credits.ledger.rows import (
	INCIDENT_COLUMNS,
	Incident,
	funding_text,
	insert_rows,
	parse_funding,
)

if TYPE_CHECKING:
	from support_credits.ledger.posting import OpenAccount

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
	table = frappe.qb.DocType("Support Incident")
	query = frappe.qb.from_(table).select(*(table[column] for column in INCIDENT_COLUMNS))
	rows = query.where(table.name.isin(names)).for_update().run(as_dict=True)
	found = {row["name"]: _from_row(row) for row in rows}
	return [found[name] for name in names if name in found]


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
	"""The incident of a ticket that exists. Its name never changes, so a plain read is enough."""
	return frappe.db.get_value("Support Incident", {"ticket": str(ticket)}, "name", order_by=None)


def ticket_deleted(ticket: str) -> None:
	"""The host deletes a ticket. One that holds a charge stays; of any other the incident stays, without a ticket.

	A later ticket may get the same number: nothing of this one must lead to it (design rule 13).
	"""
	name = name_for_ticket(ticket)
	if not name:
		return
	incident = lock([name])[0]
	if incident.credits:
		frappe.throw(
			_(
				"Ticket {0} holds a charge of {1} credit(s). Exempt it first, which gives them back; then delete it."
			).format(ticket, incident.credits),
			HasHistory,
		)
	if incident.state == "Parked":
		frappe.throw(
			_("Ticket {0} waits for credits. Close it first; then delete it.").format(ticket), HasHistory
		)
	incident.ticket = None
	incident.ticket_deleted_at_utc = stamp_text(clock.now())
	update(incident)


def forget_customer(customer: str) -> None:
	"""A customer without an account is deleted: his tickets stay, and nothing of ours stands in the way."""
	table = frappe.qb.DocType("Support Incident")
	query = frappe.qb.update(table).set(table.customer, None)
	query.where((table.customer == customer) & table.account.isnull()).run()
