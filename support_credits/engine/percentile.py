"""Percentiles of what was measured, by the nearest rank: always one of the values, never a mean nobody has seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from support_credits.engine.errors import EngineError

Value = TypeVar("Value", int, float)


def percentile(values: Sequence[Value], percent: int) -> Value:
	"""The smallest of ``values`` that at least ``percent`` in a hundred of them do not exceed.

	EngineError for no values and for a percentage that is not from 1 to 100.
	"""
	if not values or not 1 <= percent <= 100:
		raise EngineError(f"no percentile {percent} of {len(values)} values")
	rank = -(-percent * len(values) // 100)
	return sorted(values)[rank - 1]
