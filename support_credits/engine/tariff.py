"""What a credit costs in a pack, and what a bigger pack saves: computed, never typed (rule 1).

Money is Decimal in the pack's currency, rounded half up to the currency's smallest unit only where it is
shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from support_credits.engine.allocation import checked_amount
from support_credits.engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class Offer:
	"""A pack on sale: ``credits`` for ``price`` in ``currency``, before tax."""

	code: str
	credits: int
	price: Decimal
	currency: str


@dataclass(frozen=True, slots=True)
class Quote:
	"""An offer with what is computed from it. ``saving`` is against buying the same credits in the smallest
	pack."""

	offer: Offer
	per_credit: Decimal
	saving: Decimal
	saving_percent: Decimal


@dataclass(frozen=True, slots=True)
class MonthlyCost:
	"""What a tier costs a month: ``low`` with the credits of the best offer, ``high`` with those of the dearest."""

	currency: str
	low: Decimal
	high: Decimal


def price_per_credit(price: Decimal, credits: int, decimals: int = 2) -> Decimal:
	"""Price of one credit, rounded half up to ``decimals`` places; InvalidAmount for a pack without
	credits."""
	return rounded(money(price) / checked_amount(credits), decimals)


def price_list(offers: Sequence[Offer], decimals: int = 2) -> tuple[Quote, ...]:
	"""Every offer, smallest first, with price per credit and saving; offers in several currencies are
	compared within their own, with the smallest that is not given away. A bigger pack that costs more per credit saves a
	negative amount: shown, not hidden."""
	ordered = sorted(offers, key=lambda offer: (offer.currency, offer.credits, offer.price, offer.code))
	smallest: dict[str, Offer] = {}
	for offer in ordered:
		if money(offer.price):
			smallest.setdefault(offer.currency, offer)
	return tuple(_quote(offer, smallest.get(offer.currency, offer), decimals) for offer in ordered)


def monthly_costs(offers: Sequence[Offer], credits: int, decimals: int = 2) -> tuple[MonthlyCost, ...]:
	"""What ``credits`` a month come to where they are bought in these offers, one range for each currency. Worked out from
	the exact fraction, like a saving. Offers that are given away cost nothing and say nothing."""
	prices: dict[str, list[Decimal]] = {}
	for offer in offers:
		if money(offer.price):
			cost = money(offer.price) * checked_amount(credits) / checked_amount(offer.credits)
			prices.setdefault(offer.currency, []).append(rounded(cost, decimals))
	return tuple(MonthlyCost(currency, min(found), max(found)) for currency, found in sorted(prices.items()))


def _quote(offer: Offer, smallest: Offer, decimals: int) -> Quote:
	# From the exact fraction, not from the rounded price per credit: three roundings would not add up.
	reference = money(smallest.price) * checked_amount(offer.credits) / checked_amount(smallest.credits)
	saving = reference - money(offer.price)
	percent = saving / reference * 100 if reference else Decimal(0)
	return Quote(
		offer,
		price_per_credit(offer.price, offer.credits, decimals),
		rounded(saving, decimals),
		rounded(percent, 1),
	)


def money(amount: object) -> Decimal:
	"""``amount`` when it is an exact one that can be a price; EngineError otherwise."""
	if not isinstance(amount, Decimal) or not amount.is_finite() or amount < 0:
		raise EngineError(f"not an amount of money: {amount!r}")
	return amount


def rounded(amount: Decimal, decimals: int) -> Decimal:
	"""``amount`` rounded half up to so many places."""
	return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
