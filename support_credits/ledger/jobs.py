"""Scheduled work of the ledger. Safe to run twice at once, or not at all for a week: the clock decides, not the job."""

from __future__ import annotations

from collections.abc import Callable

import frappe

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, extras, grants, orders, releases, topups
from support_credits.ledger.retry import retry_whole
from support_credits.run_record import recorded

ACCOUNTS_PER_RUN = 1_000


@recorded
def expire_lots() -> int:
	"""Book the expiry of lots that are past their end, one transaction per account; returns how many lots."""
	lot = frappe.qb.DocType("Credit Lot")
	due = (
		frappe.qb.from_(lot)
		.select(lot.account)
		.distinct()
		.where((lot.remaining > 0) & (lot.expires_at_utc <= stamp_text(clock.now())))
		.limit(ACCOUNTS_PER_RUN)
		.run(pluck=True)
	)
	return sum(each(account, grants.expire_account) for account in due)


@recorded
def release_waiting() -> int:
	"""Try the accounts in whose queue tickets wait: credits may count without a posting, a tier may have become cheaper."""
	account = frappe.qb.DocType("Credit Account")
	waiting = frappe.qb.from_(account).select(account.name).where(account.parked.like('["%')).run(pluck=True)
	return sum(each(name, releases.release_account) for name in waiting)


def each(account: str, work: Callable[[str], int]) -> int:
	"""One account, one transaction: one that fails is logged and must not hold up the others."""
	try:
		done = retry_whole(lambda: work(account))
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: {work.__name__} of {account} failed")
		done = 0
	frappe.db.commit()
	return done


@recorded
def expire_proposals() -> int:
	"""Say of every proposal whose time is over that it is; it could not be answered before either."""
	done = extras.expire_due()
	frappe.db.commit()
	return done


@recorded
def expire_orders() -> int:
	"""Say of every unpaid order whose time is over that it is; what is paid for it later counts all the same."""
	done = orders.expire_due()
	frappe.db.commit()
	return done


@recorded
def raise_topups() -> int:
	"""Ask customers whose balance has fallen to their threshold."""
	return topups.raise_due()


@recorded
def finish_releases() -> int:
	"""Bring tickets of released incidents up to date; also picks up what a crash left behind."""
	frappe.set_user("Administrator")
	return releases.finish_due()
