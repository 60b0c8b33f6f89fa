"""What is counted over the whole site by the hour, besides each person's own limit. The counts live in the host's cache."""

from datetime import datetime, timedelta

import frappe
from frappe.utils import format_time

from support_credits.ledger import settings as site

KEPT = timedelta(hours=2)


def factored(limit: int) -> int:
	"""``limit`` times the rate factor of the site's config."""
	return int(limit * float(frappe.conf.get("support_credits_rate_factor") or 1))


def key_of(what: str, at: datetime) -> bytes:
	"""Where ``what`` of the hour of ``at`` is counted."""
	return frappe.cache.make_key(f"sc_{what}:{at:%Y%m%d%H}")


def by_person(key: bytes) -> bytes:
	return key + b":by_person"


def count(key: bytes, person: str) -> tuple[int, int]:
	"""One more for all and for ``person``, in one step; the numbers with it."""
	steps = frappe.cache.pipeline()
	steps.incr(key)
	steps.hincrby(by_person(key), person, 1)
	for one in (key, by_person(key)):
		steps.expire(one, KEPT)
	of_all, own, *_set = steps.execute()
	return of_all, own


def next_hour(at: datetime) -> tuple[str, str]:
	"""When counting begins anew, on the provider's clock: the time and the zone's name."""
	whole = (at + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
	until = whole.astimezone(site.provider_zone())
	return format_time(until.time(), "HH:mm"), str(until.tzname())
