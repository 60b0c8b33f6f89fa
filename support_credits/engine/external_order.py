"""An order paid in an outside shop (Open Collective): what it has to be to bring credits, once per charge (rule 18).

Owns the judgement. What was asked and answered is ``external_answer``'s, who may have the credits ``redemption``'s. Money is
compared in whole cents: the shop counts in hundredths whatever the currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from support_credits.engine.grants import expiry_instant
from support_credits.engine.marking import _
from support_credits.engine.model import Message

ONETIME = "ONETIME"
MOST_PACKS = 100  # of one order

PAID = frozenset({"PAID", "ACTIVE"})
NOT_YET = frozenset({"NEW", "REQUIRE_CLIENT_CONFIRMATION", "PROCESSING", "PENDING", "IN_REVIEW"})
GONE = frozenset({"REFUNDED", "DISPUTED", "REJECTED"})  # the money went back, or may


@dataclass(frozen=True, slots=True)
class Money:
	"""An amount in hundredths of ``currency``."""

	cents: int
	currency: str


@dataclass(frozen=True, slots=True)
class Charge:
	"""One payment of an order: a transaction of type CREDIT and kind CONTRIBUTION that is no refund itself."""

	id: str
	at: datetime
	paid: Money
	is_refunded: bool = False
	is_disputed: bool = False
	is_in_review: bool = False

	@property
	def is_lost(self) -> bool:
		return self.is_refunded or self.is_disputed


@dataclass(frozen=True, slots=True)
class Order:
	"""What the shop said of an order. ``ids`` are all by which it may be asked for; ``emails`` empty where they are not shown."""

	public_id: str
	ids: frozenset[str]
	collective: str
	tiers: frozenset[str]  # every id of its tier, and its slug
	status: str
	frequency: str
	quantity: int
	amount: Money
	tax_cents: int
	charges: tuple[Charge, ...]
	emails: tuple[str, ...] = ()

	@property
	def is_recurring(self) -> bool:
		return self.frequency != ONETIME


@dataclass(frozen=True, slots=True)
class Offer:
	"""What a tier of the shop brings: a pack, its price as somebody has to have paid it."""

	pack: str
	credits: int
	price: Decimal
	currency: str
	months: int

	@property
	def cents(self) -> int:
		return int((self.price * 100).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Terms:
	"""The provider's side: his collective, what each tier brings, how old a charge may be (0 days: as old as its term)."""

	collective: str
	offers: Mapping[str, Offer]
	zone: ZoneInfo
	age_days: int = 0


class Answer(str, Enum):
	"""What is to be done about an order."""

	GRANT = "grant"
	WAIT = "wait"  # not paid yet, as far as anybody knows
	REVIEW = "review"  # a person has to look at it
	REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
	"""``charges`` are those that bring credits, oldest first; ``reason`` says why there are none."""

	answer: Answer
	offer: Offer | None = None
	charges: tuple[Charge, ...] = ()
	reason: Message = field(default_factory=lambda: Message(""))


def judge(order: Order, terms: Terms, at: datetime, is_known: bool = False) -> Verdict:
	"""What ``order`` brings at ``at``. ``is_known``: it was redeemed before, so that what became of it since only ends it."""
	if order.collective.lower() != terms.collective.lower():
		return _refused(_("this order is for another collective"))
	offer = offer_for(order, terms)
	if offer is None or offer.cents <= 0:
		return _refused(_("what was ordered brings no support credits"))
	if not 1 <= order.quantity <= MOST_PACKS:
		return _refused(
			_("an order is for 1 to {most} packs, not {found}"), most=MOST_PACKS, found=order.quantity
		)
	if not is_known:
		verdict = _of_status(order) or _of_amount(order, offer)
		if verdict:
			return verdict
	elif order.status in GONE:
		return _refused(_("its status is {status}"), status=order.status)
	return _of_charges(order, offer, terms, at)


def offer_for(order: Order, terms: Terms) -> Offer | None:
	"""What the order's tier brings, by any of its ids or its slug."""
	names = {name.lower() for name in order.tiers}
	return next((offer for tier, offer in terms.offers.items() if tier.lower() in names), None)


def _refused(template: str, **values: object) -> Verdict:
	return Verdict(Answer.REFUSE, reason=Message(template, values))


