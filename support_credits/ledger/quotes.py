"""What a new ticket or an agent's act on one would cost, before it is done: the act itself, done and undone.

Quotes run the same code as charges (design 4), so they cannot differ from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import frappe
from frappe import _

from support_credits.exceptions import CreditsRefused
from support_credits.ledger import incidents, intake, merging, queries, reopening, subscriptions
from support_credits.ledger.intake import TicketRef
from support_credits.ledger.rows import Incident

SAVEPOINT = "sc_quote"


@dataclass(frozen=True)
class Quote:
	"""What would happen: ``credits`` taken (negative: given back), the state after it, and the balance on both sides.

	``state`` is empty where nothing is decided, or the act is refused: then ``refused``. ``incident`` is the incident as it
	would be.
	"""

	credits: int
	state: str
	customer: str | None
	balance: int
	balance_after: int
	message: str
	refused: bool = False
	incident: Incident | None = None

	def said(self) -> dict[str, object]:
		"""What an agent is shown of it."""
		fields = ("credits", "state", "customer", "balance", "balance_after", "message")
		return {field: getattr(self, field) for field in fields}


def _settled_balance(account: str) -> int:
	"""The balance once a month that is due is paid: the act pays it first, and it is none of its cost."""
	if subscriptions.is_due(account):
		subscriptions.settle_account(account)
	return queries.balance(account)


@contextmanager
def undone() -> Iterator[None]:
	"""The block's writes are taken back at its end; the locks stay until the request ends."""
	frappe.db.savepoint(SAVEPOINT)
	try:
		yield
	except frappe.QueryDeadlockError:
		raise  # the database has taken everything back, the savepoint too
	except BaseException:
		frappe.db.rollback(save_point=SAVEPOINT)
		raise
	else:
		frappe.db.rollback(save_point=SAVEPOINT)


def of_new_ticket(ticket: TicketRef) -> Quote:
	"""A ticket that does not exist yet.

	What it costs is what the incident says, which was decided under the account's lock: the balance before may be from a
	moment at which another ticket had not been charged yet.
	"""
	said = _quote(ticket.customer, lambda: intake.open_incident(ticket))
	if not said.incident:
		return said
	credits = said.incident.credits
	return replace(said, credits=credits, balance=said.balance_after + credits)


def of_reopening(ticket: TicketRef, earlier: str | None) -> Quote:
	"""Reopening a ticket after the window."""
	return _quote(ticket.customer, lambda: reopening.open_again(ticket, earlier))


def of_merging(incident_name: str, target: str) -> Quote:
	"""Merging the ticket of an incident into ``target``."""
	found = incidents.read(incident_name)
	return _quote(found.customer if found else None, lambda: merging.merged(incident_name, target))


def _quote(customer: str | None, act: Callable[[], Incident | None]) -> Quote:
	account = customer and frappe.db.get_value("Credit Account", {"customer": customer}, "name")
	with undone():
		before = _settled_balance(account) if account else 0
		try:
			incident = act()
		except CreditsRefused as refusal:
			frappe.clear_last_message()  # it is the answer here, not an error
			return Quote(0, "", customer, before, before, refusal.why, refused=True)
		after = queries.balance(account) if account else 0
	if incident is None:
		return Quote(0, "", customer, before, before, _("Nothing is charged or given back."))
	return Quote(before - after, incident.state, customer, before, after, incident.message, incident=incident)
