"""Credits coming in: until when a lot is valid, what its grant says, and who gets repaid first.

Owns rule 2 (validity) and the repayment of overdrawn charges (rule 7). It never decides whether a sale was
paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from support_credits.engine.allocation import allocate, available
from support_credits.engine.calendar_days import DAYS_MAX, add_months, end_of_day, last_usable_day, local_day
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.funding import Funding
from support_credits.engine.model import DAY, Allocation, Kind, Line, Lot
from support_credits.engine.terms import grant_line, lot_terms, lot_terms_match, terms_text

__all__ = [
	"Transfer",
	"days_after",
	"expiry_date",
	"expiry_instant",
	"grant_line",
	"lot_terms",
	"lot_terms_match",
	"repay_overdraft",
	"terms_text",
	"transfer",
]


def expiry_instant(granted_at: datetime, months: int, zone: ZoneInfo) -> datetime:
	"""The exclusive end (UTC) of a lot granted at ``granted_at`` for ``months`` calendar months (rule 2).

	It is the end of the local day in the provider's zone: 31 Jan + 3 months is 1 May 00:00 local.
	EngineError for a naive instant or for less than one month.
	"""
	if months < 1:
		raise EngineError(f"validity must be at least one month: {months}")
	return end_of_day(add_months(local_day(granted_at, zone), months), zone)


def days_after(at: datetime, days: int, zone: ZoneInfo) -> datetime:
	"""The exclusive end (UTC) of the local day ``days`` days after ``at``: the grace of rule 11."""
	if not 0 <= days <= DAYS_MAX:
		raise EngineError(f"days must be from 0 to {DAYS_MAX}: {days}")
	return end_of_day(local_day(at, zone) + days * DAY, zone)


def expiry_date(expires_at: datetime, zone: ZoneInfo) -> date:
	"""The last local day on which the lot can be spent: what a customer is told (rule 2)."""
	return last_usable_day(expires_at, zone)


def repay_overdraft(
	overdraft: Lot, incidents: Sequence[Funding], lots: Iterable[Lot], at: datetime, reason: str = ""
) -> tuple[Line, ...]:
	"""Move overdrawn charges to real lots, oldest incident first, as far as ``lots`` reach (rule 7).

	``incidents`` are passed oldest first. Each step refunds the overdraft and charges the lots for the same
	incident, so a later refund of the incident goes to the lots that paid in the end.
	"""
	current = {lot.name: lot for lot in lots if lot.name != overdraft.name}
	lines: list[Line] = []
	for funding in incidents:
		for part in (part for part in funding.parts if part.lot == overdraft.name):
			lines += _repay_part(funding.incident, part, current, at, reason)
	return tuple(lines)


def _repay_part(
	incident: str, part: Allocation, current: dict[str, Lot], at: datetime, reason: str
) -> list[Line]:
	credits = min(part.credits, available(current.values(), at))
	if credits <= 0:
		return []
	back = Line(part.lot, Kind.REFUND, credits, incident=incident, reverses=part.entry, reason=reason)
	taken = allocate(credits, current.values(), at)
	for step in taken:
		current[step.lot] = current[step.lot].with_change(-step.credits)
	return [back, *(Line.charge(step, incident, reason) for step in taken)]


@dataclass(frozen=True, slots=True)
class Transfer:
	"""A lot leaving one account for another: ``out`` is posted in the old account, ``into`` in the new
	one."""

	out: Line
	into: Line
	successor: Lot  # as it stands before ``into``: remaining 0
	moved: Lot  # the old lot, naming its successor; its remaining falls when ``out`` is posted


def transfer(lot: Lot, successor_name: str, terms: Mapping[str, object], reason: str) -> Transfer:
	"""Join two accounts by entries (promise 5): the successor keeps dates and bounds of the old lot.

	It keeps ``credits_granted`` too, because a later refund of an older charge goes to the successor; for
	the same reason a used-up lot moves as well, with lines of 0 credits. A lot moved before is refused
	(NotAllowed).
	"""
	if lot.moved_to:
		raise NotAllowed(f"lot {lot.name} was already moved to {lot.moved_to}")
	successor = replace(lot, name=successor_name, remaining=0)
	detail = terms_text(lot_terms(successor, terms))
	out = Line(lot.name, Kind.TRANSFER, -lot.remaining, reason=reason)
	into = Line(successor_name, Kind.TRANSFER, lot.remaining, reason=reason, detail=detail)
	return Transfer(out, into, successor, replace(lot, moved_to=successor_name))
