"""The entries of all accounts by the day they were posted: a page of them, and what all of them come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

import frappe

from support_credits.engine.model import Kind, parse_stamp
from support_credits.ledger.settings import on_site_wall
from support_credits.reports import filters, owners
from support_credits.reports.filters import Period
from support_credits.reports.shape import Row

BY_DAY_MOST = 62  # days of a period whose sums are by day; longer ones are by month
# No entry is posted into a day that is over, so what was reported for a day never changes; its effect may be earlier.
_ASKED = """FROM `tabCredit Ledger Entry` e {join}
	WHERE e.kind IN %(kinds)s AND e.posted_on BETWEEN %(first)s AND %(last)s{more}"""
_OF_TICKET = "JOIN `tabSupport Incident` i ON i.name = e.incident"
PAGE = """SELECT e.name AS entry, e.posted_at_utc, e.effective_at_utc, e.account, a.customer, e.kind, e.credits, e.lot,
	i.ticket_no AS ticket, e.reason, e.actor, e.reverses
	FROM (SELECT e.name {asked} ORDER BY e.posted_on, e.posted_at_utc, e.name LIMIT %(skip)s, %(most)s) page
	JOIN `tabCredit Ledger Entry` e ON e.name = page.name
	LEFT JOIN `tabSupport Incident` i ON i.name = e.incident
	LEFT JOIN `tabCredit Account` a ON a.name = e.account
	ORDER BY e.posted_on, e.posted_at_utc, e.name"""
# Of a million entries the index alone is read: kind, day and credits.
DAYS = """SELECT e.posted_on, e.kind, COUNT(*), SUM(e.credits), SUM(GREATEST(e.credits, 0)) {asked}
	GROUP BY e.kind, e.posted_on"""


@dataclass(frozen=True)
class Asked:
	"""What of the ledger is asked for; empty texts ask for all."""

	period: Period
	customer: str = ""
	kind: str = ""
	lot: str = ""
	ticket: str = ""

	def sql(self, period: Period | None = None) -> tuple[str, dict[str, object]]:
		"""For SQL: where, and its values; of ``period`` where it is a part of the time asked for."""
		values = (period or self.period).values
		values["kinds"] = (self.kind,) if self.kind else tuple(kind.value for kind in Kind)
		more = owners.condition(self.customer, "e.account", values)
		for column, wanted in (("e.lot", self.lot), ("i.ticket_no", self.ticket)):
			if wanted:
				values[column] = wanted
				more += f" AND {column} = %({column})s"
		return _ASKED.format(join=_OF_TICKET if self.ticket else "", more=more), values


@dataclass(frozen=True)
class KindSum:
	"""Entries of one kind on a day: how many, what they come to, and what of it came in."""

	day: date
	kind: str
	entries: int
	credits: int
	came_in: int


def days(asked: Asked) -> list[KindSum]:
	"""All of the entries asked for, by day and kind."""
	source, values = asked.sql()
	found = frappe.db.sql(DAYS.format(asked=source), values)
	sums = [KindSum(day, kind, int(count), int(net), int(came)) for day, kind, count, net, came in found]
	return sorted(sums, key=lambda one: (one.day, one.kind))


def page(asked: Asked, number: int, found: list[KindSum]) -> list[Row]:
	"""Page ``number`` in the order of posting; times on the site's wall, as the host shows them. ``found`` are the days, which
	say where it is: so that no more is put in order than the days the page is of.
	"""
	place = _place(found, number)
	if not place:
		return []
	period, skip = place
	source, values = asked.sql(period)
	joined = owners.customers_of_joined()
	rows = frappe.db.sql(
		PAGE.format(asked=source), {**values, "skip": skip, "most": filters.PAGE_ROWS}, as_dict=True
	)
	for row in rows:
		row.customer = row.customer or joined.get(row.account)
		row.posted_at = on_site_wall(parse_stamp(row.pop("posted_at_utc")))
		row.effective_at = on_site_wall(parse_stamp(row.pop("effective_at_utc")))
	return rows


def _place(found: list[KindSum], number: int) -> tuple[Period, int] | None:
	"""The days on which the page's entries were posted, and how many entries of these are before it; None beyond the last."""
	begins, before = filters.offset(number)["skip"], 0
	first, skip, last = None, 0, None
	for day, ones in groupby(found, key=lambda one: one.day):
		count = sum(one.entries for one in ones)
		if first is None and before + count > begins:
			first, skip = day, begins - before
		before, last = before + count, day
		if before >= begins + filters.PAGE_ROWS:
			break
	return (Period(first, last), skip) if first and last else None


def by_bucket(found: list[KindSum], period: Period) -> dict[str, tuple[int, int]]:
	"""What came in and what went out by day, or by month where the period is long."""
	said = "%Y-%m-%d" if (period.last - period.first).days < BY_DAY_MOST else "%Y-%m"
	sums: dict[str, tuple[int, int]] = {}
	for one in found:
		bucket = one.day.strftime(said)
		came_in, went_out = sums.get(bucket, (0, 0))
		sums[bucket] = came_in + one.came_in, went_out + one.came_in - one.credits
	return sums
