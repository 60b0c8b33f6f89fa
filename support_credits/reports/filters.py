"""What somebody asks a report for, checked: days, an instant, a page, a choice. Days are those of the provider's zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

import frappe
from frappe import _
from frappe.utils import cint, formatdate

from support_credits.engine.calendar_days import end_of_day, local_day
from support_credits.engine.model import DAY, stamp_text
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import clock
from support_credits.ledger.settings import provider_zone

PAGE_ROWS = 5_000  # rows of one page; sums are of all pages
MONTHS_MAX = 36  # a report by month has a column for each
EARLIEST, LATEST = (
	date(1970, 1, 1),
	date(2999, 12, 31),
)  # what every zone and every column of the database can say
PAGES_MAX = 1_000_000
_TICK = timedelta(microseconds=1)

Filters = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True)
class Period:
	"""Days from ``first`` to ``last``, both included."""

	first: date
	last: date

	@property
	def values(self) -> dict[str, object]:
		"""For SQL: the days, and the instants between which they lie (``until`` is exclusive)."""
		zone = provider_zone()
		since, until = end_of_day(self.first - DAY, zone), end_of_day(self.last, zone)
		return {
			"first": self.first,
			"last": self.last,
			"since": stamp_text(since),
			"until": stamp_text(until),
		}

	@property
	def months(self) -> list[str]:
		"""``2026-11`` for each month of which a day is in it."""
		count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
		numbers = range(self.first.month - 1, self.first.month - 1 + count)
		return [f"{self.first.year + number // 12}-{number % 12 + 1:02d}" for number in numbers]

	@property
	def by_month(self) -> Iterator[tuple[str, Period]]:
		"""Each month with the days of it that are in the period."""
		for month in self.months:
			first = date.fromisoformat(f"{month}-01")
			last = (first + 31 * DAY).replace(day=1) - DAY
			yield month, Period(max(first, self.first), min(last, self.last))


@dataclass(frozen=True)
class Moment:
	"""As at when credits are counted: what took effect before ``before`` counts, a lot that ended at ``ended`` or earlier does
	not. At the end of a ``day`` both are its end; now they are a tick apart, because what is posted this instant counts.
	"""

	day: date
	before: str
	ended: str
	is_now: bool

	@property
	def values(self) -> dict[str, object]:
		return {"before": self.before, "ended": self.ended, "day": self.day}


def today() -> date:
	return local_day(clock.now(), provider_zone())


def period(filters: Filters, first: str = "from_date", last: str = "to_date") -> Period:
	"""The days asked for. Refuses a missing one, one that is none, and a first day after the last."""
	found = Period(_needed_day(filters, first), _needed_day(filters, last))
	if found.first > found.last:
		_refuse(
			_("The first day, {0}, is after the last day, {1}. Choose an earlier first day.").format(
				formatdate(found.first), formatdate(found.last)
			)
		)
	return found


def months(filters: Filters) -> Period:
	"""The same for a report by month, which has a column for each: not too many."""
	found = period(filters)
	if len(found.months) > MONTHS_MAX:
		_refuse(
			_("{0} months were asked for; at most {1} are shown. Choose a later first day.").format(
				len(found.months), MONTHS_MAX
			)
		)
	return found


def moment(filters: Filters) -> Moment:
	"""The end of the day asked for; now where it is today or none is named. Refuses a day that is still to come."""
	now, zone = clock.now(), provider_zone()
	chosen = _day(filters, "as_at")
	current = local_day(now, zone)
	if chosen and chosen > current:
		_refuse(
			_("{0} is still to come. Choose today or an earlier day, or none for now.").format(
				formatdate(chosen)
			)
		)
	if chosen in (None, current):
		return Moment(current, stamp_text(now + _TICK), stamp_text(now), True)
	end = stamp_text(end_of_day(chosen, zone))
	return Moment(chosen, end, end, False)


def choice(filters: Filters, name: str, options: Sequence[str]) -> str:
	"""One of ``options``, the first where nothing was chosen."""
	chosen = filters.get(name) or options[0]
	if chosen not in options:
		_refuse(
			_("{0} cannot be chosen here. Choose one of: {1}.").format(
				frappe.utils.escape_html(str(chosen)), ", ".join(_(option) for option in options)
			)
		)
	return str(chosen)


def text(filters: Filters, name: str) -> str:
	"""What was typed or picked; empty where nothing was."""
	return str(filters.get(name) or "").strip()


def page(filters: Filters) -> int:
	"""The number of the page, from 1."""
	return min(max(1, cint(filters.get("page"))), PAGES_MAX)


def offset(number: int) -> dict[str, int]:
	"""Where page ``number`` begins and how long it is, for SQL."""
	return {"skip": (number - 1) * PAGE_ROWS, "most": PAGE_ROWS}


def part(rows: Sequence[T], number: int) -> Sequence[T]:
	"""Page ``number`` of rows that are all there already."""
	first = (number - 1) * PAGE_ROWS
	return rows[first : first + PAGE_ROWS]


def _needed_day(filters: Filters, name: str) -> date:
	day = _day(filters, name)
	if day is None:
		_refuse(_("Choose the first and the last day of the report."))
	return day


def _day(filters: Filters, name: str) -> date | None:
	said = filters.get(name)
	if not said:
		return None
	found = _read_day(said)
	if found is None or not EARLIEST <= found <= LATEST:
		_refuse(
			_("{0} is not a day. Write it as 2026-12-31.").format(frappe.utils.escape_html(str(said)[:40]))
		)
	return found


def _read_day(said: object) -> date | None:
	if isinstance(said, date):
		return said.date() if isinstance(said, datetime) else said
	try:
		return date.fromisoformat(str(said))
	except ValueError:
		return None


def _refuse(sentence: str) -> None:
	frappe.throw(sentence, SupportCreditsError, title=_("Report filters"))
