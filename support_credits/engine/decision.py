"""What happens to a new ticket: charged, refused, parked or none of them, with a sentence for the customer.

Owns rules 5 to 10 and 12 as one pure function, :func:`decide`. A quote is the same call, so it cannot
differ from the charge. It reads nothing a customer can write: the shell says who pays, through which door,
and under which policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from support_credits.engine import sentences
from support_credits.engine.allocation import allocate, available, balance
from support_credits.engine.calendar_days import end_of_day, local_day
from support_credits.engine.errors import EngineError, NotEnoughCredits
from support_credits.engine.model import DAY, Allocation, Lot, Message, as_utc
from support_credits.engine.sentences import WAYS_ON, ways_of


class Door(str, Enum):
	"""The way a ticket came in, known from the request and never from the ticket's own fields (rule 12)."""

	PORTAL = "portal"
	AGENT = "agent"
	API = "api"
	MAIL = "mail"
	SPLIT = "split"
	IMPORT = "import"
	SYSTEM = "system"
	SERVICES = "services"


class Policy(str, Enum):
	"""What to do when the credits do not suffice (rule 7)."""

	REFUSE = "refuse"
	PARK = "park"
	OVERDRAW = "overdraw"
	BEST_EFFORT = "best_effort"


class Code(str, Enum):
	"""The decision, for machines."""

	CHARGED = "charged"
	OVERDRAWN = "overdrawn"
	BEST_EFFORT = "best_effort"
	REFUSED = "refused"
	PARKED = "parked"
	EXEMPT = "exempt"
	UNIDENTIFIED = "unidentified"
	NOT_ENFORCED = "not_enforced"
	NOT_CHARGEABLE = "not_chargeable"
	AUTOMATIC = "automatic"


class WaitsFor(str, Enum):
	"""What a parked ticket waits for: credits, the tickets before it, or an agent's word on what is
	covered."""

	NOTHING = ""
	CREDITS = "credits"
	QUEUE = "queue"
	COVER = "cover"


DEFAULT_POLICY: Mapping[Door, Policy] = {
	Door.PORTAL: Policy.REFUSE,
	Door.API: Policy.REFUSE,
	Door.MAIL: Policy.PARK,
	Door.AGENT: Policy.PARK,
	Door.SPLIT: Policy.PARK,
	Door.IMPORT: Policy.PARK,
	Door.SYSTEM: Policy.PARK,
	Door.SERVICES: Policy.PARK,
}

# Tickets that come by these doors exist already somewhere else, are the site's own, or ask what an offer costs: none is
# an incident.
NEVER_CHARGED = frozenset({Door.IMPORT, Door.SYSTEM, Door.SERVICES})

# At these doors somebody sees the refusal at once and still has his text; elsewhere a ticket would be lost.
_CAN_REFUSE = frozenset({Door.PORTAL, Door.API, Door.AGENT, Door.SPLIT})


@dataclass(frozen=True, slots=True)
class AutoExemption:
	"""An exemption reason that applies by itself: the record's ``code`` and the ``name`` a customer reads."""

	code: str
	name: str


@dataclass(frozen=True, slots=True)
class TicketFacts:
	"""What is known about a new ticket at ``at``. Credits are whole numbers; ``recently_expired_on`` is the
	last local day on which the credits that expired lately could be used; ``waiting`` counts the account's
	tickets parked before this one; ``forged_sender`` says that the provider's mail server found the sender to be
	somebody else; ``outside_cover`` names what no pack or tier of the customer covers;
	``ways_on`` are the ways this provider offers a customer who has no credits."""

	door: Door
	customer: str | None
	has_account: bool
	at: datetime
	lots: tuple[Lot, ...] = ()
	policy: Policy = Policy.REFUSE
	credits_needed: int = 1
	everyone_must_have_credits: bool = False
	exemption: AutoExemption | None = None
	automatic_mail: bool = False
	forged_sender: bool = False
	recently_expired: int = 0
	recently_expired_on: date | None = None
	waiting: int = 0
	outside_cover: str | None = None
	ways_on: tuple[str, ...] = WAYS_ON


@dataclass(frozen=True, slots=True)
class Decision:
	"""What to do with the ticket. ``allocations`` are exactly what a charge takes; empty for all but
	charges."""

	code: Code
	message: Message
	credits: int = 0
	allocations: tuple[Allocation, ...] = ()
	ways_on: tuple[str, ...] = ()
	waits_for: WaitsFor = WaitsFor.NOTHING

	@property
	def is_accepted(self) -> bool:
		return self.code is not Code.REFUSED


def resolve_policy(
	door: Door,
	account_overrides: Mapping[Door, Policy] | None = None,
	site_defaults: Mapping[Door, Policy] | None = None,
) -> Policy:
	"""The policy at a door: the customer's own, else the site's, else the default (rule 7).

	``refuse`` becomes ``park`` where nobody would see the refusal, mail above all.
	"""
	for policies in (account_overrides or {}, site_defaults or {}, DEFAULT_POLICY):
		if door in policies:
			return _seen(policies[door], door)
	raise EngineError(f"no policy for door {door!r}")


