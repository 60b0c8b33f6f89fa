"""An order that somebody wants to redeem: its states as a table, who is bound to it, and when it is tried again.

Nobody gets credits for knowing a number: he has its contributor's address, or somebody who reads the mail sent there agrees, or
a manager does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum

from support_credits.engine.errors import NotAllowed
from support_credits.engine.marking import _

FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=6)
LONGEST_RESET = timedelta(hours=24)  # a header that asks for more is not believed
TRIES = 40  # some nine days, then a person looks at it


class State(str, Enum):
	"""Where a redemption stands; stored as these strings."""

	FOUND = "Found in Mail"  # a mail names the order; nobody has asked for it
	PENDING = "Pending"  # to be looked up, again where that failed or it is not paid yet
	LINK = "Link Sent"
	MANUAL = "Manual"
	GRANTED = "Granted"
	FROZEN = "Frozen"  # was granted; what was unspent is void, the money went back
	REFUSED = "Refused"


class Event(str, Enum):
	"""What may happen to a redemption."""

	ASK = "ask"  # an agent takes up what a mail names
	SEND_LINK = "send link"
	QUEUE = "queue"  # for a manager
	PROVE = "prove"  # the link was opened, or a manager agrees
	GRANT = "grant"
	REFUSE = "refuse"
	FREEZE = "freeze"


OPEN = (State.PENDING, State.LINK, State.MANUAL)
REDEMPTION_NEXT: Mapping[tuple[State, Event], State] = {
	(State.FOUND, Event.ASK): State.PENDING,
	(State.FOUND, Event.REFUSE): State.REFUSED,
	(State.GRANTED, Event.FREEZE): State.FROZEN,
	(State.PENDING, Event.SEND_LINK): State.LINK,
	**{(state, Event.QUEUE): State.MANUAL for state in OPEN},
	**{(state, Event.PROVE): State.PENDING for state in OPEN},
	**{(state, Event.GRANT): State.GRANTED for state in OPEN},
	**{(state, Event.REFUSE): State.REFUSED for state in OPEN},
}


def next_state(state: State, event: Event) -> State:
	"""The state after ``event``. NotAllowed, naming the state, when that cannot happen."""
	try:
		return REDEMPTION_NEXT[state, event]
	except KeyError:
		raise NotAllowed(_("this redemption is {state}"), state=state.value) from None


def is_bound(addresses: Iterable[str], contributors: Iterable[str]) -> bool:
	"""Whether one of a person's own ``addresses`` is one of the contributor's."""
	own = {address.strip().casefold() for address in addresses} - {""}
	return bool(own & {address.strip().casefold() for address in contributors})


def next_try(tries: int, at: datetime, reset: datetime | None = None) -> datetime:
	"""When to ask again after ``tries`` that failed: later each time, and never before the shop's own ``reset``."""
	pause = min(FIRST_PAUSE * (1 << min(max(tries - 1, 0), 10)), LONGEST_PAUSE)
	wanted = at + pause
	if reset is None:
		return wanted
	return max(wanted, min(reset, at + LONGEST_RESET))


def reset_instant(headers: Mapping[str, str], at: datetime) -> datetime | None:
	"""When the shop takes calls again, from X-RateLimit-Reset (seconds since 1970, or from now) or Retry-After; None where unsaid."""
	for name in ("x-ratelimit-reset", "retry-after"):
		said = next((value for key, value in headers.items() if key.lower() == name), "").strip()
		try:
			seconds = float(said)
			if not 0 <= seconds < 10**14:
				continue
		except ValueError:
			continue
		if seconds > 10**11:
			seconds /= 1000
		start = datetime.fromtimestamp(0, at.tzinfo) if seconds > 10**8 else at
		return start + timedelta(seconds=seconds)
	return None
