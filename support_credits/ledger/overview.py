"""What a customer reads of his account: lots, balance over time, pace. Plain reads that never grow with the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe

from support_credits.engine.allocation import spending_key
from support_credits.engine.model import Kind, Lot
from support_credits.engine.pages import balance_before
from support_credits.engine.runway import PACE_DAYS, Pace, pace_of
from support_credits.engine.statement import StatementLine
from support_credits.ledger import pages, rows

YEAR = timedelta(days=365)
LINES_MAX = 500  # changes a chart shows; a customer with more in a year sees his latest


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
	"""What tickets took in the last 90 days, less what they were given back; less far back where the course is cut."""
	since = max(seen.since, at - timedelta(days=PACE_DAYS))
	spent = sum(
		-line.credits for line in seen.lines if line.at >= since and line.kind in (Kind.CHARGE, Kind.REFUND)
	)
	return pace_of(spent, since, at)


def lots(account: str, at: datetime) -> list[tuple[Lot, frappe._dict]]:
	"""The lots that hold or owe something ``at`` an instant or later, in spending order, with where they came from."""
	columns = [*rows.LOT_COLUMNS, "source", "pack", "expires_on"]
	found = frappe.get_all("Credit Lot", filters={"account": account, "remaining": ["!=", 0]}, fields=columns)
	both = [(rows.lot_from_row(row), row) for row in found]
	open_ones = [pair for pair in both if pair[0].expires_at is None or pair[0].expires_at > at]
	return sorted(open_ones, key=lambda pair: (pair[0].is_overdraft, spending_key(pair[0])))


def waiting(account: str) -> list[frappe._dict]:
	"""The account's parked incidents, oldest first."""
	return frappe.get_all(
		"Support Incident",
		filters={"account": account, "state": "Parked"},
		fields=["name", "ticket", "ticket_no", "parked_at_utc", "message"],
		order_by="parked_at_utc asc, name asc",
		limit=100,
	)
