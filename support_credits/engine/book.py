"""One account in memory: the rules played end to end without a database.

Uses exactly the functions the Frappe shell uses, in the order it uses them, so the terminal play and the
stateful tests prove those. It keeps no rule of its own but the order of calls. Not for production: nothing
here is durable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from support_credits.engine import allocation
from support_credits.engine.chain import next_lot_name, post
from support_credits.engine.decision import AutoExemption, Code, Decision, Door, Policy, TicketFacts, decide
from support_credits.engine.errors import EngineError
from support_credits.engine.funding import Funding, funding_of
from support_credits.engine.grants import days_after, expiry_date, expiry_instant, grant_line, repay_overdraft
from support_credits.engine.incident import Event, State, next_state
from support_credits.engine.model import Entry, Head, Kind, Line, Lot, Message, Posting, Stamp
from support_credits.engine.refund import adjust, expire, refund, void
from support_credits.engine.statement import Statement, statement
from support_credits.engine.verify import ChainChecker, Problem

RECENT_DAYS = 90  # how far back a refusal mentions credits that expired
LOT_DIFFERS = "{row} says {found} credits remain, its entries say {expected}"


class Book:
	"""One customer's account. ``grace_days`` is the life of a refund whose lot has expired (rule 11)."""

	def __init__(self, account: str, zone: ZoneInfo, grace_days: int = 30) -> None:
		self.zone = zone
		self.grace_days = grace_days
		self.head = Head(account)
		self.lots: dict[str, Lot] = {}
		self.entries: list[Entry] = []
		self.decisions: dict[str, Decision] = {}
		self.states: dict[str, State] = {}
		self._asked: dict[str, TicketFacts] = {}
		self._postings: dict[str, Posting] = {}

	def grant(
		self,
		event: str,
		credits: int,
		at: datetime,
		*,
		months: int | None = None,
		terms: Mapping[str, object] | None = None,
		actor: str = "system",
	) -> Posting:
		"""Open a lot of ``credits``, valid for ``months`` (None: for ever), repay what is overdrawn,
		release the queue.

		The same ``event`` again returns the first posting and changes nothing (promise 4).
		"""
		if event in self._postings:
			return self._postings[event]
		expires_at = None if months is None else expiry_instant(at, months, self.zone)
		lot = Lot(next_lot_name(self.head), credits, 0, at, expires_at)
		posting = self._post([grant_line(lot, terms or {})], [lot], Stamp(event, at, actor))
		self._repay(f"{event}:repay", at)
		self.release(at)
		return posting

	def allow_overdraft(self, event: str, limit: int, at: datetime, actor: str = "system") -> Posting:
		"""Open the account's overdraft lot (rule 7)."""
		if event in self._postings:
			return self._postings[event]
		lot = Lot(next_lot_name(self.head), 0, 0, at, overdraft_limit=limit)
		return self._post([grant_line(lot, {"overdraft_limit": limit})], [lot], Stamp(event, at, actor))

	def facts(
		self,
		at: datetime,
		*,
		door: Door = Door.PORTAL,
		policy: Policy = Policy.REFUSE,
		credits: int = 1,
		exemption: AutoExemption | None = None,
		automatic_mail: bool = False,
	) -> TicketFacts:
		"""What :func:`decide` needs to know of this account at ``at``."""
		expired, last = self._expired_lately(at)
		return TicketFacts(
			door,
			self.head.account,
			True,
			at,
			tuple(self.lots.values()),
			policy,
			credits,
			exemption=exemption,
			automatic_mail=automatic_mail,
			recently_expired=expired,
			recently_expired_on=self.last_day(last) if last else None,
			waiting=len(self.parked()),
		)

	def open_ticket(self, incident: str, facts: TicketFacts, actor: str = "customer") -> Decision:
		"""Decide and charge a new ticket in one go; the same ticket again returns its first decision.

		A refusal leaves nothing behind, so the same ticket may be tried again once there are credits.
		"""
		if incident in self.decisions:
			return self.decisions[incident]
		decision = decide(facts)
		if decision.is_accepted:
			self._asked[incident] = facts
			self._settle(
				incident, decision, State(decision.code.value), f"ticket:{incident}:open", facts.at, actor
			)
		return decision

	def exempt(self, incident: str, reason: str, at: datetime, actor: str = "agent") -> Posting | None:
		"""Set a reason not to charge: what the incident is charged goes back (rule 11); None when that is
		nothing."""
		state = self._after(incident, Event.EXEMPT)
		posting = self._refund(incident, at, reason, actor)
		self.states[incident] = state
		return posting

	def unexempt(self, incident: str, at: datetime, actor: str = "agent") -> Decision:
		"""Remove the reason: the ticket is decided again, and parked rather than refused."""
		return self._decide_again(incident, Event.UNEXEMPT, at, actor)

	def release(self, at: datetime) -> list[str]:
		"""Let parked tickets go on, oldest first, until one cannot be paid (rule 8)."""
		released = []
		for incident in self.parked():
			if self._decide_again(incident, Event.RELEASE, at, "system").code is Code.PARKED:
				break
			released.append(incident)
		return released

	def withdraw(self, incident: str) -> None:
		"""The customer takes a parked ticket back; it never cost anything."""
		self.states[incident] = self._after(incident, Event.WITHDRAW)

	def expire(self, at: datetime) -> Posting | None:
		"""Book the expiry of every lot that is past its end; None when there is none."""
		lines = expire(self.lots.values(), at)
		return self._post(lines, (), Stamp(self._event("expiry"), at, "system")) if lines else None

	def void(self, lot: str, reason: str, at: datetime, actor: str = "manager") -> Posting:
		return self._post([void(self.lots[lot], reason, at)], (), Stamp(f"void:{lot}", at, actor))

	def adjust(self, lot: str, credits: int, reason: str, at: datetime, actor: str = "manager") -> Posting:
		line = adjust(self.lots[lot], credits, reason, at)
		return self._post([line], (), Stamp(self._event("adjust"), at, actor))

	def parked(self) -> list[str]:
		"""Waiting incidents, oldest first."""
		return [incident for incident, state in self.states.items() if state is State.PARKED]

	def funding(self, incident: str) -> Funding:
		return funding_of(
			incident, (entry for entry in self.entries if entry.incident == incident), self.lots
		)

	def balance(self, at: datetime) -> int:
		return allocation.balance(self.lots.values(), at)

	def last_day(self, expires_at: datetime) -> date:
		"""The last local day on which something that ends at ``expires_at`` can be used."""
		return expiry_date(expires_at, self.zone)

	def statement(self, at: datetime, since: datetime | None = None) -> Statement:
		return statement(self.entries, self.lots, at, since)

	def verify(self, entries: Sequence[Entry] | None = None) -> Problem | None:
		"""Check the chain, then every lot against its entries; ``entries`` stands in for a tampered copy."""
		checker = ChainChecker(self.head.account)
		for entry in self.entries if entries is None else entries:
			if problem := checker.feed(entry):
				return problem
		if problem := checker.finish(self.head):
			return problem
		for lot in self.lots.values():
			expected = checker.lot_sums.get(lot.name, 0)
			if lot.remaining != expected:
				values = {"row": lot.name, "found": lot.remaining, "expected": expected}
				return Problem("lot", lot.name, Message(LOT_DIFFERS, values))
		return None

	def _post(self, lines: Sequence[Line], new: Sequence[Lot], stamp: Stamp) -> Posting:
		if stamp.event_key in self._postings:
			return self._postings[stamp.event_key]
		known = {**self.lots, **{lot.name: lot for lot in new}}
		posting = post(self.head, known, lines, stamp)
		self.head = posting.head
		self.entries += posting.entries
		self.lots.update({lot.name: lot for lot in posting.lots})
		self._postings[stamp.event_key] = posting
		return posting

	def _settle(
		self, incident: str, decision: Decision, state: State, event: str, at: datetime, actor: str
	) -> None:
		if decision.allocations:
			lines = [Line.charge(part, incident) for part in decision.allocations]
			self._post(lines, (), Stamp(event, at, actor))
		self.decisions[incident] = decision
		self.states[incident] = state

	def _decide_again(self, incident: str, event: Event, at: datetime, actor: str) -> Decision:
		asked = self._asked[incident]
		facts = replace(
			self.facts(at, door=asked.door, credits=asked.credits_needed, policy=asked.policy),
			waiting=0 if event is Event.RELEASE else len(self.parked()),
		)
		if facts.policy is Policy.REFUSE:
			facts = replace(facts, policy=Policy.PARK)
		decision = decide(facts)
		state = self._after(incident, event, decision.code)
		self._settle(incident, decision, state, self._event(f"ticket:{incident}:{event.value}"), at, actor)
		return decision

	def _refund(self, incident: str, at: datetime, reason: str, actor: str) -> Posting | None:
		blank = Lot(next_lot_name(self.head), 0, 0, at, days_after(at, self.grace_days, self.zone))
		plan = refund(self.funding(incident), self.lots, at, blank, reason)
		if not plan.lines:
			return None
		return self._post(plan.lines, plan.lots, Stamp(self._event(f"ticket:{incident}:refund"), at, actor))

	def _repay(self, event: str, at: datetime) -> None:
		owing = [self.funding(incident) for incident in self.states]
		for lot in [lot for lot in self.lots.values() if lot.is_overdraft]:
			lines = repay_overdraft(lot, owing, self.lots.values(), at)
			if lines:
				self._post(lines, (), Stamp(f"{event}:{lot.name}", at, "system"))

	def _after(self, incident: str, event: Event, decided: Code | None = None) -> State:
		if incident not in self.states:
			raise EngineError(f"no incident {incident}")
		return next_state(self.states[incident], event, decided)

	def _event(self, what: str) -> str:
		# Acts of a person have no natural key; the place in the chain makes each its own event.
		return f"{what}:{self.head.seq + 1}"

	def _expired_lately(self, at: datetime) -> tuple[int, datetime | None]:
		since = at - timedelta(days=RECENT_DAYS)
		lines = [line for line in self.statement(at, since) if line.kind is Kind.EXPIRY]
		return -sum(line.credits for line in lines), max((line.at for line in lines), default=None)
