"""Help by the hour, as the provider's catalogue offers it, with examples that the engine works out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TypedDict

from frappe import _

from support_credits.engine import emergency as engine
from support_credits.engine.catalogue import Catalogue, parse
from support_credits.engine.catalogue_model import Emergency
from support_credits.ledger import settings as site
from support_credits.ledger.orders import decimals_of
from support_credits.offer import wording


class Example(TypedDict):
	"""Time worked, time billed and what it costs."""

	worked: str
	billed: str
	cost: str


class EmergencyOffer(TypedDict):
	rate_text: str
	rounding_text: str
	least_text: str
	examples: list[Example]


def catalogue() -> Catalogue | None:
	"""The catalogue that was loaded last: it holds what has no record of its own yet."""
	stored = site.settings().catalogue
	return parse(json.loads(stored)) if stored else None


def offered(loaded: Catalogue | None) -> EmergencyOffer | None:
	"""None where the provider offers no help by the hour."""
	if not loaded or not loaded.emergency:
		return None
	said = loaded.emergency
	return EmergencyOffer(
		rate_text=wording.money_text(said.rate, said.currency),
		rounding_text=rounding_text(said.rounding_minutes),
		least_text=wording.minutes_text(said.minimum_minutes) if said.minimum_minutes else "",
		examples=[
			_example(said, worked) for worked in engine.examples(said.rounding_minutes, said.minimum_minutes)
		],
	)


def rounding_text(step: int) -> str:
	if step == engine.MINUTES_AN_HOUR:
		return _("Time is rounded to the nearest hour, half an hour up.")
	return _("Time is rounded to the nearest {0}, half of it up.").format(wording.minutes_text(step))


def _example(said: Emergency, worked: timedelta) -> Example:
	minutes = engine.billed_minutes(worked, said.rounding_minutes, said.minimum_minutes)
	cost = engine.amount(minutes, said.rate, decimals_of(said.currency))
	return Example(
		worked=wording.duration_text(worked),
		billed=wording.minutes_text(minutes),
		cost=wording.money_text(cost, said.currency),
	)
