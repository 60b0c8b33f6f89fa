"""Scheduled work on tiers by the month: months that are due, tiers that can be paid again, and those that are over."""

from __future__ import annotations

import frappe

from support_credits.engine.calendar_days import local_day
from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, jobs, subscriptions
from support_credits.ledger import settings as site
from support_credits.run_record import recorded

# What was paid for is over. Whoever is done with leaves this list, so that the next run goes on behind him.
DUE = """SELECT account FROM `tabSupport Subscription` WHERE state IN ('Active', 'Ending') AND paid_until < %(today)s
	ORDER BY paid_until, name LIMIT %(most)s"""
# Fallen, and too old to come back or with enough credits for it: nobody else is looked at again each hour.
FALLEN = """SELECT s.account FROM `tabSupport Subscription` s WHERE s.state = 'Fallen' AND (s.gives_up_on < %(today)s
	OR s.monthly_credits <= (SELECT COALESCE(SUM(l.remaining), 0) FROM `tabCredit Lot` l WHERE l.account = s.account
		AND l.remaining > 0 AND l.voided = 0 AND l.overdraft_limit = 0 AND l.granted_at_utc <= %(now)s
		AND (l.expires_at_utc IS NULL OR l.expires_at_utc > %(now)s)))
	ORDER BY s.gives_up_on, s.name LIMIT %(most)s"""


@recorded
def run_due() -> int:
	"""Have every account do what is due on its tier, each in a transaction of its own; returns how many did something.

	Safe to run twice at once: each account is locked and looked at anew.
	"""
	at = clock.now()
	values = {
		"today": local_day(at, site.provider_zone()),
		"now": stamp_text(at),
		"most": jobs.ACCOUNTS_PER_RUN,
	}
	accounts = [name for text in (DUE, FALLEN) for name in frappe.db.sql(text, values, pluck=True)]
	return sum(jobs.each(name, subscriptions.settle_account) for name in accounts)
