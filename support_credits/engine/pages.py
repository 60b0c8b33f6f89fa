"""A statement from its end backwards: what one page of it needs, whatever came before.

The balance now is known from the open lots alone, so a page costs what it shows and not what the account has seen.
:mod:`~support_credits.engine.statement` builds the same lines from the beginning; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from support_credits.engine.errors import EngineError
from support_credits.engine.model import Kind, parse_stamp, stamp_text
from support_credits.engine.statement import StatementLine

Key = tuple[datetime, int, str]  # when it took effect, number of the entry (0: an expiry), lot

SEPARATOR = "~"
_PARTS = 7


@dataclass(frozen=True, slots=True)
class Change:
	"""One change of a lot, as a statement counts it. ``seq`` 0 is a lot's expiry."""

	at: datetime
	seq: int
	lot: str
	kind: Kind
	credits: int
	counted: bool
	entry: str = ""
	incident: str = ""
	reason: str = ""

	@property
	def key(self) -> Key:
		return (self.at, self.seq, self.lot)


@dataclass(frozen=True, slots=True)
class Snapshot:
	"""What a statement is of: the account's first ``seq`` entries and ``lots`` lots, seen ``at`` an instant. Later pages of
	it show the same, whatever happens meanwhile.
	"""

	at: datetime
	seq: int
	lots: int


@dataclass(frozen=True, slots=True)
class Place:
	"""Where a page begins: after the change with ``key``, None for the newest, with ``balance`` before that change."""

	snapshot: Snapshot
	balance: int
	key: Key | None = None

	def as_text(self) -> str:
		"""Text that :func:`place_from_text` reads; safe in an address."""
		at, seq, lot = self.key or (self.snapshot.at, -1, "")
		said = self.snapshot
		parts = (stamp_text(said.at), said.seq, said.lots, self.balance, stamp_text(at), seq, lot)
		return SEPARATOR.join(str(part) for part in parts)


def place_from_text(text: str) -> Place:
	"""The inverse of :meth:`Place.as_text`. EngineError for any other text."""
	parts = text.split(SEPARATOR)
	if len(parts) != _PARTS:
		raise EngineError(f"not a place in a statement: {text!r}")
	seen, seq, lots, balance, at, number, lot = parts
	try:
		snapshot = Snapshot(parse_stamp(seen), int(seq), int(lots))
		key = (parse_stamp(at), int(number), lot)
		return Place(snapshot, int(balance), key if key[1] >= 0 else None)
	except ValueError as error:
		raise EngineError(f"not a place in a statement: {text!r}") from error


def run_back(changes: Iterable[Change], balance: int) -> Iterator[StatementLine]:
	"""Lines with the balance after each, newest first; ``balance`` is what the account holds after the first of them.

	``changes`` come in falling order of their keys. EngineError where they do not: the balances would be wrong.
	"""
	last: Key | None = None
	for change in changes:
		if last is not None and change.key >= last:
			raise EngineError(f"changes of a statement are out of order at {change.key!r}")
		last = change.key
		yield StatementLine(
			change.at,
			change.lot,
			change.kind,
			change.credits,
			balance,
			change.entry,
			change.seq,
			change.incident,
			change.reason,
			counted=change.counted,
		)
		if change.counted:
			balance -= change.credits


def balance_before(line: StatementLine) -> int:
	"""What the account held before a line."""
	return line.balance - line.credits if line.counted else line.balance
