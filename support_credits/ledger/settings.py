"""The site's settings as the rules need them: typed, with the site's own fallbacks."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone

from support_credits.engine.decision import Door, Policy, resolve_policy
from support_credits.engine.reopen import Late

POLICY_BY_LABEL = {
	"Refuse": Policy.REFUSE,
	"Park": Policy.PARK,
	"Overdraw": Policy.OVERDRAW,
	"Best effort": Policy.BEST_EFFORT,
}
# Which doors each policy field speaks for; a split is an agent's act.
POLICY_DOORS = {
	"portal_policy": (Door.PORTAL, Door.API),
	"mail_policy": (Door.MAIL,),
	"agent_policy": (Door.AGENT, Door.SPLIT),
}
POLICY_FIELDS = tuple(POLICY_DOORS)


LATE_BY_LABEL = {"Charge as a new incident": Late.CHARGE, "Ask for a new ticket": Late.ASK}


def settings() -> frappe._dict:
	"""The settings document, from the cache: reading it costs no SQL statement on a ticket."""
	return frappe.get_cached_doc("Support Credits Settings")


def provider_zone() -> ZoneInfo:
	"""The provider's time zone, in which credits expire at the end of a day; the site's own where none is set."""
	return ZoneInfo(settings().time_zone or get_system_timezone())


def policy_for(door: Door, account: frappe._dict | None) -> Policy:
	"""What happens at ``door`` when the account is empty: the account's own word first, then the site's."""
	return resolve_policy(door, policies_of(account or {}), policies_of(settings()))


def policies_of(record: frappe._dict) -> dict[Door, Policy]:
	"""What an account, or the settings, say of their own for each door."""
	chosen = {field: record.get(field) for field in POLICY_DOORS}
	return {
		door: POLICY_BY_LABEL[label]
		for field, label in chosen.items()
		if label
		for door in POLICY_DOORS[field]
	}


def tier_of(account: frappe._dict | None) -> str | None:
	"""The tier that counts: one that is paid by the month, else the account's own, else the site's base tier."""
	row = account or {}
	return row.get("subscribed_tier") or base_tier_of(account)


def base_tier_of(account: frappe._dict | None) -> str | None:
	"""What an account has without paying by the month."""
	return (account or {}).get("tier") or settings().base_tier or None


def credits_per_incident(tier: str | None) -> int:
	"""What an incident of ``tier`` costs; one credit where no tier is set (design rule 5)."""
	if not tier:
		return 1
	cost = frappe.get_cached_value("Support Tier", tier, "credits_per_incident")
	return 1 if cost is None else int(cost)


def cover_minutes() -> int:
	"""Minutes of work an incident covers (design rule 14)."""
	return int(settings().cover_minutes or 60)


def work_step_minutes() -> int:
	"""Logged work is rounded up to whole multiples of so many minutes; 1 is as it was."""
	return int(settings().work_step_minutes or 1)


def proposal_days() -> int:
	"""Days for which a proposal of extra credits can be answered; 0 until the end of the day."""
	days = settings().proposal_days
	return 7 if days is None else int(days)


def order_days() -> int:
	"""Days for which an order can be paid; 0 until the end of the day."""
	days = settings().order_days
	return 30 if days is None else int(days)


def tier_notice_days() -> int:
	"""Days before a period that cannot be paid on which its customer is told (design rule 15)."""
	days = settings().tier_notice_days
	return 3 if days is None else int(days)


def tier_return_days() -> int:
	"""Days for which a fallen tier comes back by itself when credits come."""
	days = settings().tier_return_days
	return 30 if days is None else int(days)


def approval_days() -> int:
	"""Days for which an entry by hand waits for a second person; 0 until the end of the day."""
	days = settings().approval_days
	return 7 if days is None else int(days)


def late_reopening() -> Late:
	"""What reopening a ticket after the window is."""
	return LATE_BY_LABEL.get(settings().late_reopen or "", Late.CHARGE)


def site_time(moment: datetime) -> datetime:
	"""A time of the host's own fields, which are in the site's time zone without saying so, as an instant.

	In UTC: two times of one zone are compared by what its wall shows, which in autumn is not what came first.
	"""
	return moment.replace(tzinfo=ZoneInfo(get_system_timezone())).astimezone(timezone.utc)


def on_site_wall(instant: datetime) -> datetime:
	"""The inverse: an instant as the host stores it, on the site's wall and without a zone."""
	return instant.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None, fold=0)
