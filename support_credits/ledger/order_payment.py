"""What is paid for a Credit Order, once, and what happens when the money goes back.

Locks: the order's row, then the account. State, lot and released tickets are one transaction: a crash leaves all or nothing,
and the way in tries again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import frappe
from frappe import _

from support_credits.engine.errors import NotAllowed
from support_credits.engine.model import stamp_text
from support_credits.engine.order import Event, State, check_payment
from support_credits.exceptions import AlreadyPaid, PaymentMismatch
from support_credits.ledger import accounts, clock, grants, order_mail, orders, rows, wording
from support_credits.ledger.posting import account_lock

REFERENCE_LENGTH = 140
PAID = (State.PAID.value, State.REVERSED.value)


@dataclass(frozen=True)
class Payment:
	"""``way`` is Manager, Gateway or Invoice; ``key`` is unique over all orders: one payment pays one order.

	``amount`` None where the way vouches for it itself.
	"""

	way: str
	reference: str
	key: str
	amount: Decimal | None = None
	currency: str | None = None

	def __post_init__(self) -> None:
		object.__setattr__(self, "reference", self.reference[:REFERENCE_LENGTH])


@dataclass(frozen=True)
class Paid:
	"""A paid order and what it brought; ``replayed`` when this payment had paid it before and nothing was written now."""

	order: str
	lot: str
	credits: int
	expires_on: str | None
	released: tuple[str, ...] = ()
	replayed: bool = False


@dataclass(frozen=True)
class Reversed:
	"""``voided`` credits were taken back; ``spent`` were gone before: used, expired, or voided by hand."""

	order: str
	voided: int
	spent: int
	replayed: bool = False


def pay(order: str, payment: Payment) -> Paid:
	"""The order was paid: its lot is granted and waiting tickets go on. The caller commits.

	Raises PaymentMismatch for another amount or currency or a payment of another order, AlreadyPaid for a second
	payment, WrongState where a person may not say it was paid. Nothing is written then.
	"""
	row = orders.lock(order)
	if row.state in PAID:
		return _again(row, payment)
	state = orders.after(row, Event.PAY if payment.way == "Manager" else Event.PAYMENT_ARRIVED)
	_check(row, payment)
	account = accounts.ensure_account(row.customer)
	granted = grants.grant(account, _grant_order(row))
	_write(row, payment, state, account, granted.lot)
	order_mail.send_soon()
	return Paid(row.name, granted.lot, granted.credits, granted.expires_on, granted.released)


def _again(row: frappe._dict, payment: Payment) -> Paid:
	if row.payment_key != payment.key:
		frappe.throw(
			_("Order {0} was paid already, with {1}. If {2} is another payment, give the money back.").format(
				row.name, row.payment_reference, payment.reference
			),
			AlreadyPaid,
		)
	# A locking read: whoever waited for the order's row has a snapshot from before it was paid.
	expires_on = frappe.db.get_value("Credit Lot", row.lot, "expires_on", for_update=True, order_by=None)
	return Paid(row.name, row.lot, int(row.credits), str(expires_on) if expires_on else None, replayed=True)


def _check(row: frappe._dict, payment: Payment) -> None:
	if payment.amount is None:
		return
	try:
		amount = Decimal(str(payment.amount))
	except InvalidOperation:
		amount = Decimal("NaN")
	places = orders.decimals_of(row.currency)
	try:
		check_payment(Decimal(str(row.total)), row.currency, amount, payment.currency or "", places)
	except NotAllowed as error:
		frappe.throw(
			_("Payment {0} is not the one order {1} asks for: {2}. Nothing was granted.").format(
				payment.reference, row.name, wording.of_error(error)
			),
			PaymentMismatch,
		)


def _grant_order(row: frappe._dict) -> grants.GrantOrder:
	return grants.GrantOrder(
		int(row.credits),
		f"order:{row.name}",
		_("Order {0}").format(row.name),
		source="Order",
		months=int(row.months) or None,
		pack=row.pack,
		price=Decimal(str(row.total)),
		currency=row.currency,
	)


def _write(row: frappe._dict, payment: Payment, state: State, account: str, lot: str) -> None:
	values = {
		"state": state.value,
		"account": account,
		"lot": lot,
		"paid_by_way": payment.way,
		"payment_reference": payment.reference,
		"payment_key": payment.key,
		"paid_at_utc": stamp_text(clock.now()),
		"marked_paid_by": frappe.session.user,
		"mail_due": order_mail.RECEIPT,
	}
	try:
		orders.write(row, values)
	except Exception as error:
		if not rows.is_duplicate(error):
			raise
		other = frappe.db.get_value(orders.DOCTYPE, {"payment_key": payment.key}, "name", order_by=None)
		frappe.throw(
			_("Payment {0} has paid order {1}. It cannot pay {2} too.").format(
				payment.reference, other or "?", row.name
			),
			PaymentMismatch,
		)


def reverse(order: str, reason: str) -> Reversed:
	"""The money went back: what is unspent is void, what was spent stays spent and is reported. Once; again says the same.

	WrongState for an order that was never paid.
	"""
	row = orders.lock(order)
	if row.state == State.REVERSED.value:
		return Reversed(row.name, int(row.voided), int(row.spent), replayed=True)
	state = orders.after(row, Event.REVERSE)
	with account_lock(row.account, clock.now()) as account:
		voided = grants.void_rest(account, row.lot, reason)
	values = {
		"state": state.value,
		"voided": voided,
		"spent": int(row.credits) - voided,
		"reverse_reason": reason,
		"reversed_by": frappe.session.user,
		"reversed_at_utc": stamp_text(clock.now()),
		"mail_due": "",
	}
	orders.write(row, values)
	return Reversed(row.name, voided, int(row.credits) - voided)
