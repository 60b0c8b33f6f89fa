"""Proves lots against their entries: what remains, what was granted, whether it was voided, and on which terms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import frappe
from frappe import _

from support_credits.engine.grants import expiry_date
from support_credits.engine.model import Entry, Kind, Lot, stamp_text

TERM_COLUMNS = ("name", "source", "pack", "price", "currency", "expires_on")


@dataclass(frozen=True)
class Finding:
	"""One thing that is not as it should be: a machine code, the row it is about, and a sentence."""

	code: str
	row: str
	message: str


@dataclass
class LotFacts:
	"""What the entries of one lot say: its sum, what came in for good, whether it was voided, its terms."""

	total: int = 0
	granted: int = 0
	voided: bool = False
	detail: str = ""
	joined: bool = False  # came from another account: what was granted is in its terms

	def note(self, entry: Entry) -> None:
		self.total += entry.credits
		if entry.kind is Kind.GRANT or (entry.kind is Kind.ADJUSTMENT and entry.credits > 0):
			self.granted += entry.credits
		self.voided = self.voided or entry.kind is Kind.VOID
		if entry.detail and entry.kind in (Kind.GRANT, Kind.TRANSFER):
			self.detail = entry.detail  # an overdraft's limit may be stated again later
			self.joined = self.joined or entry.kind is Kind.TRANSFER


def lot_findings(account: str, lots: dict[str, Lot], facts: dict[str, LotFacts]) -> Iterator[Finding]:
	"""What is wrong with the lots of ``account``, given what its entries said."""
	for name in sorted(facts.keys() - lots.keys()):
		yield Finding("lot_missing", name, _("{0} has entries, but its row is gone.").format(name))
	found = frappe.get_all("Credit Lot", filters={"account": account}, fields=list(TERM_COLUMNS))
	rows = {row.name: row for row in found}
	for name, lot in lots.items():
		problem = _problem(lot, rows[name], facts.get(name) or LotFacts())
		if problem:
			yield problem


def _problem(lot: Lot, row: frappe._dict, facts: LotFacts) -> Finding | None:
	if lot.remaining != facts.total:
		said = _("{0} says {1} credits remain; its entries add up to {2}.")
		return Finding("lot_sum", lot.name, said.format(lot.name, lot.remaining, facts.total))
	terms = _parse(facts.detail)
	granted = facts.granted + (terms.get("credits_granted", 0) if facts.joined else 0)
	if lot.credits_granted != granted:
		said = _("{0} says {1} credits were granted; its entries say {2}.")
		return Finding("lot_granted", lot.name, said.format(lot.name, lot.credits_granted, granted))
	if lot.voided != (facts.voided or bool(facts.joined and terms.get("voided"))):
		return Finding(
			"lot_voided", lot.name, _("{0} and its entries disagree about a void.").format(lot.name)
		)
	if not _terms_hold(lot, row, terms) or not _day_holds(lot, row, terms.get("zone")):
		said = _("{0} no longer says what was agreed when it was granted.")
		return Finding("lot_terms", lot.name, said.format(lot.name))
	return None


def _parse(detail: str) -> dict:
	try:
		terms = json.loads(detail)
	except ValueError:
		return {}
	return terms if isinstance(terms, dict) else {}


def _terms_hold(lot: Lot, row: frappe._dict, terms: dict) -> bool:
	times = {
		"granted_at": stamp_text(lot.granted_at),
		"expires_at": stamp_text(lot.expires_at) if lot.expires_at else None,
	}
	if not terms or any(terms.get(key) != value for key, value in times.items()):
		return False
	said = {**terms, "source": "Refund"} if "refund_of" in terms else terms
	return (
		said.get("source") == row.source
		and (said.get("pack") or "") == (row.pack or "")
		and (said.get("currency") or "") == (row.currency or "")
		and Decimal(said.get("price") or 0) == Decimal(str(row.price or 0))
		and (said.get("overdraft_limit") or 0) == lot.overdraft_limit
	)


def _day_holds(lot: Lot, row: frappe._dict, zone: str | None) -> bool:
	"""The day people are shown must be the one the instant says, in the zone the provider was in at the grant."""
	if lot.expires_at is None or row.expires_on is None:
		return lot.expires_at is None and row.expires_on is None
	if zone:
		return row.expires_on == expiry_date(lot.expires_at, ZoneInfo(zone))
	return abs(lot.expires_at.date() - row.expires_on) <= timedelta(days=1)
