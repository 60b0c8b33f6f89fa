"""Rows of the ledger's tables as engine values, and back. SQL by primary key only: range locks deadlock accounts.

A read under the account's lock must be a locking read: under REPEATABLE READ a plain one shows the snapshot of the
transaction's first statement, and has sold one credit four times (ticket-flow facts, 2 and 3).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import now as system_now

from support_credits.engine.grants import expiry_date
from support_credits.engine.model import Allocation, Entry, Lot, parse_stamp, stamp_text

LOT_COLUMNS = (
	"name", "credits_granted", "remaining", "granted_at_utc", "expires_at_utc", "overdraft_limit", "voided", "moved_to",
)  # fmt: skip


# By primary key whatever the optimizer thinks of a small table: a scan of another index locks everybody's rows.
LOCK_LOTS = (
	f"SELECT {', '.join(LOT_COLUMNS)} FROM `tabCredit Lot` FORCE INDEX (PRIMARY)"
	" WHERE name IN %(names)s ORDER BY name FOR UPDATE"
)
CHANGING_COLUMNS = ("remaining", "credits_granted", "overdraft_limit", "voided", "moved_to")


@dataclass(frozen=True)
class LotTerms:
	"""What a lot carries besides its numbers: where it came from and what was paid."""

	source: str
	reason: str = ""
	pack: str | None = None
	price: Decimal | None = None
	currency: str | None = None


@dataclass
class Incident:
	"""A Support Incident's row. ``funding`` is what it is charged now, by lot, in the order of charging."""

	name: str
	ticket: str | None
	ticket_no: str
	ticket_key: str
	state: str
	customer: str | None = None
	account: str | None = None
	tier: str | None = None
	door: str = ""
	decision: str = ""
	credits: int = 0
	message: str = ""
	exemption: str | None = None
	exemption_note: str = ""
	exemption_url: str = ""
	exempted_by: str = ""
	charge_reason: str = ""
	opened_at_utc: str = ""
	charged_at_utc: str = ""
	parked_at_utc: str = ""
	released_at_utc: str = ""
	ticket_deleted_at_utc: str = ""
	resolved_at_utc: str = ""
	severity: str = ""
	severity_confirmed: int = 0
	calendar: str | None = None
	agreement: str | None = None
	resolution_hours: int = 0
	due_at_utc: str = ""
	aim_at_utc: str = ""
	deadline: str = ""
	aim: str = ""
	follows: str = ""
	followed_by: str = ""
	answer_due: int = 0
	request_key: str | None = None
	cycle: int = 0
	ticket_update_due: int = 0
	funding: tuple[Allocation, ...] = field(default=())


INCIDENT_COLUMNS = tuple(Incident.__dataclass_fields__)


def lot_from_row(row: dict) -> Lot:
	return Lot(
		name=row["name"],
		credits_granted=row["credits_granted"],
		remaining=row["remaining"],
		granted_at=parse_stamp(row["granted_at_utc"]),
		expires_at=parse_stamp(row["expires_at_utc"]) if row["expires_at_utc"] else None,
		overdraft_limit=row["overdraft_limit"],
		voided=bool(row["voided"]),
		moved_to=row["moved_to"] or None,
	)


def lock_lots(names: Sequence[str]) -> dict[str, Lot]:
	"""Lots by name, locked and fresh. Point reads by primary key neither wait for nor deadlock other accounts."""
	if not names:
		return {}
	found = frappe.db.sql(LOCK_LOTS, {"names": tuple(names)}, as_dict=True)
	return {row["name"]: lot_from_row(row) for row in found}


def read_lots(account: str) -> dict[str, Lot]:
	"""All lots of an account by a plain read: for quotes and statements, never for a decision under the lock."""
	rows = frappe.get_all(
		"Credit Lot", filters={"account": account}, fields=list(LOT_COLUMNS), order_by="lot_no asc"
	)
	return {row["name"]: lot_from_row(row) for row in rows}


def _standard_columns() -> dict[str, object]:
	stamp = system_now()
	user = frappe.session.user
	return {
		"owner": user,
		"modified_by": user,
		"creation": stamp,
		"modified": stamp,
		"docstatus": 0,
		"idx": 0,
	}


def is_duplicate(error: Exception) -> bool:
	"""Whether a database refused a row for a unique key. The host's own test reads an argument that others lack."""
	return bool(error.args) and frappe.db.is_duplicate_entry(error)


