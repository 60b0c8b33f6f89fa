"""All that the public page shows, put together from the records that charge: nothing of it depends on who reads it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote, urlencode

import frappe
from frappe import _

from support_credits.api.offer_shapes import PackOffer, TierOffer
from support_credits.engine.catalogue import Catalogue
from support_credits.ledger import settings as site
from support_credits.ledger.wording import ORDER_PAGE
from support_credits.offer import emergency, hours, measured, packs, terms, tiers, wording
from support_credits.offer.measured import Measured

BASE, CSS = "css/page.css", "css/pricing.css"  # what every page outside the portal has, and this one


class PackCard(TypedDict):
	"""A pack with where to get it: the provider's shop, an order in the portal, or the request form of this page.

	``ask_url`` leads to that form too where ``url`` needs a login.
	"""

	offer: PackOffer
	credits_text: str
	validity_text: str
	saving_text: str
	covers: list[str]
	url: str
	ask_url: str


class TierRow(TypedDict):
	offer: TierOffer
	incident_text: str
	measured: Measured | None


def context(at: datetime) -> dict[str, object]:
	"""What the template needs."""
	loaded = emergency.catalogue()
	records = sorted(tiers.records(), key=lambda tier: tier.name != site.settings().base_tier)
	rates = measured.shown(at)
	return {
		"provider": site.settings().provider_name or frappe.local.site,
		"packs": [_card(pack, loaded) for pack in packs.on_sale()],
		"tiers": [_row(tier, rates.get(tier["tier"])) for tier in tiers.offered()],
		"measured_days": measured.DAYS if rates else 0,
		"cover_text": wording.minutes_text(site.cover_minutes()),
		"emergency": emergency.offered(loaded),
		"emergency_elsewhere": terms.elsewhere("emergency"),
		"emergency_url": terms.elsewhere("emergency") or form_address(kind="emergency"),
		"hours": hours.offered([tier.calendar for tier in records if tier.calendar], at),
		"texts": terms.texts(loaded),
		"free": terms.not_charged(loaded),
		"reading": terms.reading(loaded),
		"redeem_url": terms.elsewhere("redeem"),
		"services_url": terms.services_link(loaded),
		"services_form": form_address(kind="services"),
		"mail_addresses": terms.mail_addresses(),
		"styles": [css_address(BASE), css_address(CSS)],
		"lang": frappe.local.lang or "en",
	}


def _card(pack: PackOffer, loaded: Catalogue | None) -> PackCard:
	known = next((one for one in loaded.packs if one.code == pack["pack"]), None) if loaded else None
	saving = ""
	if pack["saving_text"]:
		percent = wording.percent_text(packs.percent(pack))
		saving = _("You save {0} ({1})").format(pack["saving_text"], percent)
	shop, form = terms.elsewhere("buy"), form_address(pack=pack["pack"])
	is_ordered = not shop and site.settings().customers_may_order
	return PackCard(
		offer=pack,
		credits_text=wording.credits_text(pack["credits"]),
		validity_text=_("Valid for {0}").format(wording.months_text(pack["validity_months"])),
		saving_text=saving,
		covers=[_(line) for line in known.covers] if known else [],
		url=order_address(pack["pack"]) if is_ordered else shop or form,
		ask_url=form if is_ordered else "",
	)


def _row(tier: TierOffer, rates: Measured | None) -> TierRow:
	return TierRow(
		offer=tier, incident_text=wording.credits_text(tier["credits_per_incident"]), measured=rates
	)


def order_address(pack: str) -> str:
	"""Where members order a pack; a visitor logs in on the way there."""
	return f"{ORDER_PAGE}{quote(pack, safe='')}"


def form_address(**asked: str) -> str:
	"""Where the request form is, filled in with what was asked for."""
	return f"{terms.PAGE}?{urlencode(asked)}#services"


@cache
def css_address(file: str) -> str:
	"""Another one whenever the style sheet changes: browsers keep assets for a year."""
	digest = sha256(Path(frappe.get_app_path("support_credits", "public", file)).read_bytes()).hexdigest()
	return f"/assets/support_credits/{file}?v={digest[:12]}"
