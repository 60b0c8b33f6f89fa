"""The mails of Credit Notices: each queued in the transaction that says on its notice that it was, so that both happen or neither.

They refer to no record: the host would put answers to them there, where nobody reads them, instead of making tickets.
"""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import getdate

from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.notice import ASKS, Kind
from support_credits.engine.proposal import State as ProposalState
from support_credits.ledger import clock, notices, proposals, queries, subscription_news
from support_credits.ledger.notices import State
from support_credits.ledger.posting import successor_of
from support_credits.mail import notice_texts, notice_values, readers
from support_credits.mail.answers import MARK
from support_credits.mail.due import send_each
from support_credits.mail.readers import Reader
from support_credits.reader import in_language_of
from support_credits.run_record import recorded

NO_NEWS = timedelta(days=30)  # for so long a notice waits for a site that cannot send
STILL_LEFT = """SELECT COALESCE(SUM(remaining), 0) FROM `tabCredit Lot` WHERE account = %s AND expires_on = %s
	AND remaining > 0 AND voided = 0 AND overdraft_limit = 0 AND expires_at_utc > %s"""


@recorded
def send_due() -> int:
	"""Queue the mails that are due; returns how many."""
	return send_each(notices.due, send, notices.postpone, "notice {0} could not be written")


def send(name: str, sender: str) -> bool:
	"""Queue a mail to each of the readers; False where nobody is to be written to, or another process has done it."""
	row = notices.lock(name)
	if not row or row.state != State.QUEUED.value:
		return False
	if row.account and row.kind != Kind.EXPIRING.value:
		row.account = successor_of(row.account)  # joined meanwhile; what ends soon is told of that one anew
	why_not = _outdated(row)
	if not why_not and readers.unwanted_by_customer(Kind(row.kind), row.account):
		why_not = _("The account says that its customer does not want it.")
	if why_not:
		notices.settle(row, State.SKIPPED, why_not)
		return False
	found = readers_of(row)
	wanting = readers.wanting(found, notice_values.unsubscribe_from(row), Kind(row.kind) in ASKS)
	if not wanting:
		unwanted = _("Everybody who could be told has unsubscribed.")
		nobody = _("No contact of the customer has an e-mail address.")
		notices.settle(row, State.SKIPPED if found else State.NOBODY, unwanted if found else nobody)
		return False
	troubles = [_write(row, reader, sender) for reader in wanting]
	note = "\n".join(dict.fromkeys(filter(None, troubles)))
	notices.settle(row, State.SENT, note, tuple(reader.email for reader in wanting))
	return True


def readers_of(row: frappe._dict) -> list[Reader]:
	"""Who is to be told: of a ticket who raised it, of a proposal whoever may accept it, of the credits who manages them."""
	if row.kind == Kind.PROPOSAL.value:
		return readers.who_may_accept(row.customer, row.ticket or "")
	if row.ticket:
		return readers.of_ticket(row.customer, row.ticket)
	return readers.of_account(row.customer)


def _outdated(row: frappe._dict) -> str:
	"""Why what was due while nothing could be sent is not to be told any more."""
	if parse_stamp(row.noted_at_utc) < clock.now() - NO_NEWS:
		return _("It could not be sent in time and is no news any more.")
	if row.kind == Kind.LOW.value:
		return _no_longer_low(row)
	if row.kind == Kind.EXPIRING.value:
		row.details["credits"] = _still_left(row)
		return "" if row.details["credits"] else _("Nothing is left of the credits that end then.")
	if row.kind == Kind.PROPOSAL.value and not _is_open(row.about_name):
		return _("The proposal is open no more.")
	return _no_longer_short(row)


def _no_longer_short(row: frappe._dict) -> str:
	starts_on = row.kind == Kind.TIER_NOTICE.value and getdate(row.details["starts_on"])
	if starts_on and not subscription_news.is_still_short(row.about_name, starts_on):
		return _("That month can be paid by now, or has begun.")
	if row.kind == Kind.TIER_FALL.value and not subscription_news.has_fallen(row.about_name):
		return _("The tier has come back since, or was cancelled.")
	return ""


def _no_longer_low(row: frappe._dict) -> str:
	if queries.balance(row.account) > int(row.details["threshold"]):
		return _("Credits have come in since.")
	later = {"kind": row.kind, "account": row.account, "noted_at_utc": [">", row.noted_at_utc]}
	return _("A later one says how much is left.") if frappe.db.exists(notices.DOCTYPE, later) else ""


def _still_left(row: frappe._dict) -> int:
	now = stamp_text(clock.now())
	return int(frappe.db.sql(STILL_LEFT, (row.account, row.details["expires_on"], now))[0][0])


def _is_open(proposal: str) -> bool:
	return any(state is ProposalState.OPEN for _row, state in proposals.found(name=proposal))


def _write(row: frappe._dict, reader: Reader, sender: str) -> str:
	"""Queue the mail to one reader; returns what was wrong with the provider's text, if anything."""
	with in_language_of(reader.user or reader.email):
		values = notice_values.values_for(row, reader)
		written = notice_texts.write(Kind(row.kind), values, frappe.local.lang or "en")
		frappe.sendmail(
			recipients=[reader.email],
			sender=sender,
			subject=written.subject,
			message=written.html + notice_values.footer(row, reader),
			add_unsubscribe_link=0,
			email_headers={"X-Auto-Generated": MARK},
		)
	return written.trouble
