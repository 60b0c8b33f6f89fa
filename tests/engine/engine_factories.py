"""Builders and strategies shared by the engine's tests: fixed instants, lots, books."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from support_credits.engine.book import Book
from support_credits.engine.model import Lot, lot_name

UTC = ZoneInfo("UTC")
LISBON = ZoneInfo("Europe/Lisbon")
ACCOUNT = "CA-00001"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
CHECKOUT = Path(__file__).resolve().parents[2]


def lot(
	number: int = 1,
	remaining: int = 2,
	*,
	granted: int | None = None,
	days_left: float | None = 30,
	age_days: float = 1,
	limit: int = 0,
	voided: bool = False,
) -> Lot:
	"""A lot of the account, seen from NOW; ``days_left`` None never expires."""
	expires_at = None if days_left is None else NOW + days_left * DAY
	return Lot(
		lot_name(ACCOUNT, number),
		max(remaining, 0) if granted is None else granted,
		remaining,
		NOW - age_days * DAY,
		expires_at,
		limit,
		voided,
	)


def overdraft(number: int = 9, limit: int = 5, owed: int = 0) -> Lot:
	return lot(number, -owed, days_left=None, limit=limit)


def book(*credits: int, months: int | None = 12) -> Book:
	"""A book with one lot per number of credits, granted on consecutive days up to NOW."""
	made = Book(ACCOUNT, UTC)
	for number, amount in enumerate(credits):
		made.grant(f"order:{number}", amount, NOW - (len(credits) - number) * DAY, months=months)
	return made


lots = st.lists(
	st.tuples(
		st.integers(0, 4),  # remaining
		st.sampled_from([None, -1, 0, 1, 1, 2, 30]),  # days left
		st.sampled_from([-1, 0, 1, 1, 2]),  # age in days
		st.booleans(),
	),
	max_size=7,
).map(
	lambda rows: [
		lot(number, remaining, days_left=left, age_days=age, voided=voided and remaining == 0)
		for number, (remaining, left, age, voided) in enumerate(rows, start=1)
	]
)
