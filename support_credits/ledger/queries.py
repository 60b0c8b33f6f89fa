"""Reads for screens, commands and reports. Plain reads: they never decide anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import frappe

from support_credits.engine.allocation import balance as balance_of
from support_credits.engine.model import Entry, Kind, Lot
from support_credits.engine.statement import Statement
from support_credits.engine.statement import statement as statement_of
from support_credits.ledger import clock, rows

PAGE = 10_000  # rows fetched at once while streaming
ENTRY_COLUMNS = (
	"name", "account", "seq", "lot", "kind", "credits", "incident", "reverses", "reason", "detail",
	"event_key", "actor", "posted_at_utc", "effective_at_utc", "prev_hash", "entry_hash",
)  # fmt: skip
KINDS = {kind.value: kind for kind in Kind}


def balance(account: str, at: datetime | None = None) -> int:
	"""Credits of the account's lots that are valid at ``at`` (default now); negative while overdrawn."""
	return balance_of(open_lots(account), at or clock.now())


def open_lots(account: str) -> list[Lot]:
	"""The lots that hold something, or owe it: enough for a balance, few even where an account has thousands."""
	table = frappe.qb.DocType("Credit Lot")
	query = frappe.qb.from_(table).select(*(table[column] for column in rows.LOT_COLUMNS))
	found = query.where((table.account == account) & (table.remaining != 0)).run(as_dict=True)
	return [rows.lot_from_row(row) for row in found]


def entries(account: str, after_seq: int = 0) -> Iterator[Entry]:
	"""All entries of an account in order, a page at a time, so that memory does not grow with the ledger."""
	table = frappe.qb.DocType("Credit Ledger Entry")
	columns = [table[column] for column in ENTRY_COLUMNS]
	while True:
		query = frappe.qb.from_(table).select(*columns).orderby(table.seq).limit(PAGE)
		page = query.where((table.account == account) & (table.seq > after_seq)).run()
		yield from (entry_from_row(row) for row in page)
		if len(page) < PAGE:
			return
		after_seq = page[-1][2]


def entry_from_row(row: tuple) -> Entry:
	"""An entry from the columns of :data:`ENTRY_COLUMNS`; NULL, which a hand may have written, reads as empty."""
	name, account, seq, lot, kind, credits, *rest = row
	texts = ["" if value is None else value for value in rest]
	return Entry(name, account, seq, lot, KINDS.get(kind, kind), credits, *texts)


def statement(account: str, since: datetime | None = None, at: datetime | None = None) -> Statement:
	"""The account's statement up to ``at`` (default now), with the running balance and the chain's digest."""
	return statement_of(entries(account), rows.read_lots(account), at or clock.now(), since)


def tickets_of(account: str) -> dict[str, str]:
	"""Ticket numbers by incident, for the statement's reader."""
	found = frappe.get_all("Support Incident", filters={"account": account}, fields=["name", "ticket_no"])
	return {row.name: row.ticket_no for row in found}
