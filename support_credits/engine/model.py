"""The values the rules speak about: lots, lines, entries, the head of an account. Data only, no rule.

Credits are whole numbers (``int``), never floats. Instants are aware ``datetime`` in UTC; a naive one is
refused at the edge by :func:`as_utc`. Texts a person reads are templates plus parameters, so the shell can
translate them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from enum import Enum

from support_credits.engine.errors import EngineError

GENESIS_HASH = "0" * 64  # what the first entry of an account names as its predecessor
UTC = timezone.utc


class Kind(str, Enum):
	"""What an entry does to its lot. The words of the ledger; stored as these strings."""

	GRANT = "Grant"
	CHARGE = "Charge"
	REFUND = "Refund"
	EXPIRY = "Expiry"
	VOID = "Void"
	ADJUSTMENT = "Adjustment"
	TRANSFER = (
		"Transfer"  # out of one lot into its successor: two customers merged, or a refund to an expired lot
	)


def as_utc(instant: datetime) -> datetime:
	"""Return ``instant`` in UTC; refuse a naive one, whose meaning would depend on a machine's time zone."""
	if instant.tzinfo is None:
		raise EngineError(f"naive instant {instant.isoformat()}: pass an aware datetime")
	return instant.astimezone(UTC)


def stamp_text(instant: datetime) -> str:
	"""Fixed-width text of an instant, ``2026-11-22T16:05:00.000000Z``: sorts as text as it does in time."""
	return as_utc(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_stamp(text: str) -> datetime:
	"""Inverse of :func:`stamp_text`; refuses every other form, so that stored instants stay comparable as
	text."""
	try:
		# Five times as fast as strptime, and laxer: what it takes beyond our form is refused below.
		instant = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
	except ValueError as error:
		raise EngineError(f"not a stored instant: {text!r}") from error
	if stamp_text(instant) != text:
		raise EngineError(f"not a stored instant: {text!r}")
	return instant


@dataclass(frozen=True, slots=True)
class Lot:
	"""Credits granted together, with one expiry.

	``remaining`` is the sum of the lot's entries; ``credits_granted`` is the most it may ever hold, which
	upward adjustments raise (a refund after one must still fit), so a caller stores both from a posting.
	``expires_at`` is exclusive (the lot is unusable from that instant); ``None`` never expires. An
	overdraft is a lot of its own: ``overdraft_limit`` > 0, nothing granted, ``remaining`` between
	``-overdraft_limit`` and 0. ``moved_to`` names the successor after two accounts were joined.
	"""

	name: str
	credits_granted: int
	remaining: int
	granted_at: datetime
	expires_at: datetime | None = None
	overdraft_limit: int = 0
	voided: bool = False
	moved_to: str | None = None

	@property
	def is_overdraft(self) -> bool:
		return self.overdraft_limit > 0

	def is_valid_at(self, at: datetime) -> bool:
		"""Whether the lot counts at ``at``, decided by the clock alone, whatever job has or has not run."""
		return self.granted_at <= at and (self.expires_at is None or at < self.expires_at)

	def with_change(self, credits: int) -> Lot:
		return replace(self, remaining=self.remaining + credits)


@dataclass(frozen=True, slots=True)
class Allocation:
	"""``credits`` (> 0) taken from the lot named ``lot``; ``entry`` names the charge once it is posted."""

	lot: str
	credits: int
	entry: str = ""


@dataclass(frozen=True, slots=True)
class Line:
	"""One change of one lot before it is chained: what :func:`~support_credits.engine.chain.post` turns
	into an entry."""

	lot: str
	kind: Kind
	credits: int
	incident: str = ""
	reverses: str = ""  # name of the entry this line takes back
	reason: str = ""
	detail: str = ""  # canonical JSON, for example the terms of the lot a grant opens
	effective_at: datetime | None = None  # None: when it is posted

	@classmethod
	def charge(cls, part: Allocation, incident: str, reason: str = "") -> Line:
		"""The line that takes one allocation for an incident."""
		return cls(part.lot, Kind.CHARGE, -part.credits, incident=incident, reason=reason)


@dataclass(frozen=True, slots=True)
class Stamp:
	"""Who posted, when, and for which business event; ``event_key`` makes the event happen once."""

	event_key: str
	at: datetime
	actor: str


@dataclass(frozen=True, slots=True)
class Head:
	"""Where an account's chain stands. ``seq`` counts entries, ``lot_count`` lots; both only grow."""

	account: str
	seq: int = 0
	entry_hash: str = GENESIS_HASH
	lot_count: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
	"""One ledger entry. ``event_key`` is ``<event>/<line>``, so replaying an event collides on its first
	line."""

	name: str
	account: str
	seq: int
	lot: str
	kind: Kind
	credits: int
	incident: str
	reverses: str
	reason: str
	detail: str
	event_key: str
	actor: str
	posted_at: str  # stamp_text: the stored text is what is hashed
	effective_at: str
	prev_hash: str
	entry_hash: str


@dataclass(frozen=True, slots=True)
class Posting:
	"""What one event writes: entries in order, the lots as they stand after, and the new head."""

	entries: tuple[Entry, ...]
	lots: tuple[Lot, ...]
	head: Head


@dataclass(frozen=True, slots=True)
class Choices:
	"""Things a reader can do, as a value of a message: (name, English words) each. The shell may make them links."""

	options: tuple[tuple[str, str], ...]

	def __str__(self) -> str:
		return ", ".join(words for _name, words in self.options)


@dataclass(frozen=True, slots=True)
class Message:
	"""A sentence for a person: an English template and its values. The shell translates the template."""

	template: str
	values: dict[str, object] = field(default_factory=dict)

	def __str__(self) -> str:
		return self.template.format(**self.values)


def lot_name(account: str, number: int) -> str:
	"""``CA-00017-L000003``: fixed width, so that the published tie-break "then name" is the order of
	granting."""
	return f"{account}-L{number:06d}"


def entry_name(account: str, seq: int) -> str:
	return f"{account}-E{seq:07d}"


DAY = timedelta(days=1)
