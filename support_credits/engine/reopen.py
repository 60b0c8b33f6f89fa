"""What reopening a resolved ticket is: the same incident, or a new one (rule 12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from support_credits.engine.grants import days_after
from support_credits.engine.incident import State


class Late(str, Enum):
	"""What a reopening after the window is."""

	CHARGE = "charge"  # a new incident on the same ticket
	ASK = "ask"  # not possible for a customer: he opens a new ticket


class Reopening(str, Enum):
	"""The answer: the same incident goes on, a new one begins, or a new ticket is needed."""

	SAME = "same"
	NEW_INCIDENT = "new_incident"
	NEW_TICKET = "new_ticket"


@dataclass(frozen=True, slots=True)
class ReopenFacts:
	"""A resolved ticket is opened again at ``at``. ``state`` is its incident's, None for a ticket that is older than
	its customer's account; ``merged`` says that it went into another ticket; ``is_agent`` who opens it.
	"""

	state: State | None
	resolved_at: datetime
	at: datetime
	days: int
	zone: ZoneInfo
	late: Late = Late.CHARGE
	is_agent: bool = False
	merged: bool = False


# Nothing has been decided for these that could be used up; what they wait for decides them.
_OPEN_QUESTIONS = frozenset({State.PARKED, State.WITHDRAWN, State.UNIDENTIFIED, State.AUTOMATIC})


def window_ends(resolved_at: datetime, days: int, zone: ZoneInfo) -> datetime:
	"""The exclusive end (UTC) of the window: the local day ``days`` days after the resolution counts in full."""
	return days_after(resolved_at, days, zone)


def reopening(facts: ReopenFacts) -> Reopening:
	"""What opening the ticket again is. Whether an incident was charged, excused or free does not matter: a late
	reopening is decided like a new ticket, so that an old free ticket is no way around the credits.
	"""
	if facts.merged or facts.state in _OPEN_QUESTIONS:
		return Reopening.SAME
	if facts.at < window_ends(facts.resolved_at, facts.days, facts.zone):
		return Reopening.SAME
	if facts.late is Late.CHARGE:
		return Reopening.NEW_INCIDENT
	return Reopening.SAME if facts.is_agent else Reopening.NEW_TICKET
