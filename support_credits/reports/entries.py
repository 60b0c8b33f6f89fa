"""The entries of all accounts by the day they were posted: a page of them, and what all of them come to."""

from __future__ import annotations

from dataclasses import dataclass

import frappe

from support_credits.engine.model import parse_stamp
from support_credits.ledger.settings import on_site_wall
from support_credits.reports import owners
from support_credits.reports.filters import Period, offset
from support_credits.reports.shape import Row

BY_DAY_MOST = 62  # days of a period whose sums are by day; longer ones are by month
# No entry is posted into a day that is over, so what was reported for a day never changes; its effect may be earlier.
_ASKED = """FROM `tabCredit Ledger Entry` e LEFT JOIN `tabSupport Incident` i ON i.name = e.incident
	WHERE e.posted_on BETWEEN %(first)s AND %(last)s{more}"""
PAGE = """SELECT e.name AS entry, e.posted_at_utc, e.effective_at_utc, e.account, a.customer, e.kind, e.credits, e.lot,
	i.ticket_no AS ticket, e.reason, e.actor, e.reverses
	FROM (SELECT e.name {asked} ORDER BY e.posted_at_utc, e.name LIMIT %(skip)s, %(most)s) page
	JOIN `tabCredit Ledger Entry` e ON e.name = page.name
	LEFT JOIN `tabSupport Incident` i ON i.name = e.incident
	LEFT JOIN `tabCredit Account` a ON a.name = e.account
	ORDER BY e.posted_at_utc, e.name"""
SUMS = """SELECT DATE_FORMAT(e.posted_on, %(bucket)s) AS bucket, e.kind, COUNT(*), SUM(e.credits),
	SUM(GREATEST(e.credits, 0)) {asked} GROUP BY bucket, e.kind ORDER BY bucket, e.kind"""


@dataclass(frozen=True)
class Asked:
	"""What of the ledger is asked for; empty texts ask for all."""

	period: Period
	customer: str = ""
	kind: str = ""
	lot: str = ""
	ticket: str = ""

	def sql(self) -> tuple[str, dict[str, object]]:
		values = self.period.values
		more = owners.condition(self.customer, "e.account", values)
		for column, wanted in (("e.kind", self.kind), ("e.lot", self.lot), ("i.ticket_no", self.ticket)):
			if wanted:
				values[column] = wanted
				more += f" AND {column} = %({column})s"
		return _ASKED.format(more=more), values


@dataclass(frozen=True)
class KindSum:
	"""Entries of one kind in a day or month: how many, what they come to, and what of it came in."""

	bucket: str
	kind: str
	entries: int
	credits: int
	came_in: int


def page(asked: Asked, number: int) -> list[Row]:
	"""Page ``number`` in the order of posting; times on the site's wall, as the host shows them."""
	source, values = asked.sql()
	joined = owners.customers_of_joined()
	rows = frappe.db.sql(PAGE.format(asked=source), {**values, **offset(number)}, as_dict=True)
	for row in rows:
		row.customer = row.customer or joined.get(row.account)
		row.posted_at = on_site_wall(parse_stamp(row.pop("posted_at_utc")))
		row.effective_at = on_site_wall(parse_stamp(row.pop("effective_at_utc")))
	return rows


def sums(asked: Asked) -> list[KindSum]:
	"""By kind and day, or by kind and month where the period is long."""
	source, values = asked.sql()
	by_day = (asked.period.last - asked.period.first).days < BY_DAY_MOST
	values["bucket"] = "%Y-%m-%d" if by_day else "%Y-%m"
	found = frappe.db.sql(SUMS.format(asked=source), values)
	return [
		KindSum(bucket, kind, int(entries), int(credits), int(came))
		for bucket, kind, entries, credits, came in found
	]
