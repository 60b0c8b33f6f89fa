"""An account under its lock: the one place where entries, lots and the head of a chain are written.

Lock order everywhere: ticket, account (by name when two), incidents, lots. The account row carries the chain's head,
the numbers of the open lots and the queue of parked incidents, so that no range of a table is ever read for update.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe import _

from support_credits.engine import allocation, chain
from support_credits.engine.grants import grant_line
from support_credits.engine.model import GENESIS_HASH, Entry, Head, Line, Lot, Posting, Stamp, lot_name
from support_credits.exceptions import AlreadyPosted, SupportCreditsError
from support_credits.ledger import rows
from support_credits.ledger.rows import LotTerms
from support_credits.ledger.settings import POLICY_FIELDS, provider_zone

FIRST_BATCH = 8  # lots read at once while looking for credits; nearly every charge ends in the first
BATCH_GROWTH = 8
ACCOUNT_COLUMNS = (
	"name", "customer", "tier", "merged_into", "overdraft_limit", *POLICY_FIELDS,
	"seq", "lot_count", "head_hash", "open_lots", "overdrawn", "parked",
	"subscription", "subscribed_tier", "subscribed_until",
)  # fmt: skip


LOCK_ACCOUNT = f"SELECT {', '.join(ACCOUNT_COLUMNS)} FROM `tabCredit Account` WHERE name = %s FOR UPDATE"
QUEUES = ("open_lots", "overdrawn", "parked")


@dataclass(frozen=True)
class NewLot:
	"""One grant among many. ``said`` is what its entry says of the lot besides its times, ``terms`` included."""

	event_key: str
	credits: int
	granted_at: datetime
	expires_at: datetime | None
	terms: LotTerms
	said: Mapping[str, object]


class OpenAccount:
	"""One account, locked until the transaction ends. Everything written through it is chained and consistent."""

	def __init__(self, row: frappe._dict, at: datetime) -> None:
		self.row = row
		self.at = at
		self.zone = provider_zone()
		self.head = Head(row.name, row.seq, row.head_hash or GENESIS_HASH, row.lot_count)
		self.open_lots: list[int] = json.loads(row.open_lots or "[]")
		self.overdrawn: list[str] = json.loads(row.overdrawn or "[]")
		self.parked: list[str] = json.loads(row.parked or "[]")
		self.lots: dict[str, Lot] = {}
		self._stored = {column: row[column] for column in (*QUEUES, "seq", "head_hash", "lot_count")}

	@property
	def name(self) -> str:
		return self.head.account

	# Reading, always under the lock

	def lot_names(self, numbers: Iterable[int]) -> list[str]:
		return [lot_name(self.name, number) for number in numbers]

	def read(self, names: Iterable[str]) -> None:
		self.lots.update(rows.lock_lots([name for name in names if name not in self.lots]))

	def read_open_lots(self) -> None:
		self.read(self.lot_names(self.open_lots))

	def read_enough(self, credits: int) -> tuple[Lot, ...]:
		"""Open lots in spending order until ``credits`` can be met, or all of them: then the balance is exact."""
		size, start = FIRST_BATCH, 0
		while start < len(self.open_lots):
			self.read(self.lot_names(self.open_lots[start : start + size]))
			if allocation.available(self.lots.values(), self.at) >= credits:
				break
			start, size = start + size, size * BATCH_GROWTH
		return tuple(self.lots.values())

	def has_read_all(self) -> bool:
		"""Whether every open lot was read, so that sums over them are the account's."""
		if len(self.lots) < len(self.open_lots):
			return False  # seen without building a thousand names
		return all(name in self.lots for name in self.lot_names(self.open_lots))

	def overdraft_lots(self) -> list[Lot]:
		"""Usually none or one; a second one after two accounts with overdrafts were joined."""
		return [lot for lot in self.lots.values() if lot.is_overdraft and not lot.moved_to]

	# Writing

	def draft_lot(
		self, credits: int, granted_at: datetime, expires_at: datetime | None = None, overdraft_limit: int = 0
	) -> Lot:
		"""The next lot of this account, not yet written: its grant line brings the credits in."""
		return Lot(
			name=lot_name(self.name, self.head.lot_count + 1),
			credits_granted=credits,
			remaining=0,
			granted_at=granted_at,
			expires_at=expires_at,
			overdraft_limit=overdraft_limit,
		)

	def post(
		self, lines: Sequence[Line], event_key: str, opening: Sequence[tuple[Lot, LotTerms]] = ()
	) -> Posting | None:
		"""Write ``lines`` as one event of the session's user. Raises AlreadyPosted when its key is in the ledger."""
		if not lines:
			return None
		new = {lot.name: terms for lot, terms in opening}
		self.read({line.lot for line in lines} - set(new))
		stamp = Stamp(event_key, self.at, frappe.session.user)
		posting = chain.post(
			self.head, [*self.lots.values(), *(lot for lot, _terms in opening)], lines, stamp
		)
		changed = {lot.name: lot for lot in posting.lots}
		self._insert(posting, changed, new)
		rows.update_lots(
			lot for name, lot in changed.items() if name not in new and lot != self.lots.get(name)
		)
		self.lots.update(changed)
		self.head = posting.head
		self._sort_open_lots(changed)
		return posting

	def post_grants(self, grants: Sequence[NewLot]) -> list[str]:
		"""Open a lot for each of ``grants``, every one an event of its own, in two statements; returns the lots in order.

		For a whole file of them. Raises AlreadyPosted when any of the keys is in the ledger.
		"""
		entries: list[Entry] = []
		changed: dict[str, Lot] = {}
		for one in grants:
			lot = self.draft_lot(one.credits, one.granted_at, one.expires_at)
			line = grant_line(lot, one.said, one.terms.reason)
			stamp = Stamp(one.event_key, self.at, frappe.session.user)
			posting = chain.post(self.head, [lot], [line], stamp)
			entries += posting.entries
			changed |= {lot.name: lot for lot in posting.lots}
			self.head = posting.head
		new = dict(zip(changed, (one.terms for one in grants), strict=True))
		self._insert(Posting(tuple(entries), tuple(changed.values()), self.head), changed, new)
		self.lots.update(changed)
		self._sort_open_lots(changed)
		return list(changed)

	def _insert(self, posting: Posting, changed: dict[str, Lot], new: dict[str, LotTerms]) -> None:
		try:
			if new:
				rows.insert_lots(
					self.name, [(changed[name], terms) for name, terms in new.items()], self.zone
				)
			rows.insert_entries(posting.entries, self.zone)
		except Exception as error:
			if not rows.is_duplicate(error):
				raise
			# A new class on purpose: mail intake swallows the host's DuplicateEntryError and would commit the rest.
			event = posting.entries[0].event_key.rpartition("/")[0]
			raise AlreadyPosted(_("This has been entered already: {0}").format(event)) from error

	def replace_lot(self, lot: Lot) -> None:
		"""Write a change of a lot that is no entry: voided, or its successor."""
		rows.update_lots([lot])
		self.lots[lot.name] = lot
		self._sort_open_lots({lot.name: lot})

	def _sort_open_lots(self, changed: dict[str, Lot]) -> None:
		known = set(self.open_lots)
		gone = {rows.lot_number(name) for name, lot in changed.items() if not is_open(lot)}
		came = {rows.lot_number(name) for name, lot in changed.items() if is_open(lot)} - known
		self.open_lots = [number for number in self.open_lots if number not in gone]
		if not came:
			return
		self.open_lots += came
		self.read_open_lots()
		ordered = sorted((self.lots[name] for name in self.lot_names(self.open_lots)), key=_spending_key)
		self.open_lots = [rows.lot_number(lot.name) for lot in ordered]

	def close(self) -> None:
		"""Write the account's row, once, and only what changed: a list of a thousand open lots seldom does."""
		values = {"seq": self.head.seq, "head_hash": self.head.entry_hash, "lot_count": self.head.lot_count}
		values |= {column: _text(getattr(self, column)) for column in QUEUES}
		changed = {column: value for column, value in values.items() if value != self._stored[column]}
		if changed:
			assignments = ", ".join(f"`{column}` = %({column})s" for column in changed)
			text = f"UPDATE `tabCredit Account` SET {assignments} WHERE name = %(name)s"
			frappe.db.sql(text, {**changed, "name": self.name})
		self._stored = values

	def refuse_torn_chain(self) -> None:
		"""Refuse a commit of entries whose account row was never written: somebody swallowed the error in between."""
		# Locking reads: the snapshot may show an account row of ours that is newer than the entries it can see.
		text = (
			"SELECT seq FROM `tabCredit Ledger Entry` WHERE account = %s ORDER BY seq DESC LIMIT 1 FOR UPDATE"
		)
		last = frappe.db.sql(text, self.name)
		row = frappe.db.sql("SELECT seq FROM `tabCredit Account` WHERE name = %s FOR UPDATE", self.name)
		if (last[0][0] if last else 0) != (row[0][0] if row else 0):
			frappe.db.rollback()  # Frappe 16 leaves the transaction of a refused commit open, and what it has locked
			raise SupportCreditsError(
				_("A change of account {0} was not finished; nothing of it is kept.").format(self.name)
			)


