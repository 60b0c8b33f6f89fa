"""What the customer's endpoints answer, as types: the OpenAPI file is made from these.

Instants are ISO 8601 in UTC, days are ISO dates in the provider's time zone, credits whole numbers, money a decimal number as
text in the pack's currency. A ``…_text`` is for people, in the language of the request.
"""

from typing import TypedDict

from support_credits.api.session_shapes import TicketSession
from support_credits.api.subscription_shapes import SubscriptionLine


class Link(TypedDict):
	"""Where to go. ``url`` is empty where the provider has set none."""

	label: str
	url: str


class Way(TypedDict):
	"""A way on for a customer without credits; ``name`` is buy, redeem or emergency."""

	name: str
	label: str
	url: str


class NextExpiry(TypedDict):
	"""The credits that end next, and the last day on which they can be used."""

	credits: int
	expires_on: str
	expires_at: str


class CustomerBalance(TypedDict):
	"""``may_act``: whether the caller may redeem and buy for this customer. ``waiting`` counts its parked tickets."""

	customer: str
	balance: int
	may_act: bool
	waiting: int
	proposals: int
	next_expiry: NextExpiry | None


class Balances(TypedDict):
	"""One row for each customer of the caller that has an account; none for somebody whose tickets are never charged."""

	customers: list[CustomerBalance]


class LotLine(TypedDict):
	"""Credits that came together. ``expires_at`` is the instant from which they cannot be used any more, None: never."""

	lot: str
	source: str
	source_text: str
	pack: str | None
	pack_name: str | None
	credits_granted: int
	remaining: int
	granted_at: str
	starts_later: bool
	expires_at: str | None
	expires_on: str | None
	is_overdraft: bool


class Lots(TypedDict):
	"""Lots that hold something or owe it, in the order in which they are spent; the first 100, ``more`` are left out."""

	customer: str
	balance: int
	lots: list[LotLine]
	more: int


class PartOfLot(TypedDict):
	"""What a ticket takes from one lot."""

	lot: str
	credits: int
	expires_on: str | None


class Due(TypedDict):
	"""A first response's deadline: ``due`` to be shown on the reader's own clock, ``why`` its reason in a sentence."""

	due: str
	due_there: str
	due_here: str
	why: str
	why_here: str
	passed: bool


class TierName(TypedDict):
	tier: str
	name: str


class Quote(TypedDict):
	"""What a new ticket would cost its customer now: the charge itself, done and undone.

	``state`` is the state the ticket would have, or ``Refused``, or empty where credits play no part. ``choose`` names the
	customers to choose from where the caller has several and named none; everything else is empty then.
	"""

	customer: str | None
	choose: list[str]
	state: str
	state_text: str
	accepted: bool
	credits: int
	balance: int
	balance_after: int
	lots: list[PartOfLot]
	tier: TierName | None
	severity: str | None
	due: Due | None
	message: str
	ways: list[Way]
	reading: list[Link]


class ProposalLine(TypedDict):
	"""Extra credits an agent proposes for a ticket. ``state``: Open, Accepted, Declined, Expired or Withdrawn."""

	proposal: str
	ticket: str
	customer: str
	credits: int
	minutes: int
	reason: str
	state: str
	state_text: str
	proposed_at: str
	expires_at: str
	answered_at: str | None
	may_answer: bool
	balance: int


class Proposals(TypedDict):
	proposals: list[ProposalLine]


class Minutes(TypedDict):
	"""Minutes of work logged on the ticket, and how many its credits cover."""

	used: int
	covered: int


class TicketCredits(TypedDict):
	"""What a ticket cost and when it is answered. ``state`` is empty where credits play no part in it; ``sessions`` are the help
	by the hour it had, newest first.
	"""

	ticket: str
	customer: str | None
	state: str
	state_text: str
	credits: int
	message: str
	exemption: str | None
	exemption_url: str | None
	tier: TierName | None
	lots: list[PartOfLot]
	due: Due | None
	responded_at: str | None
	minutes: Minutes | None
	proposals: list[ProposalLine]
	balance: int | None
	ways: list[Way]
	sessions: list[TicketSession]


class WaitingTicket(TypedDict):
	"""A parked ticket. ``subject`` is empty where the caller may not read it."""

	ticket: str
	subject: str
	since: str
	message: str


class BalancePoint(TypedDict):
	at: str
	balance: int


class BalanceChart(TypedDict):
	"""The balance after each change since ``since``, oldest first. ``is_cut``: there were more changes in the year than are shown."""

	since: str
	is_cut: bool
	points: list[BalancePoint]


class TierRunway(TypedDict):
	"""How long the credits last at the account's pace under a tier: through ``lasts_until``, None for longer than two years.

	``is_base``: what the account has without paying by the month. ``is_planned``: it counts from the next period on.
	``may_choose``: choosing it would change something.
	"""

	tier: str
	name: str
	promise_text: str
	aim_text: str
	credits_per_incident: int
	credits_per_month: int
	is_current: bool
	is_base: bool
	is_planned: bool
	may_choose: bool
	lasts_until: str | None
	unused: int


class Runway(TypedDict):
	"""``credits`` tickets took in the last ``days``, less what came back; ``credits_a_month`` is the pace that makes, as text
	with one decimal.
	"""

	days: int
	credits: int
	credits_a_month: str
	tiers: list[TierRunway]


class Overview(TypedDict):
	"""All the Credits page shows of one customer, but its statement."""

	customer: str
	balance: int
	may_act: bool
	waiting: list[WaitingTicket]
	lots: list[LotLine]
	more_lots: int
	next_expiry: NextExpiry | None
	chart: BalanceChart
	runway: Runway
	subscription: SubscriptionLine | None
	proposals: list[ProposalLine]
	ways: list[Way]
	reading: list[Link]
	zone: str


class Redeemed(TypedDict):
	"""What a code has brought."""

	customer: str
	credits: int
	lot: str
	balance: int
	expires_on: str | None
	message: str


class Answered(TypedDict):
	"""A proposal after it was answered, and the balance then."""

	proposal: str
	ticket: str
	state: str
	credits: int
	balance: int
	message: str


class Requested(TypedDict):
	"""The ticket a request has opened; it costs no credits."""

	ticket: str
	message: str
	url: str
