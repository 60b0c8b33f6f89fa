"""What the endpoints about orders answer; the words of ``shapes`` hold here too."""

from typing import TypedDict


class OrderLine(TypedDict):
	"""An order. ``state``: Open, Paid, Cancelled, Expired or Reversed. Money is a decimal number as text in ``currency``."""

	order: str
	customer: str
	state: str
	state_text: str
	pack: str
	pack_name: str
	quantity: int
	credits: int
	validity_months: int
	total: str
	currency: str
	total_text: str
	tax_note: str
	terms: str
	terms_accepted: bool
	ordered_at: str
	stands_until: str | None
	paid_at: str | None
	payment_reference: str
	expires_on: str | None
	may_act: bool
	door: str


class Orders(TypedDict):
	"""The newest first, at most 50."""

	orders: list[OrderLine]


class ToPay(TypedDict):
	"""How an order is paid: ``online`` where a gateway takes payments, at the ``url`` that ``pay`` answers; else as
	``instructions`` say. ``message`` says which, in a sentence.
	"""

	order: OrderLine
	online: bool
	url: str
	instructions: str
	message: str


class OrderPaid(TypedDict):
	"""A paid order: the lot it has brought, and the balance then. ``replayed``: it was paid before and nothing was written now."""

	order: str
	lot: str
	credits: int
	balance: int
	expires_on: str | None
	replayed: bool


class OrderReversed(TypedDict):
	"""``voided`` credits were taken back, ``spent`` were gone before."""

	order: str
	voided: int
	spent: int
	replayed: bool
	message: str


class OrderEnded(TypedDict):
	order: str
	state: str
