"""What the endpoints of an agent's card on a ticket answer; the words of ``shapes`` hold here too."""

from typing import TypedDict

from support_credits.api.session_shapes import TicketSessions
from support_credits.api.shapes import TicketCredits


class TimerLine(TypedDict):
	"""A timer that runs on the server, on one ticket, for one agent."""

	timer: str
	ticket: str
	started_at: str


class TimerGone(TypedDict):
	"""A timer that was thrown away."""

	timer: str
	ticket: str


class WorkLogged(TypedDict):
	"""Work that is logged, rounded up. ``replayed``: it was before, and nothing was written now."""

	work_log: str
	ticket: str
	minutes: int
	replayed: bool
	message: str


class ExemptionChoice(TypedDict):
	"""A reason the caller may set on the ticket. ``effect`` says what that would give back, in a sentence."""

	reason: str
	label: str
	effect: str
	note_required: bool
	takes_url: bool


class AgentTicket(TicketCredits):
	"""A ticket's credits as its agents see them, at the answer's ``now``.

	``acts`` are what the caller may do about it: exempt, unexempt, charge, park, release or propose; ``is_closed``: then a charge
	needs a reason. ``worked`` are all minutes logged for it, ``credits_to_cover`` the extra credits that would
	cover them, ``hourly`` help by the hour.
	"""

	now: str
	acts: list[str]
	is_closed: bool
	worked: int
	minutes_a_credit: int
	step_minutes: int
	credits_to_cover: int
	exemptions: list[ExemptionChoice]
	timer: TimerLine | None
	hourly: TicketSessions