def _of_status(order: Order) -> Verdict | None:
	if order.status in PAID:
		return None
	if order.status in NOT_YET:
		return Verdict(
			Answer.WAIT, reason=Message(_("it is not paid yet ({status})"), {"status": order.status})
		)
	return _refused(_("its status is {status}"), status=order.status)


def _of_amount(order: Order, offer: Offer) -> Verdict | None:
	if order.amount.currency != offer.currency:
		return _refused(
			_("it is in {found}, the pack in {wanted}"), found=order.amount.currency, wanted=offer.currency
		)
	if order.amount.cents - order.tax_cents < offer.cents * order.quantity:
		return _too_little(order.amount.cents - order.tax_cents, order, offer)
	return None


def _too_little(cents: int, order: Order, offer: Offer) -> Verdict:
	return _refused(
		_("{found} {currency} without tax and tip were paid, {wanted} are needed"),
		found=_amount(cents),
		wanted=_amount(offer.cents * order.quantity),
		currency=offer.currency,
	)


def _amount(cents: int) -> str:
	return str(Decimal(cents).scaleb(-2))


def _of_charges(order: Order, offer: Offer, terms: Terms, at: datetime) -> Verdict:
	if not order.charges:
		return _without_charge(order)
	kept = [charge for charge in order.charges if not charge.is_lost]
	if not kept:
		return _refused(_("its payment was refunded or is disputed"))
	settled = [charge for charge in kept if not charge.is_in_review]
	if not settled:
		return Verdict(Answer.WAIT, reason=Message(_("its payment is in review")))
	alike = [charge for charge in settled if charge.paid.currency == offer.currency]
	if not alike:
		return Verdict(
			Answer.REVIEW, reason=Message(_("it was charged in another currency than it was ordered in"))
		)
	enough = [charge for charge in alike if net_cents(charge, order) >= offer.cents * order.quantity]
	if not enough:
		return _too_little(max(net_cents(charge, order) for charge in alike), order, offer)
	fresh = [charge for charge in enough if _is_in_time(charge, offer, terms, at)]
	if not fresh:
		return _refused(_("it was paid too long ago"))
	ordered = tuple(sorted(fresh, key=lambda charge: (charge.at, charge.id)))
	return Verdict(Answer.GRANT, offer, ordered if order.is_recurring else ordered[:1])


def _without_charge(order: Order) -> Verdict:
	if order.is_recurring:
		return Verdict(Answer.WAIT, reason=Message(_("it was not charged yet")))
	return Verdict(Answer.REVIEW, reason=Message(_("it is paid, but no payment is shown for it")))


def net_cents(charge: Charge, order: Order) -> int:
	"""What was charged without its share of the order's tax: the amount of an order may change, and old charges stay."""
	if order.amount.cents <= 0 or order.tax_cents <= 0:
		return charge.paid.cents
	return charge.paid.cents - -(-charge.paid.cents * order.tax_cents // order.amount.cents)


def _is_in_time(charge: Charge, offer: Offer, terms: Terms, at: datetime) -> bool:
	"""Whether a lot from this charge would still be of use, and the charge is no older than the provider takes."""
	if charge.at > at + timedelta(days=1):
		return False  # a clock that is that wrong says nothing
	if terms.age_days and charge.at < at - timedelta(days=terms.age_days):
		return False
	return not offer.months or expiry_instant(charge.at, offer.months, terms.zone) > at


def charge_id(order: Order, charge: Charge) -> str:
	"""What stands for the charge in the key: one that is paid once has one grant, whatever its payments are called."""
	return charge.id if order.is_recurring else ONETIME


def grant_key(order: Order, charge: Charge) -> str:
	"""The event key of the grant a charge brings."""
	return f"oc:{order.public_id}:{charge_id(order, charge)}"


def why_lost(order: Order, charge: str) -> Message | None:
	"""Why what was granted for ``charge`` (an id or ONETIME) is to be frozen; None while the money is there."""
	flagged = {known.id: known for known in order.charges if known.is_lost}
	hit = flagged.get(charge)
	if charge == ONETIME and order.charges and len(flagged) == len(order.charges):
		hit = next(iter(flagged.values()))
	if hit:
		said = _("the payment was refunded") if hit.is_refunded else _("the payment is disputed")
		return Message(said)
	# Of a recurring order whose lost charge is named, the other charges are safe.
	if order.status in GONE and (charge == ONETIME or not flagged):
		return Message(_("the order is {status}"), {"status": order.status})
	return None
