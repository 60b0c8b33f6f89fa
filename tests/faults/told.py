"""Whether what every act was told is what the tables say: an act that succeeded has its rows, a refused one has none.

Each actor writes as users of his own and does one thing at a time, so an entry belongs to the act of its user that was
going on at the instant the entry bears.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pymysql
from actor import Note
from proof import Fault

ENTRIES = """SELECT name, lot, kind, credits, incident, event_key, actor, posted_at_utc FROM `tabCredit Ledger Entry`
	WHERE actor IN %s ORDER BY posted_at_utc, name"""
TICKETS = "SELECT subject, name, `key`, owner FROM `tabHD Ticket` WHERE subject IN %s"
INCIDENTS = "SELECT name, ticket_key, ticket_no FROM `tabSupport Incident`"


@dataclass(frozen=True)
class Entry:
	name: str
	lot: str
	kind: str
	credits: int
	incident: str
	event_key: str
	actor: str
	posted_at: str

	@property
	def event(self) -> str:
		"""What of a ticket's life it is: open, refund, recharge, release, reopen."""
		parts = self.event_key.split(":")
		return parts[2].split("/")[0] if parts[0] == "ticket" else parts[0]


@dataclass
class Rows:
	"""What the tables hold of a stage."""

	by_act: dict[int, list[Entry]]
	strays: list[Entry]
	tickets: dict[str, list[tuple[str, str]]]  # subject -> (name, key)
	incident_of: dict[str, str]  # ticket number -> incident
	key_of: dict[str, str]  # incident -> ticket key

	def entered(self, note: Note, number: int, kind: str, event: str = "") -> list[Entry]:
		found = self.by_act.get(number, [])
		return [entry for entry in found if entry.kind == kind and (not event or entry.event == event)]


def read(connection: pymysql.Connection, notes: list[Note]) -> Rows:
	with connection.cursor() as cursor:
		cursor.execute(ENTRIES, [sorted({user for note in notes for user in note.users})])
		entries = [Entry(*row[:3], int(row[3]), *row[4:]) for row in cursor.fetchall()]
		subjects = [note.asked["subject"] for note in notes if "subject" in note.asked]
		tickets = defaultdict(list)
		cursor.execute(TICKETS, [subjects or [""]])
		for subject, name, key, _owner in cursor.fetchall():
			tickets[subject].append((str(name), key))
		cursor.execute(INCIDENTS)
		incidents = cursor.fetchall()
	by_act, strays = _share_out(entries, notes)
	return Rows(
		by_act,
		strays,
		tickets,
		{str(number): name for name, _key, number in incidents},
		{name: key for name, key, _number in incidents},
	)


def _share_out(entries: list[Entry], notes: list[Note]) -> tuple[dict[int, list[Entry]], list[Entry]]:
	"""Entries by the number of the act they belong to, and those that belong to none."""
	acts_of: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
	for number, note in enumerate(notes):
		for user in note.users:
			acts_of[user].append((note.began, note.ended, number))
	for acts in acts_of.values():
		acts.sort()
	first, last = min(note.began for note in notes), max(note.ended for note in notes)
	by_act, strays = defaultdict(list), []
	for entry in entries:
		acts = acts_of[entry.actor]
		place = bisect_right(acts, (entry.posted_at, "~", 0)) - 1
		if place >= 0 and entry.posted_at <= acts[place][1]:
			by_act[acts[place][2]].append(entry)
		elif first <= entry.posted_at <= last:
			strays.append(entry)
	return by_act, strays


def compare(connection: pymysql.Connection, notes: list[Note]) -> Iterator[Fault]:
	"""Everything an actor was told against the rows there are."""
	rows = read(connection, notes)
	for entry in rows.strays:
		yield Fault("doubled", f"entry {entry.name} ({entry.kind} {entry.credits}) belongs to no act")
	for number, note in enumerate(notes):
		problem = _refused(note, number, rows) if note.outcome != "ok" else _done(note, number, rows)
		if problem:
			asked = ", ".join(f"{name} {value}" for name, value in note.asked.items())
			yield Fault(
				problem[0], f"{note.act} ({asked}) {problem[1]}; it was told {note.status} {note.error}"
			)
	yield from _granted_once(notes)


