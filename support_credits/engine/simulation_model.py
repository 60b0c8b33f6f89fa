"""What a simulation is told about the past, and what it answers. Data only.

The past is told customer by customer, as a stream of events in the order in which they happened; nothing here grows with
the number of tickets but that stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from support_credits.engine.decision import Door, Policy
from support_credits.engine.model import Lot


class Purchases(str, Enum):
	"""How credits come in while the past is replayed."""

	HAPPENED = "happened"  # those that came in then come in now
	BUYS = "buys"  # none of them does; the customer buys a pack whenever a ticket is refused or has to wait
	NONE = "none"  # only the credits he had when the period began


@dataclass(frozen=True, slots=True)
class Period:
	"""From ``since`` to ``until`` (exclusive). What is due later than ``now`` is neither met nor missed yet."""

	since: datetime
	until: datetime
	now: datetime


@dataclass(frozen=True, slots=True)
class Monthly:
	"""A tier paid by the month; its periods are counted from the day ``counted_from``, the first of them paid when it was chosen, at
	``begun``. None begins on the day it ``ends`` or later.
	"""

	tier: str
	counted_from: date
	ends: date | None = None
	begun: datetime | None = None


@dataclass(frozen=True, slots=True)
class Client:
	"""A customer as he stood when the period began: his lots hold what they held then.

	``account_since`` is when his account was opened, None where he has none. ``overdraft_limit`` is his own, or the site's.
	``tier`` is what he has without paying by the month. ``waiting`` tickets of before the period go first when credits come.
	"""

	customer: str
	account_since: datetime | None
	tier: str | None = None
	policies: Mapping[Door, Policy] = field(default_factory=dict)
	overdraft_limit: int = 0
	lots: tuple[Lot, ...] = ()
	deployed_on: tuple[date, ...] = ()
	monthly: Monthly | None = None
	waiting: int = 0


@dataclass(frozen=True, slots=True)
class PastTicket:
	"""A ticket that was opened. ``severity`` is the priority its customer said, or the one an agent ``confirmed``.

	``exempt`` tickets cost nothing, whenever that was said. A ``withdrawn`` one was taken back while it waited.
	``is_timed`` is False where it is not known when, or whether, it was answered first. ``is_accounts`` is False for one of
	before the account counted, as those are that a merged customer brought along.
	"""

	at: datetime
	door: Door
	severity: str | None = None
	confirmed: bool = False
	exempt: bool = False
	automatic: bool = False
	withdrawn: bool = False
	responded_at: datetime | None = None
	is_timed: bool = True
	is_accounts: bool = True


@dataclass(frozen=True, slots=True)
class CameIn:
	"""Credits that came in as ``lot``, which holds them; ``pack`` names what was bought, where a pack was."""

	at: datetime
	lot: Lot
	pack: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
	"""A lot was corrected by hand, or an older ticket was charged to it or given back: signed ``credits``. ``opens`` is the lot
	itself, still empty, where it began with this: the ticket's own was over.
	"""

	at: datetime
	lot: str
	credits: int
	opens: Lot | None = None


@dataclass(frozen=True, slots=True)
class Voided:
	"""What remained on a lot was taken away."""

	at: datetime
	lot: str


@dataclass(frozen=True, slots=True)
class Extra:
	"""The customer accepted extra ``credits`` for a ticket of the period."""

	at: datetime
	credits: int


Event = PastTicket | CameIn | Changed | Voided | Extra


@dataclass(slots=True)
class Month:
	"""One customer's month. ``needed`` counts the credits of all that asked for some, ``charged`` what was paid of them,
	in the month in which they were asked for. ``due`` counts the deadlines that can be judged. ``falls`` counts periods
	whose tier by the month could not be paid. Money is before tax.
	"""

	tickets: int = 0
	needed: int = 0
	charged: int = 0
	exempt: int = 0
	refusals: int = 0
	waited: int = 0
	packs: int = 0
	due: int = 0
	missed: int = 0
	falls: int = 0
	revenue: dict[str, Decimal] = field(default_factory=dict)

	def earn(self, currency: str, amount: Decimal) -> None:
		self.revenue[currency] = self.revenue.get(currency, Decimal(0)) + amount

	def add(self, other: Month) -> None:
		for name in NUMBERS:
			setattr(self, name, getattr(self, name) + getattr(other, name))
		for currency, amount in other.revenue.items():
			self.earn(currency, amount)


NUMBERS = ("tickets", "needed", "charged", "exempt", "refusals", "waited", "packs", "due", "missed", "falls")


@dataclass(frozen=True, slots=True)
class Row:
	"""``month`` is written 2026-09, on the provider's calendar."""

	customer: str
	month: str
	figures: Month


def total(rows: Iterable[Row]) -> Month:
	"""The sum of all rows."""
	found = Month()
	for row in rows:
		found.add(row.figures)
	return found
