"""Scheduled work. Safe to run twice at once, or not at all for a week; silent while orders are not redeemed here."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import frappe

from support_credits.engine.model import stamp_text
from support_credits.integrations.open_collective import is_enabled, recheck, redemption
from support_credits.integrations.open_collective.errors import CallFailed
from support_credits.ledger import clock, external_grants
from support_credits.ledger import external_orders as records
from support_credits.run_record import recorded

PAUSE_SECONDS = 0.7  # a token has 100 calls a minute, and customers need some of them
AGAIN_AFTER = timedelta(hours=22)
MOST = 1_000
MOST_FAILURES = 3


@recorded
def run_due() -> int:
	"""Look up what waits for it, and end links that nobody opened; returns how many were looked up."""
	if not is_enabled():
		return 0
	frappe.set_user("Administrator")
	records.expire_links()
	frappe.db.commit()
	return _each(records.due(), _try)


def _try(name: str) -> None:
	done = redemption.look_up(name)
	frappe.db.commit()
	if done.outcome is redemption.Outcome.LATER:
		raise CallFailed("tried again later")


@recorded
def look_again_at_all() -> int:
	"""Every order that brought credits, once a day; returns how many were looked at."""
	if not is_enabled():
		return 0
	frappe.set_user("Administrator")
	before = stamp_text(clock.now() - AGAIN_AFTER)
	return _each(external_grants.due_orders(before, MOST), _look_again)


def _look_again(order_id: str) -> None:
	recheck.look_again(order_id)
	frappe.db.commit()


def look_again_at(order_id: str) -> None:
	"""A hint came for this order."""
	if is_enabled():
		frappe.set_user("Administrator")
		_each([order_id], _look_again)


def _each(items: list[str], work: Callable[[str], None]) -> int:
	"""One item, one transaction. Where the shop gives no answers the rest waits for the next run."""
	done = failures = 0
	for item in items:
		if done:
			time.sleep(PAUSE_SECONDS)
		done += 1
		try:
			work(item)
		except CallFailed as error:
			frappe.db.rollback()
			frappe.logger("support_credits").warning(f"Open Collective, {item}: {error}")
			failures += 1
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Support Credits: Open Collective, {item} failed")
			frappe.db.commit()
		if failures == MOST_FAILURES:
			break
	return done


def try_number(number: str) -> None:
	"""A hint came for an order that somebody waits for."""
	if is_enabled():
		frappe.set_user("Administrator")
		_each(records.pending_of(number), _try)
