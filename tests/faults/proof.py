"""An independent look at the tables: plain SQL on a plain connection, none of the app's own code.

Each question returns the rows that are wrong, so an empty answer is the proof. They are asked in one transaction, so
they may be asked while the site works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pymysql

SHOWN = 5  # bad rows told per question

# What each question would mean if it had an answer: lost, doubled, overdrawn, or torn (one half without the other).
QUESTIONS: Sequence[tuple[str, str, str]] = (
	(
		"lost",
		"a lot does not hold what its entries add up to",
		"""SELECT l.name, l.remaining, COALESCE(SUM(e.credits), 0) AS entered FROM `tabCredit Lot` l
		LEFT JOIN `tabCredit Ledger Entry` e ON e.lot = l.name
		GROUP BY l.name, l.remaining HAVING l.remaining != entered""",
	),
	(
		"lost",
		"an entry names a lot or an account that is not there, or the lot of another account",
		"""SELECT e.name, e.lot, e.account FROM `tabCredit Ledger Entry` e
		LEFT JOIN `tabCredit Lot` l ON l.name = e.lot AND l.account = e.account
		LEFT JOIN `tabCredit Account` a ON a.name = e.account
		WHERE l.name IS NULL OR a.name IS NULL""",
	),
	(
		"lost",
		"an account's chain has a gap, a twin, or another length than its row says",
		"""SELECT a.name, a.seq, COUNT(e.name) AS entries, COUNT(DISTINCT e.seq) AS numbers,
			COALESCE(MAX(e.seq), 0) AS last
		FROM `tabCredit Account` a LEFT JOIN `tabCredit Ledger Entry` e ON e.account = a.name
		GROUP BY a.name, a.seq HAVING NOT (a.seq = entries AND entries = numbers AND numbers = last)""",
	),
	(
		"overdrawn",
		"a lot was below what it may hold after one of its entries",
		"""SELECT name, lot, held FROM (
			SELECT e.name, e.lot, l.overdraft_limit,
				SUM(e.credits) OVER (PARTITION BY e.lot ORDER BY e.seq) AS held
			FROM `tabCredit Ledger Entry` e JOIN `tabCredit Lot` l ON l.name = e.lot) AS steps
		WHERE held < -overdraft_limit""",
	),
	(
		"overdrawn",
		"credits were spent from a lot that was over, void or moved on",
		"""SELECT e.name, e.lot, e.posted_at_utc FROM `tabCredit Ledger Entry` e
		JOIN `tabCredit Lot` l ON l.name = e.lot
		WHERE e.kind = 'Charge' AND (l.expires_at_utc <= e.posted_at_utc OR EXISTS (
			SELECT 1 FROM `tabCredit Ledger Entry` g WHERE g.lot = e.lot AND g.account = e.account AND g.seq < e.seq
			AND (g.kind = 'Void' OR (g.kind = 'Transfer' AND g.event_key LIKE 'join:%%:out/1'))))""",
	),
	(
		"doubled",
		"an incident's entries add up to something else than it says, or to more than a ticket costs",
		"""SELECT i.name, i.ticket_no, i.credits, -COALESCE(SUM(e.credits), 0) AS charged,
			(SELECT COALESCE(SUM(p.credits), 0) FROM `tabCredit Proposal` p
				WHERE p.incident = i.name AND p.state = 'Accepted') AS extra
		FROM `tabSupport Incident` i LEFT JOIN `tabCredit Ledger Entry` e
			ON e.incident = i.name AND e.kind != 'Grant'
		GROUP BY i.name, i.ticket_no, i.credits HAVING charged != i.credits OR charged NOT IN (0, 1 + extra)""",
	),
	(
		"doubled",
		"a ticket has two incidents",
		"""SELECT ticket_key, COUNT(*) FROM `tabSupport Incident` GROUP BY ticket_key HAVING COUNT(*) > 1""",
	),
	(
		"doubled",
		"an incident holds a charge in a state that costs nothing, or none in one that does",
		"""SELECT name, ticket_no, state, credits FROM `tabSupport Incident`
		WHERE (state IN ('Charged', 'Overdrawn')) != (credits > 0)""",
	),
	(
		"lost",
		"a ticket waits, or owes, and its account does not know",
		"""SELECT i.name, i.ticket_no, i.state, i.account FROM `tabSupport Incident` i
		LEFT JOIN `tabCredit Account` a ON a.name = i.account
		WHERE (i.state = 'Parked' AND NOT COALESCE(JSON_CONTAINS(a.parked, JSON_QUOTE(i.name)), 0))
			OR (i.state = 'Overdrawn' AND NOT COALESCE(JSON_CONTAINS(a.overdrawn, JSON_QUOTE(i.name)), 0))""",
	),
	(
		"torn",
		"an entry's incident is not there",
		"""SELECT e.name, e.incident FROM `tabCredit Ledger Entry` e
		LEFT JOIN `tabSupport Incident` i ON i.name = e.incident WHERE e.incident != '' AND i.name IS NULL""",
	),
	(
		"torn",
		"an incident's ticket is not there",
		"""SELECT i.name, i.ticket_no, i.credits FROM `tabSupport Incident` i
		LEFT JOIN `tabHD Ticket` t ON t.name = i.ticket AND t.key = i.ticket_key
		WHERE t.name IS NULL AND i.ticket_deleted_at_utc = ''""",
	),
	(
		"torn",
		"a ticket of an account's customer has no decision",
		"""SELECT t.name, t.customer FROM `tabHD Ticket` t
		JOIN `tabCredit Account` a ON a.customer = t.customer AND a.counts_from < t.creation
		LEFT JOIN `tabSupport Incident` i ON i.ticket_key = t.key WHERE i.name IS NULL""",
	),
	(
		"torn",
		"a ticket and its incident name different customers",
		"""SELECT t.name, t.customer, i.customer FROM `tabHD Ticket` t
		JOIN `tabSupport Incident` i ON i.ticket = t.name
		WHERE COALESCE(t.customer, '') != COALESCE(i.customer, '')""",
	),
	(
		"torn",
		"a ticket names a customer that is not there",
		"""SELECT t.name, t.customer, t.sc_state FROM `tabHD Ticket` t
		LEFT JOIN `tabHD Customer` c ON c.name = t.customer
		WHERE t.customer != '' AND c.name IS NULL""",
	),
	(
		"torn",
		"an incident is in the account of another customer, or in one that was joined with another",
		"""SELECT i.name, i.ticket_no, i.customer, a.name, a.customer, a.merged_into FROM `tabSupport Incident` i
		JOIN `tabCredit Account` a ON a.name = i.account
		WHERE a.merged_into IS NOT NULL OR COALESCE(a.customer, '') != COALESCE(i.customer, '')""",
	),
	(
		"torn",
		"a ticket shows another state or other credits than its incident, and no job is due to change that",
		"""SELECT t.name, t.sc_state, i.state, t.sc_credits, i.credits FROM `tabHD Ticket` t
		JOIN `tabSupport Incident` i ON i.ticket = t.name
		WHERE i.ticket_update_due = 0 AND (COALESCE(t.sc_state, '') != i.state OR t.sc_credits != i.credits)""",
	),
	(
		"torn",
		"a ticket waits for credits by its status and not by its incident, or the other way round",
		"""SELECT t.name, t.status, i.state FROM `tabHD Ticket` t JOIN `tabSupport Incident` i ON i.ticket = t.name
		WHERE i.ticket_update_due = 0 AND (t.status = 'Waiting for credits') != (i.state = 'Parked')""",
	),
)
SETTLED: Sequence[tuple[str, str, str]] = (
	(
		"torn",
		"a ticket's row was never brought up to date",
		"SELECT name, ticket_no, ticket_update_due FROM `tabSupport Incident` WHERE ticket_update_due > 0",
	),
	(
		"lost",
		"tickets wait though there are credits",
		"""SELECT a.name, a.parked, SUM(l.remaining) FROM `tabCredit Account` a
		JOIN `tabCredit Lot` l ON l.account = a.name
		WHERE a.parked LIKE '["%%' AND l.remaining > 0 AND l.voided = 0 AND l.moved_to IS NULL
			AND COALESCE(l.expires_at_utc, '9') > DATE_FORMAT(UTC_TIMESTAMP(6), '%%Y-%%m-%%dT%%H:%%i:%%s.%%fZ')
		GROUP BY a.name, a.parked""",
	),
)
FIGURES = """SELECT
	(SELECT COUNT(*) FROM `tabHD Ticket`) AS tickets,
	(SELECT COUNT(*) FROM `tabSupport Incident`) AS incidents,
	(SELECT COUNT(*) FROM `tabCredit Ledger Entry`) AS entries,
	(SELECT COALESCE(SUM(remaining), 0) FROM `tabCredit Lot`) AS remaining,
	(SELECT COALESCE(SUM(credits), 0) FROM `tabSupport Incident`) AS charged"""
BY_KIND = """SELECT kind, SUM(credits) FROM `tabCredit Ledger Entry` GROUP BY kind"""


@dataclass(frozen=True)
class Fault:
	"""One thing that must not be: what sort of harm, and what exactly."""

	sort: str
	text: str

	def __str__(self) -> str:
		return f"{self.sort}: {self.text}"


def examine(connection: pymysql.Connection, settled: bool = False) -> list[Fault]:
	"""Ask every question of one snapshot. ``settled``: no job is at work any more, so nothing may be due either."""
	found: list[Fault] = []
	with connection.cursor() as cursor:
		cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
		for sort, meaning, question in (*QUESTIONS, *(SETTLED if settled else ())):
			cursor.execute(question, ())
			found += _told(sort, meaning, cursor.fetchall())
		found += _balance(cursor)
		cursor.execute("ROLLBACK")
	return found


def _told(sort: str, meaning: str, rows: Sequence[tuple]) -> Iterator[Fault]:
	for row in rows[:SHOWN]:
		yield Fault(sort, f"{meaning}: {', '.join(map(str, row))}")
	if len(rows) > SHOWN:
		yield Fault(sort, f"{meaning}: and {len(rows) - SHOWN} more")


def _balance(cursor: pymysql.cursors.Cursor) -> Iterator[Fault]:
	"""What came in is what is left, charged, voided and expired; what moved between lots comes to nothing."""
	cursor.execute(BY_KIND)
	sums = {kind: int(credits) for kind, credits in cursor.fetchall()}
	cursor.execute(FIGURES)
	*_counts, remaining, charged = (int(value) for value in cursor.fetchone())
	came_in = sums.get("Grant", 0) + sums.get("Adjustment", 0) + sums.get("Transfer", 0)
	went = -sums.get("Void", 0) - sums.get("Expiry", 0)
	if came_in != remaining + charged + went:
		yield Fault("lost", f"{came_in} came in, {remaining} are left, {charged} charged, {went} gone")


def figures(connection: pymysql.Connection) -> dict[str, int]:
	with connection.cursor(pymysql.cursors.DictCursor) as cursor:
		cursor.execute(FIGURES)
		return {name: int(value) for name, value in cursor.fetchone().items()}
