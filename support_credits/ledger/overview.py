"""What a customer reads of his account: lots, balance over time, pace. Plain reads that never grow with the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import frappe

from support_credits.engine.model import Kind, Lot, parse_stamp, stamp_text
from support_credits.engine.pages import balance_before
from support_credits.engine.runway import PACE_DAYS, Holding, Pace, holdings, pace_of
from support_credits.engine.statement import StatementLine
from support_credits.ledger import pages, rows

YEAR = timedelta(days=365)
LOTS_MAX = 100  # lots a page lists
LINES_MAX = 500  # changes a chart shows; a customer with more in a year sees his latest


_OPEN = """FROM `tabCredit Lot` WHERE account = %(account)s AND remaining != 0
	AND (expires_at_utc IS NULL OR expires_at_utc > %(at)s)"""
OPEN_LOTS = f"SELECT COUNT(*) {_OPEN}"
SHOWN_LOTS = f"""SELECT {", ".join(rows.LOT_COLUMNS)}, source, pack, expires_on {_OPEN}
	ORDER BY overdraft_limit > 0, expires_at_utc IS NULL, expires_at_utc, granted_at_utc, name LIMIT %(most)s"""
# Only what a runway needs of them: the driver reads columns one by one.
HELD = f"SELECT granted_at_utc, expires_at_utc, remaining {_OPEN} AND remaining > 0 AND voided = 0"


@dataclass(frozen=True)
class Course:
	"""The latest changes, newest first, back to ``since``; ``is_cut`` when the year had more."""

	lines: tuple[StatementLine, ...]
	since: datetime
	is_cut: bool
	balance: int

	@property
	def points(self) -> list[tuple[datetime, int]]:
		"""When the balance changed and what it was then, oldest first, beginning with what it was at ``since``."""
		start = balance_before(self.lines[-1]) if self.lines else self.balance
		last_of_instant = {line.at: line.balance for line in reversed(self.lines)}
		return [(self.since, start), *last_of_instant.items()]


def course(account: str, place: pages.Place) -> Course:
	"""The balance of the last year, or of as many changes as fit."""
	at = place.snapshot.at
	lines: list[StatementLine] = []
	for line in pages.lines_back(account, place, LINES_MAX + 1):
		if line.at < at - YEAR:
			break
		if len(lines) == LINES_MAX:
			return Course(tuple(lines), lines[-1].at, True, place.balance)
		lines.append(line)
	else:
		return Course(tuple(lines), lines[-1].at if lines else at, False, place.balance)
	return Course(tuple(lines), at - YEAR, False, place.balance)


def pace(seen: Course, at: datetime) -> Pace:
	"""What tickets took in the last 90 days, less what they were given back; less far back where the course is cut. A
	tier's monthly charges have no incident: they are counted on top of it.
	"""
	since = max(seen.since, at - timedelta(days=PACE_DAYS))
	spent = sum(
		-line.credits
		for line in seen.lines
		if line.at >= since and line.incident and line.kind in (Kind.CHARGE, Kind.REFUND)
	)
	return pace_of(spent, since, at, seen.is_cut)


@dataclass(frozen=True)
class Holdings:
	"""The first lots that are spent, with where they came from; ``more`` are left out. ``held`` is of all of them."""

	lots: tuple[tuple[Lot, frappe._dict], ...]
	more: int
	held: tuple[Holding, ...]


def holdings_of(account: str, at: datetime, zone: ZoneInfo) -> Holdings:
	"""What holds or owes something ``at`` an instant or later, in spending order, overdrafts last."""
	values = {"account": account, "at": stamp_text(at), "most": LOTS_MAX}
	shown = tuple((rows.lot_from_row(row), row) for row in frappe.db.sql(SHOWN_LOTS, values, as_dict=True))
	held = [
		Lot("", credits, credits, parse_stamp(granted), parse_stamp(expires) if expires else None)
		for granted, expires, credits in frappe.db.sql(HELD, values)
	]
	more = frappe.db.sql(OPEN_LOTS, values)[0][0] - len(shown) if len(shown) == LOTS_MAX else 0
	return Holdings(shown, more, holdings(held, at, zone))


def waiting(account: str) -> list[frappe._dict]:
	"""The account's parked incidents, oldest first."""
	return frappe.get_all(
		"Support Incident",
		filters={"account": account, "state": "Parked"},
		fields=["name", "ticket", "ticket_no", "parked_at_utc", "message"],
		order_by="parked_at_utc asc, name asc",
		limit=100,
	)
