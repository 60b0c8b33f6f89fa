"""What the endpoints about orders of Open Collective answer."""

from typing import TypedDict


class OrderAnswer(TypedDict):
	"""What became of an order that somebody wants to redeem.

	``state`` is Granted, Received (says nothing of the order), Waiting (not paid yet), Later (asked again by itself), Review (a
	person looks at it) or Refused. ``balance`` is None where nothing was granted.
	"""

	state: str
	customer: str
	credits: int
	lots: list[str]
	balance: int | None
	expires_on: str | None
	replayed: bool
	message: str
