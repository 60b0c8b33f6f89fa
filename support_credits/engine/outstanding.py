"""What credits are worth at the price paid for their lot, to the smallest unit of its currency: owed, or expired unused.

Owns the one rounding rule of money by the credit. What a lot holds is worth its share of the price, rounded half up; what an
entry takes or brings is worth the difference it makes to that. So the parts of a lot always add up to its price, in whatever
order they go, and no cent is counted twice or lost. Credits that were added to a lot after it was sold cost nothing: they
leave first, and the price stays with the last ones that were paid for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from support_credits.engine.errors import EngineError
from support_credits.engine.tariff import money


@dataclass(frozen=True, slots=True)
class Holding:
	"""``lots`` lots alike: each was sold with ``paid`` credits for ``price`` and holds ``credits`` now.

	``period`` is what they are reported under, a month or nothing. Without a currency they have no price, whatever ``price``
	says.
	"""

	period: str
	lots: int
	credits: int
	currency: str = ""
	price: Decimal = Decimal(0)
	paid: int = 0

	@property
	def is_priced(self) -> bool:
		return bool(self.currency and self.price)


@dataclass(frozen=True, slots=True)
class Sum:
	"""Credits of a period that were paid in one currency, and what they are worth; ``currency`` is empty and ``amount`` None
	for those without a price.
	"""

	period: str
	currency: str
	lots: int
	credits: int
	amount: Decimal | None


def worth(price: Decimal, paid: int, credits: int, decimals: int = 2) -> Decimal:
	"""What ``credits`` on a lot are worth that was sold with ``paid`` credits for ``price``: its share, rounded half up to
	so many places, and never more than the price.

	EngineError for a lot sold with no credits, for fewer than none on it, and for a price that is no exact amount.
	"""
	if paid < 1 or credits < 0:
		raise EngineError(f"{credits} credits of a lot sold with {paid} are worth nothing that can be said")
	share = Fraction(money(price)) * min(credits, paid) / paid * 10**decimals
	units = (2 * share.numerator + share.denominator) // (2 * share.denominator)
	return Decimal(units).scaleb(-decimals)


def sums(holdings: Iterable[Holding], decimals: Mapping[str, int]) -> tuple[Sum, ...]:
	"""Holdings added up by period and currency, in that order: nothing (which never ends) comes last, and in each period what
	has no price. Amounts of two currencies are never added. ``decimals`` are the places of each currency.
	"""
	lots: dict[tuple[str, str], int] = defaultdict(int)
	credits: dict[tuple[str, str], int] = defaultdict(int)
	amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
	for one in holdings:
		key = (one.period, one.currency if one.is_priced else "")
		lots[key] += one.lots
		credits[key] += one.lots * one.credits
		if one.is_priced:
			amounts[key] += one.lots * worth(one.price, one.paid, one.credits, decimals[one.currency])
	return tuple(
		Sum(
			period,
			currency,
			lots[period, currency],
			credits[period, currency],
			amounts.get((period, currency)),
		)
		for period, currency in sorted(lots, key=lambda key: (not key[0], key[0], not key[1], key[1]))
	)


def totals(found: Iterable[Sum]) -> dict[str, Decimal]:
	"""What the sums come to, by currency."""
	amounts: dict[str, Decimal] = {}
	for one in found:
		if one.amount is not None:
			amounts[one.currency] = amounts.get(one.currency, Decimal(0)) + one.amount
	return dict(sorted(amounts.items()))
