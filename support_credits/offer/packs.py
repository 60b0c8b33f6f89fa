"""The packs on sale, with what is computed from them: the very records that a grant reads."""

from __future__ import annotations

from decimal import Decimal

import frappe
from frappe import _

from support_credits.api.offer_shapes import PackOffer
from support_credits.api.shapes import TierName
from support_credits.engine.tariff import Offer, Quote, price_list, rounded
from support_credits.ledger.orders import decimals_of
from support_credits.offer import wording

PACK = "Credit Pack"
FIELDS = ["name", "pack_name", "credits", "validity_months", "price", "currency", "tax_note", "tier"]


def on_sale() -> list[PackOffer]:
	"""Every pack on sale, by currency and then the smallest first."""
	packs = {
		pack.name: pack
		for pack in frappe.get_all(PACK, filters={"on_sale": 1}, fields=FIELDS, order_by="name asc")
	}
	names = dict(frappe.get_all("Support Tier", fields=["name", "tier_name"], as_list=True))
	return [_offer(packs[quote.offer.code], quote, names) for quote in quotes(list(packs.values()))]


def quotes(packs: list[frappe._dict]) -> list[Quote]:
	"""The price list, each currency rounded to its own smallest unit."""
	offers = [offer_of(pack) for pack in packs]
	return [
		quote
		for currency in sorted({offer.currency for offer in offers})
		for quote in price_list(
			[offer for offer in offers if offer.currency == currency], decimals_of(currency)
		)
	]


def offer_of(pack: frappe._dict) -> Offer:
	"""At a price that can be paid: an order is at the same one."""
	price = rounded(Decimal(str(pack.price or 0)), decimals_of(pack.currency))
	return Offer(pack.name, int(pack.credits), price, pack.currency)


def offers() -> list[Offer]:
	"""What is on sale, as the engine compares it."""
	fields = ["name", "credits", "price", "currency"]
	packs = frappe.get_all(PACK, filters={"on_sale": 1}, fields=fields, order_by="name asc")
	return [offer_of(pack) for pack in packs]


def percent(pack: PackOffer) -> Decimal:
	"""How much less than the smallest pack."""
	return Decimal(pack["saving_percent"])


def _offer(pack: frappe._dict, quote: Quote, tiers: dict[str, str]) -> PackOffer:
	currency = pack.currency
	places = decimals_of(currency)
	saves = quote.saving > 0
	return PackOffer(
		pack=pack.name,
		name=_(pack.pack_name),
		credits=int(pack.credits),
		validity_months=int(pack.validity_months),
		price=f"{quote.offer.price:.{places}f}",
		currency=currency,
		price_text=wording.money_text(quote.offer.price, currency),
		per_credit=str(quote.per_credit),
		per_credit_text=wording.money_text(quote.per_credit, currency),
		saving=str(quote.saving),
		saving_text=wording.money_text(quote.saving, currency) if saves else "",
		saving_percent=str(quote.saving_percent),
		tax_note=_(pack.tax_note or ""),
		tier=TierName(tier=pack.tier, name=_(tiers.get(pack.tier, pack.tier))) if pack.tier else None,
	)
