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

TIERS_MAX = 500  # a provider has a handful
FIELDS = (
	"name", "tier_name", "promise_value", "promise_unit", "aim_value", "aim_unit", "credits_per_incident",
	"credits_per_month",
)  # fmt: skip


def of_account(account: str, held: tuple[Holding, ...], pace: Pace, at: datetime) -> Runway:
	"""The account's pace, and what it makes of what is ``held`` under its own tier and every other."""
	current = site.tier_of(frappe._dict(tier=frappe.db.get_value("Credit Account", account, "tier")))
	tiers = frappe.get_all(
		"Support Tier",
		fields=FIELDS,
		order_by="credits_per_month asc, promise_value desc, name asc",
		limit=TIERS_MAX,
	)
	costs = site.credits_per_incident(current)
	today = local_day(at, site.provider_zone())
	return {
		"days": pace.days,
		"credits": max(0, pace.credits),
		"credits_a_month": f"{float(pace.a_month):.1f}",
		"tiers": [
			_of_tier(tier, tier.name == current, held, _pace_under(tier, pace, costs), today)
			for tier in tiers
		],
	}


def _pace_under(tier: frappe._dict, pace: Pace, costs: int) -> Fraction:
	"""As many incidents as now, at what they cost under ``tier``."""
	return pace.a_day * Fraction(tier.credits_per_incident, costs) if costs else pace.a_day


def _of_tier(
	tier: frappe._dict, is_current: bool, held: tuple[Holding, ...], a_day: Fraction, today: date
) -> TierRunway:
	found = runway(held, today, a_day, tier.credits_per_month or 0)
	return {
		"tier": tier.name,
		"name": _(tier.tier_name),
		"promise_text": target_text(tier.promise_value, tier.promise_unit),
		"aim_text": target_text(tier.aim_value, tier.aim_unit) if tier.aim_value else "",
		"credits_per_incident": tier.credits_per_incident,
		"credits_per_month": tier.credits_per_month or 0,
		"is_current": is_current,
		"lasts_until": found.lasts_until.isoformat() if found.lasts_until else None,
		"unused": found.unused,
	}
