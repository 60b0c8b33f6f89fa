"""Lots as at an instant: what each holds, by its entries that had taken effect then and by the clock alone (promise 2).

``remaining`` is what a lot holds now; for an earlier day what was posted since is taken off again, so that no report reads the
whole ledger. A lot that was joined into another account counts where it was at that time.
"""

from __future__ import annotations

from decimal import Decimal

import frappe

from support_credits.engine.calendar_days import end_of_day
from support_credits.engine.model import DAY, stamp_text
from support_credits.engine.outstanding import Holding
from support_credits.ledger.orders import decimals_of
from support_credits.ledger.settings import provider_zone
from support_credits.reports import owners
from support_credits.reports.filters import Moment, Period, offset
from support_credits.reports.shape import Row

# What entries have done to a lot since the instant, and how many credits were ever added to it after it was sold.
_CHANGES = """SELECT lot, SUM(IF(effective_at_utc >= %(before)s, credits, 0)) AS since,
		SUM(IF(kind = 'Adjustment' AND credits > 0, credits, 0)) AS added
	FROM `tabCredit Ledger Entry` WHERE {which} GROUP BY lot"""
SINCE = "effective_at_utc >= %(before)s"
ADDED = "(kind = 'Adjustment' AND credits > 0)"
# A lot that came from a joined account names where it came from: the first of its line was sold.
_MOVED = """WITH RECURSIVE moved AS (
		SELECT name AS origin, moved_to AS lot FROM `tabCredit Lot` WHERE source != 'Transfer' AND price > 0 AND moved_to > ''
		UNION ALL
		SELECT m.origin, l.moved_to FROM moved m JOIN `tabCredit Lot` l ON l.name = m.lot WHERE l.moved_to > ''
	)"""
VALID = """l.granted_at_utc < %(before)s AND (l.expires_at_utc IS NULL OR l.expires_at_utc > %(ended)s)"""
_PRICED = f"""{_MOVED}, changes AS ({_CHANGES})
	SELECT {{period}} AS period, COUNT(*), held, currency, price, paid FROM (
		SELECT l.expires_on, {{held}} AS held, COALESCE(l.currency, '') AS currency, l.price,
			o.credits_granted - COALESCE(n.added, 0) AS paid
		FROM `tabCredit Lot` l LEFT JOIN moved m ON m.lot = l.name JOIN `tabCredit Lot` o ON o.name = COALESCE(m.origin, l.name)
		LEFT JOIN changes n ON n.lot = o.name {{join}}
		WHERE l.overdraft_limit = 0 AND {{where}}
	) held WHERE held > 0 GROUP BY period, held, currency, price, paid"""
# Booked at its instant, or not yet and then all that remains.
_BOOKED = """LEFT JOIN (SELECT lot, -SUM(credits) AS credits FROM `tabCredit Ledger Entry`
		WHERE kind = 'Expiry' AND effective_at_utc > %(since)s AND effective_at_utc <= %(ended)s GROUP BY lot) b
	ON b.lot = l.name"""
OVERDRAWN = """SELECT COALESCE(SUM({held}), 0) FROM `tabCredit Lot` l {join} WHERE l.overdraft_limit > 0 AND {where}"""
EXPIRING = """FROM `tabCredit Lot` l LEFT JOIN `tabCredit Account` a ON a.name = l.account
	WHERE l.remaining > 0 AND l.overdraft_limit = 0 AND l.expires_on BETWEEN %(first)s AND %(last)s AND {where}"""
EXPIRING_LOTS = f"""SELECT l.name AS lot, a.customer, l.account, l.expires_on, DATEDIFF(l.expires_on, %(day)s) AS days_left,
		l.remaining, l.credits_granted, l.source, l.pack
	{EXPIRING} ORDER BY l.expires_at_utc, a.customer, l.name LIMIT %(skip)s, %(most)s"""
EXPIRING_SUMS = f"""SELECT DATE_FORMAT(l.expires_on, '%%Y-%%m') AS month, COUNT(*), SUM(l.remaining),
	COUNT(DISTINCT l.account) {EXPIRING} GROUP BY month ORDER BY month"""
