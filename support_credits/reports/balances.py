"""Balances of all accounts as at an instant: the sum of the lots that are valid then (promise 2)."""

from __future__ import annotations

from dataclasses import dataclass

import frappe

from support_credits.reports import owners
from support_credits.reports.filters import Moment, offset
from support_credits.reports.lots import VALID, held_at, looked_at
from support_credits.reports.shape import Row

SOON_DAYS = 30
SHOWN = ("All", "With credits", "Empty", "Overdrawn")
_KEPT = {
	"All": "",
	"With credits": "HAVING balance > 0",
	"Empty": "HAVING balance = 0",
	"Overdrawn": "HAVING balance < 0",
}
# An account that was joined with another is shown as long as something was on it.
_EACH = """SELECT a.name AS account, a.customer, a.merged_into, COALESCE(SUM(h.held), 0) AS balance,
		COALESCE(SUM(GREATEST(h.held, 0)), 0) AS spendable, COALESCE(SUM(LEAST(h.held, 0)), 0) AS owed,
		COALESCE(SUM(h.held > 0), 0) AS lots, MIN(IF(h.held > 0, h.expires_on, NULL)) AS next_expiry,
		COALESCE(SUM(IF(h.held > 0 AND h.expires_on <= %(soon)s, h.held, 0)), 0) AS soon
	FROM `tabCredit Account` a
	LEFT JOIN (SELECT l.account, l.expires_on, {held} AS held FROM `tabCredit Lot` l {join} WHERE {valid}) h
		ON h.account = a.name AND h.held != 0
	WHERE TRUE{more}
	GROUP BY a.name, a.customer, a.merged_into {kept}"""
PAGE = "SELECT * FROM ({each}) each_one WHERE {open} ORDER BY customer, account LIMIT %(skip)s, %(most)s"
# Bands from which a reader sees how full accounts are.
BANDS = """SELECT CASE WHEN balance < 0 THEN 0 WHEN balance = 0 THEN 1 WHEN balance <= 5 THEN 2 WHEN balance <= 20 THEN 3
		ELSE 4 END AS band, COUNT(*), SUM(balance), SUM(spendable), SUM(owed), SUM(soon)
	FROM ({each}) each_one WHERE {open} GROUP BY band ORDER BY band"""
OPEN = "(COALESCE(merged_into, '') = '' OR balance != 0)"
PARKED = "SELECT name, parked FROM `tabCredit Account` WHERE name IN %s"
NUMBERS = ("balance", "spendable", "owed", "lots", "soon")


@dataclass(frozen=True)
class Band:
	"""Accounts with about the same balance (``number`` 0: overdrawn, 1: empty, then up to 5, up to 20 and more), together."""

	number: int
	accounts: int
	balance: int
	spendable: int
	owed: int
	soon: int


def page(moment: Moment, number: int, shown: str = "All", customer: str = "") -> list[Row]:
	"""Page ``number`` of the accounts, by customer."""
	each, values = _each(moment, shown, customer)
	rows = frappe.db.sql(PAGE.format(each=each, open=OPEN), {**values, **offset(number)}, as_dict=True)
	joined = owners.customers_of_joined()
	waiting = _waiting([row.account for row in rows]) if moment.is_now else {}
	for row in rows:
		row.update({name: int(row[name]) for name in NUMBERS})
		row.customer = row.customer or joined.get(row.account)
		row.waiting = waiting.get(row.account)
	return rows


def _waiting(accounts: list[str]) -> dict[str, int]:
	"""How many tickets wait for credits of each account: what its row lists."""
	found = frappe.db.sql(PARKED, (accounts,)) if accounts else ()
	return {name: len(frappe.parse_json(parked or "[]")) for name, parked in found}


def bands(moment: Moment, shown: str = "All", customer: str = "") -> list[Band]:
	"""All of the accounts, summed."""
	each, values = _each(moment, shown, customer)
	found = frappe.db.sql(BANDS.format(each=each, open=OPEN), values)
	return [Band(*(int(number) for number in row)) for row in found]


def _each(moment: Moment, shown: str, customer: str) -> tuple[str, dict[str, object]]:
	values = {**looked_at(moment), "soon": frappe.utils.add_days(moment.day, SOON_DAYS)}
	held, join = held_at(moment)
	more = owners.condition(customer, "a.name", values)
	return _EACH.format(held=held, join=join, valid=VALID, more=more, kept=_KEPT[shown]), values
