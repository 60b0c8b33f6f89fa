"""What racers do, one function per act. Each calls once and notes what it asked for, to be checked later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import frappe

from support_credits.engine.grants import grant_line
from support_credits.ledger import clock, grants, jobs
from support_credits.ledger.posting import account_lock
from support_credits.ledger.rows import LotTerms, chained_terms

if TYPE_CHECKING:
	from actor import Actor
	from scene import Reply

TICKET_API = "helpdesk.helpdesk.doctype.hd_ticket.api"
INCIDENT_API = "support_credits.api.incident"
ACCOUNT_API = "support_credits.api.account"
SHORT_LIFE = timedelta(seconds=4)  # of a lot that expires while it is fought for

Noted = tuple["Reply", dict[str, object]]


def open_as_person(actor: Actor) -> Noted:
	"""The customer's own new-ticket page."""
	subject, customer = actor.subject(), actor.home()
	doc = {"subject": subject, "description": "<p>Nothing happens.</p>", "customer": customer}
	reply = actor.call(actor.person, f"{TICKET_API}.new", doc=doc, attachments=[])
	return reply, {"subject": subject, "customer": customer}


def open_by_insert(actor: Actor) -> Noted:
	"""The customer's own script."""
	subject, customer = actor.subject(), actor.home()
	doc = {"doctype": "HD Ticket", "subject": subject, "description": "Nothing.", "customer": customer}
	return actor.call(actor.person, "frappe.client.insert", doc=doc), {
		"subject": subject,
		"customer": customer,
	}


def open_as_agent(actor: Actor) -> Noted:
	"""An agent takes a call: such a ticket waits when there are no credits."""
	subject, customer = actor.subject(), actor.customer()
	doc = {"doctype": "HD Ticket", "subject": subject, "description": "He called.", "customer": customer}
	doc["raised_by"] = actor.person.email
	return actor.call(actor.manager, "frappe.client.insert", doc=doc), {
		"subject": subject,
		"customer": customer,
	}


def exempt(actor: Actor) -> Noted:
	ticket = actor.ticket()
	reply = actor.call(actor.manager, f"{INCIDENT_API}.exempt", ticket=ticket, reason=actor.cast.reason)
	return reply, {"ticket": ticket}


def unexempt(actor: Actor) -> Noted:
	ticket = actor.ticket("state = 'Exempt'")
	return actor.call(actor.manager, f"{INCIDENT_API}.unexempt", ticket=ticket), {"ticket": ticket}


def release(actor: Actor) -> Noted:
	ticket = actor.ticket("state = 'Parked'")
	return actor.call(actor.manager, f"{INCIDENT_API}.release", ticket=ticket), {"ticket": ticket}


def grant(actor: Actor) -> Noted:
	asked = {"customer": actor.customer(), "credits": actor.dice.choice((1, 1, 2, 3)), "key": actor.subject()}
	return actor.call(actor.manager, f"{ACCOUNT_API}.grant", reason="Race", **asked), asked


def grant_twice(actor: Actor) -> Noted:
	"""A payment that was delivered before, or is being delivered now by somebody else."""
	asked = {
		"customer": actor.home(),
		"credits": 1,
		"key": f"{actor.stage}-delivery-{actor.dice.randrange(40)}",
	}
	return actor.call(actor.manager, f"{ACCOUNT_API}.grant", reason="Paid", **asked), asked


def void(actor: Actor) -> Noted:
	lot = actor.lot()
	return actor.call(actor.manager, f"{ACCOUNT_API}.void", lot=lot, reason="Race"), {"lot": lot}


def adjust(actor: Actor) -> Noted:
	asked = {"lot": actor.lot(), "credits": actor.dice.choice((-1, -1, 1)), "key": actor.subject()}
	return actor.call(actor.manager, f"{ACCOUNT_API}.adjust", reason="Race", **asked), asked


