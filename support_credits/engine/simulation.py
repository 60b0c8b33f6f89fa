"""What a past period would have looked like under a catalogue: one customer's tickets played through the rules again.

Decides nothing itself: tickets are decided by :func:`~support_credits.engine.decision.decide`, credits taken by
:mod:`~support_credits.engine.allocation`, deadlines worked out by :mod:`~support_credits.engine.deadline`. What it keeps is
one customer's lots and one line of figures a month, however many tickets he had.

Owned here, because no live site needs them: how the past is told again. A ticket that waits keeps its place as a count, not
as itself, so its later deadline is not judged; a tier by the month that has fallen is tried again with the next period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from math import ceil

from support_credits.engine.calendar_days import end_of_day, local_day
from support_credits.engine.catalogue_model import Pack, Tier
from support_credits.engine.decision import (
	AutoExemption,
	Code,
	Decision,
	TicketFacts,
	decide,
	resolve_policy,
)
from support_credits.engine.errors import EngineError
from support_credits.engine.grants import expiry_instant
from support_credits.engine.model import DAY
from support_credits.engine.simulation_model import (
	CameIn,
	Client,
	Event,
	Extra,
	Month,
	PastTicket,
	Period,
	Purchases,
	Row,
	Voided,
)
from support_credits.engine.simulation_purse import Purse
from support_credits.engine.simulation_terms import Terms
from support_credits.engine.subscription import Period as TierPeriod
from support_credits.engine.subscription import period_of

BEFORE = ""  # sorts before every month
PERSONS_WORD = AutoExemption("", "")
_RUNNING = frozenset({Code.CHARGED, Code.OVERDRAWN, Code.BEST_EFFORT, Code.EXEMPT})
_ASKS = frozenset({Code.CHARGED, Code.OVERDRAWN, Code.BEST_EFFORT, Code.REFUSED, Code.PARKED})


class Replay:
	"""One customer's past under ``terms``. Feed it his events in order, then ask for its rows."""

	def __init__(self, terms: Terms, client: Client, period: Period) -> None:
		self.terms, self.client, self.period = terms, client, period
		self.purse = Purse(client.lots, period.since, client.overdraft_limit)
		self.tier = terms.tier(client.tier)  # the one that counts now
		self.months: dict[str, Month] = {}
		# Waiting tickets by the month in which they came, oldest first.
		self._queue: Counter[str] = Counter({BEFORE: client.waiting} if client.waiting else {})
		self._at = period.since
		self._month = f"{local_day(period.since, terms.zone):%Y-%m}"
		self._next_period = self._first_period()

	def feed(self, event: Event) -> None:
		"""Let ``event`` happen. EngineError for one that is earlier than the last one, or outside the period."""
		if not self._at <= event.at < self.period.until:
			raise EngineError(f"an event at {event.at} cannot follow one at {self._at}")
		self._advance(event.at)
		if isinstance(event, PastTicket):
			self._ticket(event)
		elif isinstance(event, Extra):
			self._extra(event)
		elif isinstance(event, CameIn):
			self._come_in(event)
		elif isinstance(event, Voided):
			self.purse.void(event.lot)
		else:
			if event.opens:
				self.purse.put(event.opens)
			self.purse.correct(event.lot, event.credits)
			if event.credits > 0:
				self._go_on(event.at)

	def finish(self) -> tuple[Row, ...]:
		"""The figures by month, after what the rest of the period still takes."""
		self._advance(self.period.until)
		return tuple(Row(self.client.customer, name, self.months[name]) for name in sorted(self.months))

	# Tickets

	def _ticket(self, ticket: PastTicket) -> None:
		month = self._figures()
		month.tickets += 1
		decision = self._decide(ticket)
		if decision.code in _ASKS:
			month.needed += self.tier.credits_per_incident
		if decision.code is Code.REFUSED:
			month.refusals += 1
		elif decision.code is Code.PARKED:
			month.waited += 1
		if decision.code in (Code.REFUSED, Code.PARKED):
			decision = self._after_refusal(ticket, decision)
		self._enter(ticket, decision, month)

	def _decide(self, ticket: PastTicket) -> Decision:
		return decide(
			TicketFacts(
				door=ticket.door,
				customer=self.client.customer,
				has_account=ticket.is_accounts and self._has_account(ticket.at),
				at=ticket.at,
				lots=self.purse.counting,
				policy=resolve_policy(
					ticket.door, self.client.policies, self.terms.catalogue.defaults.policies
				),
				credits_needed=self.tier.credits_per_incident,
				everyone_must_have_credits=self.terms.catalogue.defaults.everyone_must_have_credits,
				exemption=PERSONS_WORD
				if ticket.exempt
				else self.terms.exemption(self.client.deployed_on, ticket.at),
				automatic_mail=ticket.automatic,
				waiting=self._queue.total(),
			)
		)

	def _has_account(self, at: datetime) -> bool:
		since = self.client.account_since
		return since is not None and since <= at

	def _after_refusal(self, ticket: PastTicket, decision: Decision) -> Decision:
		"""He buys, and sends it again; or it waits, unless he took it back."""
		if ticket.withdrawn:
			return decision
		if self.terms.bought:
			self._buy(self.terms.bought, self.tier.credits_per_incident, ticket.at)
			return self._decide(ticket)
		if decision.code is Code.PARKED:
			self._queue[self._month] += 1
		return decision

	def _enter(self, ticket: PastTicket, decision: Decision, month: Month) -> None:
		month.charged += decision.credits
		month.exempt += decision.code is Code.EXEMPT
		self.purse.take(decision.allocations)
		if decision.code in _RUNNING and ticket.is_timed:
			served = self.terms.catalogue.base_tier if decision.code is Code.BEST_EFFORT else self.tier
			self._judge(ticket, served, month)

	def _judge(self, ticket: PastTicket, tier: Tier, month: Month) -> None:
		due = self.terms.due(tier, ticket.severity, ticket.confirmed, ticket.at)
		if ticket.responded_at is None and due >= self.period.now:
			return  # nobody knows yet
		month.due += 1
		month.missed += ticket.responded_at is None or ticket.responded_at > due

	def _extra(self, extra: Extra) -> None:
		"""He accepted it, so he pays it; where he cannot, he could not have accepted."""
		month = self._figures()
		month.needed += extra.credits
		if not self._pay(extra.credits, extra.at, month):
			month.refusals += 1

	def _pay(self, credits: int, at: datetime, month: Month) -> bool:
		if self.purse.available(at) < credits and self.terms.bought:
			self._buy(self.terms.bought, credits, at)
		if not self.purse.pay(credits, at):
			return False
		month.charged += credits
		return True

	# Credits

	def _come_in(self, event: CameIn) -> None:
		if self.terms.purchases is not Purchases.HAPPENED:
			return
		self.purse.put(event.lot)
		sold = self.terms.list_price(event.pack, event.lot.remaining)
		if sold:
			self._figures().earn(*sold)
			self._figures().packs += ceil(event.lot.remaining / self.terms.packs[event.pack or ""].credits)
		self._go_on(event.at)

	def _buy(self, pack: Pack, credits: int, at: datetime) -> None:
		"""As many packs as pay what is owed, what waits and ``credits``."""
		waiting = self._queue.total() * self.tier.credits_per_incident
		short = self.purse.owed + waiting + credits - self.purse.available(at)
		count = max(1, ceil(short / pack.credits))
		ends = expiry_instant(at, pack.validity_months, self.terms.zone)
		self.purse.put_bought(count * pack.credits, at, ends)
		month = self._figures()
		month.packs += count
		month.earn(pack.currency, pack.price * count)
		self._go_on(at)

	def _go_on(self, at: datetime) -> None:
		"""Credits came in: what is overdrawn is repaid, then what waits goes on, oldest first."""
		self.purse.repay(at)
		cost = self.tier.credits_per_incident
		while self._queue and self.purse.pay(cost, at):
			month = min(self._queue)
			if month != BEFORE:
				self.months[month].charged += cost
			self._queue[month] -= 1
			self._queue += Counter()  # drops a month in which nothing waits any more

	# Time

	def _advance(self, at: datetime) -> None:
		"""To ``at``, through the beginnings of the tier's periods on the way there."""
		while self._next_period and (begin := self._begin_of(self._next_period)) <= at:
			if begin >= self.period.until:
				break
			self._reach(begin)
			self._next_period = self._begin_period(self._next_period)
		self._reach(at)

	def _reach(self, at: datetime) -> None:
		self._at = at
		month = f"{local_day(at, self.terms.zone):%Y-%m}"
		if month != self._month:
			self._month = month
			self.purse.drop_what_is_over(at)

	def _first_period(self) -> date | None:
		"""The first day on which the tier by the month is to be paid; one that runs when the replay begins counts already."""
		monthly = self.client.monthly
		if not monthly:
			return None
		day = local_day(self.period.since, self.terms.zone)
		if monthly.counted_from >= day:
			return monthly.counted_from
		running = self._period_with(day)
		if running.first == day:
			return day
		self.tier = self.terms.tier(monthly.tier)
		return running.following

	def _period_with(self, day: date) -> TierPeriod:
		if not self.client.monthly:
			raise EngineError("no tier is paid by the month")
		return period_of(self.client.monthly.counted_from, day)

	def _begin_period(self, day: date) -> date | None:
		"""The tier by the month is paid, or was given up by now; the day of the period after this one."""
		if self.client.monthly and self.client.monthly.ends and day >= self.client.monthly.ends:
			self.tier = self.terms.tier(self.client.tier)
			return None
		self._take_tier()
		return self._period_with(day).following

	def _take_tier(self) -> None:
		"""A period is paid in advance; one that cannot be paid has what the customer has without (rule 15)."""
		self.tier = self.terms.tier(self.client.tier)
		wanted = self.terms.tier(self.client.monthly.tier if self.client.monthly else None)
		cost = wanted.credits_per_month
		if not cost:
			self.tier = wanted
			return
		month = self._figures()
		month.needed += cost
		if self._pay(cost, self._at, month):
			self.tier = wanted
		else:
			month.falls += 1

	def _begin_of(self, day: date) -> datetime:
		begin, monthly = end_of_day(day - DAY, self.terms.zone), self.client.monthly
		chosen = monthly.begun if monthly and day == monthly.counted_from else None
		return max(begin, chosen) if chosen else begin

	def _figures(self) -> Month:
		return self.months.setdefault(self._month, Month())


def replay(
	terms: Terms, period: Period, histories: Iterable[tuple[Client, Iterable[Event]]]
) -> Iterable[Row]:
	"""Every customer's rows, customer by customer in the order they come; his state is forgotten before the next."""
	for client, events in histories:
		player = Replay(terms, client, period)
		for event in events:
			player.feed(event)
		yield from player.finish()
