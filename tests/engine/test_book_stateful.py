"""The rules together: random lives of an account, checked after every step.

Two machines. The first compares with tokens: every credit is one coin in a lot, so its arithmetic shares
nothing with the engine's. The second adds overdraft, voids and adjustments, and checks the ledger's own
promises.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import zip_longest

from engine_factories import ACCOUNT, DAY, LISBON, NOW
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from support_credits.engine.allocation import available
from support_credits.engine.book import Book
from support_credits.engine.decision import Code, Door, Policy, decide
from support_credits.engine.errors import EngineError, NotAllowed
from support_credits.engine.incident import State
from support_credits.engine.statement import balance_at

STEPS = st.sampled_from([timedelta(0), timedelta(hours=5), DAY, 20 * DAY, 45 * DAY])
CREDITS = st.integers(1, 4)


class Life(RuleBasedStateMachine):
	"""What both machines do and check."""

	def __init__(self):
		super().__init__()
		self.book = Book(ACCOUNT, LISBON, grace_days=30)
		self.at = NOW
		self.count = 0
		self.seen = [NOW]

	def next_name(self, what):
		self.count += 1
		return f"{what}{self.count}"

	@rule(step=STEPS)
	def time_passes(self, step):
		self.at += step
		self.seen.append(self.at)

	@rule()
	def expiry_is_booked(self):
		self.book.expire(self.at)

	@rule(pick=st.randoms(use_true_random=False))
	@precondition(lambda self: self.book._postings)
	def an_event_is_delivered_again(self, pick):
		before = (list(self.book.entries), dict(self.book.lots), self.book.head)
		event = pick.choice(
			[key for key in self.book._postings if key.startswith(("order", "T"))] or ["none"]
		)
		if event.startswith("order"):
			assert self.book.grant(event, 9, self.at, months=1) is self.book._postings[event]
		for incident in list(self.book.states):
			again = self.book.open_ticket(incident, self.book.facts(self.at))
			assert again is self.book.decisions[incident]
		assert (self.book.entries, self.book.lots, self.book.head) == before

	@invariant()
	def the_balance_is_the_sum_of_the_entries_of_valid_lots_at_every_instant(self):
		assert self.book.balance(self.at) == balance_at(self.book.entries, self.book.lots, self.at)

	@invariant()
	def no_lot_leaves_its_bounds(self):
		for held in self.book.lots.values():
			assert (
				-held.overdraft_limit <= held.remaining <= (0 if held.is_overdraft else held.credits_granted)
			)

	@invariant()
	def the_statement_runs_along_the_balance(self):
		lines = self.book.statement(self.at + 500 * DAY).lines
		for line, following in zip_longest(lines, lines[1:]):
			if following is None or following.at > line.at:
				assert line.balance == balance_at(self.book.entries, self.book.lots, line.at)

	@invariant()
	def the_ledger_verifies(self):
		problem = self.book.verify()
		assert problem is None, str(problem)

	@invariant()
	def an_incident_is_charged_in_exactly_the_states_that_pay(self):
		for incident, state in self.book.states.items():
			charged = self.book.funding(incident).credits
			assert (charged > 0) == (state in (State.CHARGED, State.OVERDRAWN)), (incident, state)


class Coins(Life):
	"""Every credit a coin: (expiry, grant, lot). Charges take the smallest, refunds put the same ones
	back."""

	def __init__(self):
		super().__init__()
		self.coins: list[tuple] = []
		self.spent: dict[str, list[tuple]] = {}

	def purse(self):
		return sorted(coin for coin in self.coins if coin[1] <= self.at < coin[0])

	@rule(credits=CREDITS, months=st.sampled_from([1, 2, 12]))
	def buys(self, credits, months):
		posting = self.book.grant(self.next_name("order"), credits, self.at, months=months)
		opened = posting.lots[0]
		self.coins += [(opened.expires_at, self.at, opened.name)] * credits

	@rule(credits=CREDITS)
	def opens_a_ticket(self, credits):
		facts = self.book.facts(self.at, credits=credits)
		quote = decide(facts)
		lots = dict(self.book.lots)
		name = self.next_name("T")
		decision = self.book.open_ticket(name, facts)
		assert decision == quote
		purse = self.purse()
		if len(purse) < credits:
			assert decision.code is Code.REFUSED
			assert self.book.lots == lots
			return
		assert decision.code is Code.CHARGED
		self.spent[name] = purse[:credits]
		for coin in purse[:credits]:
			self.coins.remove(coin)
		flat = [part.lot for part in decision.allocations for _ in range(part.credits)]
		assert flat == [coin[2] for coin in purse[:credits]]

	@rule(credits=CREDITS)
	def a_charge_that_is_refunded_at_once_leaves_no_trace_on_the_lots(self, credits):
		lots = dict(self.book.lots)
		name = self.next_name("T")
		if self.book.open_ticket(name, self.book.facts(self.at, credits=credits)).is_accepted:
			self.book.exempt(name, "bug", self.at)
		assert self.book.lots == lots

	@rule(pick=st.randoms(use_true_random=False))
	@precondition(lambda self: self.spent)
	def a_ticket_is_exempt(self, pick):
		name = pick.choice(sorted(self.spent))
		coins = self.spent.pop(name)
		before = set(self.book.lots)
		self.book.exempt(name, "bug", self.at)
		opened = set(self.book.lots) - before
		assert len(opened) == any(coin[0] <= self.at for coin in coins)
		for coin in coins:
			if coin[0] > self.at:
				self.coins.append(coin)
			else:
				fresh = self.book.lots[next(iter(opened))]
				self.coins.append((fresh.expires_at, self.at, fresh.name))

	@invariant()
	def the_purse_and_the_balance_agree(self):
		assert self.book.balance(self.at) == len(self.purse())


class Promises(Life):
	"""Overdraft, queue, void and adjustment: too many rules for coins, so the ledger's promises are the
	check."""

	@rule(limit=st.integers(1, 6))
	def an_overdraft_is_allowed(self, limit):
		if not any(held.is_overdraft for held in self.book.lots.values()):
			self.book.allow_overdraft("overdraft", limit, self.at)

	@rule(credits=CREDITS, months=st.sampled_from([1, 6, None]))
	def buys(self, credits, months):
		queue = self.book.parked()
		self.book.grant(self.next_name("order"), credits, self.at, months=months)
		left = self.book.parked()
		assert left == queue[len(queue) - len(left) :], "the oldest are released first"
		if left:
			needed = self.book._asked[left[0]].credits_needed
			assert available(self.book.lots.values(), self.at) < needed, "who can be paid does not wait"

	@rule(credits=st.integers(0, 4), door=st.sampled_from(Door), policy=st.sampled_from(Policy))
	def opens_a_ticket(self, credits, door, policy):
		facts = self.book.facts(self.at, door=door, policy=policy, credits=max(credits, 1))
		quote = decide(facts)
		before = self.book.balance(self.at)
		assert self.book.open_ticket(self.next_name("T"), facts) == quote
		assert before - self.book.balance(self.at) == quote.credits

	@rule(pick=st.randoms(use_true_random=False), event=st.sampled_from(["exempt", "unexempt", "withdraw"]))
	@precondition(lambda self: self.book.states)
	def something_happens_to_an_incident(self, pick, event):
		name = pick.choice(sorted(self.book.states))
		state, entries = self.book.states[name], len(self.book.entries)
		try:
			if event == "exempt":
				self.book.exempt(name, "bug", self.at)
			elif event == "unexempt":
				self.book.unexempt(name, self.at)
			else:
				self.book.withdraw(name)
		except NotAllowed:
			assert (self.book.states[name], len(self.book.entries)) == (state, entries)

	@rule(pick=st.randoms(use_true_random=False), credits=st.integers(-3, 3))
	@precondition(lambda self: self.book.lots)
	def a_manager_voids_or_adjusts(self, pick, credits):
		name = pick.choice(sorted(self.book.lots))
		lots = dict(self.book.lots)
		try:
			if credits:
				self.book.adjust(name, credits, "miscounted", self.at)
			else:
				self.book.void(name, "charged back", self.at)
		except EngineError:
			assert self.book.lots == lots

	@invariant()
	def only_a_real_debt_is_below_zero(self):
		owed = sum(held.remaining for held in self.book.lots.values() if held.is_overdraft)
		assert self.book.balance(self.at) >= owed


TestCoins = Coins.TestCase
TestCoins.settings = settings(stateful_step_count=30)
TestPromises = Promises.TestCase
TestPromises.settings = settings(stateful_step_count=30)
