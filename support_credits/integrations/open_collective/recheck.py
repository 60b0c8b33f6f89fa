"""Orders that brought credits, looked at again: new charges are granted, what was refunded is frozen (anchors E2, step 7)."""

from __future__ import annotations

from dataclasses import dataclass

import frappe
from frappe import _

from support_credits.engine.external_order import Answer, Order, grant_key, judge, why_lost
from support_credits.engine.order_numbers import Asked
from support_credits.engine.redemption import State
from support_credits.integrations.open_collective import client, telling, terms
from support_credits.integrations.open_collective.errors import OrderUnknown
from support_credits.ledger import clock, external_grants, wording
from support_credits.ledger import external_orders as records
from support_credits.ledger.retry import retry_whole

OVER = frozenset({"CANCELLED", "EXPIRED", "REJECTED", "REFUNDED"})


@dataclass(frozen=True)
class Seen:
	"""What a look has changed."""

	renewed: int = 0
	frozen: int = 0


def look_again(order_id: str) -> Seen:
	"""Ask for an order that brought credits and follow what became of it. CallFailed: nothing is changed. The caller commits."""
	try:
		order = client.fetch(Asked("id", order_id))
	except OrderUnknown:
		# It was there: somebody looks at it, and nothing is taken from anybody.
		return retry_whole(lambda: _vanished(order_id))
	return retry_whole(lambda: follow(order))


def _vanished(order_id: str) -> Seen:
	names = records.names_of(order_id, (State.GRANTED, State.FROZEN))
	external_grants.note_checked(order_id, is_over=True)
	for name in names[:1]:
		telling.managers(name, _("Order {0} is no longer shown by Open Collective.").format(order_id))
	return Seen()


def follow(order: Order) -> Seen:
	"""Freeze first, grant then. Run again from the start after a deadlock."""
	names = records.names_of(order.public_id, (State.GRANTED, State.FROZEN))
	if not names:
		return Seen()
	root = records.lock(names[0])
	frozen = sum(_follow_row(name, order) for name in names)
	renewed = _renew(root, order) if order.is_recurring and root.renews else 0
	is_over = order.status in OVER or not order.is_recurring
	external_grants.note_checked(order.public_id, order.status, is_over)
	return Seen(renewed, frozen)


def _follow_row(name: str, order: Order) -> int:
	row = records.row_of(name)
	lost = why_lost(order, row.charge)
	if lost is None or row.state != State.GRANTED.value or not external_grants.is_in_term(row):
		return 0
	reason = wording.render(lost)
	done = external_grants.freeze(name, reason)
	if done is None:
		return 0
	telling.managers(
		name,
		_("Order {0} of {1}: {2}. {3} credit(s) were voided, {4} were spent before and stay spent.").format(
			order.public_id, done.customer, reason, done.voided, done.spent
		),
	)
	return 1


def _renew(root: frappe._dict, order: Order) -> int:
	verdict = judge(order, terms.of_site(), clock.now(), is_known=True)
	if verdict.answer is not Answer.GRANT:
		return 0
	held = external_grants.holders(order, verdict.charges)
	new = tuple(charge for charge in verdict.charges if grant_key(order, charge) not in held)
	return len(external_grants.renew(root, order, verdict.offer, new))
