"""What customers are told about their credits, and when: kinds of notices, thresholds, and what a change of the ledger was.

Pure: the shell reads lots and entries, keeps each notice under a key that makes it happen once, and writes the mails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import groupby, pairwise

from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _
from support_credits.engine.model import Entry, Lot, parse_stamp
from support_credits.engine.model import Kind as EntryKind

NUMBERS_MAX = 5  # of one setting
_NUMBER = re.compile(r"[0-9]{1,9}")
REPAID = "repay:"  # an overdraft met by new credits: nothing the customer spends or gets back
RELEASED = ":release:"


class Kind(str, Enum):
	"""The kinds of notices; stored as these strings, and part of the names of their texts."""

	LOW = "Low balance"
	EXPIRING = "Expiring"
	EXPIRED = "Expired"
	CHARGED = "Charged"
	WAITING = "Waiting"  # the answer to a mail that has to wait, which is kept with its incident
	RELEASED = "Released"
	REFUNDED = "Refunded"
	TIER_NOTICE = "Tier notice"
	TIER_FALL = "Tier fall"
	PROPOSAL = "Proposal"
	SESSION = "Session summary"
	MISSED = "Missed target"


@dataclass(frozen=True, slots=True)
class Choice:
	"""How a kind is told: by mail to the customer, in the desk to the provider's managers."""

	by_mail: bool
	in_desk: bool


DEFAULTS = {
	Kind.LOW: Choice(True, True),
	Kind.EXPIRING: Choice(True, False),
	Kind.EXPIRED: Choice(True, True),
	Kind.CHARGED: Choice(False, False),
	Kind.RELEASED: Choice(True, False),
	Kind.REFUNDED: Choice(True, False),
	Kind.TIER_NOTICE: Choice(True, False),
	Kind.TIER_FALL: Choice(True, True),
	Kind.PROPOSAL: Choice(True, False),
	Kind.SESSION: Choice(True, False),
	Kind.MISSED: Choice(True, True),
}
# Somebody waits for the answer: whoever does not want to read about his credits is asked all the same.
ASKS = frozenset([Kind.PROPOSAL])


def numbers(text: str, most: int) -> tuple[int, ...]:
	"""``5, 1`` as numbers, highest first. EngineError, naming what is wrong, for anything but whole numbers up to ``most``."""
	parts = [part.strip() for part in text.split(",") if part.strip()]
	for part in parts:
		if not _NUMBER.fullmatch(part) or int(part) > most:
			raise EngineError(_("{part} is not a whole number from 0 to {most}"), part=part, most=most)
	found = [int(part) for part in parts]
	if len(set(found)) < len(found):
		raise EngineError(_("a number is named twice in {text}"), text=text)
	if len(found) > NUMBERS_MAX:
		raise EngineError(
			_("{count} numbers are too many: at most {most}"), count=len(found), most=NUMBERS_MAX
		)
	return tuple(sorted(found, reverse=True))


def fallen_to(thresholds: Iterable[int], highest: int, now: int) -> int | None:
	"""The lowest threshold that a balance has come down to since it was last looked at; None where it was below before.

	``highest`` is the most it has been meanwhile: a customer is told again only after he has had more.
	"""
	return min((one for one in thresholds if now <= one < highest), default=None)


def course(lots: Iterable[Lot], entries: Sequence[Entry]) -> Iterator[int]:
	"""The balances just before and after each of ``entries``, which are the last of an account, latest first.

	``lots`` are as they stand after them: those that hold something, and those that the entries name.
	"""
	known = list(lots)
	left = {lot.name: lot.remaining for lot in known}
	for entry in reversed(entries):
		at = parse_stamp(entry.posted_at)
		yield _valid(known, left, at)
		left[entry.lot] = left.get(entry.lot, 0) - entry.credits
		yield _valid(known, left, at)


def _valid(lots: Iterable[Lot], left: dict[str, int], at: datetime) -> int:
	return sum(left[lot.name] for lot in lots if left[lot.name] and lot.is_valid_at(at))


@dataclass(frozen=True, slots=True)
class Happening:
	"""What one event of the ledger was to its customer. ``key`` is unique to it; ``credits`` are positive."""

	kind: Kind
	key: str
	credits: int
	incident: str = ""
	reason: str = ""
	at: str = ""


def happenings(entries: Iterable[Entry]) -> Iterator[Happening]:
	"""What ``entries`` of one account, in order, were to its customer. Grants have receipts of their own; voids, adjustments
	and transfers are a person's acts.
	"""
	expired: dict[tuple[str, str], tuple[int, int]] = {}
	for event, lines in groupby(entries, key=event_of):
		found = list(lines)
		for line in found:
			if line.kind is EntryKind.EXPIRY:
				when = (line.account, line.effective_at)
				first, credits = expired.get(when, (line.seq, 0))
				expired[when] = (first, credits - line.credits)
		yield from _spent(event, found)
		yield from _given_back(event, found)
	for (account, at), (first, credits) in expired.items():
		yield Happening(Kind.EXPIRED, f"{account}:{first}", credits, at=at)


def event_of(entry: Entry) -> str:
	"""``ticket:…:open`` of the key ``ticket:…:open/1``."""
	return entry.event_key.rpartition("/")[0]


def _spent(event: str, lines: Sequence[Entry]) -> Iterator[Happening]:
	taken = [line for line in lines if line.kind is EntryKind.CHARGE and line.credits < 0]
	if not taken or event.startswith(REPAID) or RELEASED in event:
		return  # a release is told for itself
	first = taken[0]
	yield Happening(Kind.CHARGED, event, -sum(line.credits for line in taken), first.incident, first.reason)


def _given_back(event: str, lines: Sequence[Entry]) -> Iterator[Happening]:
	back = [line for line in lines if line.kind is EntryKind.REFUND]
	if not back or event.startswith(REPAID):
		return
	yield Happening(
		Kind.REFUNDED, event, sum(line.credits for line in back), back[0].incident, back[0].reason
	)


@dataclass(frozen=True, slots=True)
class Stretch:
	"""Credits whose last day is more than ``after`` and at most ``days`` days from today are told of ``days``."""

	days: int
	after: int


def stretches(days: Sequence[int]) -> tuple[Stretch, ...]:
	"""The stretches before an expiry, highest first: whoever was not told in time is told once, of the nearest."""
	ordered = [*sorted(set(days), reverse=True), -1]
	return tuple(Stretch(one, below) for one, below in pairwise(ordered))
