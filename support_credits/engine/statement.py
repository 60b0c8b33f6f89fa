"""What a customer reads: every change with the balance after it, true at every instant.

Owns the virtual expiry: a lot past its end leaves the statement at that instant whether or not a job booked
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from support_credits.engine.errors import EngineError
from support_credits.engine.model import Entry, Kind, Lot, parse_stamp


@dataclass(frozen=True, slots=True)
class StatementLine:
	"""One change. ``balance`` is what the account holds after all lines up to this one.

	``entry`` is empty for a lot's expiry, which is shown once, at its instant, booked or not. ``counted``
	is False for a change to a lot that does not count then, such as a refund on its way from an expired lot
	to a new one.
	"""

	at: datetime
	lot: str
	kind: Kind
	credits: int
	balance: int
	entry: str = ""
	seq: int = 0
	incident: str = ""
	reason: str = ""
	actor: str = ""
	counted: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
	"""``opening`` is the balance before the first line; ``digest`` the chain's last hash, to hold us to
	it."""

	lines: tuple[StatementLine, ...]
	opening: int
	closing: int
	at: datetime
	digest: str

	def __iter__(self) -> Iterator[StatementLine]:
		return iter(self.lines)

	def __len__(self) -> int:
		return len(self.lines)


@dataclass(frozen=True, slots=True)
class _Event:
	at: datetime
	seq: int  # 0: an expiry, which comes before anything else of its instant
	lot: str
	entry: Entry | None


def balance_at(entries: Iterable[Entry], lots: Mapping[str, Lot] | Iterable[Lot], t: datetime) -> int:
	"""Credits at the instant ``t`` by definition (promise 2): the entries effective by then of the lots
	valid then."""
	valid = {lot.name for lot in _by_name(lots).values() if lot.is_valid_at(t)}
	return sum(
		entry.credits for entry in entries if entry.lot in valid and parse_stamp(entry.effective_at) <= t
	)


def statement(
	entries: Iterable[Entry],
	lots: Mapping[str, Lot] | Iterable[Lot],
	at: datetime,
	since: datetime | None = None,
) -> Statement:
	"""The account up to ``at`` (inclusive), from ``since`` when given, in order of effect and then of
	posting.

	After the last line of every instant the running balance equals :func:`balance_at` of that instant.
	Changes that take effect after ``at``, such as a pack that starts later, are left out. EngineError when
	a lot is missing.
	"""
	known = _by_name(lots)
	posted = list(entries)
	lines = _run(_events(posted, known, at), known)
	shown = tuple(line for line in lines if since is None or line.at >= since)
	before = lines[: len(lines) - len(shown)]
	opening = before[-1].balance if before else 0
	closing = lines[-1].balance if lines else 0
	return Statement(shown, opening, closing, at, posted[-1].entry_hash if posted else "")


def _by_name(lots: Mapping[str, Lot] | Iterable[Lot]) -> Mapping[str, Lot]:
	return lots if isinstance(lots, Mapping) else {lot.name: lot for lot in lots}


def _events(entries: list[Entry], lots: Mapping[str, Lot], at: datetime) -> list[_Event]:
	events = []
	for entry in entries:
		lot = lots.get(entry.lot)
		if lot is None:
			raise EngineError(f"statement needs lot {entry.lot}, which was not passed")
		if entry.kind is not Kind.EXPIRY:  # the lot's own expiry stands for it, at the same instant
			events.append(
				_Event(max(parse_stamp(entry.effective_at), lot.granted_at), entry.seq, lot.name, entry)
			)
	touched = {event.lot for event in events}
	for name in touched:
		expires_at = lots[name].expires_at
		if expires_at is not None:
			events.append(_Event(expires_at, 0, name, None))
	return sorted(
		(event for event in events if event.at <= at), key=lambda event: (event.at, event.seq, event.lot)
	)


def _run(events: list[_Event], lots: Mapping[str, Lot]) -> list[StatementLine]:
	held: dict[str, int] = {}
	running = 0
	lines: list[StatementLine] = []
	for event in events:
		if event.entry is None:
			left = held.pop(event.lot, 0)
			running -= left
			if left:
				lines.append(StatementLine(event.at, event.lot, Kind.EXPIRY, -left, running))
			continue
		counted = lots[event.lot].is_valid_at(event.at)
		if counted:
			held[event.lot] = held.get(event.lot, 0) + event.entry.credits
			running += event.entry.credits
		lines.append(_line(event.at, event.entry, running, counted))
	return lines


def _line(at: datetime, entry: Entry, running: int, counted: bool) -> StatementLine:
	return StatementLine(
		at,
		entry.lot,
		entry.kind,
		entry.credits,
		running,
		entry.name,
		entry.seq,
		entry.incident,
		entry.reason,
		entry.actor,
		counted,
	)
