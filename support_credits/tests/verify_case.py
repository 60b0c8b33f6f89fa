"""What the suites about tampering share: rows spoilt by raw SQL, and somebody who also recomputes every hash.

Nothing here is ever committed: each attack is rolled back, which restores the rows.
"""

from __future__ import annotations

from dataclasses import replace

import frappe

from support_credits.engine.hashing import entry_hash_of
from support_credits.engine.model import GENESIS_HASH, Entry, entry_name
from support_credits.ledger import queries, verification
from support_credits.ledger.heads import NotedHead
from support_credits.tests.ledger_case import LedgerCase, row_of

ACCOUNT, ENTRY, LOT, INCIDENT, TICKET = (
	"Credit Account", "Credit Ledger Entry", "Credit Lot", "Support Incident", "HD Ticket",
)  # fmt: skip
Found = tuple[str, str]  # code and row


class TamperCase(LedgerCase):
	"""A test that attacks rows. ``account`` is the one that :meth:`entry` and :meth:`lot` are of."""

	account = ""

	def entry(self, seq: int) -> str:
		return entry_name(self.account, seq)

	def lot(self, number: int) -> str:
		return f"{self.account}-L{number:06d}"

	# Attacks

	def edit(self, doctype: str, name: str, /, **columns: object) -> None:
		"""Write columns of one row, keys included."""
		assignments = ", ".join(f"`{column}` = %s" for column in columns)
		frappe.db.sql(f"UPDATE `tab{doctype}` SET {assignments} WHERE name = %s", (*columns.values(), name))

	def swap(self, doctype: str, one: str, other: str, *columns: str) -> None:
		"""Exchange what two rows say in ``columns``, which may be unique."""
		rows = row_of(doctype, one), row_of(doctype, other)
		spare = {column: self.spare(rows[0][column]) for column in columns}
		self.edit(doctype, one, **spare)
		self.edit(doctype, other, **{column: rows[0][column] for column in columns})
		name = spare.get("name", one)
		self.edit(doctype, name, **{column: rows[1][column] for column in columns})

	@staticmethod
	def spare(value: object) -> object:
		if isinstance(value, int):
			return -abs(value) - 1
		return "spare" if isinstance(value, str) else None

	def delete(self, doctype: str, *names: str) -> None:
		frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE name IN %s", (names,))

	def insert(self, doctype: str, like: str, /, **columns: object) -> None:
		"""A row like another one, but for ``columns``."""
		row = {**row_of(doctype, like), **columns}
		names, marks = ", ".join(f"`{column}`" for column in row), ", ".join(["%s"] * len(row))
		frappe.db.sql(f"INSERT INTO `tab{doctype}` ({names}) VALUES ({marks})", tuple(row.values()))

	def chain(self) -> list[Entry]:
		return list(queries.entries(self.account))

	def rechain(self, entries: list[Entry], head: bool = True) -> None:
		"""Write ``entries`` as the account's whole chain, each hash computed anew, and the head with it."""
		like = row_of(ENTRY, self.entry(1))
		columns = {"posted_at": "posted_at_utc", "effective_at": "effective_at_utc"}
		frappe.db.sql(f"DELETE FROM `tab{ENTRY}` WHERE account = %s", self.account)
		last = GENESIS_HASH
		for seq, entry in enumerate(entries, start=1):
			entry = replace(entry, name=self.entry(seq), seq=seq, prev_hash=last)
			entry = replace(entry, entry_hash=entry_hash_of(entry))
			last = entry.entry_hash
			row = {columns.get(name, name): getattr(entry, name) for name in Entry.__slots__}
			row = {**like, **row, "posted_on": entry.posted_at[:10]}
			names, marks = ", ".join(f"`{column}`" for column in row), ", ".join(["%s"] * len(row))
			frappe.db.sql(f"INSERT INTO `tab{ENTRY}` ({names}) VALUES ({marks})", tuple(row.values()))
		if head:
			self.edit(ACCOUNT, self.account, seq=len(entries), head_hash=last)

	def rewrite(self, seq: int, **fields: object) -> None:
		"""Edit one entry and recompute the whole chain: what an attacker who knows the code does."""
		entries = self.chain()
		entries[seq - 1] = replace(entries[seq - 1], **fields)
		self.rechain(entries)

	# What verify makes of them

	def findings(self, account: str = "", kept: tuple[NotedHead, ...] = ()) -> list[Found]:
		report = verification.verify(account or self.account, kept=kept)
		for found in report.findings:
			self.assertIn(found.row, found.message)
			self.assertNotRegex(found.message, r"\{\d?\}|None")
		return [(found.code, found.row) for found in report.findings]

	def assert_found(self, code: str, row: str, account: str = "") -> None:
		"""Verifying the account names ``row`` first; nothing is found once the attack is undone."""
		try:
			found = self.findings(account)
		finally:
			frappe.db.rollback()
		self.assertEqual((code, row), found[0] if found else "verify found nothing", found)
		self.assertEqual([], self.findings(account))

	def assert_found_on_site(self, code: str, row: str) -> None:
		"""The same of verifying the whole site, whatever else other tests have left there to be found."""
		try:
			found = self.site_findings()
		finally:
			frappe.db.rollback()
		found = [one for one in found if one not in self.left_by_others()]
		self.assertEqual((code, row), found[0] if found else "verify found nothing new", found)

	@staticmethod
	def site_findings() -> list[Found]:
		return [(found.code, found.row) for found in verification.verify().findings]

	@classmethod
	def left_by_others(cls) -> set[Found]:
		if "_left" not in cls.__dict__:
			cls._left = set(cls.site_findings())
		return cls._left

	def assert_edits(
		self, doctype: str, name: str, edits: dict[str, object], code: str, row: str = ""
	) -> None:
		"""Each of the edits alone is found as ``code`` in the row itself, or in ``row``."""
		for column, value in edits.items():
			with self.subTest(column=column, value=value):
				self.edit(doctype, name, **{column: value})
				self.assert_found(code, row or (str(value) if column == "name" else name))
