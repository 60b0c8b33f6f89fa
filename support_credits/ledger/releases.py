"""Parked tickets and the credits they wait for (design rule 8).

The ledger's part happens under the account's lock, in the transaction that brought the credits in. The ticket's own
row follows in a job: taking ticket locks while an account is locked would deadlock against a ticket being saved.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import now

from support_credits.engine.allocation import allocate, available
from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, extras, incidents, responses, soon, subscriptions
from support_credits.ledger import settings as site
from support_credits.ledger.charging import enter_charge
from support_credits.ledger.posting import OpenAccount, account_lock
from support_credits.ledger.rows import Incident

BATCH = 100  # tickets one run of the job updates; what is left is found by the next run
# What a ticket's own row still has to follow, in Support Incident.ticket_update_due.
WAKE = 1  # released: marks, status and clock
MARKS = 2  # the marks alone: an overdrawn ticket whose charge moved to real credits


def release_parked(account: OpenAccount) -> list[str]:
	"""Charge parked incidents, oldest first, while credits last; returns the names of those released.

	The first that cannot be paid stops the queue: a cheaper one behind it does not overtake.
	"""
	released: list[str] = []
	while account.parked:
		found = incidents.lock(account.parked[:1])
		if not found or found[0].state != "Parked":
			account.parked.pop(0)
		elif not release(account, found[0]):
			break
		else:
			released.append(found[0].name)
	if released:
		finish_soon()
	return released


def release_account(name: str) -> int:
	"""Release what the account can pay; returns how many incidents."""
	with account_lock(name, clock.now()) as account:
		subscriptions.settle(account)
		return len(release_parked(account))


def release(account: OpenAccount, incident: Incident) -> bool:
	"""Charge one parked ``incident`` when the account can pay it; False, with nothing changed, when it cannot."""
	tier = site.tier_of(account.row)
	needed = site.credits_per_incident(tier) + extras.accepted(incident.name, incident.customer)
	lots = account.read_enough(needed)
	if available(lots, account.at) < needed:
		return False
	parts = allocate(needed, lots, account.at) if needed else ()
	enter_charge(account, incident, parts, f"ticket:{incident.ticket_key}:release:{incident.cycle}")
	leave_queue(account, incident)
	incident.tier = tier
	incident.state, incident.decision = "Charged", "charged"
	incident.message = _("Released: {0} credit(s) charged.").format(incident.credits)
	mark_released(account, incident)
	incidents.update(incident)
	return True


def leave_queue(account: OpenAccount, incident: Incident) -> None:
	if incident.name in account.parked:
		account.parked.remove(incident.name)


def mark_released(account: OpenAccount, incident: Incident) -> None:
	"""The provider's clock starts here; the ticket's row follows."""
	incident.released_at_utc = stamp_text(account.at)
	responses.start(incident, account.at)
	incident.ticket_update_due = WAKE


def finish_soon() -> None:
	"""Have the tickets follow once this is committed. Without a queue the scheduled job does it: what is committed must
	not end as an error for whoever brought the credits.
	"""
	soon.after_commit("support_credits.ledger.jobs.finish_releases", "released tickets")


def finish_due() -> int:
	"""Bring the tickets of released incidents up to date, each in a transaction of its own; returns how many."""
	due = frappe.get_all(
		"Support Incident",
		filters={"ticket_update_due": [">", 0], "ticket": ["is", "set"]},
		pluck="name",
		order_by="modified asc, released_at_utc asc",
		limit_page_length=BATCH,
	)
	return sum(_finish(name) for name in due)


def _finish(name: str) -> int:
	try:
		update_ticket(name)
		frappe.db.commit()  # each ticket stands alone: one that cannot be saved must not hold up the others
		return 1
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: ticket of released incident {name} could not be updated")
		# To the end of the line: a ticket that cannot be saved must not keep the others waiting.
		frappe.db.set_value("Support Incident", name, "modified", now(), update_modified=False)
		frappe.db.commit()
		return 0


def update_ticket(incident_name: str) -> None:
	"""Open the ticket of a released incident; its SLA and first response start at this moment."""
	from support_credits.ledger import ticket_notices
	from support_credits.overrides import hd_ticket, parking

	ticket_name = frappe.db.get_value("Support Incident", incident_name, "ticket")
	if not ticket_name:
		return
	ticket = frappe.get_doc("HD Ticket", ticket_name, for_update=True)
	incident = incidents.lock([incident_name])[0]
	due, incident.ticket_update_due = incident.ticket_update_due, 0
	if due == WAKE and incident.state != "Parked":
		hd_ticket.show_marks(ticket, incident)
		parking.wake(ticket)
		ticket.flags.sc_release = True
		ticket.save(ignore_permissions=True)
		ticket_notices.released(incident)
	elif due:
		hd_ticket.refresh_marks(incident)
	incidents.update(incident)
