"""Lots as at an instant: what each holds, by its entries that had taken effect then and by the clock alone (promise 2).

``remaining`` is what a lot holds now; for an earlier day what was posted since is taken off again, so that no report reads the
whole ledger. A lot that was joined into another account counts where it was at that time.
"""

from __future__ import annotations

from decimal import Decimal

import frappe

from support_credits.engine.model import DAY, Kind
from support_credits.engine.outstanding import Holding
from support_credits.ledger.orders import decimals_of
from support_credits.reports import owners
from support_credits.reports.filters import Moment, Period, offset
from support_credits.reports.shape import Row

SLACK = 3 * DAY
# What entries have done to a lot since the instant. Only what was posted since has: an entry that takes effect later than it was
# posted is the grant of a lot that is not valid yet. Around the day itself instants are compared, with some days to spare, because
# the zone may have been another; later on only grants take effect before they are posted, and the index alone is read of the rest.
_ENTRIES = (
	"SELECT lot, credits FROM `tabCredit Ledger Entry` WHERE kind IN %({kinds})s AND posted_on {days}{more}"
)
_IN_EFFECT = " AND effective_at_utc >= %(before)s"
_SINCE = f"""SELECT lot, SUM(credits) AS since FROM (
		{_ENTRIES.format(kinds="kinds", days="BETWEEN %(posted)s AND %(settled)s", more=_IN_EFFECT)}
		UNION ALL {_ENTRIES.format(kinds="granting", days="> %(settled)s", more=_IN_EFFECT)}
		UNION ALL {_ENTRIES.format(kinds="moving", days="> %(settled)s", more="")}
	) entered GROUP BY lot"""
# How many credits were ever added to a lot after it was sold.
_ADDED = """SELECT lot, SUM(credits) AS added FROM `tabCredit Ledger Entry`
	WHERE kind = 'Adjustment' AND credits > 0 GROUP BY lot"""
# A lot that came from a joined account names where it came from: the first of its line was sold.
_MOVED = """WITH RECURSIVE moved AS (
		SELECT name AS origin, moved_to AS lot FROM `tabCredit Lot` WHERE source != 'Transfer' AND price > 0 AND moved_to > ''
		UNION ALL
		SELECT m.origin, l.moved_to FROM moved m JOIN `tabCredit Lot` l ON l.name = m.lot WHERE l.moved_to > ''
	)"""
VALID = """l.granted_at_utc < %(before)s AND (l.expires_at_utc IS NULL OR l.expires_at_utc > %(ended)s)"""
_PRICED = f"""{_MOVED}
	SELECT {{period}} AS period, COUNT(*), held, currency, price, paid FROM (
		SELECT l.expires_on, {{held}} AS held, COALESCE(l.currency, '') AS currency, l.price,
			o.credits_granted - COALESCE(n.added, 0) AS paid
		FROM `tabCredit Lot` l LEFT JOIN moved m ON m.lot = l.name JOIN `tabCredit Lot` o ON o.name = COALESCE(m.origin, l.name)
		LEFT JOIN ({_ADDED}) n ON n.lot = o.name {{join}}
		WHERE l.overdraft_limit = 0 AND {{where}}
	) held WHERE held > 0 GROUP BY period, held, currency, price, paid"""
# Booked, which it never is before its end, or not yet and then all that remains.
_BOOKED = """LEFT JOIN (SELECT lot, -SUM(credits) AS credits FROM `tabCredit Ledger Entry`
		WHERE kind = 'Expiry' AND posted_on >= %(posted)s GROUP BY lot) b
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
	return "l.remaining - COALESCE(c.since, 0)", f"LEFT JOIN ({_SINCE}) c ON c.lot = l.name"


def looked_at(moment: Moment) -> dict[str, object]:
	"""For :func:`held_at`: the moment, and which entries are looked at for it."""
	moving = tuple(kind.value for kind in Kind if kind is not Kind.GRANT)
	kinds = {"kinds": (*moving, Kind.GRANT.value), "granting": (Kind.GRANT.value,), "moving": moving}
	return {**moment.values, **kinds, "posted": moment.day - SLACK, "settled": moment.day + SLACK}


def outstanding(moment: Moment, customer: str = "", currency: str = "") -> list[Holding]:
	"""What is still owed, by the month in which it expires; lots alike are counted together, so that they are few."""
	values = looked_at(moment)
	more = owners.condition(customer, "l.account", values)
	if currency:
		values["currency"] = currency
		more += " AND l.currency = %(currency)s"
	held, join = held_at(moment)
	text = _PRICED.format(
		period="COALESCE(DATE_FORMAT(expires_on, '%%Y-%%m'), '')", held=held, join=join, where=VALID + more
	)
	return [_holding(row) for row in frappe.db.sql(text, values)]


def overdrawn(moment: Moment, customer: str = "") -> int:
	"""Credits that customers owe, as a positive number."""
	values = looked_at(moment)
	more = owners.condition(customer, "l.account", values)
	held, join = held_at(moment)
	return -int(frappe.db.sql(OVERDRAWN.format(held=held, join=join, where=VALID + more), values)[0][0])


def expired(period: Period, ended: str, customer: str = "") -> list[Holding]:
	"""What lots held when they ended, of those whose last day is in the period and over by ``ended`` (now)."""
	values = {**period.values, "ended": ended, "before": ended}
	# Where entries are looked for: some days more, because a lot's last day is that of the zone at its grant.
	values["posted"] = period.first - SLACK
	more = owners.condition(customer, "l.account", values)
	text = _PRICED.format(
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
