"""Finding the first row of a chain that is not as it was posted (promise 5), streaming, in constant memory
per entry.

Names the row and what happened to it: edited, deleted, inserted, reordered, moved in from another account,
cut off at the end. What the entries say of lots is :mod:`~support_credits.engine.tally`.

A chain proves that what stands before its head is what was posted. Whoever can write rows can also compute hashes: he
may rewrite a chain from some entry to its head and the head with it, and nothing in the same database contradicts him.
Only a head noted elsewhere does (:func:`against_kept`): it proves every entry up to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
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
REORDERED = _("{row} has number {found}, but was posted with number {expected}: entries were reordered")
MISSING = _("{row} has number {found} where {expected} was due: entries before it were deleted")
REPEATED = _("{row} has number {found} where {expected} was due: it was inserted or entries were reordered")
UNLINKED = _("{row} does not name the entry before it: it was inserted or the chain was rebuilt")
CUT = _("{row} ends at entry {found}, but {expected} were posted: the last entries were deleted")
EXTRA = _("{row} ends at entry {found}, but only {expected} were posted: entries were added")
OTHER_END = _("{row} ends with another entry than the one last posted: the chain was rebuilt")


# What a row to be checked holds, in this order: what is hashed, then the rest.
ROW = (
	"account", "seq", "lot", "kind", "credits", "incident", "reverses", "reason", "detail", "event_key", "actor",
	"posted_at", "effective_at", "prev_hash", "entry_hash", "name", "posted_on",
)  # fmt: skip
HASHED = ROW.index("entry_hash")
ACCOUNT, SEQ, CREDITS, PREV_HASH, ENTRY_HASH, NAME = (
	ROW.index(column) for column in ("account", "seq", "credits", "prev_hash", "entry_hash", "name")
)

SEPARATOR = '","'
QUOTES = 2 * (HASHED - len(("seq", "credits")))


def entry_of_row(row: Sequence[Any]) -> Entry:
	"""The entry of a row of :data:`ROW`; a kind no ledger knows stays as it is, to be reported and not to stop us."""
	return Entry(row[NAME], *row[:NAME])


def _hash_holds(row: Sequence[Any]) -> bool:
	"""Whether the row's hash is that of what it says.

	Most rows hold no quote and no backslash. Then the hashed text is its fields between quotes, and no other fields
	make the same text, so where its hash fits, a proper encoding, which takes twice as long, would say the same.
	"""
	account, seq, lot, kind, credits, *texts = row[:HASHED]
	stored: str = row[ENTRY_HASH]
	text = f'["{account}",{seq},"{lot}","{kind}",{credits},"{SEPARATOR.join(texts)}"]'
	plain = text.count('"') == QUOTES and "\\" not in text
	if plain and stored == sha256(text.encode("utf-8", "surrogatepass")).hexdigest():
		return True
	return stored == row_hash(list(row[:HASHED]))


@dataclass(slots=True)
class ChainChecker:
	"""Checks the entries of one account in order of ``seq``; after the first problem it must be thrown away.

	``lot_sums`` and ``incident_sums`` hold credits by lot and by (incident, lot) of all entries given to :meth:`feed`.
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
		"""As :meth:`feed`, for a row of :data:`ROW` as a database gives it, and without the sums: an Entry is built
		only for blame.
		"""
		if (
			row[SEQ] != self.seq + 1
			or row[PREV_HASH] != self.entry_hash
			or not _hash_holds(row)
			or row[ACCOUNT] != self.account
			or row[NAME] != f"{self.account}-E{row[SEQ]:07d}"
		):
			return self._why(entry_of_row(row))
		self.seq, self.entry_hash = row[SEQ], row[ENTRY_HASH]
		return None

	def finish(self, head: Head | None) -> Problem | None:
		"""Compare the end of the chain with the account's head; without a head only the rows were checked."""
		if head is None or (self.seq == head.seq and self.entry_hash == head.entry_hash):
			return None
		if self.seq < head.seq:
			return problem_of("truncated", CUT, self.account, found=self.seq, expected=head.seq)
		if self.seq > head.seq:
			return problem_of("extended", EXTRA, self.account, found=self.seq, expected=head.seq)
		return problem_of("other_end", OTHER_END, self.account)

	def _why(self, entry: Entry) -> Problem:
		# A row that no longer matches its own hash was edited, whatever else looks odd about it: said
		# first, unless the edit is only of the name, which the hash does not cover.
		if entry.entry_hash != entry_hash_of(entry):
			return self._why_unhashed(entry)
		if entry.account != self.account:
			return self._foreign(entry, entry.account)
		if entry.seq > self.seq + 1:
			return problem_of("missing", MISSING, entry.name, found=entry.seq, expected=self.seq + 1)
		if entry.seq <= self.seq:
			return problem_of("repeated", REPEATED, entry.name, found=entry.seq, expected=self.seq + 1)
		if entry.prev_hash != self.entry_hash:
			return problem_of("unlinked", UNLINKED, entry.name)
		return problem_of("renamed", RENAMED, entry.name, expected=entry_name(entry.account, entry.seq))

	def _why_unhashed(self, entry: Entry) -> Problem:
		"""An edit; where the hash fits what the row's name says, only its place was edited."""
		account, _mark, digits = entry.name.rpartition("-E")
		seq = int(digits) if digits.isascii() and digits.isdigit() else 0
		if entry.entry_hash != entry_hash_of(replace(entry, account=account, seq=seq)):
			return problem_of("edited", EDITED, entry.name)
		if not self.account == entry.account == account:
			return self._foreign(entry, account if entry.account == self.account else entry.account)
		return problem_of("reordered", REORDERED, entry.name, found=entry.seq, expected=seq)

	def _foreign(self, entry: Entry, account: str) -> Problem:
		return problem_of("foreign", FOREIGN, entry.name, found=account, account=self.account)


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


def problem_of(code: str, template: str, row: str, **values: object) -> Problem:
	"""A problem whose sentence names ``row`` and ``values``."""
	return Problem(code, row, Message(template, {"row": row, **values}))
