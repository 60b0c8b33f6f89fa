"""Tiers by the month as the customer's endpoints answer them."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import formatdate

from support_credits.api.subscription_shapes import SubscriptionLine
from support_credits.api.wording import from_stamp
from support_credits.engine.subscription import Event, Plan, State, Step, Subscription
from support_credits.ledger import subscription_news
from support_credits.ledger.subscription_rows import Held, read_live

NOW, LATER, END, KEPT, NONE = "now", "later", "end", "kept", "none"
EFFECTS = {
	Event.START: NOW,
	Event.COME_BACK: NOW,
	Event.UPGRADE: NOW,
	Event.SWITCH: NOW,
	Event.PLAN: LATER,
	Event.CANCEL: END,
	Event.END: END,
	Event.KEEP: KEPT,
}


def name_of(tier: str | None) -> str:
	"""The tier's name in the reader's language; empty for none."""
	return _(frappe.get_cached_value("Support Tier", tier, "tier_name") or tier) if tier else ""


def effect_of(event: Event | None) -> str:
	"""What a choice does, as the answers have it."""
	return EFFECTS.get(event, NONE) if event else NONE


def starts_on(step: Step | None, now: Subscription | None, today: date) -> date:
	"""The day from which what was chosen counts: of what ``now`` is paid for, the day after it where it has to run out."""
	waits = step is not None and step.event in (Event.PLAN, Event.CANCEL)
	return now.paid.following if waits and now else today


def subscription_line(account: str) -> SubscriptionLine | None:
	"""What ``account`` pays for by the month; None where it pays for nothing."""
	held = read_live(account)
	return _line(account, held) if held else None


def _line(account: str, held: Held) -> SubscriptionLine:
	now = held.subscription
	follows = now.state is State.ACTIVE
	following: Plan = now.next_plan
	short = following.credits - subscription_news.usable_on(account, now.paid.following) if follows else 0
	return {
		"state": now.state.value,
		"state_text": _(now.state.value),
		"tier": now.plan.tier,
		"name": name_of(now.plan.tier),
		"credits_per_month": now.plan.credits,
		"paid_until": now.paid.last.isoformat(),
		"next_on": now.paid.following.isoformat() if follows else None,
		"next_tier": following.tier if follows else None,
		"next_name": name_of(following.tier) if follows else "",
		"next_credits": following.credits if follows else 0,
		"short": max(0, short),
		"fallen_at": from_stamp(held.fallen_at_utc) if now.state is State.FALLEN else None,
		"comes_back_until": now.gives_up_on.isoformat() if now.gives_up_on else None,
	}


def will_do(step: Step | None, name: str) -> str:
	"""What choosing the tier ``name`` would do, for whoever is about to."""
	if step is None:
		return _("Nothing changes: this is what the account has.")
	after = step.after
	if step.event is Event.CANCEL:
		return _(
			"{0} counts through {1}, which is paid for. Then the base tier counts, and nothing is charged by the month."
		).format(name_of(after.plan.tier), formatdate(after.paid.last))
	if step.event is Event.END:
		return _("{0} does not come back any more, and nothing is charged by the month.").format(
			name_of(after.plan.tier)
		)
	if step.event is Event.KEEP:
		return _("{0} stays: {1} credit(s) a month, the next on {2}.").format(
			name, after.plan.credits, formatdate(after.paid.following)
		)
	if step.event is Event.PLAN:
		return _(
			"{0} counts from {1} on and costs {2} credit(s) a month. Until then nothing changes, and nothing is charged now."
		).format(name, formatdate(after.paid.following), after.next_plan.credits)
	if step.event is Event.UPGRADE:
		return _(
			"{0} counts at once. The difference for the month through {1} is charged now: {2} credit(s). Then {3} a month, from {4} on."
		).format(
			name, formatdate(after.paid.last), step.cost, after.plan.credits, formatdate(after.paid.following)
		)
	if step.event is Event.SWITCH:
		return _("{0} counts at once and costs as much. Nothing is charged before {1}.").format(
			name, formatdate(after.paid.following)
		)
	return _(
		"{0} counts at once. {1} credit(s) are charged now, and again every month, the next on {2}."
	).format(name, step.cost, formatdate(after.paid.following))


def has_done(event: Event | None, account: str) -> str:
	"""What a choice did."""
	line = subscription_line(account)
	if event is None or line is None:
		return (
			_("Nothing has changed.")
			if event is None
			else _("Done. Nothing is charged by the month any more.")
		)
	return {
		NOW: _("Done. {0} counts now."),
		LATER: _("Done. {1} counts from {2} on."),
		KEPT: _("Done. {0} stays."),
		END: _("Done. {0} counts through {3}."),
	}[effect_of(event)].format(
		line["name"], line["next_name"], _day(line["next_on"]), _day(line["paid_until"])
	)


def _day(text: str | None) -> str:
	return formatdate(text) if text else ""
