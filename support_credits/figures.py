"""The numbers of the workspace: summed from the rows of the ledger at the moment they are asked for, never kept.

What the clock has decided counts, whether or not a job has booked it: credits past their end are not outstanding but
expired, orders and proposals past theirs are not open. Months are the provider's, as in the reports: of the day on which
something was entered, and of a lot's last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from frappe.utils import cint, now_datetime

from support_credits.engine.model import stamp_text
from support_credits.engine.months import Month, months_until
from support_credits.ledger import settings as site
from support_credits.ledger.responses import RUNNING

# Lots that somebody paid for; what was given, imported, refunded or moved was not sold (again).
SOLD = ("Order", "Pack", "Code", "Open Collective")
SOON = timedelta(days=30)

# What can be spent. An overdraft is owed the other way round.
SPENDABLE = """SELECT SUM(remaining) FROM `tabCredit Lot` WHERE remaining > 0 AND voided = 0 AND overdraft_limit = 0
	AND granted_at_utc <= %(at)s AND (expires_at_utc IS NULL OR expires_at_utc > %(at)s)"""
ORDERS = """SELECT COUNT(*) FROM `tabCredit Order` WHERE state = 'Open'
	AND (COALESCE(stands_until_utc, '') = '' OR stands_until_utc > %(at)s)"""
PROPOSALS = "SELECT COUNT(*) FROM `tabCredit Proposal` WHERE state = 'Open' AND expires_at_utc > %(at)s"

ENTERED = """SELECT DATE_FORMAT(e.posted_on, '%%Y-%%m') AS month,
		SUM(IF(e.kind = 'Grant' AND l.source IN %(sold)s, e.credits, 0)), -SUM(IF(e.kind = 'Grant', 0, e.credits))
	FROM `tabCredit Ledger Entry` e JOIN `tabCredit Lot` l ON l.name = e.lot
	WHERE e.posted_on BETWEEN %(first)s AND %(last)s AND e.kind IN ('Grant', 'Charge', 'Refund') GROUP BY month"""
# Booked by now, or not yet and then all that remains. The bounds in UTC are a day wider: they are for the index.
ENDED = """SELECT DATE_FORMAT(l.expires_on, '%%Y-%%m') AS month, SUM(GREATEST(l.remaining, 0) + COALESCE(b.credits, 0))
	FROM `tabCredit Lot` l LEFT JOIN (
		SELECT e.lot, -SUM(e.credits) AS credits FROM `tabCredit Ledger Entry` e JOIN `tabCredit Lot` o ON o.name = e.lot
		WHERE e.kind = 'Expiry' AND o.expires_at_utc BETWEEN %(begins)s AND %(at)s GROUP BY e.lot
	) b ON b.lot = l.name
	WHERE l.expires_at_utc BETWEEN %(begins)s AND %(at)s AND l.expires_on BETWEEN %(first)s AND %(last)s
	AND l.overdraft_limit = 0 GROUP BY month"""
# A ticket's own deadline is its incident's, on the clock on which the host notes its answer.
ANSWERED = """SELECT {month} AS month, SUM(COALESCE(t.first_responded_on <= t.response_by, 0)),
		SUM(COALESCE(t.first_responded_on, %(now)s) > t.response_by)
	FROM `tabSupport Incident` i JOIN `tabHD Ticket` t ON t.name = i.ticket
	WHERE i.state IN %(states)s AND i.due_at_utc > '' AND i.opened_at_utc >= %(begins)s AND i.opened_at_utc < %(ends)s
	GROUP BY month"""


@dataclass
class MonthOfCredits:
	"""What became of credits in one month."""

	month: Month
	sold: int = 0
	spent: int = 0  # charges less what was given back
	expired: int = 0


@dataclass
class MonthOfAnswers:
	"""Tickets that were opened in one month: answered within their deadline, or not. What still may be is neither."""

	month: Month
	in_time: int = 0
	late: int = 0


def outstanding(at: datetime) -> int:
	"""Credits that customers can still spend."""
	return _number(SPENDABLE, at=stamp_text(at))


def ending_soon(at: datetime) -> int:
	"""Those of them that end within :data:`SOON`."""
	return _number(
		f"{SPENDABLE} AND expires_at_utc <= %(until)s", at=stamp_text(at), until=stamp_text(at + SOON)
	)


def open_orders(at: datetime) -> int:
	"""Orders that stand and wait for their payment."""
	return _number(ORDERS, at=stamp_text(at))


def open_proposals(at: datetime) -> int:
	"""Proposals of extra credits that can still be answered."""
	return _number(PROPOSALS, at=stamp_text(at))


def _number(text: str, **values: object) -> int:
	return cint(frappe.db.sql(text, values)[0][0])


def credits_by_month(at: datetime, count: int) -> list[MonthOfCredits]:
	"""Credits sold, spent and expired in each of the last ``count`` months of the provider's zone, oldest first."""
	found = {_key(month): MonthOfCredits(month) for month in _months(at, count)}
	months = [one.month for one in found.values()]
	days = {"first": months[0].first, "last": months[-1].last}
	for key, sold, spent in frappe.db.sql(ENTERED, {**days, "sold": SOLD}):
		found[key].sold, found[key].spent = int(sold), int(spent)
	bounds = {"begins": stamp_text(months[0].begins), "at": stamp_text(at)}
	for key, expired in frappe.db.sql(ENDED, {**days, **bounds}):
		found[key].expired = int(expired)
	return list(found.values())


def answers_by_month(at: datetime, count: int) -> list[MonthOfAnswers]:
	"""First responses in time and late, by the month in which their tickets were opened, oldest first."""
	found = [MonthOfAnswers(month) for month in _months(at, count)]
	ends = {f"end{number}": stamp_text(one.month.ends) for number, one in enumerate(found)}
	cases = " ".join(f"WHEN i.opened_at_utc < %({name})s THEN {number}" for number, name in enumerate(ends))
	values = {
		"begins": stamp_text(found[0].month.begins),
		"ends": stamp_text(found[-1].month.ends),
		"now": now_datetime(),
	}
	text = ANSWERED.format(month=f"CASE {cases} END")
	for number, in_time, late in frappe.db.sql(text, {**ends, **values, "states": tuple(sorted(RUNNING))}):
		found[number].in_time, found[number].late = int(in_time or 0), int(late or 0)
	return found


def tickets_by_state() -> dict[str, int]:
	"""How many incidents are in each state that any is in, the commonest first."""
	found = frappe.db.sql("SELECT state, COUNT(*) FROM `tabSupport Incident` GROUP BY state")
	return {state: int(count) for state, count in sorted(found, key=lambda row: (-row[1], row[0]))}


def _months(at: datetime, count: int) -> tuple[Month, ...]:
	return months_until(at, count, site.provider_zone())


def _key(month: Month) -> str:
	return month.first.strftime("%Y-%m")
