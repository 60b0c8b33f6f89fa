"""Reads for screens, commands and reports. Plain reads: they never decide anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import frappe

from support_credits.engine.allocation import balance as balance_of
from support_credits.engine.model import Entry, Kind, Lot
from support_credits.engine.statement import Statement
from support_credits.engine.statement import statement as statement_of
from support_credits.engine.verify import ROW
from support_credits.ledger import clock, rows

PAGE = 10_000  # rows fetched at once while streaming
ENTRY_COLUMNS = (
	"name", "account", "seq", "lot", "kind", "credits", "incident", "reverses", "reason", "detail",
	"event_key", "actor", "posted_at_utc", "effective_at_utc", "prev_hash", "entry_hash",
)  # fmt: skip
FIELDS = len(ROW)
BYTES_PER_CHARACTER = 4
PACK = 200  # rows in one packed text; some 70 kB
END_OF_FIELD, END_OF_ROW = "\x1f", "\x1e"  # what ASCII has for this; a text that holds one is read unpacked
# Nothing may be NULL: CONCAT_WS skips it, and a field too few could be made up by a separator in another.
_ROW = ", ".join(
	[
		"seq", "COALESCE(lot, '')", "COALESCE(kind, '')", "COALESCE(credits, 0)", "COALESCE(incident, '')",
		"COALESCE(reverses, '')", "COALESCE(reason, '')", "COALESCE(detail, '')", "COALESCE(event_key, '')",
		"COALESCE(actor, '')", "COALESCE(posted_at_utc, '')", "COALESCE(effective_at_utc, '')",
		"COALESCE(prev_hash, '')", "COALESCE(entry_hash, '')", "COALESCE(name, '')",
	]
)  # fmt: skip
_FROM = "FROM `tabCredit Ledger Entry` WHERE account = %s AND seq >= %s AND seq < %s"
PLAIN_ROWS = f"SELECT {_ROW} {_FROM} AND BINARY account = %s ORDER BY seq"
PACKED_PAGE = f"""SELECT seq DIV {PACK}, SUM(BINARY account = %s),
	GROUP_CONCAT(CONCAT_WS('{END_OF_FIELD}', {_ROW}) ORDER BY seq SEPARATOR '{END_OF_ROW}') {_FROM}
	GROUP BY seq DIV {PACK} ORDER BY seq DIV {PACK}"""
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


def packed_rows(account: str) -> Iterator[list]:
	"""The rows of :data:`~support_credits.engine.verify.ROW`, packed by the database: the driver of Frappe 15 reads
	columns one by one in Python, which took more time than checking them.
	"""
	last = frappe.db.sql("SELECT MAX(seq) FROM `tabCredit Ledger Entry` WHERE account = %s", account)[0][0]
	longest = int(frappe.db.sql("SELECT @@group_concat_max_len")[0][0]) // BYTES_PER_CHARACTER
	for start in range(0, (last or 0) + 1, PAGE):
		for number, count, pack in frappe.db.sql(PACKED_PAGE, (account, account, start, start + PAGE)):
			rows = _unpacked(pack, count) if len(pack) < longest else None
			# Cut off by the server, or a text with a separator in it: read these one by one.
			yield from rows or frappe.db.sql(
				PLAIN_ROWS, (account, number * PACK, number * PACK + PACK, account)
			)


def _unpacked(pack: str, count: int) -> list[list] | None:
	"""The rows of a packed text, or None when they do not come out even."""
	rows: list[list] = [row.split(END_OF_FIELD) for row in pack.split(END_OF_ROW)]
	if len(rows) != count or any(len(row) != FIELDS for row in rows):
		return None
	for row in rows:
		row[0], row[3] = int(row[0]), int(row[3])
	return rows


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