def _text(values: list) -> str:
	return json.dumps(values, separators=(",", ":"))


def is_open(lot: Lot) -> bool:
	return not lot.moved_to and (lot.is_overdraft or (lot.remaining > 0 and not lot.voided))


def _spending_key(lot: Lot) -> tuple[object, ...]:
	"""The published order (design rule 3), whatever the instant; the overdraft comes last."""
	return (lot.is_overdraft, *allocation.spending_key(lot))


@contextmanager
def account_lock(name: str, at: datetime) -> Iterator[OpenAccount]:
	"""Lock the account, follow a join to its successor, and write its row when the block ends without an error."""
	account = OpenAccount(_lock_row(name), at)
	with _closing([account]):
		yield account


@contextmanager
def account_locks(names: Iterable[str], at: datetime) -> Iterator[dict[str, OpenAccount]]:
	"""Several accounts, always in the same order; keyed by the names asked for and by those they are joined with."""
	opened: dict[str, OpenAccount] = {}
	by_row: dict[str, OpenAccount] = {}
	# Joins are followed before anything is locked, so that the order holds for the rows that are locked in the end.
	for successor, name in sorted((successor_of(name), name) for name in set(names)):
		row = _lock_row(successor)
		by_row.setdefault(row.name, OpenAccount(row, at))
		opened[name] = opened[row.name] = by_row[row.name]
	with _closing(by_row.values()):
		yield opened


@contextmanager
def _closing(accounts: Iterable[OpenAccount]) -> Iterator[None]:
	"""Write the rows of locked accounts at the end; after an error nothing of them may be committed in part."""
	try:
		yield
		for account in accounts:
			account.close()
	except BaseException:
		for account in accounts:
			frappe.db.before_commit.add(account.refuse_torn_chain)
		raise


def successor_of(name: str) -> str:
	"""The account that ``name`` was joined into, however many joins ago; itself where it was not. A plain read."""
	into = frappe.db.get_value("Credit Account", name, "merged_into")
	return successor_of(into) if into else name


def _lock_row(name: str) -> frappe._dict:
	found = frappe.db.sql(LOCK_ACCOUNT, name, as_dict=True)
	if not found:
		raise SupportCreditsError(_("Credit Account {0} does not exist.").format(name))
	row = found[0]
	return _lock_row(row.merged_into) if row.merged_into else row
