"""Which lots pay: the published spending order and the only function that takes credits from lots.

Owns rule 3 (earliest expiry, then earliest grant, then name) and the overdraft of rule 7. It plans, it
never writes: what it returns becomes Charge lines of :mod:`~support_credits.engine.chain`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from support_credits.engine.errors import InvalidAmount, NotEnoughCredits
from support_credits.engine.marking import _
from support_credits.engine.model import Allocation, Lot

MAX_CREDITS = 1_000_000  # per operation; a slip of the keyboard, not a business, is above it

# A lot without expiry is spent last: it sorts behind every date.
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def checked_amount(credits: object) -> int:
	"""Return ``credits`` when it is a whole number from 1 to :data:`MAX_CREDITS`; raise InvalidAmount
	otherwise.

	``True`` is refused although Python counts it as 1: it reaches us from JSON and never means one credit.
	"""
	if isinstance(credits, bool) or not isinstance(credits, int):
		raise InvalidAmount(_("not a whole number of credits: {found}"), found=repr(credits))
	if not 0 < credits <= MAX_CREDITS:
		raise InvalidAmount(_("credits must be from 1 to {most}: {found}"), most=MAX_CREDITS, found=credits)
	return credits


def spending_key(lot: Lot) -> tuple[datetime, datetime, str]:
	"""Sort key of the published order (rule 3)."""
	return (lot.expires_at or _NEVER, lot.granted_at, lot.name)


def is_spendable(lot: Lot, at: datetime) -> bool:
	"""Whether a charge at ``at`` may take from the lot; an overdraft is never spent in the ordinary way."""
	return lot.remaining > 0 and not lot.voided and not lot.is_overdraft and lot.is_valid_at(at)


def in_spending_order(lots: Iterable[Lot], at: datetime) -> list[Lot]:
	"""The lots a charge at ``at`` may take from, in the published order (rule 3)."""
	return sorted((lot for lot in lots if is_spendable(lot, at)), key=spending_key)


def available(lots: Iterable[Lot], at: datetime) -> int:
	"""Credits that can be spent at ``at``, without any overdraft."""
	return sum(lot.remaining for lot in lots if is_spendable(lot, at))


def balance(lots: Iterable[Lot], at: datetime) -> int:
	"""Credits of the lots valid at ``at`` (promise 2); negative while an overdraft is not repaid.

	Reads what the lots hold now, so ``at`` is now or later; for the past ask ``statement.balance_at``.
	"""
	return sum(lot.remaining for lot in lots if lot.is_valid_at(at))


def overdraft_room(lots: Iterable[Lot], at: datetime) -> int:
	"""Credits that may still be overdrawn at ``at`` (rule 7). A limit lowered below the debt leaves no
	room."""
	return sum(_room(lot, at) for lot in lots)


def allocate(
	credits: int, lots: Iterable[Lot], at: datetime, *, overdraft: bool = False
) -> tuple[Allocation, ...]:
	"""Take ``credits`` from ``lots`` at ``at``: real lots in spending order, then the overdraft when allowed.

	Raises InvalidAmount for anything but a whole number in bounds, and NotEnoughCredits, with nothing
	taken, when the lots cannot pay all of it (rules 3, 5, 7).
	"""
	needed = checked_amount(credits)
	sources = _sources(list(lots), at, overdraft)
	able = sum(room for _, room in sources)
	if able < needed:
		raise NotEnoughCredits(needed, able)
	return _take(needed, sources)


def _room(lot: Lot, at: datetime) -> int:
	if not lot.is_overdraft or lot.voided or not lot.is_valid_at(at):
		return 0
	return max(0, lot.overdraft_limit + lot.remaining)


def _sources(lots: list[Lot], at: datetime, overdraft: bool) -> list[tuple[str, int]]:
	sources = [(lot.name, lot.remaining) for lot in in_spending_order(lots, at)]
	if overdraft:
		rooms = ((lot.name, _room(lot, at)) for lot in sorted(lots, key=spending_key))
		sources += [(name, room) for name, room in rooms if room > 0]
	return sources


def _take(needed: int, sources: list[tuple[str, int]]) -> tuple[Allocation, ...]:
	taken = []
	for name, room in sources:
		part = min(needed, room)
		taken.append(Allocation(name, part))
		needed -= part
		if not needed:
			break
	return tuple(taken)
