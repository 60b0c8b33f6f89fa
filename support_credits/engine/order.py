"""A Credit Order: its states as a table, its total, and whether a payment is the one it asks for (rule 18).

Owns what may happen to an order. Whether money really came is the way's question: a manager's, a gateway's, an invoice's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum

from support_credits.engine.allocation import checked_amount
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.marking import _
from support_credits.engine.tariff import money, rounded
from support_credits.engine.transitions import follow

MOST_PACKS = 100  # of one order


class State(str, Enum):
	"""Where an order stands; stored as these strings."""

	OPEN = "Open"
	PAID = "Paid"
	CANCELLED = "Cancelled"
	EXPIRED = "Expired"
	REVERSED = "Reversed"  # was paid; what was unspent is void


class Event(str, Enum):
	"""What may happen to an order."""

	PAY = "pay"  # a person says that it was paid
	PAYMENT_ARRIVED = "payment arrived"  # a gateway or an invoice proves it: money that came is never lost
	CANCEL = "cancel"
	EXPIRE = "expire"
	REVERSE = "reverse"  # the money went back


ORDER_NEXT: Mapping[tuple[State, Event], State] = {
	(State.OPEN, Event.PAY): State.PAID,
	(State.EXPIRED, Event.PAY): State.PAID,
	(State.OPEN, Event.PAYMENT_ARRIVED): State.PAID,
	(State.EXPIRED, Event.PAYMENT_ARRIVED): State.PAID,
	(State.CANCELLED, Event.PAYMENT_ARRIVED): State.PAID,
	(State.OPEN, Event.CANCEL): State.CANCELLED,
	(State.OPEN, Event.EXPIRE): State.EXPIRED,
	(State.PAID, Event.REVERSE): State.REVERSED,
}


def next_state(state: State, event: Event) -> State:
	"""The state after ``event``. NotAllowed, naming the state, when that cannot happen."""
	return follow(ORDER_NEXT, state, event, _("this order is {state}"))


def state_at(state: State, stands_until: datetime | None, at: datetime) -> State:
	"""The state at an instant: an open order is over from ``stands_until`` on, whether or not a job has said so."""
	over = state is State.OPEN and stands_until is not None and at >= stands_until
	return State.EXPIRED if over else state


def order_total(price: Decimal, quantity: int, decimals: int = 2) -> Decimal:
	"""Price of ``quantity`` packs at the price that the offer shows: one is in the currency's smallest unit, so all are.

	EngineError for a quantity out of bounds.
	"""
	if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MOST_PACKS:
		raise EngineError(
			_("an order is for 1 to {most} packs, not {found}"), most=MOST_PACKS, found=str(quantity)
		)
	return rounded(money(price), decimals) * quantity


def order_credits(credits: int, quantity: int) -> int:
	"""Credits of ``quantity`` packs; InvalidAmount where a lot cannot hold so many."""
	return checked_amount(credits * quantity)


def check_payment(total: Decimal, currency: str, amount: Decimal, paid_in: str, decimals: int = 2) -> None:
	"""Nothing when ``amount`` in ``paid_in`` is exactly what the order asks for; else NotAllowed.

	``decimals`` are those of the currency, for the sentence. More is not accepted either: somebody has to give the difference back.
	"""
	if currency.upper() != paid_in.strip().upper():
		raise NotAllowed(
			_("{amount} {paid_in} came, the order is in {currency}"),
			amount=str(amount),
			paid_in=paid_in,
			currency=currency,
		)
	if amount != total:  # exactly: to round first would take less for more
		raise NotAllowed(
			_("{amount} {currency} came, the order's total is {total}"),
			amount=str(amount),
			currency=currency,
			total=str(rounded(total, decimals)),
		)
