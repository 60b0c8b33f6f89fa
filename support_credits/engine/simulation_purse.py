"""The lots of a customer whose past is played again: what came in, what was taken, and what is left at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from support_credits.engine.allocation import allocate, available
from support_credits.engine.model import Allocation, Lot

OVERDRAFT = "overdraft"
BOUGHT = "bought "  # how lots are named that only a replay knows


class Purse:
	"""Lots by name. Only those that can ever pay again are kept."""

	def __init__(self, lots: Iterable[Lot], at: datetime, overdraft_limit: int = 0) -> None:
		self.lots = {lot.name: lot for lot in lots}
		self._bought = 0
		if overdraft_limit > 0 and not any(lot.is_overdraft for lot in self.lots.values()):
			self.lots[OVERDRAFT] = Lot(OVERDRAFT, 0, 0, at, overdraft_limit=overdraft_limit)

	@property
	def counting(self) -> tuple[Lot, ...]:
		"""The lots that may pay for something: all a decision has to look at."""
		return tuple(lot for lot in self.lots.values() if lot.remaining or lot.is_overdraft)

	@property
	def owed(self) -> int:
		return -sum(lot.remaining for lot in self.lots.values() if lot.is_overdraft)

	def available(self, at: datetime) -> int:
		return available(self.lots.values(), at)

	def put(self, lot: Lot) -> None:
		self.lots[lot.name] = lot

	def put_bought(self, credits: int, at: datetime, ends: datetime) -> None:
		self._bought += 1
		name = f"{BOUGHT}{self._bought:09d}"
		self.put(Lot(name, credits, credits, at, ends))

	def pay(self, credits: int, at: datetime) -> bool:
		"""Take ``credits`` in spending order; False, with nothing taken, when they are not there."""
		if self.available(at) < credits:
			return False
		if credits:
			self.take(allocate(credits, self.lots.values(), at))
		return True

	def take(self, parts: Iterable[Allocation]) -> None:
		for part in parts:
			self._change(part.lot, -part.credits)

	def repay(self, at: datetime) -> None:
		"""What is overdrawn moves to credits that are there, as far as they reach (rule 7)."""
		for debt in [lot for lot in self.lots.values() if lot.is_overdraft and lot.remaining < 0]:
			credits = min(-debt.remaining, self.available(at))
			if credits:
				self.pay(credits, at)
				self._change(debt.name, credits)

	def void(self, name: str) -> None:
		"""For good: what is given back to it later is not to be spent from it."""
		if name in self.lots:
			self.lots[name] = replace(self.lots[name].with_change(-self.lots[name].remaining), voided=True)

	def correct(self, name: str, credits: int) -> None:
		"""What was taken then is taken as far as it is there now: the lot may have paid for other tickets. Of a debt no
		more is given back than there is of it.
		"""
		if name not in self.lots:
			return
		lot = self.lots[name]
		credits = max(credits, -lot.overdraft_limit - lot.remaining)
		self._change(name, min(credits, -lot.remaining) if lot.is_overdraft else credits)

	def drop_what_is_over(self, at: datetime) -> None:
		"""So that a long period keeps no more lots than a short one."""
		self.lots = {
			name: lot for name, lot in self.lots.items() if lot.expires_at is None or lot.expires_at > at
		}

	def _change(self, name: str, credits: int) -> None:
		changed = self.lots[name] = self.lots[name].with_change(credits)
		if not changed.remaining and name.startswith(BOUGHT):
			del self.lots[name]  # nothing is ever given back to it, and a busy customer buys many
