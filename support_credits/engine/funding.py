"""What an incident is charged now, and on which lots: the memory a refund needs.

Owns the reading of an incident's entries. It decides nothing: :mod:`~support_credits.engine.refund` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from support_credits.engine.errors import EngineError
from support_credits.engine.model import Allocation, Lot

_SUCCESSORS_MAX = 100  # accounts joined in a row; more is a loop in the data


@dataclass(frozen=True, slots=True)
class Funding:
	"""What an incident is charged now, by lot, in the order it was charged."""

	incident: str
	parts: tuple[Allocation, ...] = ()

	@property
	def credits(self) -> int:
		return sum(part.credits for part in self.parts)


class EntryLike(Protocol):
	"""The columns of an entry that funding is read from; a database row has them too."""

	@property
	def name(self) -> str: ...
	@property
	def lot(self) -> str: ...
	@property
	def credits(self) -> int: ...
	@property
	def reverses(self) -> str: ...


def funding_of(incident: str, entries: Iterable[EntryLike], lots: Mapping[str, Lot]) -> Funding:
	"""What ``incident`` is charged now, read from its own entries in posted order.

	A refund takes back the charge it names, or else the latest charges of its lot. Lots that moved to
	another account are followed, so a refund posted there counts against the charge posted here.
	"""
	open_parts: list[Allocation] = []
	for entry in entries:
		lot = successor_name(entry.lot, lots)
		if entry.credits < 0:
			open_parts.append(Allocation(lot, -entry.credits, entry.name))
		else:
			open_parts = _taken_back(open_parts, lot, entry)
	return Funding(incident, tuple(open_parts))


def successor_name(name: str, lots: Mapping[str, Lot]) -> str:
	"""Follow ``moved_to`` to the lot that holds the credits today; a lot not in ``lots`` stands for
	itself."""
	for _ in range(_SUCCESSORS_MAX):
		lot = lots.get(name)
		if lot is None or lot.moved_to is None:
			return name
		name = lot.moved_to
	raise EngineError(f"lot {name} is moved in a circle")


def _taken_back(open_parts: list[Allocation], lot: str, entry: EntryLike) -> list[Allocation]:
	left = entry.credits
	kept: list[Allocation] = []
	for part in reversed(open_parts):
		matches = part.lot == lot and entry.reverses in ("", part.entry)
		taken = min(left, part.credits) if matches else 0
		left -= taken
		if part.credits > taken:
			kept.append(replace(part, credits=part.credits - taken))
	if left:
		raise EngineError(f"entry {entry.name} gives back {left} credits that were never charged")
	return kept[::-1]
