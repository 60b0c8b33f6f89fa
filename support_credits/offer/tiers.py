"""The tiers, with what each promises and what it costs a month at the prices of the packs on sale."""

from __future__ import annotations

import frappe
from frappe import _

from support_credits.api.offer_shapes import TierOffer
from support_credits.engine.tariff import MonthlyCost, Offer, monthly_costs
from support_credits.hours.wording import target_text
from support_credits.ledger import settings as site
from support_credits.ledger.orders import decimals_of
from support_credits.offer import packs, wording

TIER = "Support Tier"
FIELDS = [
	"name", "tier_name", "description", "credits_per_incident", "credits_per_month", "promise_value", "promise_unit",
	"aim_value", "aim_unit", "calendar",
]  # fmt: skip


def records() -> list[frappe._dict]:
	"""The site's tiers, the cheapest first."""
	order = "credits_per_month asc, credits_per_incident asc, promise_value desc, name asc"
	return frappe.get_all(TIER, fields=FIELDS, order_by=order)


def offered() -> list[TierOffer]:
	"""Every tier, with its worked monthly cost."""
	on_sale, base = packs.offers(), site.settings().base_tier
	return [_offer(tier, on_sale, tier.name == base) for tier in records()]


def _offer(tier: frappe._dict, on_sale: list[Offer], is_base: bool) -> TierOffer:
	return TierOffer(
		tier=tier.name,
		name=_(tier.tier_name),
		description=_(tier.description or ""),
		promise_text=target_text(int(tier.promise_value), tier.promise_unit),
		aim_text=target_text(int(tier.aim_value), tier.aim_unit) if tier.aim_value else "",
		credits_per_incident=int(tier.credits_per_incident or 0),
		credits_per_month=int(tier.credits_per_month or 0),
		month_text=month_text(int(tier.credits_per_month or 0), on_sale),
		is_base=is_base,
	)


def month_text(credits: int, on_sale: list[Offer]) -> str:
	"""``2 credits a month: US$249.75 to US$329.00 at today's prices``; nothing where the tier costs nothing a month."""
	if not credits:
		return ""
	costs = [cost for currency in _currencies(on_sale) for cost in _costs(credits, on_sale, currency)]
	if not costs:
		return _("{0} a month").format(wording.credits_text(credits))
	ranges = wording.listed(map(_range_text, costs))
	return _("{0} a month: {1} at today's prices").format(wording.credits_text(credits), ranges)


def _currencies(on_sale: list[Offer]) -> list[str]:
	return sorted({offer.currency for offer in on_sale})


def _costs(credits: int, on_sale: list[Offer], currency: str) -> tuple[MonthlyCost, ...]:
	own = [offer for offer in on_sale if offer.currency == currency]
	return monthly_costs(own, credits, decimals_of(currency))


def _range_text(cost: MonthlyCost) -> str:
	low, high = (wording.money_text(amount, cost.currency) for amount in (cost.low, cost.high))
	return low if low == high else _("{0} to {1}").format(low, high)
