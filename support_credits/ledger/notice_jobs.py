"""Finds what customers are to be told of by following the ledger. Safe to run twice at once, or not for a week.

How far an account's entries have been followed is on its row: entries of one account are numbered without gaps, in the order
in which they were committed, so that none is ever passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import frappe

from support_credits.engine.model import Entry, Lot, parse_stamp
from support_credits.engine.notice import Happening, Kind, course, event_of, fallen_to, happenings
from support_credits.ledger import clock, notices, queries, rows
from support_credits.ledger import settings as site
from support_credits.ledger.notices import Notice
from support_credits.ledger.posting import successor_of
from support_credits.ledger.retry import retry_whole
from support_credits.run_record import recorded

ACCOUNTS_PER_RUN = 1_000
PAGE = 500  # entries of one account in one transaction
STALE = timedelta(days=30)  # what is older was imported, or nobody looked for long: no news any more
FOLLOWING = (
	"SELECT customer, noticed_seq, noticed_balance FROM `tabCredit Account` WHERE name = %s FOR UPDATE"
)
BEHIND = (
	f"SELECT name FROM `tabCredit Account` WHERE seq > noticed_seq ORDER BY name LIMIT {ACCOUNTS_PER_RUN}"
)


@recorded
def follow_ledger() -> int:
	"""Keep notices of what has been entered since the last run; returns how many entries were looked at."""
	behind = frappe.db.sql(BEHIND, pluck=True)
	return sum(alone(name, follow_account) for name in behind)


def alone(what: str, work: Callable[[str], int]) -> int:
	"""One transaction: one that fails is logged and must not hold up the others."""
	try:
		done = retry_whole(lambda: work(what))
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: no notices could be kept of {what}")
		done = 0
	frappe.db.commit()
	return done


def follow_account(name: str) -> int:
	"""The next entries of one account, under its row's lock: two runs at once follow one after the other."""
	row = frappe.db.sql(FOLLOWING, name, as_dict=True)[0]
	entries = _page(name, row.noticed_seq)
	if not entries:
		return 0
	# One that was joined with another before its entries were followed: they are its successor's customer's.
	customer = row.customer or frappe.db.get_value("Credit Account", successor_of(name), "customer") or ""
	for happened in happenings(entries):
		_tell(name, customer, happened)
	balance = row.noticed_balance
	if len(entries) < PAGE and row.customer:  # a joined one is empty because its credits have moved
		balance = _tell_if_low(name, customer, entries, balance)
	frappe.db.sql(
		"UPDATE `tabCredit Account` SET noticed_seq = %s, noticed_balance = %s WHERE name = %s",
		(entries[-1].seq, balance, name),
	)
	return len(entries)


def _page(account: str, after: int) -> list[Entry]:
	"""The next entries, of whole events only."""
	table = frappe.qb.DocType("Credit Ledger Entry")
	query = frappe.qb.from_(table).select(*(table[column] for column in queries.ENTRY_COLUMNS))
	query = query.where((table.account == account) & (table.seq > after)).orderby(table.seq).limit(PAGE)
	entries = [queries.entry_from_row(row) for row in query.run()]
	if len(entries) < PAGE:
		return entries
	last = event_of(entries[-1])
	whole = [entry for entry in entries if event_of(entry) != last]
	return whole or entries


def _tell(account: str, customer: str, happened: Happening) -> None:
	if not notices.is_told(happened.kind):
		return
	if happened.kind is Kind.EXPIRED:
		if parse_stamp(happened.at) > clock.now() - STALE:
			last_day = rows.last_day(parse_stamp(happened.at), site.provider_zone())
			values = {"credits": happened.credits, "expired_on": str(last_day)}
			key = f"expired:{happened.key}"
			notices.note(
				Notice(happened.kind, key, customer, account, ("Credit Account", account), values=values)
			)
		return
	about = _incident(happened.incident)
	if about.missed and happened.kind is Kind.REFUNDED:
		return  # told with the target that was missed
	values = {
		"credits": happened.credits,
		"reason": about.label or happened.reason,
		"ticket": about.ticket_no,
	}
	notices.note(
		Notice(
			kind=happened.kind,
			key=f"{happened.kind.value.lower()}:{happened.key}",
			customer=customer,
			account=account,
			about=("Support Incident", happened.incident)
			if happened.incident
			else ("Credit Account", account),
			ticket=about.ticket or "",
			values=values,
		)
	)


def _incident(name: str) -> frappe._dict:
	"""The ticket of an incident, why it is exempt, and whether that is because it was answered late."""
	found = frappe.db.sql(
		"""SELECT i.ticket, i.ticket_no, r.label, n.name AS missed FROM `tabSupport Incident` i
		LEFT JOIN `tabExemption Reason` r ON r.name = i.exemption
		LEFT JOIN `tabCredit Notice` n ON n.notice_key = CONCAT('missed:', i.name) AND r.automatic = 'Missed target'
		WHERE i.name = %s""",
		name,
		as_dict=True,
	)
	return found[0] if found else frappe._dict(ticket="", ticket_no="", label="", missed="")


def _tell_if_low(account: str, customer: str, entries: Sequence[Entry], before: int | None) -> int:
	"""Tell of a threshold the balance has fallen to; returns the balance, to know next time what it falls from."""
	now = queries.balance(account)
	highest = max([now, *course(_lots(account, entries), entries), *([] if before is None else [before])])
	reached = fallen_to(notices.thresholds(), highest, now)
	if reached is not None:
		notices.note(
			Notice(
				kind=Kind.LOW,
				key=f"low:{account}:{reached}:{entries[-1].seq}",
				customer=customer,
				account=account,
				about=("Credit Account", account),
				values={"threshold": reached, "balance": now},
			)
		)
	return now


def _lots(account: str, entries: Sequence[Entry]) -> list[Lot]:
	table = frappe.qb.DocType("Credit Lot")
	query = frappe.qb.from_(table).select(*(table[column] for column in rows.LOT_COLUMNS))
	named = list({entry.lot for entry in entries})
	query = query.where((table.account == account) & ((table.remaining != 0) | table.name.isin(named)))
	return [rows.lot_from_row(row) for row in query.run(as_dict=True)]
