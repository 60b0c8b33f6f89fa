"""A catalogue made ready to be played: hours worked out, references followed, and whatever cannot work named by its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from support_credits.engine.catalogue_model import Catalogue, CatalogueError, Pack, Tier
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.deadline import due_at
from support_credits.engine.decision import AutoExemption, within_deployment_window
from support_credits.engine.errors import EngineError
from support_credits.engine.severity import counting
from support_credits.engine.simulation_model import Purchases
from support_credits.engine.support_calendar import SupportCalendar, check_overlaps, of_catalogue
from support_credits.engine.tariff import money, rounded

DEPLOYMENT = "deployment_window"


class Severities:
	"""The site's priorities by name, the least severe 1; any other name is 0. ``default`` is what a ticket has that says none."""

	def __init__(self, known: Mapping[str, int], default: str) -> None:
		self.known, self.default = known, default

	def number(self, name: str) -> int:
		return self.known.get(name, 0)


class Terms:
	"""What the replay asks a catalogue. ``holidays`` are those of each calendar's country, by the calendar's code.

	CatalogueError names the place of every calendar that cannot be read, of every promise a calendar never gets to, and of
	a pack that is to be bought and is not there.
	"""

	def __init__(
		self,
		catalogue: Catalogue,
		severities: Severities,
		holidays: Mapping[str, Mapping[date, str]],
		start: datetime,
		purchases: Purchases = Purchases.HAPPENED,
		pack: str = "",
		decimals: Callable[[str], int] = lambda _currency: 2,
	) -> None:
		self.catalogue = catalogue
		self.severities = severities
		self.purchases = purchases
		self.zone = ZoneInfo(catalogue.provider.time_zone)
		self.tiers = {tier.code: tier for tier in catalogue.tiers}
		self.packs = {pack.code: pack for pack in catalogue.packs}
		self._decimals = decimals
		self._times: dict[tuple[str, int], CoveredTime] = {}
		errors: list[str] = []
		self._calendars = self._read_calendars(holidays, errors)
		self._check_promises(start, errors)
		self.bought = self._pack_to_buy(pack, errors) if purchases is Purchases.BUYS else None
		if errors:
			raise CatalogueError(errors)
		self._deployment = next((one for one in catalogue.exemptions if one.trigger == DEPLOYMENT), None)

	def tier(self, code: str | None) -> Tier:
		"""The customer's tier; the base tier for none and for one that this catalogue has not."""
		return self.tiers.get(code or "") or self.catalogue.base_tier

	def due(self, tier: Tier, severity: str | None, confirmed: bool, start: datetime) -> datetime:
		"""When the first response to a ticket of that severity was promised. NeverCovered where the calendar ends before."""
		said = severity or self.severities.default
		if not confirmed:
			most = tier.customer_severity or self.severities.default
			said = counting(said, most, self.severities.number)
		return due_at(tier.promise, start, self._time(tier.calendar, self.severities.number(said)))

	def exemption(self, deployed_on: Iterable[date], at: datetime) -> AutoExemption | None:
		"""What excuses a ticket opened at ``at`` by itself: a deployment just before it."""
		days = self.catalogue.defaults.deployment_days
		reason = self._deployment
		if reason and any(within_deployment_window(day, at, days, self.zone) for day in deployed_on):
			return AutoExemption(reason.code, reason.name)
		return None

	def list_price(self, pack: str | None, credits: int) -> tuple[str, Decimal] | None:
		"""What ``credits`` of a pack cost in this catalogue, with their currency; None for a pack it has not."""
		found = self.packs.get(pack or "")
		if not found:
			return None
		price = money(found.price) * credits / found.credits
		return found.currency, rounded(price, self._decimals(found.currency))

	def _time(self, calendar: str, severity: int) -> CoveredTime:
		key = (calendar, severity)
		if key not in self._times:
			self._times[key] = CoveredTime(self._calendars[calendar], severity)
		return self._times[key]

	def _read_calendars(
		self, holidays: Mapping[str, Mapping[date, str]], errors: list[str]
	) -> dict[str, SupportCalendar]:
		found = {}
		for place, calendar in enumerate(self.catalogue.calendars):
			try:
				read = of_catalogue(calendar, holidays.get(calendar.code, {}), self.severities.number)
				check_overlaps(read.windows)
			except EngineError as error:
				errors.append(f"calendars[{place}]: {error}")
			else:
				found[calendar.code] = read
		return found

	def _check_promises(self, start: datetime, errors: list[str]) -> None:
		for place, tier in enumerate(self.catalogue.tiers):
			if tier.calendar not in self._calendars:
				continue  # said already, of the calendar
			try:
				for severity in sorted({0, *self.severities.known.values()}):
					due_at(tier.promise, start, self._time(tier.calendar, severity))
			except EngineError as error:
				errors.append(f"tiers[{place}].promise: {error}")

	def _pack_to_buy(self, code: str, errors: list[str]) -> Pack | None:
		if code:
			if code not in self.packs:
				errors.append(f'packs: "{code}" is not the code of a pack')
			return self.packs.get(code)
		sold = [pack for pack in self.catalogue.packs if pack.on_sale and money(pack.price)]
		if not sold:
			errors.append("packs: none of them is on sale for money, so none can be bought")
			return None
		home = [pack for pack in sold if pack.currency == self.catalogue.provider.currency]
		return min(home or sold, key=lambda pack: (pack.price / pack.credits, pack.credits, pack.code))
