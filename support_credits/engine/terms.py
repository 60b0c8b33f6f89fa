"""The terms a lot was granted on, as text under the hash chain.

Owns the line that opens a lot. Price, pack, validity: whatever is written here cannot be edited unnoticed
later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from support_credits.engine.allocation import checked_amount
from support_credits.engine.errors import EngineError
from support_credits.engine.model import Kind, Line, Lot, stamp_text


def terms_text(terms: Mapping[str, object]) -> str:
	"""Canonical JSON of a lot's terms: sorted keys, money as plain decimal text, dates in ISO form.

	Two spellings of one amount (329.00, 329.000000 as a database returns it) give one text. Floats are
	refused.
	"""
	plain = {key: _plain(key, value) for key, value in terms.items()}
	return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def lot_terms(lot: Lot, terms: Mapping[str, object]) -> dict[str, object]:
	"""``terms`` (pack, price, currency, tier …) together with the lot's own times, which no caller may
	contradict."""
	own = {
		"granted_at": stamp_text(lot.granted_at),
		"expires_at": stamp_text(lot.expires_at) if lot.expires_at else None,
	}
	clash = sorted(own.keys() & terms.keys())
	if clash:
		raise EngineError(f"terms repeat what the lot itself says: {', '.join(clash)}")
	return {**terms, **own}


def lot_terms_match(lot: Lot, terms: Mapping[str, object], detail: str) -> bool:
	"""Whether a stored lot still says what the entry that opened it said: expiry and price cannot be edited
	later."""
	return terms_text(lot_terms(lot, terms)) == detail


def grant_line(lot: Lot, terms: Mapping[str, object], reason: str = "") -> Line:
	"""The line that opens ``lot`` and puts its terms under the chain.

	Credits are the lot's ``credits_granted``; an overdraft is opened with 0, so that it too has a first
	entry. The line counts from the lot's own grant (past for opening balances, future for a pack bought
	ahead). InvalidAmount unless a real lot grants at least one credit; EngineError for a lot that ends
	before it starts.
	"""
	credits = 0 if lot.is_overdraft else checked_amount(lot.credits_granted)
	if lot.remaining != 0:
		raise EngineError(f"lot {lot.name} is granted with {lot.remaining} already on it")
	if lot.expires_at is not None and lot.expires_at <= lot.granted_at:
		raise EngineError(f"lot {lot.name} would expire before it starts")
	detail = terms_text(lot_terms(lot, terms))
	return Line(lot.name, Kind.GRANT, credits, reason=reason, detail=detail, effective_at=lot.granted_at)


def _plain(key: str, value: object) -> object:
	if value is None or isinstance(value, (str, bool, int)):
		return value
	if isinstance(value, Decimal):
		text = format(value, "f")
		return text.rstrip("0").rstrip(".") if "." in text else text
	if isinstance(value, datetime):
		return stamp_text(value)
	if isinstance(value, date):
		return value.isoformat()
	raise EngineError(f"term {key} cannot be written down exactly: {value!r}")
