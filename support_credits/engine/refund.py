"""Credits going back or away: refund, void, expiry, adjustment.

Owns rules 4 and 11. Every line it makes names the entry it takes back when the caller knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from support_credits.engine.allocation import MAX_CREDITS, spending_key
from support_credits.engine.errors import EngineError, InvalidAmount, NotAllowed
from support_credits.engine.funding import Funding, funding_of, successor_name
from support_credits.engine.marking import _
from support_credits.engine.model import Allocation, Kind, Line, Lot, stamp_text
from support_credits.engine.terms import grant_line

__all__ = ["Funding", "RefundPlan", "adjust", "expire", "funding_of", "refund", "successor_name", "void"]


@dataclass(frozen=True, slots=True)
class RefundPlan:
	"""Lines to post, the lots they name as they stand before, and the lot they open, when one is needed."""

	lines: tuple[Line, ...] = ()
	lots: tuple[Lot, ...] = ()
	new_lot: Lot | None = None


def refund(
	funding: Funding, lots: Mapping[str, Lot], at: datetime, new_lot: Lot | None = None, reason: str = ""
) -> RefundPlan:
	"""Give an incident back what it is charged now, to the same lots in reverse order (rule 11).

	What belongs to a lot that has expired or was voided since goes on, as a transfer, into one new lot:
	``new_lot`` is its blank (name, grant and expiry), opened only when needed; EngineError when it is
	needed and missing. An empty funding gives an empty plan, so refunding twice refunds once.
	"""
	parts = [replace(part, lot=successor_name(part.lot, lots)) for part in reversed(funding.parts)]
	missing = sorted({part.lot for part in parts} - lots.keys())
	if missing:
		raise EngineError(
			f"refund of {funding.incident} needs lots that were not passed: {', '.join(missing)}"
		)
	lines = [_back(part, funding.incident, reason) for part in parts]
	stranded = [part for part in parts if _is_stranded(lots[part.lot], at)]
	touched = {part.lot: lots[part.lot] for part in parts}
	if not stranded:
		return RefundPlan(tuple(lines), tuple(touched.values()))
	opened = _opened(new_lot, sum(part.credits for part in stranded), funding.incident, at)
	lines += [Line(part.lot, Kind.TRANSFER, -part.credits, reason=reason) for part in stranded]
	lines.append(_opening_line(opened, funding.incident, [part.lot for part in stranded], reason))
	return RefundPlan(tuple(lines), (*touched.values(), opened), opened)


def void(lot: Lot, reason: str, at: datetime) -> Line:
	"""Take all that remains on a lot, for a reason (rule 4). NotAllowed when there is nothing left to take.

	A void is not an expiry: an expired lot is refused, and its credits leave by :func:`expire`.
	"""
	_require_reason("void", lot, reason)
	_require_open(lot, at)
	if lot.is_overdraft:
		raise NotAllowed(_("lot {lot} is an overdraft: it is repaid, not voided"), lot=lot.name)
	if lot.remaining <= 0:
		raise NotAllowed(_("lot {lot} has nothing left to void"), lot=lot.name)
	return Line(lot.name, Kind.VOID, -lot.remaining, reason=reason.strip())


def expire(lots: Iterable[Lot], at: datetime) -> tuple[Line, ...]:
	"""One line per lot past its expiry with credits left, effective at the expiry itself (rule 2).

	Booking is only bookkeeping: the credits stopped counting at that instant whether or not this ran.
	"""
	due = (lot for lot in lots if lot.expires_at is not None and lot.expires_at <= at and lot.remaining > 0)
	return tuple(
		Line(lot.name, Kind.EXPIRY, -lot.remaining, effective_at=lot.expires_at)
		for lot in sorted(due, key=spending_key)
	)


def adjust(lot: Lot, credits: int, reason: str, at: datetime) -> Line:
	"""Correct a valid lot by a signed, non-zero number of credits, for a reason.

	InvalidAmount for zero, a non-integer or more than MAX_CREDITS; NotAllowed when the lot is void,
	expired, an overdraft, or does not hold what is to be taken.
	"""
	_require_reason("adjustment", lot, reason)
	if isinstance(credits, bool) or not isinstance(credits, int) or not 0 < abs(credits) <= MAX_CREDITS:
		raise InvalidAmount(
			_("not a whole, non-zero number of credits within {most}: {found}"),
			most=MAX_CREDITS,
			found=repr(credits),
		)
	_require_open(lot, at)
	if lot.is_overdraft:
		raise NotAllowed(_("lot {lot} is an overdraft: change its limit instead"), lot=lot.name)
	if lot.remaining + credits < 0:
		raise NotAllowed(
			_("lot {lot} holds {held}, an adjustment cannot take {wanted}"),
			lot=lot.name,
			held=lot.remaining,
			wanted=-credits,
		)
	return Line(lot.name, Kind.ADJUSTMENT, credits, reason=reason.strip())


def _back(part: Allocation, incident: str, reason: str) -> Line:
	return Line(part.lot, Kind.REFUND, part.credits, incident=incident, reverses=part.entry, reason=reason)


def _is_stranded(lot: Lot, at: datetime) -> bool:
	return lot.voided or (lot.expires_at is not None and lot.expires_at <= at)


def _opened(blank: Lot | None, credits: int, incident: str, at: datetime) -> Lot:
	if blank is None:
		raise EngineError(f"refund of {incident} needs a new lot: a lot it was charged to is no longer valid")
	if not blank.is_valid_at(at) or blank.is_overdraft or blank.remaining:
		raise EngineError(f"lot {blank.name} cannot take the refund of {incident}")
	return replace(blank, credits_granted=credits)


def _opening_line(lot: Lot, incident: str, origins: list[str], reason: str) -> Line:
	terms = {"refund_of": incident, "from_lots": " ".join(dict.fromkeys(origins))}
	return grant_line(lot, terms, reason)


def _require_reason(act: str, lot: Lot, reason: str) -> None:
	if not reason.strip():
		raise NotAllowed(_("{act} of lot {lot} needs a reason"), act=act, lot=lot.name)


def _require_open(lot: Lot, at: datetime) -> None:
	if lot.voided:
		raise NotAllowed(_("lot {lot} is already void"), lot=lot.name)
	if not lot.is_valid_at(at):
		raise NotAllowed(_("lot {lot} is not valid at {at}"), lot=lot.name, at=stamp_text(at))