def _refused(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
	"""Nothing may be written for what was refused, or failed."""
	if note.attempts > 1 and note.act not in KEYED:
		return None  # the first attempt may have been done, and the second refused for that
	entries = rows.by_act.get(number)
	if entries:
		return "doubled", f"has entries {[entry.name for entry in entries]}"
	if rows.tickets.get(note.asked.get("subject", "")):
		return "torn", f"has ticket {rows.tickets[note.asked['subject']]}"
	return None


def _done(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
	if note.attempts > 1 and note.act not in KEYED:
		return None  # the answer that was lost would have said it; the tables are asked all the same
	check = CHECKS.get(note.act)
	return check(note, number, rows) if check else None


def _opened(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
	tickets = rows.tickets.get(note.asked["subject"], [])
	if len(tickets) != 1:
		return ("lost" if not tickets else "doubled"), f"has {len(tickets)} tickets"
	charges = [
		entry.credits
		for entry in rows.entered(note, number, "Charge", "open")
		if rows.key_of.get(entry.incident) == tickets[0][1]
	]
	if isinstance(note.value, dict):
		told = note.value.get("sc_credits") or 0
		if -sum(charges) != told:
			return "lost", f"was charged {charges}, said {told}"
	return None if len(charges) <= 1 else ("doubled", f"was charged {charges}")


def _exempted(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
	incident = rows.incident_of.get(str(note.asked["ticket"]))
	back = sum(
		entry.credits
		for entry in rows.entered(note, number, "Refund")
		if entry.incident == incident and entry.event == "refund"
	)
	told = note.value["credits_back"]
	return None if back == told else ("lost", f"gave back {back}, said {told}")


def _charged_again(event: str) -> Callable[[Note, int, Rows], tuple[str, str] | None]:
	def check(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
		incident = rows.incident_of.get(str(note.asked["ticket"]))
		found = [
			one.credits for one in rows.entered(note, number, "Charge", event) if one.incident == incident
		]
		told = note.value["credits"]
		return None if -sum(found) == told else ("lost", f"was charged {found}, said {told}")

	return check


def _granted(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
	found = [(one.lot, one.credits) for one in rows.entered(note, number, "Grant") if one.credits]
	replayed = note.value.get("replayed") and note.attempts == 1  # or it replayed an attempt of its own
	wanted = [] if replayed else [(note.value["lot"], note.asked["credits"])]
	if found != wanted:
		return "lost", f"entered {found}, said {wanted}"
	released = len({one.incident for one in rows.entered(note, number, "Charge", "release")})
	told = len(note.value["released"])
	return (
		None
		if released == told or replayed or note.attempts > 1
		else ("lost", f"released {released}, said {told}")
	)


def _one_entry(
	kind: str, credits: Callable[[Note], int]
) -> Callable[[Note, int, Rows], tuple[str, str] | None]:
	def check(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
		found, told = [entry.credits for entry in rows.entered(note, number, kind)], credits(note)
		return None if found == [told] else ("lost", f"entered {found}, said {told}")

	return check


def _as_many(kind: str) -> Callable[[Note, int, Rows], tuple[str, str] | None]:
	def check(note: Note, number: int, rows: Rows) -> tuple[str, str] | None:
		found = len(rows.entered(note, number, kind))
		return None if found == note.value else ("lost", f"entered {found} of {kind}, said {note.value}")

	return check


# With a key of the caller's, the second request is the first one: what it is told holds, however often it asked.
KEYED = ("open_as_person", "open_by_insert", "open_as_agent", "grant")
CHECKS: dict[str, Callable[[Note, int, Rows], tuple[str, str] | None]] = {
	"open_as_person": _opened,
	"open_by_insert": _opened,
	"open_as_agent": _opened,
	"split": _opened,
	"exempt": _exempted,
	"unexempt": _charged_again("recharge"),
	"release": _charged_again("release"),
	"grant": _granted,
	"grant_twice": _granted,
	"grant_that_expires_soon": _granted,
	"void": _one_entry("Void", lambda note: -note.value["credits"]),
	"adjust": _one_entry("Adjustment", lambda note: note.asked["credits"]),
	"expire": _as_many("Expiry"),
	"release_waiting": _as_many("Charge"),
}


def _granted_once(notes: list[Note]) -> Iterator[Fault]:
	"""One key, one lot: however often and by how many processes a payment was delivered."""
	lots: dict[str, set[str]] = defaultdict(set)
	for note in notes:
		if note.act.startswith("grant") and note.outcome == "ok":
			lots[note.asked["key"]].add(note.value["lot"])
	for key, granted in lots.items():
		if len(granted) > 1:
			yield Fault("doubled", f"key {key} was granted as {sorted(granted)}")
