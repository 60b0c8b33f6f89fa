"""The judgement all programs share: the app's own proof and plain SQL, now or when everything has come to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import frappe
from actor import Note
from deadlocks import Deadlocks
from proof import Fault, examine
from report import Report
from rig import Rig
from scene import fresh

from support_credits.ledger import jobs, verification

LOCKED_OUT = ("QueryDeadlockError", "QueryTimeoutError")
JOBS = ("finish_releases", "release_waiting", "expire_lots")  # what the scheduler runs
SETTLING = (jobs.expire_lots, jobs.release_waiting, *[jobs.finish_releases] * 30)


def prove(rig: Rig, settled: bool = False) -> list[Fault]:
	"""Both proofs, each of one snapshot."""
	connection = rig.sql()
	faults = examine(connection, settled)
	connection.close()
	fresh(rig.site)
	frappe.db.sql("SELECT 1")
	for finding in verification.verify().findings:
		faults.append(Fault("verify", f"{finding.code} {finding.row}: {finding.message}"))
	frappe.db.rollback()
	frappe.destroy()
	return faults


def settle(rig: Rig) -> None:
	"""What the scheduler would do within a few minutes."""
	for job in SETTLING:
		fresh(rig.site)
		job()
		frappe.db.commit()
	frappe.destroy()


def unexpected(notes: list[Note]) -> Iterator[Fault]:
	"""Answers nobody should get. A lock that was lost is counted apart: it is told, and nothing was done."""
	for note in notes:
		if note.outcome == "error" and note.error not in LOCKED_OUT:
			yield Fault("error", f"{note.act} {note.asked}: {note.status} {note.error} {note.message}")


def put_into_queue(rig: Rig, names: tuple[str, ...]) -> None:
	"""What the scheduler does when its hour has come."""
	fresh(rig.site)
	try:
		for name in names:
			frappe.enqueue(f"support_credits.ledger.jobs.{name}", queue="short")
	finally:
		frappe.destroy()


def tell_locks(report: Report, rig: Rig, locked_out: Iterable[str]) -> None:
	"""Which statements met in a deadlock, and who was told of one; ``locked_out`` names each time what he asked for."""
	told = Counter(locked_out)
	deadlocks = Deadlocks(rig.folder / "db" / "error.log")
	report.say(f"deadlocks in the database: {deadlocks.count}; told to a user: {told.total()}")
	for what, times in told.most_common():
		report.say(f"  told {times} x {what}")
	for pair, times in deadlocks.pairs.most_common(12):
		report.say(f"  met {times} x {pair}")
	report.facts(deadlocks=deadlocks.count, deadlocks_told_to_a_user=told.total())
