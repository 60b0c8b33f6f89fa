"""A simulation from beginning to end: the catalogue made ready, every customer's past played, one row a customer and month.

It reads in a transaction that the database itself lets write nothing, so what it shows is of one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from zoneinfo import ZoneInfo

import frappe
from frappe import _

from support_credits.catalogue import check_severities
from support_credits.engine.calendar_days import end_of_day
from support_credits.engine.catalogue import Catalogue, CatalogueError, parse
from support_credits.engine.model import DAY
from support_credits.engine.simulation import Replay
from support_credits.engine.simulation_model import PastTicket, Period, Purchases, Row
from support_credits.engine.simulation_terms import DEPLOYMENT, Severities, Terms
from support_credits.exceptions import CalendarRefused, CatalogueRefused, SupportCreditsError
from support_credits.hours import holidays
from support_credits.hours.severity import default_priority, severities
from support_credits.ledger import clock
from support_credits.ledger.orders import decimals_of
from support_credits.simulation import history
from support_credits.simulation.history import Reading

DAYS_MAX = 5 * 366
TOLD_SECONDS = 0.5  # between two words about how far it is

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Wish:
	"""What is asked: ``catalogue`` as its file has it, both days included, on its provider's calendar; ``pack`` is the code
	of the one that is bought, empty for the one with the cheapest credit.
	"""

	catalogue: dict[str, object]
	since: date
	until: date
	purchases: Purchases = Purchases.HAPPENED
	pack: str = ""


@dataclass
class Outcome:
	"""The rows in the order of customers and months; ``bought`` is the pack that was bought, where one was to be."""

	rows: list[Row] = field(default_factory=list)
	tickets: int = 0
	customers: int = 0
	bought: str = ""
	seconds: float = 0.0


def simulate(wish: Wish, show: Progress = lambda _done, _total: None) -> Outcome:
	"""Play the wish; ``show`` is told how many tickets of how many are done. Nothing is written.

	Raises CatalogueRefused, every mistake with its place in the catalogue, and SupportCreditsError for days that make no
	period. Ends the transaction that the caller has begun.
	"""
	began = monotonic()
	catalogue = read(wish.catalogue)
	period = period_of(wish, catalogue)
	terms = terms_of(wish, catalogue, period)
	outcome = Outcome(bought=terms.bought.code if terms.bought else "")
	with reading_only():
		_play(terms, reading_of(catalogue, period), outcome, show)
	outcome.seconds = monotonic() - began
	return outcome


def read(data: dict[str, object]) -> Catalogue:
	try:
		catalogue = parse(data)
	except CatalogueError as error:
		raise CatalogueRefused("\n".join(error.errors)) from error
	check_severities(catalogue)
	return catalogue


def period_of(wish: Wish, catalogue: Catalogue) -> Period:
	zone, now = ZoneInfo(catalogue.provider.time_zone), clock.now()
	since = end_of_day(wish.since - DAY, zone)
	if wish.until < wish.since:
		frappe.throw(_("The last day, {0}, is before the first one.").format(wish.until), SupportCreditsError)
	if (wish.until - wish.since).days > DAYS_MAX:
		frappe.throw(_("The days make more than five years. Ask for fewer."), SupportCreditsError)
	if since >= now:
		frappe.throw(
			_("{0} has not come yet: only the past can be played again.").format(wish.since),
			SupportCreditsError,
		)
	return history.period_of(since, end_of_day(wish.until, zone), now)


def terms_of(wish: Wish, catalogue: Catalogue, period: Period) -> Terms:
	try:
		return Terms(
			catalogue,
			Severities(severities(), default_priority()),
			_holidays(catalogue, period),
			period.since,
			wish.purchases,
			wish.pack,
			decimals_of,
		)
	except CatalogueError as error:
		raise CatalogueRefused("\n".join(error.errors)) from error


def _holidays(catalogue: Catalogue, period: Period) -> dict[str, dict[date, str]]:
	"""Of each calendar's country, for the years a deadline can fall into."""
	years = range(period.since.year - 1, period.now.year + 3)
	found: dict[str, dict[date, str]] = {}
	for place, calendar in enumerate(catalogue.calendars):
		said = calendar.holidays
		if not said.country:
			continue
		try:
			found[calendar.code] = holidays.of_country(
				said.country, said.subdivision, [holidays.PUBLIC], years
			)
		except CalendarRefused as error:
			raise CatalogueRefused(f"calendars[{place}].holidays: {error}") from error
	return found


def reading_of(catalogue: Catalogue, period: Period) -> Reading:
	reasons = {reason.code: reason for reason in catalogue.exemptions}
	loaded = _loaded_reasons()
	# A reason the provider made here by hand is in no catalogue, and stays one.
	lost = loaded - reasons.keys()
	by_itself = frappe.get_all("Exemption Reason", {"automatic": "Deployment"}, pluck="name")
	kept = [code for code in by_itself if code not in reasons or reasons[code].trigger == DEPLOYMENT]
	return Reading(period, frozenset(lost), frozenset(kept), history.joined_accounts())


def _loaded_reasons() -> set[str]:
	from support_credits.offer.emergency import catalogue

	stored = catalogue()
	return {reason.code for reason in stored.exemptions} if stored else set()


@contextmanager
def reading_only() -> Iterator[None]:
	"""A transaction of one moment in which the database refuses every write."""
	frappe.db.commit()  # beginning another one would do it all the same, where the host lets it
	frappe.db.sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
	try:
		yield
	finally:
		frappe.db.rollback()


def _play(terms: Terms, reading: Reading, outcome: Outcome, show: Progress) -> None:
	total, told = history.count(reading), monotonic()
	show(0, total)
	for customer in history.customers(reading):
		past = history.past_of(customer, reading)
		player = Replay(terms, past.client, reading.period)
		for event in past.events:
			player.feed(event)
			outcome.tickets += isinstance(event, PastTicket)
			if monotonic() - told >= TOLD_SECONDS:
				told = monotonic()
				show(min(outcome.tickets, total), total)
		found = player.finish()
		outcome.rows += found
		outcome.customers += bool(found)
	show(total, total)
