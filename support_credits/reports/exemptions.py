"""Incidents that are exempt now: why, by whom, and what it gave back."""

from __future__ import annotations

import frappe

from support_credits.reports import owners
from support_credits.reports.filters import Period
from support_credits.reports.shape import Row

# The one event that gave an exempt incident back what it was charged last. Its key names the ticket, whose later incident,
# after a late reopening, has a key of its own.
_EVENT = "CONCAT('ticket:', SUBSTRING_INDEX(i.ticket_key, '~', 1), ':refund:', i.cycle, '/{0}')"
_BACK = f"""LEFT JOIN (SELECT i.name, SUM(e.credits) AS credits, MIN(e.posted_on) AS posted_on
		FROM `tabSupport Incident` i JOIN `tabCredit Ledger Entry` e
			ON e.event_key BETWEEN {_EVENT.format("")} AND {_EVENT.format("9999")} AND e.incident = i.name AND e.kind = 'Refund'
		WHERE i.state = 'Exempt' GROUP BY i.name) back ON back.name = i.name"""
SUMS = f"""SELECT i.exemption AS reason, COALESCE(x.label, i.exemption) AS label, COALESCE(i.exempted_by, '') AS agent,
		COUNT(*) AS tickets, SUM(back.name IS NULL) AS never_charged, COALESCE(SUM(back.credits), 0) AS credits
	FROM `tabSupport Incident` i {_BACK} LEFT JOIN `tabExemption Reason` x ON x.name = i.exemption
	WHERE i.state = 'Exempt' AND (back.posted_on BETWEEN %(first)s AND %(last)s
		OR (back.name IS NULL AND i.opened_at_utc >= %(since)s AND i.opened_at_utc < %(until)s)){{more}}
	GROUP BY i.exemption, label, agent ORDER BY credits DESC, tickets DESC, label, agent"""


def exempt(period: Period, customer: str = "", reason: str = "", agent: str = "") -> list[Row]:
	"""By reason and agent. Counted on the day the credits went back; one that was never charged on the day it came in."""
	values = period.values
	more = owners.condition(customer, "i.account", values)
	for column, wanted in (("i.exemption", reason), ("i.exempted_by", agent)):
		if wanted:
			values[column] = wanted
			more += f" AND {column} = %({column})s"
	rows = frappe.db.sql(SUMS.format(more=more), values, as_dict=True)
	for row in rows:
		row.tickets, row.never_charged, row.credits = (
			int(row.tickets),
			int(row.never_charged),
			int(row.credits),
		)
	return rows
