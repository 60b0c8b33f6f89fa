"""Reads for screens, commands and reports. Plain reads: they never decide anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import frappe

from support_credits.engine.model import Entry, Kind, Lot, parse_stamp, stamp_text
from support_credits.engine.statement import Statement
from support_credits.engine.statement import statement as statement_of
from support_credits.engine.verify import CREDITS, ROW, SEQ
from support_credits.ledger import clock, rows

PAGE = 10_000  # rows fetched at once while streaming
LOWEST = -(2**31)  # of the column
ENTRY_COLUMNS = (
	"name", "account", "seq", "lot", "kind", "credits", "incident", "reverses", "reason", "detail",
	"event_key", "actor", "posted_at_utc", "effective_at_utc", "prev_hash", "entry_hash",
)  # fmt: skip
BYTES_PER_CHARACTER = 4
PACK = 200  # rows in one packed text; some 70 kB
END_OF_FIELD, END_OF_ROW = "\x1f", "\x1e"  # what ASCII has for this; a text that holds one is read unpacked
_STORED = {"posted_at": "posted_at_utc", "effective_at": "effective_at_utc"}
# Nothing may be NULL: CONCAT_WS skips it, and a field too few could be made up by a separator in another.
_ROW = ", ".join(
	f"COALESCE({_STORED.get(column, column)}, '')" if column not in ("seq", "credits") else column
	for column in ROW
)
_PART = "FROM `tabCredit Ledger Entry` WHERE account = %s AND seq >= %s AND seq < %s"
PLAIN_ROWS = f"SELECT {_ROW} {_PART} ORDER BY seq"
PACKED_PAGE = f"""SELECT @@group_concat_max_len, COUNT(*),
	GROUP_CONCAT(CONCAT_WS('{END_OF_FIELD}', {_ROW}) ORDER BY seq SEPARATOR '{END_OF_ROW}'), MIN(seq), MAX(seq)
	{_PART} GROUP BY seq DIV {PACK} ORDER BY seq DIV {PACK}"""
NUMBERS = "SELECT MIN(seq), MAX(seq) FROM `tabCredit Ledger Entry` WHERE account = %s AND seq >= %s"
# As engine.allocation has it, in the database: an account may have thousands of lots.
BALANCE = """SELECT COALESCE(SUM(remaining), 0) FROM `tabCredit Lot` WHERE account = %s AND remaining != 0
	AND granted_at_utc <= %s AND (expires_at_utc IS NULL OR expires_at_utc > %s)"""
NEXT_EXPIRY = """SELECT expires_at_utc, SUM(remaining) FROM `tabCredit Lot` WHERE account = %s AND remaining > 0
	AND voided = 0 AND overdraft_limit = 0 AND granted_at_utc <= %s AND expires_at_utc > %s
	GROUP BY expires_at_utc ORDER BY expires_at_utc LIMIT 1"""
KINDS = {kind.value: kind for kind in Kind}


def balance(account: str, at: datetime | None = None) -> int:
	"""Credits of the account's lots that are valid at ``at`` (default now); negative while overdrawn."""
	return int(frappe.db.sql(BALANCE, (account, *[stamp_text(at or clock.now())] * 2))[0][0])


def next_expiry(account: str, at: datetime) -> tuple[datetime, int] | None:
	"""When the next of the credits end that can be spent at ``at``, and how many they are."""
	found = frappe.db.sql(NEXT_EXPIRY, (account, *[stamp_text(at)] * 2))
	return (parse_stamp(found[0][0]), int(found[0][1])) if found else None


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


def packed_rows(account: str) -> Iterator[Sequence]:
	"""The rows of :data:`~support_credits.engine.verify.ROW` in order, whatever a hand has made of their numbers.

	Packed by the database: the driver of Frappe 15 reads columns one by one in Python, which took more time than
	checking them.
	"""
	lowest, last = frappe.db.sql(NUMBERS, (account, LOWEST))[0]
	if last is None:
		return
	if lowest < 1:  # no entry has such a number; the first of them says all
		yield from frappe.db.sql(PLAIN_ROWS, (account, lowest, lowest + 1))
	start = 0
	while start <= last:
		page = frappe.db.sql(PACKED_PAGE, (account, start, start + PAGE))
		for longest, count, pack, first, end in page:
			rows = unpacked(pack, count, len(ROW), longest)
			# Cut off by the server, or a text with a separator in it: read these one by one.
			yield from _numbered(rows) or frappe.db.sql(PLAIN_ROWS, (account, first, end + 1))
		start += PAGE
		if not page:
			start = frappe.db.sql(NUMBERS, (account, start))[0][0] or last + 1


def unpacked(pack: str, count: int, fields: int, longest: int) -> list[list[str]] | None:
	"""The rows of a packed text; None when they do not come out even, or the server may have cut some off."""
	if len(pack) * BYTES_PER_CHARACTER >= longest:
		return None
	rows = [row.split(END_OF_FIELD) for row in pack.split(END_OF_ROW)]
	return rows if len(rows) == count and all(len(row) == fields for row in rows) else None


def _numbered(rows: list[list] | None) -> list[list]:
	for row in rows or ():
		row[SEQ], row[CREDITS] = int(row[SEQ]), int(row[CREDITS])
	return rows or []


def packed(columns: Sequence[str], source: str, values: Sequence | Mapping) -> list[Sequence[str]]:
	"""``SELECT columns source`` for a few thousand rows at most, all as text, NULL as empty, in no order."""
	texts = [f"COALESCE({column}, '')" for column in columns]
	text = f"CONCAT_WS('{END_OF_FIELD}', {', '.join(texts)})"
	longest, count, pack = frappe.db.sql(
		f"SELECT @@group_concat_max_len, COUNT(*), GROUP_CONCAT({text} SEPARATOR '{END_OF_ROW}') {source}",
		values,
	)[0]
	if not count:
		return []
	plain = ", ".join(f"CONCAT({one})" for one in texts)
	return unpacked(pack, count, len(columns), longest) or frappe.db.sql(f"SELECT {plain} {source}", values)


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
