"""Finding the first row of a chain that is not as it was posted (promise 5), streaming, in constant memory
per entry.

Names the row and what happened to it: edited, deleted, inserted, reordered, moved in from another account,
cut off at the end. Keeps sums per lot and per incident on the way, which the shell compares with its own
tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from support_credits.engine.hashing import entry_hash_of, row_hash
from support_credits.engine.marking import _
from support_credits.engine.model import GENESIS_HASH, Entry, Head, Message, entry_name


@dataclass(frozen=True, slots=True)
class Problem:
	"""``row`` is the name of the first bad entry, or of the account when the fault is at its end."""

	code: str
	row: str
	message: Message

	def __str__(self) -> str:
		return str(self.message)


EDITED = _("{row} does not match its own hash: it was edited after it was posted")
RENAMED = _("{row} should be named {expected}: it was renamed after it was posted")
FOREIGN = _("{row} belongs to account {found}, not to {account}: it was moved from another account")
MISSING = _("{row} has number {found} where {expected} was due: entries before it were deleted")
REPEATED = _("{row} has number {found} where {expected} was due: it was inserted or entries were reordered")
UNLINKED = _("{row} does not name the entry before it: it was inserted or the chain was rebuilt")
CUT = _("{row} ends at entry {found}, but {expected} were posted: the last entries were deleted")
EXTRA = _("{row} ends at entry {found}, but only {expected} were posted: entries were added")
OTHER_END = _("{row} ends with another entry than the one last posted: the chain was rebuilt")


# What a row to be checked holds besides its account, in this order.
ROW = (
	"seq", "lot", "kind", "credits", "incident", "reverses", "reason", "detail", "event_key", "actor",
	"posted_at", "effective_at", "prev_hash", "entry_hash", "name",
)  # fmt: skip


def entry_of_row(account: str, row: Sequence[Any]) -> Entry:
	"""The entry of a row of :data:`ROW`; a kind no ledger knows stays as it is, to be reported and not to stop us."""
	*fields, name = row
	return Entry(name, account, *fields)


@dataclass(slots=True)
class ChainChecker:
	"""Checks the entries of one account in order of ``seq``; after the first problem it must be thrown away.

	``lot_sums`` and ``incident_sums`` hold credits by lot and by (incident, lot) of all entries fed so far.
	"""

	account: str
	seq: int = 0
	entry_hash: str = GENESIS_HASH
	lot_sums: dict[str, int] = field(default_factory=dict)
	incident_sums: dict[tuple[str, str], int] = field(default_factory=dict)

	def feed(self, entry: Entry) -> Problem | None:
		"""Take the next entry; return what is wrong with it, None when it is as it was posted."""
		if (
			entry.account != self.account
			or entry.seq != self.seq + 1
			or entry.prev_hash != self.entry_hash
			or entry.entry_hash != entry_hash_of(entry)
			or entry.name != entry_name(entry.account, entry.seq)
		):
			return self._why(entry)
		self.seq += 1
		self.entry_hash = entry.entry_hash
		lot, credits = entry.lot, entry.credits
		self.lot_sums[lot] = self.lot_sums.get(lot, 0) + credits
		if entry.incident:
			key = (entry.incident, lot)
			self.incident_sums[key] = self.incident_sums.get(key, 0) + credits
		return None

	def feed_row(self, row: Sequence[Any]) -> Problem | None:
		"""As :meth:`feed`, for the columns of :data:`ROW` as a database gives them; an Entry is built only for blame."""
		seq, lot, _kind, credits = row[:4]
		if (
			seq != self.seq + 1
			or row[12] != self.entry_hash
			or row[13] != row_hash([self.account, *row[:13]])
			or row[14] != f"{self.account}-E{seq:07d}"
		):
			return self._why(entry_of_row(self.account, row))
		self.seq, self.entry_hash = seq, row[13]
		self.lot_sums[lot] = self.lot_sums.get(lot, 0) + credits
		return None

	def finish(self, head: Head | None) -> Problem | None:
		"""Compare the end of the chain with the account's head; without a head only the rows were checked."""
		if head is None or (self.seq == head.seq and self.entry_hash == head.entry_hash):
			return None
		if self.seq < head.seq:
			return _problem("truncated", CUT, self.account, found=self.seq, expected=head.seq)
		if self.seq > head.seq:
			return _problem("extended", EXTRA, self.account, found=self.seq, expected=head.seq)
		return _problem("other_end", OTHER_END, self.account)

	def _why(self, entry: Entry) -> Problem:
		# A row that no longer matches its own hash was edited, whatever else looks odd about it: said
		# first, unless the edit is only of the name, which the hash does not cover.
		if entry.entry_hash != entry_hash_of(entry):
			return _problem("edited", EDITED, entry.name)
		if entry.account != self.account:
			return _problem("foreign", FOREIGN, entry.name, found=entry.account, account=self.account)
		if entry.seq > self.seq + 1:
			return _problem("missing", MISSING, entry.name, found=entry.seq, expected=self.seq + 1)
		if entry.seq <= self.seq:
			return _problem("repeated", REPEATED, entry.name, found=entry.seq, expected=self.seq + 1)
		if entry.prev_hash != self.entry_hash:
			return _problem("unlinked", UNLINKED, entry.name)
		return _problem("renamed", RENAMED, entry.name, expected=entry_name(entry.account, entry.seq))


def verify_chain(entries: Iterable[Entry], head: Head | None, account: str | None = None) -> Problem | None:
	"""Check a whole chain in order and name the first bad row; None when all is as posted.

	The account is the head's, or ``account``, or else what the first entry says.
	"""
	checker: ChainChecker | None = None
	if head is not None:
		checker = ChainChecker(head.account)
	elif account is not None:
		checker = ChainChecker(account)
	for entry in entries:
		checker = checker or ChainChecker(entry.account)
		problem = checker.feed(entry)
		if problem is not None:
			return problem
	return checker.finish(head) if checker else None


def _problem(code: str, template: str, row: str, **values: object) -> Problem:
	return Problem(code, row, Message(template, {"row": row, **values}))
