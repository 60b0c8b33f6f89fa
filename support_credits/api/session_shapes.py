"""What the endpoints about help by the hour answer; the words of ``shapes`` hold here too.

A clock that ticks on a page shows ``worked_seconds`` plus the time since the answer's ``now`` while the state is Running;
``amount`` changes in whole steps only and is asked for again.
"""

from typing import TypedDict


class SessionLine(TypedDict):
	"""Help by the hour as it stands at the answer's ``now``. ``state``: Running, Paused, Stopped or Cancelled.

	``billed_minutes`` and ``amount`` are what it would come to if it were stopped now while ``is_provisional``, what it came to
	when it was stopped, and 0 when it was cancelled. ``may_act``: whether the caller may pause, resume or stop it now,
	``may_cancel``: whether he may cancel it. ``running_by`` is who works on it now, empty unless it is running. ``invoice`` and
	``export`` say where it is billed; ``trouble`` why it is not yet.
	"""

	session: str
	ticket: str
	customer: str
	kind: str
	kind_text: str
	state: str
	state_text: str
	agent: str
	agent_name: str
	running_by: str
	started_at: str
	stopped_at: str | None
	worked_seconds: int
	billed_minutes: int
	amount: str
	currency: str
	amount_text: str
	rate_text: str
	rounding_text: str
	is_provisional: bool
	summary: str
	cancel_reason: str
	invoice: str
	export: str
	trouble: str
	may_act: bool
	may_cancel: bool


class SessionKind(TypedDict):
	"""A kind that can be started here, and what an hour of it costs. ``least_text`` is empty where no least time is billed."""

	kind: str
	kind_text: str
	rate: str
	currency: str
	rate_text: str
	rounding_text: str
	least_text: str


class TicketSessions(TypedDict):
	"""The sessions of a ticket, newest first. ``kinds`` is empty where the provider offers no help by the hour.

	``may_start``: whether the caller may start one on this ticket now; else ``why_not`` says why, in a sentence.
	"""

	ticket: str
	now: str
	sessions: list[SessionLine]
	kinds: list[SessionKind]
	may_start: bool
	why_not: str


class SessionActed(TypedDict):
	"""The session after the act. ``replayed``: it was done before, nothing was written now. ``message`` is to be shown."""

	session: SessionLine
	now: str
	replayed: bool
	message: str


class TicketSession(TypedDict):
	"""A session as the ticket's customer sees it: no agent, no invoice; the words of :class:`SessionLine`."""

	session: str
	kind: str
	kind_text: str
	state: str
	state_text: str
	started_at: str
	stopped_at: str | None
	worked_seconds: int
	billed_minutes: int
	amount: str
	currency: str
	amount_text: str
	rate_text: str
	rounding_text: str
	is_provisional: bool
	summary: str
