"""What the shop answered, as an order. Everything in it is checked: an answer that is not as the schema says is no answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from support_credits.engine.errors import EngineError
from support_credits.engine.external_order import ONETIME, Charge, Money, Order
from support_credits.engine.model import UTC

STATUSES = frozenset(
	{
		"NEW", "REQUIRE_CLIENT_CONFIRMATION", "PAID", "ERROR", "PROCESSING", "REJECTED", "ACTIVE", "CANCELLED", "PENDING",
		"EXPIRED", "DISPUTED", "REFUNDED", "PAUSED", "IN_REVIEW",
	}
)  # fmt: skip
FREQUENCIES = frozenset({"MONTHLY", "YEARLY", ONETIME})
TEXT_LENGTH = 140
MOST_EMAILS = 50
MOST_CENTS = 10**13
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")  # they become keys of grants

_CURRENCY = re.compile(r"[A-Z]{3}")

Row = Mapping[str, object]


def read_order(data: object) -> Order:
	"""The ``order`` of an answer. EngineError, naming the field, where it is not as the schema says."""
	order = _row(data, "order")
	public_id = _id(order, "publicId")
	tier = order.get("tier")
	status, frequency = _text(order, "status"), _text(order, "frequency")
	if status not in STATUSES:
		_wrong("status")
	if frequency not in FREQUENCIES:
		_wrong("frequency")
	return Order(
		public_id=public_id,
		ids=frozenset(_names(order, "id", "publicId", "legacyId")),
		collective=_text(_row(order.get("toAccount"), "toAccount"), "slug"),
		tiers=frozenset(_names(_row(tier, "tier"), "id", "publicId", "legacyId", "slug"))
		if tier
		else frozenset(),
		status=status,
		frequency=frequency,
		quantity=_whole(order, "quantity") if order.get("quantity") is not None else 1,
		amount=_money(order.get("amount"), "amount"),
		tax_cents=_tax(order),
		charges=_charges(order.get("transactions")),
		emails=_emails(order.get("fromAccount")),
	)


def _tax(order: Row) -> int:
	if order.get("taxAmount") is None:
		return 0
	tax, amount = _money(order["taxAmount"], "taxAmount"), _money(order.get("amount"), "amount")
	if tax.currency != amount.currency or tax.cents < 0:
		_wrong("taxAmount")
	return tax.cents


def _charges(found: object) -> tuple[Charge, ...]:
	if not isinstance(found, list):
		_wrong("transactions")
	rows = [_row(one, "transactions") for one in found if one is not None]
	return tuple(_charge(row) for row in rows if _is_charge(row))


def _is_charge(row: Row) -> bool:
	return row.get("type") == "CREDIT" and row.get("kind") == "CONTRIBUTION" and not _flag(row, "isRefund")


def _charge(row: Row) -> Charge:
	return Charge(
		id=_id(row, "publicId"),
		at=_instant(row, "createdAt"),
		paid=_money(row.get("amount"), "transactions.amount"),
		is_refunded=_flag(row, "isRefunded"),
		is_disputed=_flag(row, "isDisputed"),
		is_in_review=_flag(row, "isInReview"),
	)


def _emails(account: object) -> tuple[str, ...]:
	"""Nobody's, where the account is not shown: that is no error, and no proof."""
	if account is None:
		return ()
	found = _row(account, "fromAccount").get("emails")
	if found is None:
		return ()
	if not isinstance(found, list):
		_wrong("emails")
	texts = [one.strip() for one in found if isinstance(one, str)]
	return tuple(dict.fromkeys(text for text in texts if "@" in text))[:MOST_EMAILS]


def _wrong(field: str) -> NoReturn:
	raise EngineError("the answer's {field} is not as the schema says", field=field)


def _row(found: object, field: str) -> Row:
	if not isinstance(found, Mapping):
		_wrong(field)
	return found


def _text(row: Row, field: str) -> str:
	found = row.get(field)
	if not isinstance(found, str) or not 0 < len(found.strip()) <= TEXT_LENGTH:
		_wrong(field)
	return found.strip()


def _id(row: Row, field: str) -> str:
	found = _text(row, field)
	return found if _ID.fullmatch(found) else _wrong(field)


def _names(row: Row, *fields: str) -> set[str]:
	"""What it is called by: the older names are being retired and may be missing."""
	found = [row.get(field) for field in fields]
	return {
		str(one) for one in found if isinstance(one, (str, int)) and not isinstance(one, bool) and one != ""
	}


def _whole(row: Row, field: str) -> int:
	found = row.get(field)
	if isinstance(found, bool) or not isinstance(found, int) or abs(found) > MOST_CENTS:
		_wrong(field)
	return found


def _money(found: object, field: str) -> Money:
	row = _row(found, field)
	currency = _text(row, "currency").upper()
	if not _CURRENCY.fullmatch(currency):
		_wrong(field)
	return Money(_whole(row, "valueInCents"), currency)


def _flag(row: Row, field: str) -> bool:
	found = row.get(field)
	if found is not None and not isinstance(found, bool):
		_wrong(field)
	return bool(found)


def _instant(row: Row, field: str) -> datetime:
	try:
		found = datetime.fromisoformat(_text(row, field).replace("Z", "+00:00"))
		if found.tzinfo is None:
			_wrong(field)
		return found.astimezone(UTC)
	except (ValueError, OverflowError) as error:
		if isinstance(error, EngineError):
			raise
		_wrong(field)
