"""The hash chain of an account: how lines become entries.

Owns the canonical bytes that are hashed and the bounds every lot keeps. It never looks for lots or decides
who pays. Finding what was tampered with is :mod:`~support_credits.engine.verify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from support_credits.engine.errors import BrokenBounds, EngineError
from support_credits.engine.hashing import canonical, entry_hash_of
from support_credits.engine.model import (
	Entry,
	Head,
	Kind,
	Line,
	Lot,
	Posting,
	Stamp,
	entry_name,
	lot_name,
	stamp_text,
)
from support_credits.engine.verify import ChainChecker, Problem, verify_chain

__all__ = [
	"ChainChecker",
	"Problem",
	"canonical",
	"entry_hash_of",
	"lot_number",
	"moved",
	"next_lot_name",
	"post",
	"verify_chain",
]


def post(head: Head, lots: Mapping[str, Lot] | Iterable[Lot], lines: Sequence[Line], stamp: Stamp) -> Posting:
	"""Chain ``lines`` after ``head`` and return the entries, the lots touched as they stand after, the new
	head.

	``lots`` are the lots the lines name, as they stand before; a new lot comes with ``remaining`` 0. Raises
	EngineError when a line names a lot that was not passed, and BrokenBounds when any step leaves a lot
	outside its bounds (promise 2). Event keys are ``<event>/<n>`` from 1, so replaying an event collides on
	``/1`` (promise 4).
	"""
	if not lines:
		raise EngineError(f"event {stamp.event_key} posts nothing")
	after = dict(lots) if isinstance(lots, Mapping) else {lot.name: lot for lot in lots}
	entries: list[Entry] = []
	for number, line in enumerate(lines, start=1):
		if line.lot not in after:
			raise EngineError(f"event {stamp.event_key} names lot {line.lot}, which was not passed")
		after[line.lot] = moved(after[line.lot], line)
		entries.append(_entry(head, line, stamp, number))
		head = replace(head, seq=entries[-1].seq, entry_hash=entries[-1].entry_hash)
	touched = {line.lot for line in lines}
	posted = tuple(lot for name, lot in after.items() if name in touched)
	return Posting(tuple(entries), posted, replace(head, lot_count=_lot_count(head, posted)))


def moved(lot: Lot, line: Line) -> Lot:
	"""The lot after one line; raises BrokenBounds when the line drives it past what it may hold or owe.

	Only the bound in the direction of the line is checked: an overdraft whose limit was lowered below its
	debt must still be repayable step by step.
	"""
	if line.kind is Kind.ADJUSTMENT and line.credits > 0:
		lot = replace(lot, credits_granted=lot.credits_granted + line.credits)
	after = lot.with_change(line.credits)
	low, high = (-lot.overdraft_limit, 0) if lot.is_overdraft else (0, lot.credits_granted)
	if (line.credits < 0 and after.remaining < low) or (line.credits > 0 and after.remaining > high):
		raise BrokenBounds(
			f"{line.kind.value} of {line.credits} would leave lot {lot.name} at {after.remaining}, "
			f"outside {low} to {high}"
		)
	return replace(after, voided=True) if line.kind is Kind.VOID else after


def lot_number(account: str, name: str) -> int:
	"""Number of a lot of ``account`` from its name; EngineError for a lot of another account.

	The name is the guard against a caller that passes another customer's lot.
	"""
	digits = name.removeprefix(f"{account}-L")
	if not (digits.isascii() and digits.isdigit()) or lot_name(account, int(digits)) != name:
		raise EngineError(f"lot {name} is not a lot of account {account}")
	return int(digits)


def next_lot_name(head: Head) -> str:
	"""Name of the next lot of the account; it is taken once :func:`post` has seen it."""
	return lot_name(head.account, head.lot_count + 1)


def _lot_count(head: Head, lots: Iterable[Lot]) -> int:
	return max([head.lot_count, *(lot_number(head.account, lot.name) for lot in lots)])


def _entry(head: Head, line: Line, stamp: Stamp, number: int) -> Entry:
	posted_at = stamp_text(stamp.at)
	unsigned = Entry(
		name=entry_name(head.account, head.seq + 1),
		account=head.account,
		seq=head.seq + 1,
		lot=line.lot,
		kind=line.kind,
		credits=line.credits,
		incident=line.incident,
		reverses=line.reverses,
		reason=line.reason,
		detail=line.detail,
		event_key=f"{stamp.event_key}/{number}",
		actor=stamp.actor,
		posted_at=posted_at,
		effective_at=stamp_text(line.effective_at) if line.effective_at else posted_at,
		prev_hash=head.entry_hash,
		entry_hash="",
	)
	return replace(unsigned, entry_hash=entry_hash_of(unsigned))
