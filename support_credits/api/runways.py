"""How long an account's credits last, under each tier (design rule 15: before a tier is chosen)."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import frappe
from frappe import _

from support_credits.api.shapes import Runway, TierRunway
from support_credits.engine import runway as rules
from support_credits.engine.calendar_days import local_day
from support_credits.engine.model import DAY
from support_credits.engine.runway import Holding, Pace
from support_credits.engine.subscription import Outlook, Plan, State, Subscription, outlook
from support_credits.hours.wording import target_text
from support_credits.ledger import settings as site
from support_credits.ledger.subscription_rows import read_live

TIERS_MAX = 500  # a provider has a handful
FIELDS = (
	"name", "tier_name", "promise_value", "promise_unit", "aim_value", "aim_unit", "credits_per_incident",
	"credits_per_month",
)  # fmt: skip


def tier_row(account: str) -> frappe._dict:
	"""What of an account's row says its tier."""
	return frappe.db.get_value("Credit Account", account, ("tier", "subscribed_tier"), as_dict=True)


def of_account(account: str, held: tuple[Holding, ...], pace: Pace, at: datetime) -> Runway:
	"""The account's pace, and what it makes of what is ``held`` under its own tier and every other."""
	row, live = tier_row(account), read_live(account)
	about = About(
		current=site.tier_of(row),
		base=site.base_tier_of(row),
		subscription=live.subscription if live else None,
		held=held,
		pace=pace,
		today=local_day(at, site.provider_zone()),
	)
	tiers = frappe.get_all(
		"Support Tier",
		fields=FIELDS,
		order_by="credits_per_month asc, promise_value desc, name asc",
		limit=TIERS_MAX,
	)
	return {
		"days": pace.days,
		"credits": max(0, pace.credits),
		"credits_a_month": f"{float(pace.a_month):.1f}",
		"tiers": [_of_tier(tier, about) for tier in tiers],
	}


@dataclass(frozen=True)
class About:
	"""An account about whose tiers something is said."""

	current: str | None
	base: str | None
	subscription: Subscription | None
	held: tuple[Holding, ...]
	pace: Pace
	today: date

	@property
	def planned(self) -> str | None:
		"""The tier that counts from the next period on, where that is another one."""
		now = self.subscription
		if now is None or now.state is State.FALLEN:
			return None
		if now.state is State.ENDING:
			return self.base
		return now.planned.tier if now.planned and now.planned.tier != now.plan.tier else None

	def outlook(self, tier: str, month: int) -> Outlook:
		"""Its own without paying, and what is not sold by the month, cost nothing a month."""
		if tier == self.base:
			return outlook(self.subscription, None, self.today)
		if not month:
			return Outlook(0, 0, None, False)
		return outlook(self.subscription, Plan(tier, month), self.today)

	def lasts(self, tier: str, said: Outlook) -> rules.Runway:
		"""How long the credits last: as many incidents as now, at what they cost under ``tier``, and its months."""
		left = rules.after_paying(self.held, self.today, said.cost)
		if left is None:
			return rules.Runway(self.today - DAY, 0)
		costs = site.credits_per_incident(self.current)
		share = Fraction(site.credits_per_incident(tier), costs) if costs else Fraction(1)
		return rules.runway(left, self.today, self.pace.a_day * share, said.month, said.next_on)


def _of_tier(tier: frappe._dict, about: About) -> TierRunway:
	said = about.outlook(tier.name, int(tier.credits_per_month or 0))
	found = about.lasts(tier.name, said)
	return {
		"tier": tier.name,
		"name": _(tier.tier_name),
		"promise_text": target_text(tier.promise_value, tier.promise_unit),
		"aim_text": target_text(tier.aim_value, tier.aim_unit) if tier.aim_value else "",
		"credits_per_incident": tier.credits_per_incident,
		"credits_per_month": said.month,
		"is_current": tier.name == about.current,
		"is_base": tier.name == about.base,
		"is_planned": tier.name == about.planned,
		"may_choose": said.changes,
		"lasts_until": found.lasts_until.isoformat() if found.lasts_until else None,
		"unused": found.unused,
	}
