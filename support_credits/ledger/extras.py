"""Extra credits that a customer has accepted for an incident, and open proposals that have lost their ground."""

from __future__ import annotations

import frappe
from frappe import _
from helpdesk.helpdesk.doctype.hd_ticket_activity.hd_ticket_activity import log_ticket_activity

from support_credits.engine.model import stamp_text
from support_credits.engine.proposal import State
from support_credits.ledger import clock
from support_credits.ledger.wording import extra_credits

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
	found = frappe.get_all(
		DOCTYPE, filters=filters, fields=["name", "ticket", "credits"], limit=BATCH, order_by="name asc"
	)
	return sum(_end_one(row, state) for row in found)


def _end_one(row: frappe._dict, state: State) -> int:
	"""One that is still open, and its ticket's timeline says so."""
	held = frappe.db.sql("SELECT state FROM `tabCredit Proposal` WHERE name = %s FOR UPDATE", row.name)
	if not held or held[0][0] != State.OPEN.value:
		return 0
	frappe.db.sql(
		"UPDATE `tabCredit Proposal` SET state = %s, open_key = NULL WHERE name = %s", (state.value, row.name)
	)
	if row.ticket:
		said = {
			State.EXPIRED: _("the proposal of {0} has expired: nobody answered it"),
			State.WITHDRAWN: _("the proposal of {0} was withdrawn: the ticket has changed"),
		}
		log_ticket_activity(row.ticket, said[state].format(extra_credits(row.credits)))
	return 1
