"""A customer's order number becomes credits: asked for, judged, bound to its contributor, granted (anchors E2, steps 1 to 6).

Whoever is not bound to the order learns nothing of it: an unknown number, somebody else's order and one that waits for its
contributor's word have one answer. Nothing is ever granted on an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import frappe
from frappe import _

from support_credits.engine.external_order import Answer, Order, Verdict, grant_key, judge
from support_credits.engine.redemption import Event, State, is_bound
from support_credits.integrations.open_collective import claimants, client, links, telling, terms
from support_credits.integrations.open_collective.errors import CallFailed, OrderUnknown, TokenRefused
from support_credits.ledger import clock, external_grants, wording
from support_credits.ledger import external_orders as records
from support_credits.ledger.grants import Granted, find_grant
from support_credits.ledger.retry import retry_whole


class Outcome(str, Enum):
	"""What whoever asked is told."""

	GRANTED = "Granted"
	RECEIVED = "Received"  # says nothing of the order
	WAITING = "Waiting"  # it is his, and not paid yet
	LATER = "Later"  # the shop could not be asked
	REVIEW = "Review"  # it is his, and a person has to look at it
	REFUSED = "Refused"  # it is his, and brings nothing


@dataclass(frozen=True)
class Done:
	"""``granted`` is what this redemption has brought, now or (``replayed``) before; ``reason`` why nothing."""

	redemption: str
	outcome: Outcome
	customer: str = ""
	reason: str = ""
	granted: tuple[Granted, ...] = ()
	replayed: bool = False

	@property
	def credits(self) -> int:
		return sum(one.credits for one in self.granted)


def look_up(name: str) -> Done:
	"""Ask the shop for an open redemption's order and settle it. The caller commits, also where nothing is granted."""
	row = records.row_of(name)
	try:
		order = client.fetch(records.asked_of(row))
	except OrderUnknown:
		return retry_whole(lambda: _unknown(name))
	except CallFailed as error:
		if isinstance(error, TokenRefused):
			telling.token_refused(str(error))
		reason, reset = str(error), error.reset
		return retry_whole(lambda: _failed(name, reason, reset))
	return retry_whole(lambda: settle(name, order))


def _failed(name: str, reason: str, reset: object) -> Done:
	row = records.lock(name)
	if row.state == State.PENDING.value:
		records.try_later(row, reason, reset)
		_tell_if_queued(row)
	return Done(name, Outcome.LATER, row.customer)


def _unknown(name: str) -> Done:
	row = records.lock(name)
	reason = _("There is no such order.")
	_refuse(row, reason)
	return _told(row, bool(row.bound_by), Outcome.REFUSED, reason)


def settle(name: str, order: Order) -> Done:
	"""What an answer means for a redemption. Run again from the start after a deadlock."""
	row = records.lock(name)
	if row.state == State.GRANTED.value:
		return Done(name, Outcome.GRANTED, row.customer, granted=_granted_before(row), replayed=True)
	bound_by = row.bound_by or _bound_by_address(row, order)
	verdict = judge(order, terms.of_site(), clock.now())
	_note(row, order)
	if verdict.answer is Answer.GRANT:
		return _grantable(row, order, verdict, bound_by)
	return _not_grantable(row, verdict, bool(bound_by))


def _note(row: frappe._dict, order: Order) -> None:
	"""What is known of the order, for whoever decides."""
	values: dict[str, object] = {"shop_status": order.status}
	if order.collective.lower() == terms.of_site().collective.lower():
		values |= {"order_id": order.public_id, "quantity": order.quantity}
	frappe.db.set_value(records.DOCTYPE, row.name, values | {"trouble": ""})


def _bound_by_address(row: frappe._dict, order: Order) -> str:
	return _("E-mail") if is_bound(claimants.addresses_of(row), order.emails) else ""


def _not_grantable(row: frappe._dict, verdict: Verdict, is_his: bool) -> Done:
	reason = wording.render(verdict.reason)
	if verdict.answer is Answer.REFUSE:
		_refuse(row, reason)
		return _told(row, is_his, Outcome.REFUSED, reason)
	if verdict.answer is Answer.WAIT:
		if row.state == State.PENDING.value:
			records.try_later(row, reason, is_failure=False)
			_tell_if_queued(row)
		return _told(row, is_his, Outcome.WAITING, reason)
	_queue(row, reason)
	return _told(row, is_his, Outcome.REVIEW, reason)


def _grantable(row: frappe._dict, order: Order, verdict: Verdict, bound_by: str) -> Done:
	held = external_grants.holders(order, verdict.charges)
	if set(held.values()) - {row.customer}:
		reason = _("It was redeemed before, for another customer.")
		_refuse(row, reason)
		return _told(row, bool(bound_by), Outcome.REFUSED, reason)
	if held:
		return _again(row, order, verdict)
	if not records.is_open(row):
		return _told(row, False, Outcome.RECEIVED, "")  # declined meanwhile
	if not bound_by:
		return _unbound(row, order)
	if not claimants.may_still_act(row):
		reason = _("{0} may not act for {1} any more.").format(row.claimant, row.customer)
		_refuse(row, reason)
		return _told(row, True, Outcome.REFUSED, reason)
	granted = external_grants.grant(row, order, verdict.offer, verdict.charges, bound_by)
	return Done(row.name, Outcome.GRANTED, row.customer, granted=tuple(granted))


def _again(row: frappe._dict, order: Order, verdict: Verdict) -> Done:
	"""This customer has redeemed it before, which its people may know. What was charged since is granted by the daily look."""
	reason = _("It was redeemed before.")
	_refuse(row, reason)
	found = [find_grant(grant_key(order, charge)) for charge in verdict.charges]
	brought = tuple(one for one in found if one)
	return Done(row.name, Outcome.GRANTED, row.customer, reason, brought, replayed=True)


def _unbound(row: frappe._dict, order: Order) -> Done:
	if row.state == State.PENDING.value and not links.send(row, order):
		_queue(row, _("Nobody has shown that it is the customer's order."))
	return _told(row, False, Outcome.RECEIVED, "")


def _refuse(row: frappe._dict, reason: str) -> None:
	"""Of several who look it up at once the first has written it down; all are told the same."""
	if records.is_open(row):
		records.refuse(row, reason)


def _queue(row: frappe._dict, reason: str) -> None:
	if records.is_open(row) and row.state != State.MANUAL.value:
		records.move(row, Event.QUEUE, reason=reason)
		_tell_if_queued(row)


def _tell_if_queued(row: frappe._dict) -> None:
	if row.state == State.MANUAL.value:
		telling.managers(
			row.name,
			_("Order {0} waits for you: is it {1}'s?").format(row.number, row.customer),
		)


def _told(row: frappe._dict, is_his: bool, outcome: Outcome, reason: str) -> Done:
	"""One answer for whoever is not bound to the order, whatever became of it."""
	if not is_his:
		return Done(row.name, Outcome.RECEIVED, row.customer)
	return Done(row.name, outcome, row.customer, reason)


def _granted_before(row: frappe._dict) -> tuple[Granted, ...]:
	ends = frappe.db.get_value("Credit Lot", row.lot, "expires_on")
	return (Granted(row.lot, int(row.credits), str(ends) if ends else None, replayed=True),)
