"""Orders looked up for customers, counted over the whole site before the call, besides each person's own limit.

Past the limit whoever has already looked one up in this hour has to wait; everybody else still has his try, so that nobody
keeps honest customers from redeeming by typing numbers.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import format_time

from support_credits.ledger import clock
from support_credits.ledger import settings as site

LOOKUPS_AN_HOUR = 100
HINTS_AN_HOUR = 300
KEPT = timedelta(hours=2)


def count_lookup() -> None:
	"""One more by the session's user. HTTP 429 when the hour's are used up."""
	at = clock.now()
	key = _key("lookups", at)
	steps = frappe.cache.pipeline()
	steps.incr(key)
	steps.hincrby(key + b":by_person", frappe.session.user, 1)
	for one in (key, key + b":by_person"):
		steps.expire(one, KEPT)
	of_all, own, *_set = steps.execute()
	if of_all > _most(LOOKUPS_AN_HOUR) and own > 1:
		_refuse(at)


def count_hint() -> bool:
	"""One more hint from outside; False when the hour's are used up: the nightly look finds what it would have said."""
	key = _key("hints", clock.now())
	steps = frappe.cache.pipeline()
	steps.incr(key)
	steps.expire(key, KEPT)
	count, _set = steps.execute()
	return bool(count <= _most(HINTS_AN_HOUR))


def _key(what: str, at: datetime) -> bytes:
	return frappe.cache.make_key(f"sc_oc_{what}:{at:%Y%m%d%H}")


def _most(limit: int) -> int:
	return int(limit * float(frappe.conf.get("support_credits_rate_factor") or 1))


def _refuse(at: datetime) -> None:
	next_hour = (at + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
	until = next_hour.astimezone(site.provider_zone())
	frappe.throw(
		_(
			"Too many orders were looked up in this hour. Try again after {0} ({1}): your order is not lost."
		).format(format_time(until.time(), "HH:mm"), until.tzname()),
		frappe.RateLimitExceededError,
		title=_("Try again later"),
	)
