"""A provider's terms as data: packs, tiers, exemptions, calendars, the hourly rate, texts and defaults.

Owns the values of the schema in docs/catalogue.md. A new provider is a new file of that form and never a
change here, so no provider is named in this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from support_credits.engine.decision import Door, Policy
from support_credits.engine.errors import EngineError
from support_credits.engine.tariff import Offer

SCHEMA_VERSION = 1
UNITS = ("covered_hours", "clock_hours", "business_days")
WHO = ("agent", "agent_manager", "system")
TRIGGERS = ("deployment_window", "merged", "missed_target")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LINKS = ("documentation", "community", "buy", "redeem", "emergency", "terms", "contact", "services")
TEXTS = (
	"notice",
	"incident",
	"examples",
	"beyond_cover",
	"response",
	"availability",
	"after_hours",
	"channels",
	"languages",
	"refund_terms",
	"services",
)


class CatalogueError(EngineError):
	"""A catalogue that cannot be used. ``errors`` lists every mistake: path, value, what is expected."""

	def __init__(self, errors: list[str]) -> None:
		super().__init__("\n".join(errors))
		self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Provider:
	code: str
	name: str
	time_zone: str
	currency: str
	language: str


@dataclass(frozen=True, slots=True)
class Pack:
	"""What is on sale. ``price`` is before tax; ``tier`` is a tier the pack includes; ``covers`` is told to
	buyers."""

	code: str
	name: str
	credits: int
	price: Decimal
	currency: str
	validity_months: int
	on_sale: bool
	tax_note: str = ""
	tier: str | None = None
	covers: tuple[str, ...] = ()

	@property
	def offer(self) -> Offer:
		return Offer(self.code, self.credits, self.price, self.currency)


@dataclass(frozen=True, slots=True)
class Target:
	"""Never a bare number: a value and the unit that says which clock counts (rule 20)."""

	value: int
	unit: str


@dataclass(frozen=True, slots=True)
class Tier:
	code: str
	name: str
	credits_per_incident: int
	credits_per_month: int
	is_base: bool
	promise: Target
	aim: Target | None
	calendar: str
	resolution_hours: int = 0
	customer_severity: str | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
	"""A reason not to charge (rule 10). ``trigger`` says what applies it by itself; None: only a person
	does."""

	code: str
	name: str
	set_by: str
	automatic: bool
	trigger: str | None
	raises_priority: bool
	carries_url: bool
	description: str


@dataclass(frozen=True, slots=True)
class Window:
	"""Open from ``start`` to ``end`` on the wall; ``end`` <= ``start`` runs over midnight. ``min_severity``
	None: all."""

	start: str
	end: str
	min_severity: str | None = None
	days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holidays:
	"""Public holidays of ``country``, plus ``added``, minus ``removed``. No country: only the added dates."""

	country: str | None = None
	subdivision: str | None = None
	added: tuple[date, ...] = ()
	removed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
	"""When the clock runs (rule 19). On a holiday only ``holiday_windows`` count."""

	code: str
	name: str
	zone: str
	windows: tuple[Window, ...]
	holidays: Holidays
	holiday_windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Emergency:
	"""Help by the hour (rule 17), at once or after hours: rounded half up to ``rounding_minutes``, at least ``minimum_minutes``."""

	rate: Decimal
	currency: str
	rounding_minutes: int = 60
	minimum_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Defaults:
	"""Settings a new site starts with; an administrator may change each."""

	policies: Mapping[Door, Policy] = field(default_factory=dict)
	grace_days: int = 30
	deployment_days: int = 7
	reopen_days: int = 7
	deployment_credits: int = 0
	deployment_months: int = 12
	everyone_must_have_credits: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
	provider: Provider
	links: Mapping[str, str]
	texts: Mapping[str, str]
	not_charged: tuple[str, ...]
	packs: tuple[Pack, ...]
	tiers: tuple[Tier, ...]
	exemptions: tuple[Exemption, ...]
	calendars: tuple[Calendar, ...]
	emergency: Emergency | None
	after_hours: Emergency | None
	cover_minutes: int
	defaults: Defaults

	@property
	def base_tier(self) -> Tier:
		return next(tier for tier in self.tiers if tier.is_base)

	def pack(self, code: str) -> Pack:
		for pack in self.packs:
			if pack.code == code:
				return pack
		raise EngineError(f"no pack {code}")
