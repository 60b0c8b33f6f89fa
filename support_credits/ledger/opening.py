"""Opening balances out of a file: all of its rows or none, in one transaction, each row once however often it comes.

Not the host's Data Import: it saves documents one by one and commits between them, and the ledger takes none.

The file is read twice, never held: once to check every row and to note its effect (:mod:`opening_plan`), then by
account, because an account's chain is written under its lock and accounts are locked in one order everywhere. Whatever
waits for credits is released once per account, after its last row and under the same lock.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from itertools import groupby
from typing import BinaryIO

import frappe
from frappe import _

from support_credits.engine import opening_balances as balances
from support_credits.engine.calendar_days import end_of_day, local_day
from support_credits.engine.csv_rows import LINE_BYTES_MAX
from support_credits.engine.opening_balances import Opening, Row
from support_credits.exceptions import AlreadyPosted, ImportRefused
from support_credits.ledger import accounts, clock, grants, opening_check
from support_credits.ledger import settings as site
from support_credits.ledger.findings import Progress, no_progress
from support_credits.ledger.opening_check import batched
from support_credits.ledger.opening_plan import Counts, Plan, Planned, Trouble, new_plan
from support_credits.ledger.posting import NewLot, OpenAccount, account_lock
from support_credits.ledger.retry import ATTEMPTS, retry_whole
from support_credits.ledger.rows import LotTerms, chained_terms

SOURCE = "Import"
AT_ONCE = 500  # rows of one account in one statement
PROGRESS_ROWS = 100


@dataclass(frozen=True)
class Outcome:
	"""What a file does, or did. ``digest`` is the SHA-256 of its bytes; ``trouble`` the first error."""

	digest: str
	counts: Counts
	trouble: Trouble | None = None

	@property
	def ok(self) -> bool:
		return self.trouble is None


Report = Callable[[Plan], None]


def check(path: str, progress: Progress = no_progress, report: Report | None = None) -> Outcome:
	"""The dry run: what every row of the file would do now. Nothing is written. ``report`` is shown all of it."""
	with new_plan() as plan:
		outcome = _read(plan, path, progress)
		if report:
			report(plan)
		return outcome


def bring_in(
	path: str,
	progress: Progress = no_progress,
	report: Report | None = None,
	digest: str = "",
) -> Outcome:
	"""Grant every row of the file in one transaction, which the caller commits. Call it with nothing else in that.

	``digest`` is the file's that was checked. Raises ImportRefused, naming the line, with nothing written.
	"""
	for _attempt in range(1, ATTEMPTS):
		try:
			return _attempted(path, progress, report, digest)
		except AlreadyPosted:
			# Another delivery of these rows was first; what it committed is seen from a new snapshot only.
			frappe.db.rollback()
	return _attempted(path, progress, report, digest)


def _attempted(path: str, progress: Progress, report: Report | None, digest: str) -> Outcome:
	with new_plan() as plan:
		outcome = _read(plan, path, progress)
		_refuse(outcome, digest)
		retry_whole(partial(_grant_all, plan, outcome.counts.grants, progress))
		if report:
			report(plan)
		return outcome


def _read(plan: Plan, path: str, progress: Progress) -> Outcome:
	digest = sha256()
	today = local_day(clock.now(), site.provider_zone())
	with open(path, "rb") as file:
		size = os.fstat(file.fileno()).st_size
		lines = _lines(file, digest.update)
		for _rows in opening_check.fill(plan, lines, today):
			progress("", "bytes read", file.tell(), size)
		for _line in lines:
			pass  # a file that could not be read to its end still has a digest
	return Outcome(digest.hexdigest(), plan.counts(), next(iter(plan.troubles(1)), None))


def _lines(file: BinaryIO, note: Callable[[bytes], object]) -> Iterator[bytes]:
	while line := file.readline(LINE_BYTES_MAX):
		note(line)
		yield line


def _refuse(outcome: Outcome, digest: str) -> None:
	if digest and outcome.digest != digest:
		frappe.throw(_("The file is not the one that was checked. Do the dry run again."), ImportRefused)
	if outcome.trouble:
		frappe.throw(frappe.utils.escape_html(said(outcome.trouble)), ImportRefused)


def said(trouble: Trouble) -> str:
	"""A problem in one sentence, as plain text."""
	where = f"{trouble.column}: " if trouble.column else ""
	return _("Line {0}: {1}").format(trouble.line, f"{where}{trouble.message}")


def _grant_all(plan: Plan, total: int, progress: Progress) -> None:
	plan.forget_granted()
	done = 0
	with _one_long_transaction():
		for _who, rows in groupby(plan.by_account(), key=lambda row: row.who):
			for lots in _grant_to_account(plan, rows):
				before, done = done, done + lots
				if done // PROGRESS_ROWS > before // PROGRESS_ROWS or done == total:
					progress("", "rows granted", done, total)


@contextmanager
def _one_long_transaction() -> Iterator[None]:
	"""The host stops a transaction of more than 200,000 writes, or commits in its middle; a file is one or none."""
	before = frappe.db.MAX_WRITES_PER_TRANSACTION
	frappe.db.MAX_WRITES_PER_TRANSACTION = sys.maxsize
	try:
		yield
	finally:
		frappe.db.MAX_WRITES_PER_TRANSACTION = before


def _grant_to_account(plan: Plan, rows: Iterator[Planned]) -> Iterator[int]:
	first = next(rows)
	with account_lock(first.account or _open_account(first), clock.now()) as account:
		for batch in batched(_again(first, rows), AT_ONCE):
			lots = account.post_grants([_new_lot(account, row) for row in batch])
			plan.note_granted(batch, lots)
			yield len(lots)
		grants.credits_came_in(account)


def _again(first: Planned, rest: Iterator[Planned]) -> Iterator[Planned]:
	yield first
	yield from rest


def _open_account(row: Planned) -> str:
	customer = row.customer or accounts.customer_for_person(row.person)
	return accounts.ensure_account(customer, announced=False)


def _new_lot(account: OpenAccount, row: Planned) -> NewLot:
	granted_on = date.fromisoformat(row.granted_on)
	terms = LotTerms(
		SOURCE,
		_reason(row),
		row.pack or None,
		Decimal(row.price) if row.price else None,
		row.currency or None,
	)
	content = {"import_row": row.content} if row.content else {}
	return NewLot(
		_event_key(account.name, row, granted_on),
		row.credits,
		end_of_day(granted_on - timedelta(days=1), account.zone),
		end_of_day(date.fromisoformat(row.until), account.zone) if row.until else None,
		terms,
		{**chained_terms(terms, account.zone), **content},
	)


def _event_key(account: str, row: Planned, granted_on: date) -> str:
	"""With the account's own name, which a row whose account was not open yet could not have."""
	until = date.fromisoformat(row.until) if row.until else None
	opening = Opening(row.credits, granted_on, until, over=False)
	identity = balances.identity_of(Row(row.line, granted_on, reference=row.reference), account, opening)
	return balances.event_key(identity, row.occurrence)


def _reason(row: Planned) -> str:
	reason = row.reason or _("Opening balance")
	return f"{reason} ({row.reference})" if row.reference else reason
