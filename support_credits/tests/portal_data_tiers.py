"""What the browser tests of tiers by the month need on the test site. ``bench execute`` runs these."""

from __future__ import annotations

from datetime import timedelta

import frappe

from support_credits.ledger import clock, subscriptions
from support_credits.tests import factories
from support_credits.tests.hours_case import at


def with_tiers(credits: str) -> dict[str, str]:
	"""A manager of a customer with so many credits, and three tiers of 0, 2 and 4 credits a month; the first is his own."""
	frappe.set_user("Administrator")
	base, twelve, six = (
		factories.tier(credits_per_month=month, promise_value=hours, tier_name=factories.unique(f"{hours} h"))
		for month, hours in ((0, 24), (2, 12), (4, 6))
	)
	boss = factories.person("boss", ("HD Customer Manager",))
	customer = factories.customer(managers=(boss,), label="Harbour")
	account = factories.account(customer, int(credits), tier=base)
	frappe.db.commit()
	names = {code: frappe.db.get_value("Support Tier", code, "tier_name") for code in (base, twelve, six)}
	return {
		"user": boss.email,
		"password": factories.PASSWORD,
		"account": account,
		"base": names[base],
		"twelve": names[twelve],
		"six": names[six],
		"six_code": six,
	}


def costs(tier: str, credits: str) -> None:
	"""An admin changes what a tier costs a month."""
	frappe.db.set_value("Support Tier", tier, "credits_per_month", int(credits))
	frappe.db.commit()


def fallen(credits: str) -> dict[str, str]:
	"""The same, with the dearest tier chosen two months ago; with fewer than 4 credits left it has fallen."""
	data = with_tiers(credits)
	with at(clock.now() - timedelta(days=40)):
		factories.grant(data["account"], 4)
		subscriptions.choose(data["account"], data["six_code"])
	subscriptions.settle_account(data["account"])
	frappe.db.commit()
	return data