def split(actor: Actor) -> Noted:
	ticket, subject = actor.ticket(), actor.subject()
	mail = actor.one(
		"SELECT name FROM tabCommunication WHERE reference_doctype = 'HD Ticket' AND reference_name = %s LIMIT 1",
		ticket,
	)
	reply = actor.call(
		actor.manager, f"{TICKET_API}.split_ticket", subject=subject, communication_id=mail or "none"
	)
	return reply, {"ticket": ticket, "subject": subject}


def merge(actor: Actor) -> Noted:
	source, target = actor.ticket(), actor.ticket()
	if source == target:
		return close(actor)
	reply = actor.call(actor.manager, f"{TICKET_API}.merge_ticket", source=source, target=target)
	return reply, {"ticket": source, "target": target}


def close(actor: Actor) -> Noted:
	"""Withdraws a ticket that waits; any other is just closed."""
	return _set_status(actor, "Closed", "state = 'Parked'")


def reopen(actor: Actor) -> Noted:
	return _set_status(actor, "Open", "state = 'Withdrawn'")


def _set_status(actor: Actor, status: str, preferred: str) -> Noted:
	ticket = actor.ticket(preferred)
	ask = {"doctype": "HD Ticket", "name": ticket, "fieldname": "status", "value": status}
	return actor.call(actor.manager, "frappe.client.set_value", **ask), {"ticket": ticket, "status": status}


def change_customer(actor: Actor) -> Noted:
	ticket, customer = actor.ticket(), actor.dice.choice([*actor.customers, ""])
	reply = actor.call(actor.manager, f"{INCIDENT_API}.set_customer", ticket=ticket, customer=customer)
	return reply, {"ticket": ticket, "customer": customer}


def merge_customers(actor: Actor) -> Noted:
	"""A customer and all he has become another's. Chosen among those that are there to be merged away."""
	old, new = actor.spare(), actor.home()
	if not old or old == new:
		return finish(actor)
	ask = {"doctype": "HD Customer", "old_name": old, "new_name": new, "merge": True}
	return actor.call(actor.manager, "frappe.client.rename_doc", **ask), {"old": old, "new": new}


# What jobs do: in this process, as the background worker would.


def grant_that_expires_soon(actor: Actor) -> Noted:
	"""A grant whose lot ends in the middle of the race: refunds to it must find another lot."""
	asked = {"customer": actor.home(), "credits": 2, "key": actor.subject()}

	def whole() -> dict[str, object]:
		name = frappe.db.get_value("Credit Account", {"customer": asked["customer"]}, "name", order_by=None)
		with account_lock(name, clock.now()) as account:
			lot = account.draft_lot(asked["credits"], account.at, account.at + SHORT_LIFE)
			terms = LotTerms("Manual", "Race")
			line = grant_line(lot, chained_terms(terms, account.zone), terms.reason)
			account.post([line], f"grant:{asked['key']}", opening=[(lot, terms)])
			return {"lot": lot.name, "credits": asked["credits"], "released": grants.credits_came_in(account)}

	return actor.job(whole), asked


def expire(actor: Actor) -> Noted:
	return actor.job(jobs.expire_lots), {}


def release_waiting(actor: Actor) -> Noted:
	return actor.job(jobs.release_waiting), {}


def finish(actor: Actor) -> Noted:
	return actor.job(jobs.finish_releases), {}


MIXED: dict[Callable[[Actor], Noted], int] = {
	open_as_person: 26, open_by_insert: 8, open_as_agent: 8,
	exempt: 9, unexempt: 7, grant: 8, grant_twice: 2, grant_that_expires_soon: 2, void: 2, adjust: 3,
	expire: 3, release_waiting: 2, finish: 1, release: 3,
	split: 3, merge: 3, close: 4, reopen: 3, change_customer: 5, merge_customers: 1,
}  # fmt: skip
WHILE_MERGING: dict[Callable[[Actor], Noted], int] = {
	open_as_person: 5, open_as_agent: 3, exempt: 3, unexempt: 2, grant: 2, adjust: 1, close: 1, reopen: 1,
	change_customer: 1, split: 1,
}  # fmt: skip
