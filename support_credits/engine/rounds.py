"""How many accounts one night's proof takes, so that every account has its turn within a number of days.

Owns the arithmetic. Whoever takes them begins with those whose last turn is longest ago.
"""

from __future__ import annotations

from datetime import timedelta

from support_credits.engine.errors import EngineError

NIGHT = timedelta(days=1)


def share(total: int, days: int, silent: timedelta = NIGHT) -> int:
	"""How many of ``total`` accounts are due tonight, when each is due once in ``days`` days and the last turn of any was
	``silent`` ago: what nights without a run have left undone is caught up in one.
	"""
	if total < 0 or days < 1:
		raise EngineError(f"not a round: {total} accounts in {days} days")
	nights = max(1, round(silent / NIGHT))
	return min(total, -(-total * nights // days))