def decide(facts: TicketFacts) -> Decision:
	"""The decision for a new ticket, or the quote for one that is not there yet: the same call (rules 5 to
	10, 12).

	First what is never an incident, then who pays, then what excuses him, then the credits. A ticket that
	needs 0 credits is CHARGED with 0, so that it has a decision like every other. Under PARK a ticket never
	overtakes those already parked, even when the credits would suffice for it alone. InvalidAmount for a
	bad ``credits_needed``.
	"""
	as_utc(facts.at)
	return _not_an_incident(facts) or _excused(facts) or _pay(facts)


def within_deployment_window(deployed_on: date, opened_at: datetime, days: int, zone: ZoneInfo) -> bool:
	"""Whether a problem opened at ``opened_at`` arose within ``days`` local days of a deployment (rule 10).

	The day of deployment is day 0; the window closes at the end of day ``days``. Earlier tickets are outside.
	"""
	return deployed_on <= local_day(opened_at, zone) and as_utc(opened_at) < end_of_day(
		deployed_on + days * DAY, zone
	)


def _not_an_incident(facts: TicketFacts) -> Decision | None:
	if facts.automatic_mail:
		return Decision(Code.AUTOMATIC, Message(sentences.AUTOMATIC))
	if facts.door in NEVER_CHARGED:
		said = sentences.REQUEST if facts.door is Door.SERVICES else sentences.NOT_CHARGEABLE
		return Decision(Code.NOT_CHARGEABLE, Message(said))
	if facts.forged_sender:
		return Decision(Code.UNIDENTIFIED, Message(sentences.FORGED))
	if not facts.customer:
		return Decision(Code.UNIDENTIFIED, Message(sentences.UNIDENTIFIED))
	if not facts.has_account and not facts.everyone_must_have_credits:
		return Decision(Code.NOT_ENFORCED, Message(sentences.NOT_ENFORCED))
	return None


def _excused(facts: TicketFacts) -> Decision | None:
	if facts.exemption:
		return Decision(Code.EXEMPT, Message(sentences.EXEMPT, {"reason": facts.exemption.name}))
	if facts.outside_cover:
		# Parked at every door and not refused: an agent may see it differently, and nobody loses his text
		# (rule 12).
		outside = Message(sentences.OUTSIDE, {"what": facts.outside_cover})
		return Decision(Code.PARKED, outside, waits_for=WaitsFor.COVER)
	if facts.credits_needed == 0 and not isinstance(facts.credits_needed, bool):
		return Decision(Code.CHARGED, Message(sentences.FREE))
	return None


def _pay(facts: TicketFacts) -> Decision:
	policy = _seen(facts.policy, facts.door)
	if policy is Policy.PARK and facts.waiting > 0:
		values: dict[str, object] = {"waiting": facts.waiting, "balance": balance(facts.lots, facts.at)}
		values["ways"] = ways_of(facts.ways_on)
		return Decision(
			Code.PARKED, Message(sentences.QUEUED, values), ways_on=facts.ways_on, waits_for=WaitsFor.QUEUE
		)
	try:
		taken = allocate(facts.credits_needed, facts.lots, facts.at)
	except NotEnoughCredits:
		return _empty(facts, policy)
	left = available(facts.lots, facts.at) - facts.credits_needed
	return _charged(Code.CHARGED, sentences.CHARGED, facts, taken, left)


def _charged(
	code: Code, template: str, facts: TicketFacts, taken: tuple[Allocation, ...], left: int
) -> Decision:
	message = Message(template, {"credits": facts.credits_needed, "left": left})
	ways_on = facts.ways_on if code is Code.OVERDRAWN else ()
	return Decision(code, message, facts.credits_needed, taken, ways_on)


def _empty(facts: TicketFacts, policy: Policy) -> Decision:
	if policy is Policy.OVERDRAW:
		return _overdraw(facts)
	if policy is Policy.BEST_EFFORT:
		return _unpaid(Code.BEST_EFFORT, sentences.BEST_EFFORT, sentences.BEST_EFFORT, facts)
	if policy is Policy.REFUSE:
		return _unpaid(Code.REFUSED, sentences.REFUSED, sentences.REFUSED_EXPIRED, facts)
	return _unpaid(Code.PARKED, sentences.PARKED, sentences.PARKED_EXPIRED, facts)


def _overdraw(facts: TicketFacts) -> Decision:
	try:
		taken = allocate(facts.credits_needed, facts.lots, facts.at, overdraft=True)
	except NotEnoughCredits:
		# The limit is reached: what the door would do without an overdraft.
		return _empty(facts, _seen(DEFAULT_POLICY[facts.door], facts.door))
	left = balance(facts.lots, facts.at) - facts.credits_needed
	return _charged(Code.OVERDRAWN, sentences.OVERDRAWN, facts, taken, left)


def _unpaid(code: Code, plain: str, expired: str, facts: TicketFacts) -> Decision:
	values: dict[str, object] = {
		"needed": facts.credits_needed,
		"balance": balance(facts.lots, facts.at),
		"expired": facts.recently_expired,
		"expired_on": facts.recently_expired_on,
		"ways": ways_of(facts.ways_on),
	}
	template = expired if facts.recently_expired and facts.recently_expired_on else plain
	waits_for = WaitsFor.CREDITS if code is Code.PARKED else WaitsFor.NOTHING
	return Decision(code, Message(template, values), ways_on=facts.ways_on, waits_for=waits_for)


def _seen(policy: Policy, door: Door) -> Policy:
	return Policy.PARK if policy is Policy.REFUSE and door not in _CAN_REFUSE else policy
