"""Proves lots against their entries: what remains, what was granted, whether it was voided or moved, on which terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import frappe
from frappe import _

from support_credits.engine.errors import EngineError
from support_credits.engine.grants import expiry_date
from support_credits.engine.model import lot_name, parse_stamp
from support_credits.engine.tally import LEFT, VOIDED, LotTally, join_event, terms_of
from support_credits.ledger.findings import WINDOW, Finding, Progress, found, no_progress

LOT_COLUMNS = (
	"name", "account", "lot_no", "source", "pack", "reason", "credits_granted", "remaining", "overdraft_limit",
	"voided", "moved_to", "granted_at_utc", "expires_at_utc", "expires_on", "price", "currency",
)  # fmt: skip
READ_LOTS = f"SELECT {', '.join(LOT_COLUMNS)} FROM `tabCredit Lot` WHERE name IN %s"
READ_TERMS = """SELECT seq, reason, detail, event_key FROM `tabCredit Ledger Entry`
	WHERE account = %s AND seq IN %s"""
READ_MOVES = "SELECT event_key, lot FROM `tabCredit Ledger Entry` WHERE event_key IN %s"
# By name, which is the order of posting: a lot's first entry opened it.
OPENED_BY = "SELECT reason, event_key FROM `tabCredit Ledger Entry` WHERE lot = %s ORDER BY name LIMIT 1"
JOINS_MAX = 100  # accounts joined in a row; more is a loop in the data
EXTRA_LOTS = """SELECT name FROM `tabCredit Lot` WHERE account = %s AND (lot_no < 1 OR lot_no > %s
	OR BINARY name != BINARY CONCAT(%s, '-L', LPAD(lot_no, GREATEST(6, LENGTH(lot_no)), '0'))) ORDER BY name"""


@dataclass(frozen=True)
class Stated:
	"""What the entry that opened a lot says, and the last one that stated its terms."""

	reason: str
	event: str
	terms: Mapping[str, object]


def lot_findings(account: str, tally: LotTally, progress: Progress = no_progress) -> Iterator[Finding]:
	"""What is wrong with the lots of ``account``, in the order of their numbers, given what its entries said."""
	for start in range(1, tally.opened + 1, WINDOW):
		numbers = range(start, min(start + WINDOW, tally.opened + 1))
		yield from _window(account, tally, numbers)
		progress(account, "lots", numbers[-1], tally.opened)
	for (name,) in frappe.db.sql(f"{EXTRA_LOTS} LIMIT {WINDOW}", (account, tally.opened, account)):
		yield found("lot_extra", _("{0} is a lot that no entry granted."), name)


def _window(account: str, tally: LotTally, numbers: Sequence[int]) -> Iterator[Finding]:
	names = [lot_name(account, number) for number in numbers]
	rows = {row.name: row for row in frappe.db.sql(READ_LOTS, (names,), as_dict=True)}
	stated = _stated(account, tally, numbers)
	moves = _moves([name for number, name in zip(numbers, names, strict=True) if tally.marks[number] & LEFT])
	for number, name in zip(numbers, names, strict=True):
		row = rows.get(name)
		if row is None:
			yield found("lot_missing", _("{0} has entries, but its row is gone."), name)
		elif row.account != account:
			message = _("{0} belongs to account {1}, not to {2}.")
			yield found("lot_account", message, name, row.account or "-", account)
		elif row.lot_no != number:
			yield found("lot_number", _("{0} is numbered {1}: lots were exchanged."), name, row.lot_no)
		else:
			yield from _problems(row, tally, number, stated[number], moves)


def _stated(account: str, tally: LotTally, numbers: Sequence[int]) -> dict[int, Stated]:
	wanted = {seq for number in numbers for seq in (tally.opened_by[number], tally.terms_by[number])}
	said = {seq: rest for seq, *rest in frappe.db.sql(READ_TERMS, (account, list(wanted)))}
	entries = {}
	for number in numbers:
		reason, _detail, event = said[tally.opened_by[number]]
		terms = terms_of(said[tally.terms_by[number]][1] or "")
		entries[number] = Stated(reason or "", event or "", terms)
	return entries


def _moves(names: Sequence[str]) -> dict[str, str]:
	"""Successors of lots that went to another account, by the event that moved them there."""
	if not names:
		return {}
	return dict(frappe.db.sql(READ_MOVES, ([join_event(name, "in") for name in names],)))


def _problems(
	row: frappe._dict, tally: LotTally, number: int, stated: Stated, moves: Mapping[str, str]
) -> Iterator[Finding]:
	"""The first thing that is wrong with one lot."""
	name, terms = row.name, stated.terms
	if row.remaining != tally.held[number]:
		message = _("{0} says {1} credits remain; its entries add up to {2}.")
		yield found("lot_sum", message, name, row.remaining, tally.held[number])
	elif row.credits_granted != tally.granted[number]:
		message = _("{0} says {1} credits were granted; its entries say {2}.")
		yield found("lot_granted", message, name, row.credits_granted, tally.granted[number])
	elif bool(row.voided) != bool(tally.marks[number] & VOIDED):
		yield found("lot_voided", _("{0} and its entries disagree about a void."), name)
	elif (row.moved_to or None) != (
		moves.get(join_event(name, "in")) if tally.marks[number] & LEFT else None
	):
		message = _("{0} says it was moved to {1}; its entries do not.")
		yield found("lot_moved", message, name, row.moved_to or "-")
	elif not (_terms_hold(row, stated) and _day_holds(row, terms.get("zone"))):
		yield found("lot_terms", _("{0} no longer says what was agreed when it was granted."), name)


def _terms_hold(row: frappe._dict, stated: Stated) -> bool:
	terms = stated.terms
	said = {**terms, "source": "Refund"} if "refund_of" in terms else terms
	return bool(terms) and (
		terms.get("granted_at") == row.granted_at_utc
		and (terms.get("expires_at") or None) == (row.expires_at_utc or None)
		and said.get("source") == row.source
		and (said.get("pack") or "") == (row.pack or "")
		and (said.get("currency") or "") == (row.currency or "")
		and (said.get("overdraft_limit") or 0) == row.overdraft_limit
		and _same_price(said.get("price"), row.price)
		and (row.reason or "") == _reason_of(stated)
	)


def _reason_of(stated: Stated) -> str:
	"""A lot that came from a joined account keeps the reason it was granted for there."""
	reason, event = stated.reason, stated.event
	for _join in range(JOINS_MAX):
		if not event.startswith("join:"):
			break
		lot = event.removeprefix("join:").rpartition(":")[0]
		reason, event = next(iter(frappe.db.sql(OPENED_BY, lot)), ("", ""))
	return reason or ""


def _same_price(said: object, price: Decimal) -> bool:
	try:
		return Decimal(str(said or 0)) == Decimal(str(price or 0))
	except InvalidOperation:
		return False


def _day_holds(row: frappe._dict, zone: object) -> bool:
	"""The day people are shown must be the one the instant says, in the zone the provider was in at the grant."""
	if not row.expires_at_utc or row.expires_on is None:
		return not row.expires_at_utc and row.expires_on is None
	try:
		end = parse_stamp(row.expires_at_utc)
		if zone:
			return row.expires_on == expiry_date(end, ZoneInfo(str(zone)))
	except (
		EngineError,
		ValueError,
		KeyError,
		OSError,
		OverflowError,
	):  # no zone, no instant, or none we know
		return False
	return abs(end.date() - row.expires_on) <= timedelta(days=1)
