"""Orders of an outside shop for the engine's tests: one that is right, and what may be changed about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from support_credits.engine.external_order import Charge, Money, Offer, Order, Terms

AT = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
OFFER = Offer("incident", 1, Decimal("240"), "EUR", 12)
TERMS = Terms("the-rockstor-project", {"incident-based-support": OFFER}, ZoneInfo("Europe/Lisbon"))


def charge(
	name: str = "tx_1", days_ago: float = 1, cents: int = 24_000, currency: str = "EUR", **flags: bool
) -> Charge:
	return Charge(name, AT - timedelta(days=days_ago), Money(cents, currency), **flags)


def order(**changes: object) -> Order:
	right = Order(
		public_id="or_right123",
		ids=frozenset({"or_right123", "12345"}),
		collective="the-rockstor-project",
		tiers=frozenset({"ti_1", "incident-based-support"}),
		status="PAID",
		frequency="ONETIME",
		quantity=1,
		amount=Money(24_000, "EUR"),
		tax_cents=0,
		charges=(charge(),),
		emails=("ana@example.com",),
	)
	return replace(right, **changes)


def recurring(*charges: Charge, status: str = "ACTIVE", **changes: object) -> Order:
	return order(status=status, frequency="YEARLY", charges=charges, **changes)
