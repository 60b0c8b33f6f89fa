"""What an hour of each kind costs on this site: as the catalogue that was loaded last says, and kept by every session."""

from __future__ import annotations

import json
from dataclasses import dataclass

from support_credits.engine.catalogue import parse
from support_credits.engine.catalogue_model import Emergency
from support_credits.engine.session import Kind, Terms
from support_credits.ledger import settings as site
from support_credits.ledger.orders import decimals_of


@dataclass(frozen=True)
class HourlyTerms:
	"""The engine's terms with the currency of their rate."""

	terms: Terms
	currency: str


def offered() -> dict[Kind, HourlyTerms]:
	"""The kinds this provider offers; none where no catalogue was loaded or it says nothing about hours."""
	stored = site.settings().catalogue
	if not stored:
		return {}
	loaded = parse(json.loads(stored))
	said = {Kind.EMERGENCY: loaded.emergency, Kind.AFTER_HOURS: loaded.after_hours}
	return {kind: _terms(hourly) for kind, hourly in said.items() if hourly}


def _terms(said: Emergency) -> HourlyTerms:
	terms = Terms(said.rate, said.rounding_minutes, said.minimum_minutes, decimals_of(said.currency))
	return HourlyTerms(terms, said.currency)
