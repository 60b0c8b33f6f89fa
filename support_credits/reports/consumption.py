"""What tickets and tiers took, less what was given back: by whom, under which tier, for what, by month of posting.

Repaying an overdraft moves a charge to the lots that pay it in the end: taken and given back at once, it is neither here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import frappe

from support_credits.reports import owners
from support_credits.reports.filters import Period

GROUPS = ("Customer", "Tier", "Reason")
TICKET, REOPENED, EXTRA, MONTHLY = "Ticket", "Reopened Ticket", "Extra Credits", "Monthly Tier"
_KEYS = {
	"Customer": "e.account",
	"Tier": "COALESCE(i.tier, s.tier, '')",
	# What is given back counts against what was charged: the entry it takes back says for what.
	"Reason": f"""CASE WHEN COALESCE(r.event_key, e.event_key) LIKE 'proposal:%%' THEN '{EXTRA}'
		WHEN COALESCE(r.event_key, e.event_key) LIKE 'tier:%%' THEN '{MONTHLY}'
		WHEN i.follows > '' THEN '{REOPENED}' ELSE '{TICKET}' END""",
}
_SUMS = """SELECT {key} AS grouped,
		{sign} * SUM(IF(e.credits < 0, -e.credits, 0)), {sign} * SUM(IF(e.credits > 0, e.credits, 0))
	FROM `tabCredit Ledger Entry` e {join}
	WHERE {which} AND e.kind IN ('Charge', 'Refund') AND e.posted_on BETWEEN %(first)s AND %(last)s{more}
	GROUP BY grouped ORDER BY NULL"""
# All of them, less those that repay: so that of each only what an index holds is read, and of very many customers nothing else.
_ALL, _REPAYING = ("TRUE", 1), ("e.event_key LIKE 'repay:%%'", -1)
_INCIDENT = "LEFT JOIN `tabSupport Incident` i ON i.name = e.incident"
_JOINS = {
	"Customer": "",
	# A tier's month has no incident: what the subscription noted of it says which tier.
	"Tier": f"""{_INCIDENT} LEFT JOIN `tabSupport Subscription Event` s
		ON e.event_key LIKE 'tier:%%' AND s.event_key = SUBSTRING_INDEX(e.event_key, '/', 1)""",
	"Reason": f"{_INCIDENT} LEFT JOIN `tabCredit Ledger Entry` r ON r.name = e.reverses",
}


@dataclass
class Consumed:
	"""Of one customer, tier or reason. ``by_month`` is net: a month in which more came back than was taken is below zero."""

	name: str
	charged: int = 0
	back: int = 0
	by_month: dict[str, int] = field(default_factory=lambda: defaultdict(int))

	@property
	def net(self) -> int:
		return self.charged - self.back

	def add(self, month: str, charged: int, back: int) -> None:
		self.charged += charged
		self.back += back
		self.by_month[month] += charged - back


def consumed(period: Period, by: str, customer: str = "") -> list[Consumed]:
	"""By customer, tier or reason (:data:`GROUPS`), the one with the most first. Nobody and no tier are empty names."""
	values = period.values
	more = owners.condition(customer, "e.account", values)
	names = _customers() if by == "Customer" else {}
	found: dict[str, Consumed] = {}
	# Month by month, so that what the database groups by stays small enough for its memory.
	for month, part in period.by_month:
		for which, sign in (_ALL, _REPAYING):
			text = _SUMS.format(key=_KEYS[by], join=_JOINS[by], more=more, which=which, sign=sign)
			for key, charged, back in frappe.db.sql(text, {**values, "first": part.first, "last": part.last}):
				name = names.get(key, "") if by == "Customer" else key
				found.setdefault(name, Consumed(name)).add(month, int(charged), int(back))
	moved = (one for one in found.values() if one.charged or one.back)
	return sorted(moved, key=lambda one: (-one.net, one.name))


def _customers() -> dict[str, str]:
	"""Customers by account: two that were merged are one."""
	own = frappe.get_all(
		"Credit Account",
		filters={"customer": ["is", "set"]},
		fields=["name", "customer"],
		as_list=True,
		order_by="name asc",
	)
	return {**dict(own), **owners.customers_of_joined()}
