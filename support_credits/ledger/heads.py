"""Heads of chains, noted outside the database: what a chain rewritten with all its hashes cannot be made to fit.

An entry's hash covers every entry before it. Where the entry at a noted head still has the noted hash, nothing up to it
was touched since; that the note itself was not is for whoever keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import frappe
from frappe import _

from support_credits.engine.model import entry_name
from support_credits.ledger.findings import Finding, found

MARK = "head"


@dataclass(frozen=True)
class NotedHead:
	"""Where a chain stood: its account had ``seq`` entries, the last with ``entry_hash``. The customer is for people."""

	account: str
	seq: int
	entry_hash: str
	customer: str = ""

	def as_line(self) -> str:
		return f"{MARK} {self.account} {self.seq} {self.entry_hash} {self.customer}".rstrip()


def read_heads(path: str) -> list[NotedHead]:
	"""The heads in what ``verify --heads`` printed, as text or as JSON; other lines may stand around them."""
	with open(path, encoding="utf-8") as file:
		text = file.read()
	try:
		said = json.loads(text)
		heads = [NotedHead(**head) for head in said["heads"]]
	except (ValueError, KeyError, TypeError):
		heads = [NotedHead(account, int(seq), digest) for account, seq, digest in _lines(text)]
	if not heads:
		frappe.throw(_("{0} notes no heads. Write them with: verify --heads").format(path))
	return heads


def _lines(text: str) -> Iterator[list[str]]:
	for line in text.splitlines():
		words = line.split(maxsplit=4)[:4]
		if len(words) == 4 and words[0] == MARK and words[2].isdigit():
			yield words[1:]


def head_findings(kept: Iterable[NotedHead]) -> Iterator[Finding]:
	"""Noted heads that the chains of today do not pass through."""
	for head in kept:
		row = entry_name(head.account, head.seq)
		at = {"account": head.account, "seq": head.seq}
		stands = frappe.db.get_value("Credit Ledger Entry", at, "entry_hash", order_by=None)
		if not frappe.db.exists("Credit Account", head.account):
			message = _("Credit Account {0} had {1} entries when its head was noted; now it does not exist.")
			yield found("head_missing", message, head.account, head.seq)
		elif head.seq and stands is None:
			message = _("{0} stood in account {1} when its head was noted; now it does not.")
			yield found("head_missing", message, row, head.account)
		elif head.seq and stands != head.entry_hash:
			message = _(
				"{0} has another hash than when the head of {1} was noted: it, or an entry before it, was replaced."
			)
			yield found("head_changed", message, row, head.account)
