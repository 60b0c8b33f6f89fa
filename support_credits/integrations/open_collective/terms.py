"""The provider's side of a redemption: his collective, and what each tier brings, from the packs as they are now."""

from __future__ import annotations

from decimal import Decimal

import frappe

from support_credits.engine.external_order import Offer, Terms
from support_credits.integrations.open_collective import SETTINGS
from support_credits.ledger import settings as site


def of_site() -> Terms:
	settings = frappe.get_cached_doc(SETTINGS)
	return Terms(
		collective=settings.collective or "",
		offers={row.tier: _offer(row.pack) for row in settings.tiers},
		zone=site.provider_zone(),
		age_days=int(settings.age_days or 0),
	)


def _offer(pack: str) -> Offer:
	found = frappe.get_cached_doc("Credit Pack", pack)
	return Offer(
		pack,
		int(found.credits),
		Decimal(str(found.price or 0)),
		found.currency,
		int(found.validity_months or 0),
	)
