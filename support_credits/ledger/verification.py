"""Proves the ledger: recomputes every chain, lot and balance, and reconciles incidents and tickets.

Reads only, a page at a time, so memory stays the same however long the ledger is. Each account is judged in order: its
chain, and where that holds its lots, its incidents with their tickets, and its row, which is an index of those. A finding names the first bad row and
what is wrong with it, not who did it.

Whoever can write rows can also recompute hashes: a chain rewritten up to its head, the head with it, is found only by
comparing with heads noted elsewhere (``heads`` and ``kept``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice

import frappe
from frappe import _

from support_credits.engine.model import GENESIS_HASH, Head, lot_name
from support_credits.engine.tally import LotTally
from support_credits.engine.verify import ChainChecker, Problem
from support_credits.ledger import queries
from support_credits.ledger.account_proof import account_row, list_findings, owner_findings
from support_credits.ledger.act_proof import act_findings
from support_credits.ledger.external_proof import external_findings
from support_credits.ledger.findings import (
	WINDOW,
	Finding,
	Progress,
	Stream,
	found,
	names_of,
	no_progress,
	windows,
)
from support_credits.ledger.heads import NotedHead, head_findings
from support_credits.ledger.incident_proof import family_of, incident_findings, incident_streams
from support_credits.ledger.incident_rules import Payer
from support_credits.ledger.lot_proof import lot_findings
from support_credits.ledger.session_proof import session_findings
from support_credits.ledger.subscription_proof import lone_month_findings, subscription_findings
from support_credits.ledger.ticket_proof import SUSPECT, TICKET_JOIN, ticket_findings, undecided_findings
from support_credits.ledger.wording import render

PROGRESS_EVERY = 10_000
FINDINGS_MAX = 100  # of one part of one account: who reads more of them looks for another cause
REPORT_MAX = 10_000

ACCOUNTS = Stream("name", "`tabCredit Account`")
ORPHANS = {
	"Credit Ledger Entry": "1 = 1",
	"Credit Lot": "1 = 1",
	"Support Incident": "account IS NOT NULL",  # an incident may have none
}
# Only an account pays, or has a queue to wait in.
PAID = """(i.credits != 0 OR i.state IN ('Charged', 'Overdrawn', 'Parked')
	OR COALESCE(i.funding, '') NOT IN ('', '[]'))"""


@dataclass
class Report:
	"""The outcome of a verification; ``ok`` when nothing was found. ``cut`` when there was more than is listed."""

	accounts: int = 0
	entries: int = 0
	tickets: int = 0
	cut: bool = False
	findings: list[Finding] = field(default_factory=list)
	heads: list[NotedHead] | None = None

	@property
	def ok(self) -> bool:
		return not self.findings

	def add(self, findings: Iterable[Finding]) -> bool:
		"""Note the first of ``findings``; whether there were none."""
		first = list(islice(findings, FINDINGS_MAX + 1))
		noted = first[: min(FINDINGS_MAX, max(0, REPORT_MAX - len(self.findings)))]
		self.cut = self.cut or len(noted) < len(first)
		self.findings += noted
		return not first

	def as_dict(self) -> dict[str, object]:
		said = {"ok": self.ok, **asdict(self)}
		if self.heads is None:
			del said["heads"]
		return said


def verify(
	account: str | None = None,
	progress: Progress | None = None,
	heads: bool = False,
	kept: Iterable[NotedHead] = (),
	tickets: bool = True,
) -> Report:
	"""Check one account with its incidents' tickets, or all of them and every ticket.

	With ``heads`` the report has the head of every chain that holds, to be noted elsewhere; ``kept`` are such notes.
	Without ``tickets`` only what the ledger itself writes is looked at.
	"""
	report, show = Report(heads=[] if heads else None), progress or no_progress
	for name in [account] if account else names_of(ACCOUNTS):
		_verify_account(name, report, show, tickets)
		report.accounts += 1
	report.add(head_findings(head for head in kept if account in (None, head.account)))
	if account is None:
		_verify_site(report, show)
	return report


def verify_site(progress: Progress | None = None) -> Report:
	"""Check what belongs to no account alone: rows of none, acts, orders from elsewhere, and every ticket's decision."""
	report = Report()
	_verify_site(report, progress or no_progress)
	return report


