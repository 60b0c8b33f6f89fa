"""Pages of a statement by plain reads: two ordered streams, entries and expiries, merged backwards from now.

Nothing is counted, skipped or summed from the beginning, so a page of an account with a million entries costs what one
of a new account does. What begins at an earlier day (``until``) has to sum the lots that were valid then.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import frappe

from support_credits.engine.model import GENESIS_HASH, Kind, parse_stamp, stamp_text
from support_credits.engine.pages import Change, Key, Place, Snapshot, balance_before, run_back
from support_credits.engine.statement import StatementLine
from support_credits.ledger import queries

CHUNK = 100  # changes fetched at once
LOOK_MAX = 2_000  # changes one page looks at, however few of them its filter lets through
_LAST_SEQ = 2**31 - 1  # behind every entry of the instant

# The database may choose neither where it begins nor by which index: of a provider with few lots it would read these
# first, and then every entry of the account.
_BY_KIND = "FORCE INDEX (account_kind_effective_at_utc_index)"
# Entries of the account up to the snapshot's last, from a key backwards. What takes effect before its lot begins (a lot
# moved to another account before its first day) counts from that day: EARLY has those.
_ENTRY = """SELECT STRAIGHT_JOIN e.effective_at_utc, e.seq, e.lot, e.kind, e.credits, l.granted_at_utc, l.expires_at_utc,
	e.name, e.incident, e.reason FROM `tabCredit Ledger Entry` e {hint}
	JOIN `tabCredit Lot` l FORCE INDEX (PRIMARY) ON l.name = e.lot
	WHERE e.account = %(account)s AND e.seq <= %(last)s AND {kind} AND e.effective_at_utc <= %(at)s"""
ENTRIES = (
	_ENTRY.format(hint="FORCE INDEX (sc_entry_effective)", kind="e.kind != 'Expiry'")
	+ """ AND (e.effective_at_utc < %(at)s OR e.seq < %(seq)s) AND e.effective_at_utc >= l.granted_at_utc
	ORDER BY e.effective_at_utc DESC, e.seq DESC LIMIT %(chunk)s"""
)
EARLY = (
	_ENTRY.format(hint=_BY_KIND, kind="e.kind = 'Transfer'")
	+ " AND e.effective_at_utc < l.granted_at_utc AND l.granted_at_utc <= %(at)s"
)
# A lot's expiry: booked at its instant, or not yet and then all that remains. What moved to or from another account is
# summed, because there the booking is the other account's.
EXPIRIES = f"""SELECT l.expires_at_utc, l.name, IF(l.moved_to IS NOT NULL OR l.source = 'Transfer',
		(SELECT SUM(s.credits) FROM `tabCredit Ledger Entry` s
			WHERE s.lot = l.name AND s.kind != 'Expiry' AND s.effective_at_utc < l.expires_at_utc),
		COALESCE((SELECT -b.credits FROM `tabCredit Ledger Entry` b {_BY_KIND}
			WHERE b.account = l.account AND b.kind = 'Expiry' AND b.effective_at_utc = l.expires_at_utc
			AND b.lot = l.name LIMIT 1), l.remaining)) AS held
	FROM `tabCredit Lot` l FORCE INDEX (sc_lot_expiry)
	WHERE l.account = %(account)s AND l.lot_no <= %(lots)s AND l.expires_at_utc <= %(at)s
	AND (l.expires_at_utc < %(at)s OR %(seq)s > 0 OR l.name < %(lot)s)
	HAVING held != 0 ORDER BY l.expires_at_utc DESC, l.name DESC LIMIT %(chunk)s"""
BALANCE_AT = """SELECT COALESCE(SUM(e.credits), 0) FROM `tabCredit Lot` l
	JOIN `tabCredit Ledger Entry` e ON e.lot = l.name
	WHERE l.account = %(account)s AND l.lot_no <= %(lots)s AND e.seq <= %(last)s AND l.granted_at_utc <= %(at)s
	AND (l.expires_at_utc IS NULL OR l.expires_at_utc > %(at)s) AND e.effective_at_utc <= %(at)s"""


@dataclass(frozen=True)
class Page:
	"""``lines`` newest first; ``next`` begins the page after it, None at the end. ``looked_back_to`` says how far a filter has
	looked when it stopped before the page was full.
	"""

	lines: tuple[StatementLine, ...]
	next: Place | None
	looked_back_to: datetime | None = None


def snapshot(account: str, at: datetime) -> Snapshot:
	"""The account as it is now."""
	seq, lots = frappe.db.get_value("Credit Account", account, ["seq", "lot_count"])
	return Snapshot(at, int(seq), int(lots))


def newest(account: str, at: datetime) -> Place:
	"""Where the statement of now begins."""
	return Place(snapshot(account, at), queries.balance(account, at))


def place_at(account: str, at: datetime, seen: Snapshot) -> Place:
	"""Where the statement begins that ends ``at`` an earlier instant, by the definition of a balance (promise 2)."""
	values = {"account": account, "lots": seen.lots, "last": seen.seq, "at": stamp_text(at)}
	return Place(Snapshot(at, seen.seq, seen.lots), int(frappe.db.sql(BALANCE_AT, values)[0][0]))


def digest_of(account: str, seq: int) -> str:
	"""The chain's hash at entry ``seq``."""
	found = frappe.db.get_value(
		"Credit Ledger Entry", {"account": account, "seq": seq}, "entry_hash", order_by=None
	)
	return found or GENESIS_HASH


