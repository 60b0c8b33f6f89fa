"""What may go wrong with a call. Every one but OrderUnknown leaves it open whether there is such an order."""

from __future__ import annotations

from datetime import datetime


class CallFailed(Exception):
	"""No answer that says anything of the order; ``reset`` is when the shop wants to be asked again, where it said so."""

	def __init__(self, said: str, reset: datetime | None = None) -> None:
		super().__init__(said)
		self.reset = reset


class RateLimited(CallFailed):
	"""Too many calls (HTTP 429): none is made before ``reset``."""


class TokenRefused(CallFailed):
	"""The token is wrong, over or may not see orders: a person has to put it right."""


class OrderUnknown(Exception):
	"""The shop says that there is no such order."""