def _verify_site(report: Report, show: Progress) -> None:
	report.add(_orphans())
	report.add(act_findings())
	report.add(external_findings())
	report.add(session_findings())
	report.add(lone_month_findings())
	report.add(_accountless(show))
	report.tickets = frappe.db.count("HD Ticket")
	report.add(undecided_findings(show))


def _verify_account(name: str, report: Report, progress: Progress, tickets: bool) -> None:
	row = account_row(name)
	if row is None:
		report.add([found("no_account", _("Credit Account {0} does not exist."), name)])
		return
	tally = LotTally(row.name)
	head = Head(row.name, row.seq or 0, row.head_hash or GENESIS_HASH, row.lot_count or 0)
	if not report.add(_chain(head, tally, report, progress)):
		return
	if report.heads is not None:
		report.heads.append(NotedHead(head.account, head.seq, head.entry_hash, row.customer or ""))
	report.add([_finding(tally.problem)] if tally.problem else [])
	report.add(lot_findings(row.name, tally, progress))
	report.add(owner_findings(row, tally))
	if not row.merged_into:  # a joined account's incidents are its successor's, which looks at both
		overdrafts = frozenset(lot_name(row.name, number) for number in tally.limits)
		payer = Payer(row.name, row.customer or "", family_of(row.name), overdrafts)
		report.add(incident_findings(payer, progress, tickets))
	report.add(list_findings(row))
	report.add(subscription_findings(row.name))


def _chain(head: Head, tally: LotTally, report: Report, progress: Progress) -> Iterator[Finding]:
	checker = ChainChecker(head.account)
	for entry in queries.packed_rows(head.account):
		problem = checker.feed_row(entry)
		if problem:
			yield _finding(problem)
			return
		tally.note(entry)
		if checker.seq % PROGRESS_EVERY == 0:
			progress(head.account, "entries", checker.seq, head.seq)
	report.entries += checker.seq
	progress(head.account, "entries", checker.seq, head.seq)
	problem = checker.finish(head)
	if problem:
		yield _finding(problem)


def _finding(problem: Problem) -> Finding:
	return Finding(problem.code, problem.row, render(problem.message))


def _orphans() -> Iterator[Finding]:
	"""Rows that no account of this site carries: entries, lots and incidents moved out of sight."""
	for doctype, condition in ORPHANS.items():
		lost = frappe.db.sql(
			f"""SELECT o.account FROM (SELECT DISTINCT account FROM `tab{doctype}` WHERE {condition}) o
			LEFT JOIN `tabCredit Account` a ON a.name = o.account WHERE a.name IS NULL LIMIT {WINDOW}""",
			pluck=True,
		)
		for account in lost:
			first = frappe.db.sql(f"SELECT MIN(name) FROM `tab{doctype}` WHERE account <=> %s", account)[0][0]
			message = _("{0} belongs to account '{1}', which does not exist.")
			yield found("orphan", message, first, account or "")


def _accountless(progress: Progress) -> Iterator[Finding]:
	"""Incidents that no account pays for: nothing may be charged or wait, and their tickets are looked at too."""
	by_state, incidents = incident_streams(None)
	done = 0
	for bounds in windows(by_state):
		source, values = incidents.within(bounds, TICKET_JOIN)
		text = f"SELECT i.name, i.state, {PAID} AS paid, {SUSPECT} AS suspect FROM {source}"
		rows = frappe.db.sql(f"{text} HAVING paid OR suspect ORDER BY i.name", values)
		for name, state, paid, _suspect in rows:
			if paid:
				message = _("Incident {0} is {1}, but belongs to no account.")
				yield found("incident_account", message, name, state or "-")
		yield from ticket_findings([name for name, *_state, suspect in rows if suspect])
		done += WINDOW
		progress("", "incidents", done, 0)
