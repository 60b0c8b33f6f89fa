"""How long an account's credits last, under each tier (design rule 15: before a tier is chosen)."""

from datetime import date, datetime
from fractions import Fraction

import frappe
from frappe import _

from support_credits.api.shapes import Runway, TierRunway
from support_credits.engine.calendar_days import local_day
from support_credits.engine.runway import Holding, Pace, runway
from support_credits.hours.wording import target_text
from support_credits.ledger import settings as site

TIERS_MAX = 20


def of_account(account: str, held: tuple[Holding, ...], pace: Pace, at: datetime) -> Runway:
	"""The account's pace, and what it makes of what is ``held`` under its own tier and every other."""
	current = site.tier_of(frappe._dict(tier=frappe.db.get_value("Credit Account", account, "tier")))
	tiers = frappe.get_all(
		"Support Tier",
		pluck="name",
		order_by="credits_per_month asc, promise_value desc, name asc",
		limit=TIERS_MAX,
	)
	today = local_day(at, site.provider_zone())
	return {
		"days": pace.days,
		"credits": max(0, pace.credits),
		"credits_a_month": f"{float(pace.a_month):.1f}",
		"tiers": [_of_tier(tier, current, held, pace, today) for tier in tiers],
	}


def _of_tier(
	tier: str, current: str | None, held: tuple[Holding, ...], pace: Pace, today: date
) -> TierRunway:
	doc = frappe.get_cached_doc("Support Tier", tier)
	now_costs = site.credits_per_incident(current)
	a_day = pace.a_day * Fraction(doc.credits_per_incident, now_costs) if now_costs else pace.a_day
	found = runway(held, today, a_day, doc.credits_per_month or 0)
	return {
		"tier": tier,
		"name": _(doc.tier_name),
		"promise_text": target_text(doc.promise_value, doc.promise_unit),
		"aim_text": target_text(doc.aim_value, doc.aim_unit) if doc.aim_value else "",
		"credits_per_incident": doc.credits_per_incident,
		"credits_per_month": doc.credits_per_month or 0,
		"is_current": tier == current,
		"lasts_until": found.lasts_until.isoformat() if found.lasts_until else None,
		"unused": found.unused,
	}
