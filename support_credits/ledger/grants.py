"""Credits coming in and going out by a person's or a purchase's act: grant, void, adjust, expire.

Whenever credits come in, a month that is due is paid, overdrawn incidents are moved to them and parked tickets are
released, oldest first, under the same lock, so that no newer ticket can take what an older one was waiting for. With what is
left a tier that has fallen comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import frappe
from frappe import _

from support_credits.engine.allocation import available, checked_amount
from support_credits.engine.funding import Funding
from support_credits.engine.grants import expiry_instant, grant_line, repay_overdraft
from support_credits.engine.incident import State
from support_credits.engine.model import Entry, Lot
from support_credits.engine.refund import adjust, expire, void
from support_credits.exceptions import AlreadyPosted, WrongState
from support_credits.ledger import clock, incidents, releases, subscriptions
from support_credits.ledger.charging import funding_after
from support_credits.ledger.posting import OpenAccount, account_lock
from support_credits.ledger.rows import Incident, LotTerms, chained_terms
from support_credits.ledger.wording import label_of


@dataclass(frozen=True)
class GrantOrder:
	"""What is to be granted. ``months`` None never expires; ``granted_at`` None means now."""

	credits: int
	event_key: str
	reason: str = ""
	source: str = "Manual"
	months: int | None = None
	pack: str | None = None
	price: Decimal | None = None
	currency: str | None = None
	granted_at: datetime | None = None


@dataclass(frozen=True)
class Granted:
	"""The lot a grant opened; ``replayed`` when the same event had opened it before and nothing was written now."""

	lot: str
	credits: int
	expires_on: str | None
	released: tuple[str, ...] = ()
	replayed: bool = False


def pack_order(
	pack: str, event_key: str, reason: str = "", granted_at: datetime | None = None, source: str = "Pack"
) -> GrantOrder:
	"""The order for one ``pack`` as it is on sale now: its credits, validity and price."""
	terms = frappe.get_doc("Credit Pack", pack)
	return GrantOrder(
		credits=terms.credits,
		event_key=event_key,
		reason=reason,
		source=source,
		months=terms.validity_months,
		pack=terms.name,
		price=Decimal(str(terms.price)),
		currency=terms.currency,
		granted_at=granted_at,
	)


def grant(account: str, order: GrantOrder) -> Granted:
	"""Grant credits to ``account``, once per ``order.event_key``. Raises InvalidAmount for a bad number of credits.

	The caller's transaction carries it; the tickets' own rows follow after its commit.
	"""
	checked_amount(order.credits)
	earlier = find_grant(order.event_key)
	if earlier:
		return _same_grant(earlier, account, order)
	at = clock.now()
	with account_lock(account, at) as opened:
		lot, released = _post_grant(opened, order)
	return Granted(lot, order.credits, _expires_on(lot), tuple(released))


def _post_grant(account: OpenAccount, order: GrantOrder) -> tuple[str, list[str]]:
	granted_at = order.granted_at or account.at
	expires_at = expiry_instant(granted_at, order.months, account.zone) if order.months else None
	lot = account.draft_lot(order.credits, granted_at, expires_at)
	terms = LotTerms(order.source, order.reason, order.pack, order.price, order.currency)
	line = grant_line(lot, chained_terms(terms, account.zone), order.reason)
	account.post([line], order.event_key, opening=[(lot, terms)])
	return lot.name, credits_came_in(account)


def credits_came_in(account: OpenAccount) -> list[str]:
	"""Repay the overdraft, release parked tickets, then let a fallen tier come back. Returns the incidents released."""
	subscriptions.settle(account)
	_repay(account)
	released = releases.release_parked(account)
	subscriptions.come_back(account)
	return released


def _repay(account: OpenAccount) -> None:
	if not account.overdrawn:
		return
	account.read_open_lots()
	for incident in incidents.lock(account.overdrawn):  # oldest first
		for overdraft in account.overdraft_lots():
			if not available(account.lots.values(), account.at):
				return
			_repay_incident(account, incident, overdraft)


def _repay_incident(account: OpenAccount, incident: Incident, overdraft: Lot) -> None:
	real = [lot for lot in account.lots.values() if not lot.is_overdraft]
	funding = Funding(incident.name, incident.funding)
	lines = repay_overdraft(overdraft, [funding], real, account.at, _("Overdraft repaid"))
	posting = account.post(lines, f"repay:{account.name}:{account.head.seq + 1}")
	if posting:
		_note_repayment(account, incident, posting.entries)


def _note_repayment(account: OpenAccount, incident: Incident, entries: tuple[Entry, ...]) -> None:
	incident.funding = funding_after(incident, entries)
	if not any(account.lots[part.lot].is_overdraft for part in incident.funding if part.lot in account.lots):
		incident.state = label_of(State.CHARGED)
		incident.ticket_update_due = incident.ticket_update_due or releases.MARKS
		account.overdrawn.remove(incident.name)
		releases.finish_soon()
	incidents.update(incident)


def find_grant(event_key: str) -> Granted | None:
	"""The lot that ``event_key`` opened before, if it did."""
	entry = _first_entry(event_key)
	return Granted(entry.lot, entry.credits, _expires_on(entry.lot), replayed=True) if entry else None


def _first_entry(event_key: str) -> frappe._dict | None:
	"""Lot and credits of the first entry that this event wrote, if it wrote any."""
	return frappe.db.get_value(
		"Credit Ledger Entry",
		{"event_key": f"{event_key}/1"},
		["lot", "credits"],
		as_dict=True,
		order_by=None,
	)


def _same_grant(earlier: Granted, account: str, order: GrantOrder) -> Granted:
	"""A key stands for one grant. The same key for another account, amount or pack is a mistake, not a repetition."""
	granted_to, pack = frappe.db.get_value("Credit Lot", earlier.lot, ["account", "pack"], order_by=None)
	if (granted_to, earlier.credits, pack or None) != (account, order.credits, order.pack or None):
		frappe.throw(
			_(
				"Key {0} was used for {1} credit(s) to account {2}. Use another key for another grant: in Desk, close the dialog and begin again."
			).format(order.event_key, earlier.credits, granted_to),
			AlreadyPosted,
		)
	return earlier


def grant_once(account: str, order: GrantOrder) -> Granted:
	"""Grant; a replay, also a concurrent one, returns what the first delivery wrote. The caller commits."""
	try:
		return grant(account, order)
	except AlreadyPosted:
		# The snapshot of this transaction is older than the other delivery's commit.
		frappe.db.rollback()
		granted = find_grant(order.event_key)
		if granted is None:
			raise
		return _same_grant(granted, account, order)


def _expires_on(lot: str) -> str | None:
	day = frappe.db.get_value("Credit Lot", lot, "expires_on")
	return str(day) if day else None


def void_lot(lot: str, reason: str, most: int | None = None) -> int:
	"""Take all that remains on ``lot``; returns the credits taken. Raises NotAllowed, naming what stands against it, and
	WrongState where more than ``most`` remain: somebody agreed to so many.
	"""
	with account_lock(_account_of(lot), clock.now()) as account:
		account.read([lot])
		left = account.lots[lot].remaining
		if most is not None and left > most:
			frappe.throw(
				_(
					"Lot {0} holds {1} credits by now; {2} were asked for. Decline this, and ask again."
				).format(lot, left, most),
				WrongState,
			)
		line = void(account.lots[lot], reason, account.at)
		account.post([line], f"void:{lot}")
	return -line.credits


def void_rest(account: OpenAccount, lot: str, reason: str) -> int:
	"""Take what remains on the lot, or on its successor where the customer was merged; 0 where it is over or used up.

	For money that went back: nothing stands against it, unlike a manager's void.
	"""
	account.read([lot])
	held = account.lots[lot]
	if held.moved_to:
		return void_rest(account, held.moved_to, reason)
	if held.voided or held.remaining <= 0 or not held.is_valid_at(account.at):
		return 0
	line = void(held, reason, account.at)
	account.post([line], f"void:{lot}")
	return -line.credits


def adjusted_before(lot: str, credits: int, event_key: str) -> int | None:
	"""What remains on the lot by now, where this event adjusted it so before. AlreadyPosted where it did something else."""
	entry = _first_entry(event_key)
	if entry and (entry.lot, entry.credits) != (lot, credits):
		frappe.throw(_("This has been entered already: {0}").format(event_key), AlreadyPosted)
	return int(frappe.db.get_value("Credit Lot", lot, "remaining")) if entry else None


def adjust_lot(lot: str, credits: int, reason: str, event_key: str) -> int:
	"""Correct a valid lot by signed ``credits``; returns what remains on it."""
	with account_lock(_account_of(lot), clock.now()) as account:
		account.read([lot])
		account.post([adjust(account.lots[lot], credits, reason, account.at)], event_key)
		if credits > 0:
			credits_came_in(account)
		return account.lots[lot].remaining


def expire_account(account_name: str) -> int:
	"""Book the expiry of every lot past its end; returns how many. Booking changes no balance: the clock did."""
	with account_lock(account_name, clock.now()) as account:
		account.read_open_lots()
		lines = expire(account.lots.values(), account.at)
		for line in lines:
			account.post([line], f"expire:{line.lot}")
		return len(lines)


def _account_of(lot: str) -> str:
	account = frappe.db.get_value("Credit Lot", lot, "account")
	if not account:
		frappe.throw(_("Credit Lot {0} does not exist.").format(lot), frappe.DoesNotExistError)
	return account