def lines_back(account: str, place: Place, chunk: int = CHUNK) -> Iterator[StatementLine]:
	"""Every line from ``place`` back to the account's first, fetched as they are asked for."""
	key = place.key or (place.snapshot.at, _LAST_SEQ, "")
	streams = [
		_paged(ENTRIES, account, place.snapshot, key, chunk, _entry),
		_paged(EXPIRIES, account, place.snapshot, key, chunk, _expiry),
		_early(account, place.snapshot, key),
	]
	changes = heapq.merge(*streams, key=lambda change: change.key, reverse=True)
	return run_back(changes, place.balance)


def page(
	account: str,
	place: Place,
	limit: int,
	kind: Kind | None = None,
	since: datetime | None = None,
) -> Page:
	"""At most ``limit`` lines of ``kind`` from ``place`` back to ``since``."""
	shown: list[StatementLine] = []
	last: StatementLine | None = None
	for looked, line in enumerate(lines_back(account, place, min(CHUNK, limit + 1))):
		if since and line.at < since:
			return Page(tuple(shown), None)
		if last and (len(shown) == limit or (kind and looked == LOOK_MAX)):
			cut = last.at if len(shown) < limit else None
			return Page(tuple(shown), _after(last, place.snapshot), cut)
		last = line
		if kind in (None, line.kind):
			shown.append(line)
	return Page(tuple(shown), None)


def _after(line: StatementLine, seen: Snapshot) -> Place:
	return Place(seen, balance_before(line), (line.at, line.seq, line.lot))


def _paged(
	text: str, account: str, seen: Snapshot, key: Key, chunk: int, read: Callable[[tuple], Change]
) -> Iterator[Change]:
	while True:
		rows = frappe.db.sql(text, {**_values(account, seen, key), "chunk": chunk})
		changes = [read(row) for row in rows]
		yield from changes
		if len(changes) < chunk:
			return
		key = changes[-1].key


def _values(account: str, seen: Snapshot, key: Key) -> dict[str, object]:
	at, seq, lot = key
	said = {"account": account, "last": seen.seq, "lots": seen.lots}
	return {**said, "at": stamp_text(at), "seq": seq, "lot": lot}


def _early(account: str, seen: Snapshot, key: Key) -> Iterator[Change]:
	rows = frappe.db.sql(EARLY, _values(account, seen, key))
	changes = (_entry(row) for row in rows)
	before = (change for change in changes if change.key < key)
	return iter(sorted(before, key=lambda change: change.key, reverse=True))


def _entry(row: tuple) -> Change:
	effective, seq, lot, kind, credits, granted, expires, name, incident, reason = row
	at = max(effective, granted)
	counted = not expires or at < expires
	return Change(parse_stamp(at), seq, lot, Kind(kind), credits, counted, name, incident or "", reason or "")


def _expiry(row: tuple) -> Change:
	expires, lot, held = row
	return Change(parse_stamp(expires), 0, lot, Kind.EXPIRY, -int(held), True)
