"""The one place that reads the clock for the ledger; everything below takes the instant as an argument."""

from datetime import datetime, timezone


def now() -> datetime:
	"""The present instant, aware, in UTC."""
	return datetime.now(timezone.utc)
