"""What customers have to know of their tiers by the month: whose next one cannot be paid, and whose has fallen. Plain reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import frappe
from frappe.utils import getdate

from support_credits.engine.calendar_days import end_of_day, local_day
from support_credits.engine.model import DAY, stamp_text
from support_credits.engine.subscription import State
from support_credits.ledger import clock
from support_credits.ledger import settings as site
from support_credits.ledger.subscription_rows import DOCTYPE, LAPSED


@dataclass(frozen=True)
class Shortfall:
	"""The next period of a subscription costs ``credits``, of which the account will have ``able``."""

	subscription: str
	account: str
	customer: str
	tier: str
	credits: int
	able: int
	next_period_on: date


COMING = f"""SELECT name, account, customer, COALESCE(NULLIF(next_tier, ''), tier) AS tier,
	IF(COALESCE(next_tier, '') = '', monthly_credits, next_credits) AS credits, next_period_on FROM `tab{DOCTYPE}`
	WHERE state = 'Active' AND next_period_on > %(today)s AND next_period_on <= %(until)s"""
ALL_OF_THEM = f"{COMING} ORDER BY next_period_on, name"
ONE_OF_THEM = f"{COMING} AND name = %(name)s"
USABLE = """SELECT COALESCE(SUM(remaining), 0) FROM `tabCredit Lot` WHERE account = %s AND remaining > 0 AND voided = 0
	AND overdraft_limit = 0 AND granted_at_utc <= %s AND (expires_at_utc IS NULL OR expires_at_utc > %s)"""


def due_for_notice(days: int | None = None) -> list[Shortfall]:
	"""Subscriptions whose next period begins within ``days`` (default: the setting) and cannot be paid with the credits of
	today that are still usable then: one for each subscription and ``next_period_on``.
	"""
	until = _today() + timedelta(days=site.tier_notice_days() if days is None else days)
	found = frappe.db.sql(ALL_OF_THEM, {"today": _today(), "until": until}, as_dict=True)
	return [one for one in map(_weighed, found) if one.able < one.credits]


def is_still_short(subscription: str, starts_on: date) -> bool:
	"""Whether the period that begins on ``starts_on`` is still to come, and still cannot be paid."""
	values = {"name": subscription, "today": _today(), "until": starts_on}
	found = [_weighed(row) for row in frappe.db.sql(ONE_OF_THEM, values, as_dict=True)]
	return any(one.next_period_on == starts_on and one.able < one.credits for one in found)


def has_fallen(subscription: str) -> bool:
	"""Whether it has not come back since, and nobody has cancelled it."""
	state, reason = frappe.db.get_value(DOCTYPE, subscription, ["state", "end_reason"])
	return state == State.FALLEN.value or reason == LAPSED


def _today() -> date:
	return local_day(clock.now(), site.provider_zone())


def _weighed(row: frappe._dict) -> Shortfall:
	begins = getdate(row.next_period_on)
	able = usable_on(row.account, begins)
	return Shortfall(row.name, row.account, row.customer, row.tier, int(row.credits), able, begins)


def usable_on(account: str, day: date) -> int:
	"""Credits of today that can be spent at the beginning of ``day``, in the provider's zone."""
	begins = max(stamp_text(end_of_day(day - DAY, site.provider_zone())), stamp_text(clock.now()))
	return int(frappe.db.sql(USABLE, (account, begins, begins))[0][0])
