"""The nightly proof: some accounts each night, every one within the days of the setting, and managers told once.

Bounded by time, and resumable: whose proof is longest ago comes first, and each account is noted when it is done. Reads
only, but for those notes and the findings. Two at once prove some accounts twice, and tell of a finding once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import frappe
from frappe import _

from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.rounds import NIGHT, share
from support_credits.integrations.notices import MANAGERS, notify_each, people_of
from support_credits.ledger import clock, rows
from support_credits.ledger import settings as site
from support_credits.ledger.findings import Finding
from support_credits.ledger.verification import Report, verify, verify_site
from support_credits.run_record import recorded

DOCTYPE = "Ledger Finding"
SETTINGS = "Support Credits Settings"
SPARE = 100  # accounts that cannot be proved, and are passed over, in one night
MOST_SECONDS = 900.0  # the queue of long jobs kills what takes 1,500
# The oldest proof first; accounts that were never proved before all others.
NEXT = "SELECT name FROM `tabCredit Account` ORDER BY proved_at_utc, name LIMIT %s"
LOCK_KNOWN = (
	f"SELECT name, state FROM `tab{DOCTYPE}` FORCE INDEX (PRIMARY) WHERE name IN %s ORDER BY name FOR UPDATE"
)
LOCK_JOB = "SELECT name FROM `tabCredit Job` WHERE name = %s FOR UPDATE"


@recorded
def prove_some() -> int:
	"""Prove tonight's share of the accounts, and what belongs to none where that is due; returns how many accounts."""
	days = site.settings().verify_days
	if not days:
		return 0
	until = time.monotonic() + MOST_SECONDS
	if _site_is_due(days):
		_prove_site()
	done, due = 0, _due(days)
	for account in _in_turn(due) if due else ():
		if done >= due or time.monotonic() >= until:
			break
		done += _prove(account)
	return done


def _due(days: int) -> int:
	last = frappe.db.sql("SELECT MAX(proved_at_utc), COUNT(*) FROM `tabCredit Account`")[0]
	silent = clock.now() - parse_stamp(last[0]) if last[0] else NIGHT
	return share(int(last[1]), days, silent)


def _in_turn(due: int) -> list[str]:
	"""More than are due: one that cannot be proved stays first, and must not take the turn of one that can."""
	return frappe.db.sql(NEXT, due + SPARE, pluck=True)


def _site_is_due(days: int) -> bool:
	proved = frappe.db.get_single_value(SETTINGS, "site_proved_at_utc", cache=False)
	return not proved or parse_stamp(proved) <= _before(clock.now(), days)


def _before(at: datetime, days: int) -> datetime:
	"""A night early: one that begins a minute before its time must not put it off by a whole night."""
	return at - timedelta(days=days) + NIGHT / 2


def _prove(account: str) -> int:
	"""One account, one snapshot, one transaction: one that cannot be proved must not hold up the others."""
	try:
		frappe.db.commit()
		_note(account, verify(account))
		frappe.db.sql(
			"UPDATE `tabCredit Account` SET proved_at_utc = %s WHERE name = %s",
			(stamp_text(clock.now()), account),
		)
		frappe.db.commit()
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: account {account} could not be proved")
		frappe.db.commit()
		return 0
	return 1


def _prove_site() -> None:
	try:
		frappe.db.commit()
		_note(None, verify_site())
		frappe.db.set_single_value(
			SETTINGS, "site_proved_at_utc", stamp_text(clock.now()), update_modified=False
		)
		frappe.db.commit()
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title="Support Credits: what belongs to no account could not be proved")
		frappe.db.commit()


def _note(account: str | None, report: Report) -> None:
	"""Keep what was found about ``account`` (None: about none), and tell managers of what was not known."""
	listed = {_name(account, finding): finding for finding in report.findings}
	known = frappe.get_all(DOCTYPE, {"account": account or ["is", "not set"], "state": "Open"}, pluck="name")
	if not listed and not known:
		return
	# One at a time; what the other has written is then seen by a locking read alone.
	frappe.db.sql(LOCK_JOB, f"{__name__}.{prove_some.__name__}")
	before = dict(frappe.db.sql(LOCK_KNOWN, (tuple({*listed, *known}),)))
	now = stamp_text(clock.now())
	new = [name for name in listed if name not in before]
	if new:
		rows.insert_rows(DOCTYPE, [_row(name, account, listed[name], now) for name in new])
	for name in listed:
		if name in before:
			_write(name, state="Open", last_seen_at_utc=now)
	for name in () if report.cut else known:
		if name not in listed:
			_write(name, state="Gone")
	back = [name for name in listed if before.get(name) == "Gone"]
	if new or back:
		_tell(account, [*new, *back], listed)


def _name(account: str | None, finding: Finding) -> str:
	said = "\0".join((account or "", finding.code, finding.row))
	return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _row(name: str, account: str | None, finding: Finding, now: str) -> dict[str, object]:
	return {
		"name": name,
		"account": account,
		"code": finding.code,
		"row_name": finding.row[:140],
		"message": finding.message,
		"state": "Open",
		"first_seen_at_utc": now,
		"last_seen_at_utc": now,
	}


def _write(name: str, **values: str) -> None:
	frappe.db.set_value(DOCTYPE, name, values, update_modified=False)


def _tell(account: str | None, names: Sequence[str], listed: dict[str, Finding]) -> None:
	"""One notification for all that is new of an account, in the transaction that keeps it: it is told once."""
	first = frappe.utils.escape_html(listed[names[0]].message)
	others = len(names) - 1

	def subject() -> str:
		about = account or _("what belongs to no account")
		if others:
			return _("The proof of the ledger found {0} things about {1}. The first: {2}").format(
				others + 1, about, first
			)
		return _("The proof of the ledger found something about {0}: {1}").format(about, first)

	notify_each(people_of(*MANAGERS), DOCTYPE, names[0], subject)
