"""Where a refusal's links lead: what credits cost, how to redeem, what an emergency costs. From the very records."""

from __future__ import annotations

import json

import frappe
from frappe.utils import fmt_money
from helpdesk.utils import get_customers

from support_credits.engine.catalogue import Catalogue, parse
from support_credits.ledger import accounts, queries
from support_credits.ledger import settings as site

no_cache = 1


def get_context(context: frappe._dict) -> frappe._dict:
	"""Guests see the offer; a customer who is logged in also sees what his companies have left."""
	catalogue = _catalogue()
	links = {link: site.settings().get(f"{link}_url") for link in ("documentation", "community")}
	context.update(
		{
			"provider": site.settings().provider_name or frappe.local.site,
			"packs": _packs(),
			"balances": _balances(),
			"emergency": _emergency(catalogue),
			"not_charged": catalogue.not_charged if catalogue else _reasons(),
			"texts": catalogue.texts if catalogue else {},
			"contact": catalogue.links.get("contact") if catalogue else None,
			"links": links,
		}
	)
	return context


def _catalogue() -> Catalogue | None:
	stored = site.settings().catalogue
	return parse(json.loads(stored)) if stored else None


def _packs() -> list[frappe._dict]:
	names = frappe.get_all(
		"Credit Pack", filters={"on_sale": 1}, pluck="name", order_by="credits asc, name asc"
	)
	packs = [frappe.get_doc("Credit Pack", name) for name in names]
	return [
		frappe._dict(
			pack_name=pack.pack_name,
			credits=pack.credits,
			validity_months=pack.validity_months,
			tax_note=pack.tax_note,
			price_text=fmt_money(pack.price, currency=pack.currency),
			per_credit_text=fmt_money(pack.price_per_credit, currency=pack.currency),
		)
		for pack in packs
	]


def _emergency(catalogue: Catalogue | None) -> frappe._dict | None:
	if not catalogue or not catalogue.emergency:
		return None
	offer = catalogue.emergency
	rate = fmt_money(float(offer.rate), currency=offer.currency)
	return frappe._dict(rate_text=rate, minimum_minutes=offer.minimum_minutes)


def _reasons() -> list[str]:
	return frappe.get_all("Exemption Reason", filters={"enabled": 1}, pluck="label", order_by="label asc")


def _balances() -> list[frappe._dict]:
	if frappe.session.user == "Guest":
		return []
	found = {customer: accounts.account_of(customer) for customer in get_customers(frappe.session.user)}
	return [
		frappe._dict(customer=customer, balance=queries.balance(account))
		for customer, account in found.items()
		if account
	]
