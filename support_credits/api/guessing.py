"""Wrong activation codes counted over the whole site, besides each person's own limit.

A try is counted before it is made and taken back unless it was wrong: tries at the same instant cannot slip past the
count together. Past the limit one more wrong code ends the hour for that person; whoever has typed none wrong still has
his try, so that nobody can keep honest customers from redeeming by typing nonsense.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import frappe
from frappe import _

from support_credits.api import hourly
from support_credits.exceptions import CodeRefused
from support_credits.ledger import clock

WRONG_AN_HOUR = 100
LISTED = 20


@contextmanager
def counted_try() -> Iterator[None]:
	"""Count the block as a wrong try when it raises CodeRefused. HTTP 429 when the hour's wrong tries are used up."""
	at = clock.now()
	key = key_of(at)
	of_all, own = hourly.count(key, frappe.session.user)
	if of_all > most() and own > 1:
		_take_back(key, frappe.session.user)
		_refuse(at)
	try:
		yield
	except CodeRefused:
		if of_all >= most():
			_tell_admin(key, of_all, at)
		raise
	except BaseException:
		_take_back(key, frappe.session.user)
		raise
	else:
		_take_back(key, frappe.session.user)


def most() -> int:
	"""Wrong tries of the whole site in an hour: of the site's config, else 100 times its rate factor."""
	said = frappe.conf.get("support_credits_wrong_codes_an_hour")
	if said is not None:
		return int(said)
	return hourly.factored(WRONG_AN_HOUR)


def key_of(at: datetime) -> bytes:
	"""Where the tries of the hour of ``at`` are counted."""
	return hourly.key_of("wrong_codes", at)


def _take_back(key: bytes, person: str) -> None:
	steps = frappe.cache.pipeline()
	steps.decr(key)
	steps.hincrby(hourly.by_person(key), person, -1)
	steps.execute()


def _refuse(at: datetime) -> None:
	frappe.throw(
		_(
			"Too many wrong codes were typed in this hour. Try again after {0} ({1}): your code was not used and is not lost."
		).format(*hourly.next_hour(at)),
		frappe.RateLimitExceededError,
		title=_("Try again later"),
	)


def _tell_admin(key: bytes, of_all: int, at: datetime) -> None:
	"""Once an hour, in the Error Log. What the refused try has done is undone first: only the log is kept."""
	if not frappe.cache.set(key + b":told", 1, nx=True, ex=hourly.KEPT):
		return
	steps = frappe.cache.pipeline()  # the host's own hgetall unpickles what it finds
	[found] = steps.hgetall(hourly.by_person(key)).execute()
	tries = sorted(((int(count), person.decode()) for person, count in found.items()), reverse=True)
	lines = [f"{count}\t{person}" for count, person in tries[:LISTED]]
	frappe.db.rollback()
	frappe.log_error(
		title="Support Credits: activation codes are being guessed",
		message="\n".join([f"{of_all} wrong codes in the hour from {at:%Y-%m-%d %H}:00 UTC, by:", *lines]),
	)
	frappe.db.commit()