def insert_rows(doctype: str, rows: Sequence[dict[str, object]]) -> None:
	"""One INSERT for all rows of ``doctype``. Rows, not documents: the controllers refuse documents.

	Plain SQL here and below: building the same statements anew for every ticket took longer than running them. Only
	names of columns from this package are put into the text.
	"""
	standard = _standard_columns()
	columns = [*standard, *rows[0]]
	names = ", ".join(f"`{column}`" for column in columns)
	places = ", ".join(["%s"] * len(columns))
	values = [value for row in rows for value in (*standard.values(), *row.values())]
	text = f"INSERT INTO `tab{doctype}` ({names}) VALUES " + ", ".join([f"({places})"] * len(rows))
	frappe.db.sql(text, values)


def insert_lots(account: str, lots: Iterable[tuple[Lot, LotTerms]], zone: ZoneInfo) -> None:
	insert_rows("Credit Lot", [_lot_row(account, lot, terms, zone) for lot, terms in lots])


def _lot_row(account: str, lot: Lot, terms: LotTerms, zone: ZoneInfo) -> dict[str, object]:
	return {
		"name": lot.name,
		"account": account,
		"lot_no": lot_number(lot.name),
		"source": terms.source,
		"pack": terms.pack,
		"reason": terms.reason,
		"credits_granted": lot.credits_granted,
		"remaining": lot.remaining,
		"overdraft_limit": lot.overdraft_limit,
		"voided": int(lot.voided),
		"moved_to": lot.moved_to,
		"granted_at_utc": stamp_text(lot.granted_at),
		"expires_at_utc": stamp_text(lot.expires_at) if lot.expires_at else None,
		"expires_on": last_day(lot.expires_at, zone),
		"price": terms.price or 0,
		"currency": terms.currency,
	}


def last_day(expires_at: datetime | None, zone: ZoneInfo) -> object:
	return expiry_date(expires_at, zone) if expires_at else None


def lot_number(name: str) -> int:
	return int(name.rpartition("-L")[2])


def chained_terms(terms: LotTerms, zone: ZoneInfo, overdraft_limit: int = 0) -> dict[str, object]:
	"""What the entry that opens a lot says of it besides its times: the chain then protects price and origin too."""
	said = {
		"zone": zone.key,
		"source": terms.source,
		"pack": terms.pack,
		"price": terms.price,
		"currency": terms.currency,
	}
	if overdraft_limit:
		said["overdraft_limit"] = overdraft_limit
	return {key: value for key, value in said.items() if value is not None}


def insert_entries(entries: Sequence[Entry], zone: ZoneInfo) -> None:
	insert_rows("Credit Ledger Entry", [_entry_row(entry, zone) for entry in entries])


def _entry_row(entry: Entry, zone: ZoneInfo) -> dict[str, object]:
	return {
		"name": entry.name,
		"account": entry.account,
		"seq": entry.seq,
		"lot": entry.lot,
		"kind": entry.kind.value,
		"credits": entry.credits,
		"incident": entry.incident,
		"reverses": entry.reverses,
		"reason": entry.reason,
		"detail": entry.detail,
		"event_key": entry.event_key,
		"actor": entry.actor,
		"posted_at_utc": entry.posted_at,
		"posted_on": parse_stamp(entry.posted_at).astimezone(zone).date(),
		"effective_at_utc": entry.effective_at,
		"prev_hash": entry.prev_hash,
		"entry_hash": entry.entry_hash,
	}


def update_lots(lots: Iterable[Lot]) -> None:
	"""Write what an event changed on lots, in one statement."""
	changed = {lot.name: lot for lot in lots}
	if not changed:
		return
	assignments, values = [], []
	for column in CHANGING_COLUMNS:
		cases = " ".join(["WHEN %s THEN %s"] * len(changed))
		assignments.append(f"`{column}` = CASE `name` {cases} END")
		values += [part for lot in changed.values() for part in (lot.name, _stored(getattr(lot, column)))]
	text = f"UPDATE `tabCredit Lot` SET {', '.join(assignments)} WHERE `name` IN %s"
	frappe.db.sql(text, (*values, tuple(changed)))


def _stored(value: object) -> object:
	return int(value) if isinstance(value, bool) else value


def funding_text(funding: Iterable[Allocation]) -> str:
	return json.dumps([[part.lot, part.credits, part.entry] for part in funding], separators=(",", ":"))


def parse_funding(text: str | None) -> tuple[Allocation, ...]:
	return tuple(Allocation(*part) for part in json.loads(text or "[]"))
