"""Extra credits for work beyond what an incident covers: proposed, then accepted or declined (rule 14).

Silence charges nothing: a proposal that nobody has answered in time is over, whether or not a job has said so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from support_credits.engine.incident import State as IncidentState
from support_credits.engine.marking import _
from support_credits.engine.transitions import follow


class State(str, Enum):
	"""Where a proposal stands; stored as these strings."""

	OPEN = "Open"
	ACCEPTED = "Accepted"
	DECLINED = "Declined"
	EXPIRED = "Expired"
	WITHDRAWN = "Withdrawn"


class Event(str, Enum):
	"""What may happen to a proposal."""

	ACCEPT = "accept"
	DECLINE = "decline"
	EXPIRE = "expire"
	WITHDRAW = "withdraw"  # by an agent, before it was answered


PROPOSAL_NEXT: Mapping[tuple[State, Event], State] = {
	(State.OPEN, Event.ACCEPT): State.ACCEPTED,
	(State.OPEN, Event.DECLINE): State.DECLINED,
	(State.OPEN, Event.EXPIRE): State.EXPIRED,
	(State.OPEN, Event.WITHDRAW): State.WITHDRAWN,
}

# Extra credits are charged on top of a charge: a vendor's bug stays free however long it takes.
CHARGEABLE = frozenset({IncidentState.CHARGED, IncidentState.OVERDRAWN})


def state_at(state: State, expires_at: datetime, at: datetime) -> State:
	"""The state at an instant: an open one is over from ``expires_at`` on."""
	return State.EXPIRED if state is State.OPEN and at >= expires_at else state


def next_state(state: State, event: Event) -> State:
	"""The state after ``event``. NotAllowed when that cannot happen any more."""
	return follow(PROPOSAL_NEXT, state, event, _("this proposal is {state} already"))


def covered_minutes(cover: int, extra_credits: int) -> int:
	"""Minutes of work that an incident covers: its own, and as many again for each extra credit."""
	return cover * (1 + extra_credits)
