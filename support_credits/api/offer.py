"""What is on sale, for anybody: packs with what a credit costs in them, tiers with what they promise and cost a month."""

import frappe

from support_credits.api.limits import limited
from support_credits.api.offer_shapes import Packs, Tiers
from support_credits.offer import packs as packs_on_sale
from support_credits.offer import tiers as tiers_offered


@frappe.whitelist(methods=["GET", "POST"], allow_guest=True)
@limited(60)
def packs() -> Packs:
	"""The packs on sale, by currency and then the smallest first. Needs no login."""
	return Packs(packs=packs_on_sale.on_sale())


@frappe.whitelist(methods=["GET", "POST"], allow_guest=True)
@limited(60)
def tiers() -> Tiers:
	"""The tiers, the cheapest first. Needs no login."""
	return Tiers(tiers=tiers_offered.offered())
