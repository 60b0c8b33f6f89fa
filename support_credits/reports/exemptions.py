"""Incidents that are exempt now: why, by whom, and what it gave back."""

from __future__ import annotations

import frappe

from support_credits.reports import owners
from support_credits.reports.filters import Period
from support_credits.reports.shape import Row

# The one event that gave an exempt incident back what it was charged last. Its key names the ticket, whose later incident,
# after a late reopening, has a key of its own.
_EVENT = "CONCAT('ticket:', SUBSTRING_INDEX(i.ticket_key, '~', 1), ':refund:', i.cycle)"
_OF = "i.exemption, i.exempted_by"
# From the refunds of the time asked for, and from the incidents that were opened in it and have none.
SUMS = f"""SELECT found.exemption AS reason, COALESCE(x.label, found.exemption) AS label, COALESCE(found.exempted_by, '') AS agent,
		COUNT(*) AS tickets, SUM(found.never_charged) AS never_charged, SUM(found.credits) AS credits
	FROM (
		SELECT {_OF}, 0 AS never_charged, SUM(e.credits) AS credits
			FROM `tabCredit Ledger Entry` e JOIN `tabSupport Incident` i ON i.name = e.incident
			WHERE e.kind = 'Refund' AND e.posted_on BETWEEN %(first)s AND %(last)s AND i.state = 'Exempt'
				AND SUBSTRING_INDEX(e.event_key, '/', 1) = {_EVENT}{{more}}
			GROUP BY i.name, {_OF}
		UNION ALL
		SELECT {_OF}, 1, 0 FROM `tabSupport Incident` i LEFT JOIN `tabCredit Ledger Entry` r ON r.event_key = CONCAT({_EVENT}, '/1')
			WHERE i.state = 'Exempt' AND i.opened_at_utc >= %(since)s AND i.opened_at_utc < %(until)s
				AND r.name IS NULL{{more}}
	) found LEFT JOIN `tabExemption Reason` x ON x.name = found.exemption
	GROUP BY found.exemption, label, agent ORDER BY credits DESC, tickets DESC, label, agent"""


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
