"""Finds what customers are to be told of because its time has come: credits that end, months that cannot be paid, hours that were
worked. Safe to run twice at once, or not for a week: each is looked for until its notice is there.
"""

from __future__ import annotations

from datetime import timedelta

import frappe

from support_credits.engine.calendar_days import local_day
from support_credits.engine.model import stamp_text
from support_credits.engine.notice import Kind, Stretch, stretches
from support_credits.ledger import clock, notices, subscription_news
from support_credits.ledger import settings as site
from support_credits.ledger.notice_jobs import STALE, alone
from support_credits.ledger.notices import Notice
from support_credits.run_record import recorded

PER_RUN = 500
# The credits of an account that end on the same day are told of together. Nobody is told on the day after he bought them that
# they end in a month: half of their time has to be over.
ENDING = f"""SELECT l.account, a.customer, l.expires_on, SUM(l.remaining) AS credits
	FROM `tabCredit Lot` l JOIN `tabCredit Account` a ON a.name = l.account AND a.customer IS NOT NULL
	WHERE l.remaining > 0 AND l.voided = 0 AND l.overdraft_limit = 0 AND l.expires_at_utc > %(now)s
	AND l.expires_on > %(after)s AND l.expires_on <= %(until)s
	AND DATEDIFF(l.expires_on, LEFT(l.granted_at_utc, 10)) >= 2 * %(days)s
	AND NOT EXISTS (SELECT 1 FROM `tabCredit Notice` n
		WHERE n.notice_key = CONCAT('expiring:', l.account, ':', l.expires_on, ':', %(days)s))
	GROUP BY l.account, a.customer, l.expires_on ORDER BY l.expires_on, l.account LIMIT {PER_RUN}"""

FALLEN = f"""SELECT e.name, s.name AS subscription, s.account, s.customer, e.tier, s.monthly_credits, e.at_utc
	FROM `tabSupport Subscription Event` e JOIN `tabSupport Subscription` s ON s.name = e.subscription
	WHERE e.event = 'Fell' AND e.at_utc > %s
	AND NOT EXISTS (SELECT 1 FROM `tabCredit Notice` n WHERE n.notice_key = CONCAT('tier-fall:', e.name))
	ORDER BY e.at_utc, e.name LIMIT {PER_RUN}"""
# One of a ticket of nobody is told of once somebody is found for it.
ENDED = f"""SELECT s.name, s.ticket, s.ticket_no, COALESCE(s.customer, t.customer) AS customer, s.kind, s.worked_seconds,
	s.billed_minutes, s.amount, s.currency FROM `tabEmergency Session` s LEFT JOIN `tabHD Ticket` t ON t.name = s.ticket
	WHERE s.state = 'Stopped' AND COALESCE(s.customer, t.customer, '') != '' AND s.stopped_at_utc > %s
	AND NOT EXISTS (SELECT 1 FROM `tabCredit Notice` n WHERE n.notice_key = CONCAT('session:', s.name))
	ORDER BY s.stopped_at_utc, s.name LIMIT {PER_RUN}"""


@recorded
def look_at_clock() -> int:
	"""Keep notices of what the clock has brought; returns how many."""
	return _tell_of_expiries() + _tell_of_short_tiers() + _tell_of_fallen_tiers() + _tell_of_sessions()


def _tell_of_expiries() -> int:
	"""Keep notices of credits that end soon; returns how many. Whoever was not told in time is told once, of the nearest day."""
	if not notices.is_told(Kind.EXPIRING):
		return 0
	return sum(_tell_of_stretch(stretch) for stretch in stretches(notices.expiry_days()))


def _tell_of_stretch(stretch: Stretch) -> int:
	now = clock.now()
	today = local_day(now, site.provider_zone())
	values = {
		"now": stamp_text(now),
		"after": today + timedelta(days=stretch.after),
		"until": today + timedelta(days=stretch.days),
		"days": stretch.days,
	}
	found = frappe.db.sql(ENDING, values, as_dict=True)
	for row in found:
		details = {"credits": int(row.credits), "expires_on": str(row.expires_on), "days": stretch.days}
		notice = Notice(
			kind=Kind.EXPIRING,
			key=f"expiring:{row.account}:{row.expires_on}:{stretch.days}",
			customer=row.customer,
			account=row.account,
			about=("Credit Account", row.account),
			values=details,
		)
		alone(row.account, lambda _account, notice=notice: int(bool(notices.note(notice))))
	return len(found)


def _tell_of_short_tiers() -> int:
	"""Whose next month cannot be paid is told before it begins, once for each."""
	found = subscription_news.due_for_notice() if notices.is_told(Kind.TIER_NOTICE) else []
	return sum(alone(one.account, lambda _account, one=one: _tell_of_short(one)) for one in found)


def _tell_of_short(short: subscription_news.Shortfall) -> int:
	values = {"tier": short.tier, "credits": short.credits, "starts_on": str(short.next_period_on)}
	notice = Notice(
		kind=Kind.TIER_NOTICE,
		key=f"tier-notice:{short.subscription}:{short.next_period_on}",
		customer=short.customer,
		account=short.account,
		about=("Support Subscription", short.subscription),
		values={**values, "base_tier": _base_tier(short.account)},
	)
	return int(bool(notices.note(notice)))


def _tell_of_fallen_tiers() -> int:
	if not notices.is_told(Kind.TIER_FALL):
		return 0
	found = frappe.db.sql(FALLEN, stamp_text(clock.now() - STALE), as_dict=True)
	return sum(alone(row.account, lambda _account, row=row: _tell_of_fall(row)) for row in found)


def _tell_of_fall(row: frappe._dict) -> int:
	values = {"tier": row.tier, "credits": int(row.monthly_credits), "base_tier": _base_tier(row.account)}
	notice = Notice(
		kind=Kind.TIER_FALL,
		key=f"tier-fall:{row.name}",
		customer=row.customer,
		account=row.account,
		about=("Support Subscription", row.subscription),
		values=values,
	)
	return int(bool(notices.note(notice)))


def _base_tier(account: str) -> str:
	return site.base_tier_of(frappe.db.get_value("Credit Account", account, ["tier"], as_dict=True)) or ""


def _tell_of_sessions() -> int:
	"""What work by the hour has come to, once it is final."""
	if not notices.is_told(Kind.SESSION):
		return 0
	found = frappe.db.sql(ENDED, stamp_text(clock.now() - STALE), as_dict=True)
	return sum(alone(row.name, lambda _name, row=row: _tell_of_session(row)) for row in found)


def _tell_of_session(row: frappe._dict) -> int:
	account = frappe.db.get_value("Credit Account", {"customer": row.customer}, "name", order_by=None)
	values = {
		"label": row.kind,
		"minutes": -(-int(row.worked_seconds or 0) // 60),
		"billed_minutes": int(row.billed_minutes or 0),
		"amount": str(row.amount),
		"currency": row.currency,
		"ticket": row.ticket_no,
	}
	notice = Notice(
		kind=Kind.SESSION,
		key=f"session:{row.name}",
		customer=row.customer,
		account=account or "",
		about=("Emergency Session", row.name),
		ticket=row.ticket or "",
		values=values,
	)
	return int(bool(notices.note(notice)))
