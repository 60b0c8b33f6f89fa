"""What help by the hour comes to: to the nearest step, half up, and never less than the least that is billed (rule 17)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from support_credits.engine.errors import EngineError
from support_credits.engine.tariff import money, rounded

MINUTE = timedelta(minutes=1)
MINUTES_AN_HOUR = 60


def billed_minutes(worked: timedelta, step: int = 60, least: int = 60) -> int:
	"""Minutes billed for ``worked``: the nearest multiple of ``step`` minutes, half a step up, at least ``least``.

	A session that was started is billed at least that, however short it was.
	"""
	if worked < timedelta(0) or step < 1 or least < 0:
		raise EngineError(f"cannot bill {worked} in steps of {step} minutes, at least {least}")
	half_up = (2 * worked + step * MINUTE) // (2 * step * MINUTE)
	return max(least, half_up * step)


def amount(minutes: int, rate: Decimal, decimals: int = 2) -> Decimal:
	"""What so many billed minutes cost at ``rate`` an hour, rounded half up once."""
	return rounded(money(rate) * minutes / MINUTES_AN_HOUR, decimals)


def comes_in_hours(minutes: int, rate: Decimal, decimals: int = 2) -> bool:
	"""Whether so many hours, with three decimals at the most, times ``rate`` are the amount to the coin: then no other system,
	whichever way it rounds, makes another one of them.
	"""
	hourly = money(rate)
	exact = hourly * minutes == amount(minutes, rate, decimals) * MINUTES_AN_HOUR
	return exact and rounded(hourly, decimals) == hourly and minutes * 1000 % MINUTES_AN_HOUR == 0


def examples(step: int = 60, least: int = 60) -> tuple[timedelta, ...]:
	"""Durations that show how the rounding works: a short one, and the last and the first around half a step."""
	base = max(step, -(-least // step) * step)
	half = base + -(-step // 2)
	return (min(step, base) * MINUTE / 3, (half - 1) * MINUTE, half * MINUTE)
