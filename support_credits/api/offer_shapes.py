"""What the endpoints about the offer answer; the words of ``shapes`` hold here too."""

from typing import TypedDict

from support_credits.api.shapes import TierName


class PackOffer(TypedDict):
	"""``saving_percent`` is against buying as many credits in the smallest pack of the same currency."""

	pack: str
	name: str
	credits: int
	validity_months: int
	price: str
	currency: str
	price_text: str
	per_credit: str
	per_credit_text: str
	saving: str
	saving_text: str
	saving_percent: str
	tax_note: str
	tier: TierName | None


class Packs(TypedDict):
	packs: list[PackOffer]


class TierOffer(TypedDict):
	"""``month_text`` is a worked monthly cost of the tier, at the best and the dearest price of a credit on sale."""

	tier: str
	name: str
	description: str
	promise_text: str
	aim_text: str
	credits_per_incident: int
	credits_per_month: int
	month_text: str
	is_base: bool


class Tiers(TypedDict):
	tiers: list[TierOffer]
