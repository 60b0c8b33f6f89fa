"""Orders looked up for customers, counted over the whole site before the call, besides each person's own limit.

Past the limit whoever has already looked one up in this hour has to wait; everybody else still has his try, so that nobody
keeps honest customers from redeeming by typing numbers.
"""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _

from support_credits.api import hourly
from support_credits.ledger import clock

LOOKUPS_AN_HOUR = 100
HINTS_AN_HOUR = 300


def count_lookup() -> None:
	"""One more by the session's user. HTTP 429 when the hour's are used up."""
	at = clock.now()
	of_all, own = hourly.count(hourly.key_of("oc_lookups", at), frappe.session.user)
	if of_all > hourly.factored(LOOKUPS_AN_HOUR) and own > 1:
		_refuse(at)


def count_hint() -> bool:
	"""One more hint from outside; False when the hour's are used up: the nightly look finds what it would have said."""
	key = hourly.key_of("oc_hints", clock.now())
	steps = frappe.cache.pipeline()
	steps.incr(key)
	steps.expire(key, hourly.KEPT)
	count, _set = steps.execute()
	return bool(count <= hourly.factored(HINTS_AN_HOUR))


def _refuse(at: datetime) -> None:
	frappe.throw(
		_(
			"Too many orders were looked up in this hour. Try again after {0} ({1}): your order is not lost."
		).format(*hourly.next_hour(at)),
		frappe.RateLimitExceededError,
		title=_("Try again later"),
	)