EXPIRING_ACCOUNTS = f"SELECT COUNT(DISTINCT l.account) {EXPIRING}"


def held_at(moment: Moment) -> tuple[str, str]:
	"""SQL of what lot ``l`` holds at the moment, and the join it needs."""
	if moment.is_now:
		return "l.remaining", ""
	changes = _CHANGES.format(which=SINCE)
	return "l.remaining - COALESCE(c.since, 0)", f"LEFT JOIN ({changes}) c ON c.lot = l.name"


def outstanding(moment: Moment, customer: str = "", currency: str = "") -> list[Holding]:
	"""What is still owed, by the month in which it expires; lots alike are counted together, so that they are few."""
	values = moment.values
	more = owners.condition(customer, "l.account", values)
	if currency:
		values["currency"] = currency
		more += " AND l.currency = %(currency)s"
	held = "l.remaining" if moment.is_now else "l.remaining - COALESCE(c.since, 0)"
	text = _PRICED.format(
		which=ADDED if moment.is_now else f"{SINCE} OR {ADDED}",
		period="COALESCE(DATE_FORMAT(expires_on, '%%Y-%%m'), '')",
		held=held,
		join="" if moment.is_now else "LEFT JOIN changes c ON c.lot = l.name",
		where=VALID + more,
	)
	return [_holding(row) for row in frappe.db.sql(text, values)]


def overdrawn(moment: Moment, customer: str = "") -> int:
	"""Credits that customers owe, as a positive number."""
	values = moment.values
	more = owners.condition(customer, "l.account", values)
	held, join = held_at(moment)
	return -int(frappe.db.sql(OVERDRAWN.format(held=held, join=join, where=VALID + more), values)[0][0])


def expired(period: Period, ended: str, customer: str = "") -> list[Holding]:
	"""What lots held when they ended, of those whose last day is in the period and over by ``ended`` (now)."""
	values = {**period.values, "ended": ended, "before": ended}
	# Where entries are looked for: some days more, because a lot's last day is that of the zone at its grant.
	values["since"] = stamp_text(end_of_day(period.first - 3 * DAY, provider_zone()))
	more = owners.condition(customer, "l.account", values)
	text = _PRICED.format(
		which=ADDED,
		period="DATE_FORMAT(expires_on, '%%Y-%%m')",
		held="GREATEST(l.remaining, 0) + COALESCE(b.credits, 0)",
		join=_BOOKED,
		where="l.expires_on BETWEEN %(first)s AND %(last)s AND l.expires_at_utc <= %(ended)s" + more,
	)
	return [_holding(row) for row in frappe.db.sql(text, values)]


def decimals(holdings: list[Holding]) -> dict[str, int]:
	"""Places of every currency among them."""
	return {one.currency: decimals_of(one.currency) for one in holdings if one.is_priced}


def _holding(row: tuple) -> Holding:
	period, lots, credits, currency, price, paid = row
	return Holding(period or "", int(lots), int(credits), currency, Decimal(str(price or 0)), int(paid))


def expiring(moment: Moment, period: Period, number: int, customer: str = "") -> list[Row]:
	"""Page ``number`` of the lots that hold something and end in the period, the first to end first."""
	where, values = _expiring(moment, period, customer)
	joined = owners.customers_of_joined()
	rows = frappe.db.sql(EXPIRING_LOTS.format(where=where), {**values, **offset(number)}, as_dict=True)
	for row in rows:
		row.customer = row.customer or joined.get(row.account)
	return rows


def expiring_sums(
	moment: Moment, period: Period, customer: str = ""
) -> tuple[list[tuple[str, int, int]], int]:
	"""By month how many lots end and what they hold; and how many accounts they belong to."""
	where, values = _expiring(moment, period, customer)
	by_month = [
		(month, int(lots), int(credits))
		for month, lots, credits, _accounts in frappe.db.sql(EXPIRING_SUMS.format(where=where), values)
	]
	return by_month, int(frappe.db.sql(EXPIRING_ACCOUNTS.format(where=where), values)[0][0])


def _expiring(moment: Moment, period: Period, customer: str) -> tuple[str, dict[str, object]]:
	values = {**period.values, **moment.values}
	return VALID + owners.condition(customer, "l.account", values), values
