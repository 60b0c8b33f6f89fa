"""Tiers by the month: what a customer has, what another would cost and how long his credits would last, and choosing it."""

import frappe
from frappe import _

from support_credits.api import access, runways
from support_credits.api import subscription_wording as wording
from support_credits.api.access import Membership
from support_credits.api.account import event_of, guarded
from support_credits.api.arguments import whole_number
from support_credits.api.limits import limited
from support_credits.api.subscription_shapes import CurrentTier, TierChosen, TierPreview
from support_credits.engine.calendar_days import local_day
from support_credits.engine.subscription import Event
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import clock, pages, queries, quotes, subscriptions
from support_credits.ledger import overview as reads
from support_credits.ledger import settings as site
from support_credits.ledger.posting import account_lock

READS_A_MINUTE = 300
PREVIEWS_A_MINUTE = 120
CHOICES_A_MINUTE = 30


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def current(customer: str = "") -> CurrentTier:
	"""The tier of ``customer``, and what he pays for by the month."""
	return _current(access.seen_by_caller(customer))


def _current(member: Membership) -> CurrentTier:
	row = runways.tier_row(member.account)
	tier, base = site.tier_of(row), site.base_tier_of(row)
	return {
		"customer": member.customer,
		"tier": tier,
		"name": wording.name_of(tier),
		"base": base,
		"base_name": wording.name_of(base),
		"may_act": member.may_act or access.is_reader(),
		"subscription": wording.subscription_line(member.account),
	}


@frappe.whitelist(methods=["GET", "POST"])
@limited(PREVIEWS_A_MINUTE)
def preview(tier: str, customer: str = "") -> TierPreview:
	"""What choosing ``tier`` for ``customer`` would cost now and by the month, and how long his credits would last.

	Raises SupportCreditsError for a tier that is not sold by the month. Nothing is charged.
	"""
	member = access.seen_by_caller(customer)
	return guarded(lambda: _preview(member, _existing(tier)))


def _preview(member: Membership, tier: str) -> TierPreview:
	at = clock.now()
	place = pages.newest(member.account, at)
	pace = reads.pace(reads.course(member.account, place), at)
	with quotes.undone(), account_lock(member.account, at) as account:
		plan = subscriptions.plan_of(tier, site.base_tier_of(account.row))
		found = subscriptions.weigh(account, plan)
		now = found.held.subscription if found.held else None
		about = runways.About(
			current=site.tier_of(account.row),
			base=site.base_tier_of(account.row),
			subscription=now,
			held=reads.holdings_of(account.name, at, account.zone).held,
			pace=pace,
			today=local_day(at, account.zone),
		)
		balance = queries.balance(account.name, at)
	step = found.step
	said = about.outlook(tier, plan.credits if plan else 0)
	lasts = about.lasts(tier, said)
	return {
		"customer": member.customer,
		"tier": tier,
		"name": wording.name_of(tier),
		"effect": wording.effect_of(step.event if step else None),
		"costs_now": found.cost,
		"credits_per_month": said.month,
		"balance": balance,
		"balance_after": balance - found.cost,
		"missing": max(0, found.cost - found.able),
		"from_on": wording.starts_on(step, now, about.today).isoformat(),
		"next_on": said.next_on.isoformat() if said.next_on else None,
		"lasts_until": lasts.lasts_until.isoformat() if lasts.lasts_until else None,
		"unused": lasts.unused,
		"message": wording.will_do(step, wording.name_of(tier)),
	}


def _existing(tier: str) -> str:
	if not frappe.db.exists("Support Tier", tier):
		frappe.throw(
			_("Support Tier {0} does not exist.").format(frappe.utils.escape_html(tier)), SupportCreditsError
		)
	return tier


@frappe.whitelist(methods=["POST"])
@limited(CHOICES_A_MINUTE)
def choose(
	tier: str,
	customer: str = "",
	key: str = "",
	costs_now: int | bool | None = None,
	credits_per_month: int | bool | None = None,
) -> TierChosen:
	"""Choose ``tier`` for ``customer``: a dearer one counts at once, a cheaper one from the next period on, and the base tier
	ends what is paid by the month. For who may act for him, and for agents.

	``costs_now`` and ``credits_per_month`` are what he saw that it costs, both or neither: where it costs something else by now
	he is told, and nothing changes. ``key`` makes it happen once. Raises CreditsRefused where what it costs now cannot be paid;
	then nothing changes either.
	"""
	member = _actor(customer)
	tier, request = _existing(tier), _request(member, key)
	shown = _shown(costs_now, credits_per_month)
	return guarded(lambda: _done(member, subscriptions.choose(member.account, tier, request, shown)))


def _shown(costs_now: int | bool | None, credits_per_month: int | bool | None) -> tuple[int, int] | None:
	if costs_now is None or credits_per_month is None:
		return None
	return whole_number(costs_now, _("What it costs now")), whole_number(
		credits_per_month, _("What it costs a month")
	)


@frappe.whitelist(methods=["POST"])
@limited(CHOICES_A_MINUTE)
def cancel(customer: str = "", key: str = "") -> TierChosen:
	"""End the tier by the month of ``customer`` with what is paid for. For the same people.

	Raises WrongState where there is none.
	"""
	member = _actor(customer)
	request = _request(member, key)
	return guarded(lambda: _done(member, subscriptions.cancel(member.account, request)))


def _actor(customer: str) -> Membership:
	"""The customer the caller chooses for: one he may act for, or any for the provider's people."""
	member = access.seen_by_caller(customer)
	if not access.is_reader():
		access.check_may_act(member)
	return member


def _request(member: Membership, key: str) -> str:
	return event_of("choice", f"{member.account}\n{key}") if key else ""


def _done(member: Membership, event: Event | None) -> TierChosen:
	return {
		"effect": wording.effect_of(event),
		"message": wording.has_done(event, member.account),
		"balance": queries.balance(member.account),
		"current": _current(member),
	}
