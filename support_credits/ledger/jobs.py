"""Scheduled work of the ledger. Safe to run twice at once, or not at all for a week: the clock decides, not the job."""

from __future__ import annotations

import frappe

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, grants, releases
from support_credits.ledger.retry import retry_whole

ACCOUNTS_PER_RUN = 1_000


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
	booked = 0
	for account in due:
		booked += retry_whole(lambda account=account: grants.expire_account(account))
		frappe.db.commit()  # one account that cannot be locked must not hold up the others
	return booked


def finish_releases() -> int:
	"""Bring tickets of released incidents up to date; also picks up what a crash left behind."""
	frappe.set_user("Administrator")
	return releases.finish_due()
