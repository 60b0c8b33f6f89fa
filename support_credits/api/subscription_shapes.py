"""What the endpoints about tiers by the month answer; the words of ``shapes`` hold here too."""

from typing import TypedDict


class SubscriptionLine(TypedDict):
	"""A tier paid by the month. ``state``: Active, Ending (cancelled, counts through ``paid_until``) or Fallen (a month could
	not be paid; the base tier counts until credits come, and not later than ``comes_back_until``).

	``next_on`` is the day on which ``next_credits`` are charged for ``next_tier``; None where nothing is charged by itself.
	``short`` are the credits that will be missing then, as it looks today.
	"""

	state: str
	state_text: str
	tier: str
	name: str
	credits_per_month: int
	paid_until: str
	next_on: str | None
	next_tier: str | None
	next_name: str
	next_credits: int
	short: int
	fallen_at: str | None
	comes_back_until: str | None


class CurrentTier(TypedDict):
	"""The tier that counts for the customer's tickets now, the one he has without paying by the month, and what he pays for.
	``may_act``: whether the caller may choose for him.
	"""

	customer: str
	tier: str | None
	name: str
	base: str | None
	base_name: str
	may_act: bool
	subscription: SubscriptionLine | None


class TierPreview(TypedDict):
	"""What choosing a tier would do. ``effect``: now (``costs_now`` are charged), later (from ``from_on`` on), end (the tier
	by the month ends; the base tier counts from ``from_on`` on), kept (what was planned or cancelled is not), or none.

	``next_on`` is the day of the next monthly charge, of ``credits_per_month``. ``lasts_until`` is the last day on which all
	can be paid at the account's pace, None for longer than two years. ``missing`` credits stand against it now.
	"""

	customer: str
	tier: str
	name: str
	effect: str
	costs_now: int
	credits_per_month: int
	balance: int
	balance_after: int
	missing: int
	from_on: str
	next_on: str | None
	lasts_until: str | None
	unused: int
	message: str


class TierChosen(TypedDict):
	"""What a choice did: ``effect`` as in the preview, and the tier and the balance after it."""

	effect: str
	message: str
	balance: int
	current: CurrentTier
