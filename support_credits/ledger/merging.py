"""A ticket was merged into another one: the duplicate is not an incident, and what it was charged goes back (rule 12)."""

from __future__ import annotations

import frappe
from frappe import _

from support_credits.engine.incident import Event, State, allowed, next_state
from support_credits.ledger import charging, clock, incidents, releases
from support_credits.ledger.grants import credits_came_in
from support_credits.ledger.posting import OpenAccount, account_lock
from support_credits.ledger.rows import Incident
from support_credits.ledger.wording import label_of, state_of


def merged(incident_name: str, target: str) -> Incident | None:
	"""Give back what the merged ticket was charged; a waiting one stops waiting. None where nothing is to be done.

	It becomes exempt for the provider's own reason that applies to merges; refunded where he keeps no such reason. One
	that is disabled says that he gives nothing back. Called while the ticket is being saved.
	"""
	account_name = frappe.db.get_value("Support Incident", incident_name, "account")
	if not account_name:
		return _merged(None, incident_name, target)
	with account_lock(account_name, clock.now()) as account:
		return _merged(account, incident_name, target)


def _merged(account: OpenAccount | None, incident_name: str, target: str) -> Incident | None:
	incident = incidents.lock_in(account, incident_name)
	event, reason = _event()
	if event is None or not allowed(state_of(incident.state), event):
		return None
	note = _("Merged into ticket {0}").format(target)
	if account:
		releases.leave_queue(account, incident)
		charging.enter_refund(account, incident, note)
	after = next_state(state_of(incident.state), event)
	incident.state, incident.decision = label_of(after), after.value
	incident.message = _("This ticket costs no credits: it was merged into ticket {0}.").format(target)
	incident.ticket_update_due = incident.answer_due = 0  # closed by the merge: nothing of it is to wake up
	if after is State.EXEMPT:
		incident.exemption, incident.exemption_note = reason, note
		incident.exempted_by = frappe.session.user
	incidents.update(incident)
	if account:
		credits_came_in(account)
	return incident


def _event() -> tuple[Event | None, str | None]:
	reasons = frappe.get_all("Exemption Reason", filters={"automatic": "Merge"}, fields=["name", "enabled"])
	if not reasons:
		return Event.REFUND, None
	enabled = [reason.name for reason in reasons if reason.enabled]
	return (Event.EXEMPT, enabled[0]) if enabled else (None, None)
