"""What an account's entries say of its lots, in a few bytes a lot however many entries there are.

Fed in order after the chain was checked, it keeps what each lot holds, was granted and may owe, and finds the first entry
that no rule of the ledger would have posted: what is left to find when somebody rewrote a chain and its hashes.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _
from support_credits.engine.model import Kind, lot_name, parse_stamp
from support_credits.engine.verify import Problem, problem_of

UNKNOWN_LOT = _("{row} names lot {lot}, which this account had not been granted")
OPENED_TWICE = _("{row} grants lot {lot} a second time")
NO_TERMS = _("{row} opens lot {lot} without saying on which terms")
WRONG_KIND = _("{row} is a {kind} of {credits}, which no ledger posts")
WRONG_INCIDENT = _("{row} is a {kind}, but the incident it names is '{incident}'")
OUT_OF_BOUNDS = _("{row} leaves lot {lot} at {found}, outside {low} to {high}")
WRONG_DAY = _("{row} is shown on {found}, but was posted at {expected}")

VOIDED, LEFT = 1, 2  # marks of a lot
CHARGE, REFUND, GRANT, ADJUSTMENT, TRANSFER = (
	kind.value for kind in (Kind.CHARGE, Kind.REFUND, Kind.GRANT, Kind.ADJUSTMENT, Kind.TRANSFER)
)
VOID, EXPIRY = Kind.VOID.value, Kind.EXPIRY.value
# A day of the calendar begins this long before and after it does in UTC, somewhere.
FARTHEST_WEST, FARTHEST_EAST = timedelta(hours=-12), timedelta(hours=14)
TIER = "tier:"  # begins the key of a tier's month
CREDITS_MAX = 2**31  # what a column of the database holds
REMEMBERED = 10_000  # names whose numbers are kept at hand


def join_event(lot: str, side: str) -> str:
	"""Key of the entry by which ``lot`` left its account ("out") or came into another as its successor ("in")."""
	return f"join:{lot}:{side}/1"


class LotTally:
	"""Feed it rows of :data:`~support_credits.engine.verify.ROW`; lots are numbers, from 1 to ``opened``.

	``problem`` is the first entry against the rules; counting goes on after it.
	"""

	def __init__(self, account: str) -> None:
		self.account = account
		self.problem: Problem | None = None
		# One slot a lot, by number; slot 0 takes what belongs to none.
		self.held = array("q", [0])
		self.granted = array("q", [0])
		self.opened_by = array("q", [0])  # seq of the entry that opened it
		self.terms_by = array("q", [0])  # seq of the entry that last stated its terms
		self.marks = bytearray(1)
		self.limits: dict[int, int] = {}  # of the few that are overdrafts
		self._most = array("q", [0])  # what it may hold: nothing, once it has left
		self._numbers: dict[str, int] = {}
		self._days: set[tuple[str, str]] = set()

	@property
	def opened(self) -> int:
		return len(self.held) - 1

	def note(self, row: Sequence[Any]) -> None:
		"""Take the next entry."""
		lot, kind, credits, incident, posted_at = row[2], row[3], row[4], row[5], row[11]
		number = self._numbers.get(lot) or self._number(lot)
		if (kind == CHARGE and credits < 0) or (kind == REFUND and credits > 0):
			# Names the database cannot mistake for one another: its comparisons know no upper case.
			named = incident.isascii() and incident.isalnum() and incident == incident.lower()
			# A tier's month is charged for no incident.
			if not (named or (kind == CHARGE and not incident and row[9].startswith(TIER))):
				self._blame("incident", WRONG_INCIDENT, row, kind=kind, incident=incident)
		else:
			number = self._note_rare(number, row)
		if not number:
			self._blame("lot", UNKNOWN_LOT, row, lot=lot)
			return
		held = self.held[number] = self.held[number] + credits
		if not 0 <= held <= self._most[number]:
			self._check_bounds(number, row)
		if row[16] != posted_at[:10] and (posted_at[:13], row[16]) not in self._days:
			self._check_day(row)

	def _number(self, lot: str) -> int:
		"""The number of a lot of this account that has been opened, or 0."""
		digits = lot.removeprefix(f"{self.account}-L")
		number = int(digits) if digits.isascii() and digits.isdigit() else 0
		if not 0 < number <= self.opened or lot != lot_name(self.account, number):
			return 0
		if len(self._numbers) >= REMEMBERED:
			self._numbers.clear()
		self._numbers[lot] = number
		return number

	def _note_rare(self, number: int, row: Sequence[Any]) -> int:
		"""An entry that is no charge or refund; returns the lot's number, a new one for a lot that it opens."""
		kind, credits, incident = row[3], row[4], row[5]
		if incident:
			self._blame("incident", WRONG_INCIDENT, row, kind=kind, incident=incident)
		if not _may_be(kind, credits):
			self._blame("kind", WRONG_KIND, row, kind=kind, credits=credits)
		terms = terms_of(row[8])
		if terms and kind in (GRANT, TRANSFER):
			return self._state_terms(number, row, terms)
		if kind == GRANT:
			self._blame("terms", NO_TERMS, row, lot=row[2])
		elif kind == ADJUSTMENT and credits > 0 and number:
			self.granted[number] += credits
			self._most[number] += credits
		elif kind == VOID and number:
			self.marks[number] |= VOIDED
		elif kind == TRANSFER and number and row[9] == join_event(row[2], "out"):
			self.marks[number] |= LEFT
			self._most[number] = 0
			self.limits.pop(number, None)
		return number

	def _state_terms(self, number: int, row: Sequence[Any], terms: Mapping[str, Any]) -> int:
		limit = _count(terms, "overdraft_limit")
		if number and not (row[3] == GRANT and row[4] == 0 and number in self.limits and limit):
			self._blame("lot", OPENED_TWICE, row, lot=row[2])
			return number
		if not number:
			if row[2] != lot_name(self.account, self.opened + 1):
				return 0
			number = self._open(row, terms)
		self.terms_by[number] = row[1]
		if limit:
			self.limits[number] = limit
		return number

	def _open(self, row: Sequence[Any], terms: Mapping[str, Any]) -> int:
		granted = row[4] if row[3] == GRANT else _count(terms, "credits_granted")
		for column in (self.granted, self._most):
			column.append(granted)
		for column in (self.held, self.terms_by):
			column.append(0)
		self.opened_by.append(row[1])
		self.marks.append(VOIDED if terms.get("voided") is True else 0)
		return self.opened

	def _check_bounds(self, number: int, row: Sequence[Any]) -> None:
		"""Only in the direction of the entry: a limit lowered below a debt must still be repayable step by step."""
		limit = self.limits.get(number, 0)
		low, high = (-limit, 0) if limit else (0, self._most[number])
		held = self.held[number]
		if (row[4] < 0 and held < low) or (row[4] > 0 and held > high):
			self._blame("bounds", OUT_OF_BOUNDS, row, lot=row[2], found=held, low=low, high=high)

	def _check_day(self, row: Sequence[Any]) -> None:
		"""The day people are shown: not hashed, and in whatever zone the provider was in."""
		posted_at, day = row[11], row[16]
		try:
			instant = parse_stamp(posted_at)
		except EngineError:
			return  # hashed as it is; nothing can be said of its day
		if (
			not (instant + FARTHEST_WEST).date().isoformat()
			<= day
			<= (instant + FARTHEST_EAST).date().isoformat()
		):
			self._blame("day", WRONG_DAY, row, found=day or "-", expected=posted_at)
			return
		if len(self._days) >= REMEMBERED:
			self._days.clear()
		self._days.add((posted_at[:13], day))

	def _blame(self, code: str, template: str, row: Sequence[Any], **values: object) -> None:
		self.problem = self.problem or problem_of(f"entry_{code}", template, row[15], **values)


def _may_be(kind: str, credits: int) -> bool:
	if kind == GRANT:
		return credits >= 0
	if kind in (EXPIRY, VOID):
		return credits < 0
	return kind == TRANSFER or (kind == ADJUSTMENT and credits != 0)


def terms_of(detail: str) -> Mapping[str, Any]:
	"""What an entry's detail says, as values by name; nothing where it cannot be read."""
	if not detail:
		return {}
	try:
		terms = json.loads(detail)
	except (ValueError, RecursionError):
		return {}
	return terms if isinstance(terms, dict) else {}


def _count(terms: Mapping[str, Any], key: str) -> int:
	value = terms.get(key)
	return value if isinstance(value, int) and abs(value) <= CREDITS_MAX else 0
