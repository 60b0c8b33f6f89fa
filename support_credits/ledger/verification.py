"""Proves the ledger: recomputes every chain, lot and balance, and reconciles incidents and tickets.

Reads only, streaming by page, so memory stays the same however long the ledger is. The first bad row of each account
is named; a finding says what is wrong, not who did it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

import frappe
from frappe import _

from support_credits.engine.allocation import spending_key
from support_credits.engine.model import GENESIS_HASH, Head, Lot
from support_credits.engine.verify import ChainChecker
from support_credits.ledger import queries, rows
from support_credits.ledger.incident_proof import incident_findings
from support_credits.ledger.lot_proof import EVERYDAY_KINDS, Finding, LotFacts, lot_findings
from support_credits.ledger.posting import ACCOUNT_COLUMNS, is_open
from support_credits.ledger.wording import render

Progress = Callable[[int], None]
PROGRESS_EVERY = 10_000


@dataclass
class Report:
	"""The outcome of a verification; ``ok`` when nothing was found."""

	accounts: int = 0
	entries: int = 0
	tickets: int = 0
	findings: list[Finding] = field(default_factory=list)

	@property
	def ok(self) -> bool:
		return not self.findings

	def as_dict(self) -> dict[str, object]:
		return {"ok": self.ok, **asdict(self)}


def verify(account: str | None = None, progress: Progress | None = None) -> Report:
	"""Check one account, or all of them and the tickets. ``progress`` is called with the entries read so far."""
	report = Report()
	for name in [account] if account else _accounts():
		report.findings += _verify_account(name, report, progress)
		report.accounts += 1
	if account is None:
		report.findings += [*_orphans(), *_tickets(report)]
	return report


def _accounts() -> Iterator[str]:
	yield from frappe.get_all("Credit Account", pluck="name", order_by="name asc")


def _verify_account(name: str, report: Report, progress: Progress | None) -> list[Finding]:
	found = frappe.get_all("Credit Account", filters={"name": name}, fields=list(ACCOUNT_COLUMNS))
	if not found:
		return [Finding("no_account", name, _("Credit Account {0} does not exist.").format(name))]
	row = found[0]
	head = Head(name, row.seq or 0, row.head_hash or GENESIS_HASH, row.lot_count or 0)
	checker = ChainChecker(name)
	facts: dict[str, LotFacts] = {}
	for entry in queries.packed_rows(name):
		problem = checker.feed_row(entry)
		if problem:
			return [Finding(problem.code, problem.row, render(problem.message))]
		if entry[2] not in EVERYDAY_KINDS:
			facts.setdefault(entry[1], LotFacts()).note(kind=entry[2], credits=entry[3], detail=entry[7])
		if progress and checker.seq % PROGRESS_EVERY == 0:
			progress(report.entries + checker.seq)
	report.entries += checker.seq
	problem = checker.finish(head)
	if problem:
		return [Finding(problem.code, problem.row, render(problem.message))]
	lots = rows.read_lots(name)
	return [
		*lot_findings(name, lots, checker.lot_sums, facts),
		*_queues(row, lots),
		# A joined account's incidents are its successor's, which looks at both.
		*(() if row.merged_into else incident_findings(name)),
	]


def _queues(row: frappe._dict, lots: dict[str, Lot]) -> Iterator[Finding]:
	"""What the account's row says is open must be what the lots say: the row is only an index."""
	opened = [lot for lot in lots.values() if is_open(lot)]
	expected = [
		rows.lot_number(lot.name)
		for lot in sorted(opened, key=lambda lot: (lot.is_overdraft, spending_key(lot)))
	]
	if json.loads(row.open_lots or "[]") != expected:
		yield Finding("open_lots", row.name, _("{0} lists other open lots than it has.").format(row.name))
	for column, state in (("parked", "Parked"), ("overdrawn", "Overdrawn")):
		listed = json.loads(row.get(column) or "[]")
		actual = frappe.get_all(
			"Support Incident", filters={"account": row.name, "state": state}, pluck="name"
		)
		if sorted(listed) != sorted(actual):
			yield Finding(
				column, row.name, _("{0} lists other incidents as {1} than are.").format(row.name, _(state))
			)


def _orphans() -> Iterator[Finding]:
	"""Rows that no account of this site carries: entries and lots moved out of sight."""
	for doctype in ("Credit Ledger Entry", "Credit Lot"):
		table, account = frappe.qb.DocType(doctype), frappe.qb.DocType("Credit Account")
		query = frappe.qb.from_(table).left_join(account).on(account.name == table.account)
		for name in query.where(account.name.isnull()).select(table.name).limit(1).run(pluck=True):
			yield Finding("orphan", name, _("{0} belongs to an account that does not exist.").format(name))


def _tickets(report: Report) -> Iterator[Finding]:
	"""Every charge has its ticket, and every ticket of an account's customer has its decision."""
	report.tickets = frappe.db.count("HD Ticket")
	for name, ticket in frappe.db.sql(
		"""SELECT i.name, i.ticket_no FROM `tabSupport Incident` i
		LEFT JOIN `tabHD Ticket` t ON t.name = i.ticket AND t.key = i.ticket_key
		WHERE i.ticket_deleted_at_utc = '' AND t.name IS NULL"""
	):
		yield Finding(
			"no_ticket", name, _("Incident {0} is of ticket {1}, which does not exist.").format(name, ticket)
		)
	for (ticket,) in frappe.db.sql(
		"""SELECT t.name FROM `tabHD Ticket` t
		JOIN `tabCredit Account` a ON a.customer = t.customer AND a.counts_from < t.creation
		LEFT JOIN `tabSupport Incident` i ON i.ticket_key = t.key
		WHERE i.name IS NULL"""
	):
		yield Finding(
			"no_decision", ticket, _("Ticket {0} was opened, but nothing was decided for it.").format(ticket)
		)
	for ticket, shown, state in frappe.db.sql(
		"""SELECT t.name, t.sc_state, i.state FROM `tabSupport Incident` i
		JOIN `tabHD Ticket` t ON t.name = i.ticket
		WHERE i.ticket_update_due = 0 AND COALESCE(t.sc_state, '') != i.state"""
	):
		yield Finding(
			"ticket_state",
			ticket,
			_("Ticket {0} shows {1}, its incident is {2}.").format(ticket, shown or "-", state),
		)
