"""Extra credits that a customer has accepted for an incident, and open proposals that have lost their ground."""

from __future__ import annotations

import frappe

from support_credits.engine.model import stamp_text
from support_credits.engine.proposal import State
from support_credits.ledger import clock

DOCTYPE = "Credit Proposal"
BATCH = 1_000


def accepted(incident: str, customer: str | None) -> int:
	"""Extra credits that ``customer`` accepted for an incident: what it is charged again when an exemption is removed, and
	nobody else's consent.
	"""
	found = frappe.db.sql(
		"""SELECT COALESCE(SUM(credits), 0) FROM `tabCredit Proposal`
		WHERE incident = %s AND customer = %s AND state = %s""",
		(incident, customer, State.ACCEPTED.value),
	)
	return int(found[0][0])


def withdraw_open(incident: str) -> None:
	"""What was proposed for an incident that is no longer charged, or no longer the same customer's, cannot be accepted."""
	_end({"incident": incident, "state": State.OPEN.value}, State.WITHDRAWN)


def expire_due() -> int:
	"""Note of every proposal whose time is over that it is; returns how many. They could not be answered before either."""
	return _end(_overdue(), State.EXPIRED)


def expire_of(incident: str) -> None:
	"""The same for one incident, so that another may be proposed for it."""
	_end({"incident": incident, **_overdue()}, State.EXPIRED)


def _overdue() -> dict[str, object]:
	return {"state": State.OPEN.value, "expires_at_utc": ["<=", stamp_text(clock.now())]}


def _end(filters: dict[str, object], state: State) -> int:
	# By primary key: whoever answers one of them holds its row, and no other.
	names = frappe.get_all(DOCTYPE, filters=filters, pluck="name", limit=BATCH, order_by="name asc")
	for name in names:
		frappe.db.sql(
			"UPDATE `tabCredit Proposal` SET state = %s, open_key = NULL WHERE name = %s AND state = %s",
			(state.value, name, State.OPEN.value),
		)
	return len(names)
