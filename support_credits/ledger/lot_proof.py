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
from support_credits.engine.model import Kind, Lot, stamp_text

# Their effect on a lot is its sum, which the chain's checker keeps.
EVERYDAY_KINDS = frozenset({Kind.CHARGE.value, Kind.REFUND.value, Kind.EXPIRY.value})
TERM_COLUMNS = ("name", "source", "pack", "price", "currency", "expires_on")


@dataclass(frozen=True)
class Finding:
	"""One thing that is not as it should be: a machine code, the row it is about, and a sentence."""

	code: str
	row: str
	message: str


@dataclass
class LotFacts:
	"""What the few entries of a lot that are not charges or refunds say: what came in, whether it was voided, its terms."""

	granted: int = 0
	voided: bool = False
	detail: str = ""
	joined: bool = False  # came from another account: what was granted is in its terms

	def note(self, kind: str, credits: int, detail: str) -> None:
		if kind == Kind.GRANT.value or (kind == Kind.ADJUSTMENT.value and credits > 0):
			self.granted += credits
		self.voided = self.voided or kind == Kind.VOID.value
		if detail and kind in (Kind.GRANT.value, Kind.TRANSFER.value):
			self.detail = detail  # an overdraft's limit may be stated again later
			self.joined = self.joined or kind == Kind.TRANSFER.value


def lot_findings(
	account: str, lots: dict[str, Lot], sums: dict[str, int], facts: dict[str, LotFacts]
) -> Iterator[Finding]:
	"""What is wrong with the lots of ``account``, given what its entries said and add up to."""
	for name in sorted(sums.keys() - lots.keys()):
		yield Finding("lot_missing", name, _("{0} has entries, but its row is gone.").format(name))
	found = frappe.get_all("Credit Lot", filters={"account": account}, fields=list(TERM_COLUMNS))
	rows = {row.name: row for row in found}
	for name, lot in lots.items():
		problem = _problem(lot, rows[name], sums.get(name, 0), facts.get(name) or LotFacts())
		if problem:
			yield problem


def _problem(lot: Lot, row: frappe._dict, total: int, facts: LotFacts) -> Finding | None:
	if lot.remaining != total:
		said = _("{0} says {1} credits remain; its entries add up to {2}.")
		return Finding("lot_sum", lot.name, said.format(lot.name, lot.remaining, total))
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
