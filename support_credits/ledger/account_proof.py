"""Proves an account's row: it is only an index of its lots and incidents, and says who pays and where credits went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import frappe
from frappe import _

from support_credits.engine.model import lot_name
from support_credits.engine.tally import LEFT, LotTally
from support_credits.ledger.findings import WINDOW, Finding, Stream, found, names_of
from support_credits.ledger.posting import ACCOUNT_COLUMNS

OPEN_LOTS = """SELECT name, overdraft_limit, expires_at_utc, granted_at_utc, remaining, voided, moved_to
	FROM `tabCredit Lot` WHERE name IN %s"""
COUNT_OPEN = """SELECT COUNT(*) FROM `tabCredit Lot` WHERE account = %s AND COALESCE(moved_to, '') = ''
	AND (overdraft_limit > 0 OR (remaining > 0 AND voided = 0))"""
QUEUES = {"parked": "Parked", "overdrawn": "Overdrawn"}
NEVER = "9"  # after every instant, as text
JOINS_MAX = 100  # accounts joined in a row; more is a loop in the data

SpendingKey = tuple[bool, str, str, str]


def account_row(name: str) -> frappe._dict | None:
	"""The account's row as the ledger reads it, and whether its customer exists; None when there is no such account."""
	columns = ", ".join(f"a.{column}" for column in ACCOUNT_COLUMNS)
	rows = frappe.db.sql(
		f"""SELECT {columns}, c.name IS NOT NULL AS has_customer FROM `tabCredit Account` a
		LEFT JOIN `tabHD Customer` c ON c.name = a.customer WHERE a.name = %s""",
		name,
		as_dict=True,
	)
	return rows[0] if rows else None


def list_findings(row: frappe._dict) -> Iterator[Finding]:
	"""What the row lists: open lots in the order in which they are spent, and incidents that wait or owe."""
	if not _open_lots_hold(row):
		yield found("open_lots", _("{0} lists other open lots than it has."), row.name)
	for column, state in QUEUES.items():
		differs = _first_misplaced(row, column, state)
		if differs is not None:
			message = _("{0} lists other incidents as {1} than are: {2}.")
			yield found(column, message, row.name, _(state), differs or "-")


def owner_findings(row: frappe._dict, tally: LotTally) -> Iterator[Finding]:
	"""Whose the account is. Credits leave it by entries alone: then all of them, and its customer with them."""
	if row.lot_count != tally.opened:
		message = _("{0} says it has {1} lots; its entries opened {2}.")
		yield found("lot_count", message, row.name, row.lot_count, tally.opened)
	left = sum(1 for mark in tally.marks if mark & LEFT)
	if row.merged_into:
		if left != tally.opened or row.customer or not _went_to(row):
			message = _("{0} is said to be joined with {1}; its entries do not say so.")
			yield found("merged_into", message, row.name, row.merged_into)
		for (name,) in frappe.db.sql(
			f"SELECT name FROM `tabSupport Incident` WHERE account = %s ORDER BY name LIMIT {WINDOW}",
			row.name,
		):
			message = _("Incident {0} belongs to account {1}, which was joined with {2}.")
			yield found("incident_account", message, name, row.name, row.merged_into)
	elif left:
		message = _("{0} says it is open; its entries moved its lots to another account.")
		yield found("merged_into", message, row.name)
	elif not row.has_customer and row.seq:
		yield found(
			"account_customer", _("{0} belongs to {1}, which is no customer."), row.name, row.customer or "-"
		)


def _went_to(row: frappe._dict) -> bool:
	"""Whether the account it is said to be joined with is where its lots went, or was on the way there."""
	lot = frappe.db.get_value("Credit Lot", lot_name(row.name, 1), "moved_to")
	target, account = (lot or "").rpartition("-L")[0], row.merged_into
	if not row.lot_count:
		return bool(frappe.db.exists("Credit Account", account))
	for _join in range(JOINS_MAX):
		if not account or account == target:
			break
		account = frappe.db.get_value("Credit Account", account, "merged_into")
	return bool(account) and account == target


def listed(text: str | None, kind: type) -> list | None:
	"""What a column of the account's row lists; None where no ledger wrote it."""
	try:
		values = json.loads(text or "[]")
	except (ValueError, RecursionError):
		return None
	return values if isinstance(values, list) and all(type(value) is kind for value in values) else None


def _open_lots_hold(row: frappe._dict) -> bool:
	"""Every open lot is listed, once, in the published order (design rule 3)."""
	numbers = listed(row.open_lots, int)
	if numbers is None or frappe.db.sql(COUNT_OPEN, row.name)[0][0] != len(numbers):
		return False
	last: list[SpendingKey] = []
	for start in range(0, len(numbers), WINDOW):
		names = [lot_name(row.name, number) for number in numbers[start : start + WINDOW]]
		keys = {lot.name: _spending_key(lot) for lot in frappe.db.sql(OPEN_LOTS, (names,), as_dict=True)}
		ordered = [*last, *(keys.get(name) for name in names)]
		if None in ordered or any(one >= other for one, other in pairwise(ordered)):
			return False
		last = ordered[-1:]
	return True


def _spending_key(lot: frappe._dict) -> SpendingKey | None:
	"""Instants sort as text as they do in time; None for a lot that is not open."""
	if lot.moved_to or not (lot.overdraft_limit > 0 or (lot.remaining > 0 and not lot.voided)):
		return None
	return (lot.overdraft_limit > 0, lot.expires_at_utc or NEVER, lot.granted_at_utc or "", lot.name)


def _first_misplaced(row: frappe._dict, column: str, state: str) -> str | None:
	"""An incident that is listed and not in ``state``, or the other way round; empty where the list cannot be read."""
	names = listed(row[column], str)
	if names is None or len(set(names)) != len(names):
		return ""
	queued = set(names)
	stream = Stream("name", "`tabSupport Incident`", "account = %s AND state = %s", (row.name, state))
	for name in names_of(stream):
		if name not in queued:
			return name
		queued.remove(name)
	return min(queued, default=None)
