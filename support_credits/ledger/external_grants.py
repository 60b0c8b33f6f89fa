"""Charges of an outside order become lots, each once; what is refunded there is frozen here.

Locks: the redemption's row, then the account. Row, lot and released tickets are one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe import _
from frappe.model.naming import make_autoname

from support_credits.engine.external_order import Charge, Offer, Order, charge_id, grant_key, net_cents
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.redemption import Event, State
from support_credits.exceptions import AlreadyPosted
from support_credits.ledger import accounts, clock, external_orders, grants, rows
from support_credits.ledger.external_orders import DOCTYPE, SERIES
from support_credits.ledger.posting import account_lock

SOURCE = "Open Collective"
DAY_START = "0"


@dataclass(frozen=True)
class Frozen:
	"""``voided`` credits were taken back; ``spent`` were gone before, used, expired or voided by hand, and stay so."""

	redemption: str
	customer: str
	voided: int
	spent: int


def holders(order: Order, charges: tuple[Charge, ...]) -> dict[str, str]:
	"""Which of the ``charges`` brought credits before, by key, and to whom."""
	keys = [grant_key(order, charge) for charge in charges]
	found = frappe.get_all(DOCTYPE, {"grant_key": ["in", keys]}, ["grant_key", "customer"], as_list=True)
	return dict(found)


def grant(
	row: frappe._dict, order: Order, offer: Offer, charges: tuple[Charge, ...], bound_by: str
) -> list[grants.Granted]:
	"""Grant each of ``charges``, which nobody has been granted, to the customer of a locked, open row. The caller commits.

	The first is the row's own; each other one gets a row of its own.
	"""
	account = accounts.ensure_account(row.customer)
	granted = []
	for number, charge in enumerate(charges):
		lot = _grant_charge(account, order, offer, charge)
		values = _values(order, offer, charge, account, lot.lot) | {"bound_by": bound_by}
		if number == 0:
			external_orders.move(row, Event.GRANT, renews=int(order.is_recurring), reason="", **values)
		else:
			_insert(row, values)
		granted.append(lot)
	return granted


def renew(
	root: frappe._dict, order: Order, offer: Offer, charges: tuple[Charge, ...]
) -> list[grants.Granted]:
	"""Grant new ``charges`` of an order to whom it was granted before: ``root`` is its first row, locked."""
	account = accounts.ensure_account(root.customer)
	granted = []
	for charge in charges:
		lot = _grant_charge(account, order, offer, charge)
		_insert(
			root,
			_values(order, offer, charge, account, lot.lot)
			| {"bound_by": _("Renewal of {0}").format(root.name)},
		)
		granted.append(lot)
	return granted


def _grant_charge(account: str, order: Order, offer: Offer, charge: Charge) -> grants.Granted:
	wanted = grants.GrantOrder(
		offer.credits * order.quantity,
		grant_key(order, charge),
		_("Open Collective order {0}").format(order.public_id),
		source=SOURCE,
		months=offer.months or None,
		pack=offer.pack,
		price=offer.price * order.quantity,
		currency=offer.currency,
		granted_at=charge.at,
	)
	try:
		return grants.grant(account, wanted)
	except AlreadyPosted as error:
		# Another request was committed since this transaction began: begun again, it is seen.
		raise frappe.QueryDeadlockError(_("Order redeemed twice at once")) from error


def _values(order: Order, offer: Offer, charge: Charge, account: str, lot: str) -> dict[str, object]:
	ends = frappe.db.get_value("Credit Lot", lot, "expires_at_utc", order_by=None)
	return {
		"order_id": order.public_id,
		"charge": charge_id(order, charge),
		"charged_at_utc": stamp_text(charge.at),
		"grant_key": grant_key(order, charge),
		"shop_status": order.status,
		"pack": offer.pack,
		"quantity": order.quantity,
		"paid": f"{Decimal(net_cents(charge, order)).scaleb(-2)} {charge.paid.currency}",
		"credits": offer.credits * order.quantity,
		"account": account,
		"lot": lot,
		"expires_at_utc": ends or "",
		"checked_at_utc": stamp_text(clock.now()),
	}


def _insert(root: frappe._dict, values: dict[str, object]) -> None:
	own = {
		"name": make_autoname(SERIES),
		"number": root.number,
		"id_kind": root.id_kind,
		"state": State.GRANTED.value,
	}
	own |= {"customer": root.customer, "claimant": root.claimant, "asked_at_utc": stamp_text(clock.now())}
	try:
		rows.insert_rows(DOCTYPE, [{**own, **values}])
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		raise frappe.QueryDeadlockError(_("Order redeemed twice at once")) from error


# What becomes of an order later


def due_orders(before: str, most: int) -> list[str]:
	"""Orders to be looked at again: with credits that are still valid, or that renew; last looked at before ``before``."""
	found = frappe.db.sql(
		"""SELECT order_id FROM `tabOrder Redemption` WHERE checked_at_utc BETWEEN %(start)s AND %(before)s AND (renews = 1
		OR (state = 'Granted' AND (expires_at_utc = '' OR expires_at_utc > %(now)s)))
		GROUP BY order_id ORDER BY MIN(checked_at_utc), order_id LIMIT %(most)s""",
		{"start": DAY_START, "before": before, "now": stamp_text(clock.now()), "most": most},
	)
	return [order_id for (order_id,) in found]


def note_checked(order_id: str, status: str = "", is_over: bool = False) -> None:
	"""It was looked at now; ``is_over``: it will not be charged again."""
	values = {"checked_at_utc": stamp_text(clock.now())}
	values |= {"shop_status": status} if status else {}
	values |= {"renews": 0} if is_over else {}
	for name in external_orders.names_of(order_id, (State.GRANTED, State.FROZEN)):
		frappe.db.set_value(DOCTYPE, name, values)


def freeze(name: str, reason: str) -> Frozen | None:
	"""The money went back: what is unspent becomes void, what was spent stays spent and is reported. None where done before."""
	row = external_orders.lock(name)
	if row.state != State.GRANTED.value:
		return None
	with account_lock(row.account, clock.now()) as account:
		voided = grants.void_rest(account, row.lot, reason)
	spent = int(row.credits) - voided
	external_orders.move(row, Event.FREEZE, reason=reason, voided=voided, spent=spent)
	return Frozen(name, row.customer, voided, spent)


def is_in_term(row: frappe._dict) -> bool:
	return not row.expires_at_utc or parse_stamp(row.expires_at_utc) > clock.now()
