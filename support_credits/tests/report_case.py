"""A year of two customers in which everything happens that a ledger knows, and sums over it that no report has made."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal

import frappe
from frappe.desk import query_report
from frappe.model.rename_doc import rename_doc

from support_credits.engine.calendar_days import end_of_day
from support_credits.engine.model import Entry, Lot
from support_credits.ledger import corrections, grants, proposals, queries, rows
from support_credits.ledger import settings as site
from support_credits.tests import factories as make
from support_credits.tests.hours_case import HoursCase, at

UTC = timezone.utc
Seen = dict[str, object]


def on(month: int, day: int, hour: int = 10) -> datetime:
	return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Lived:
	"""Two customers who became one, and what somebody who looked at the end of a day has seen."""

	one: make.Company
	other: make.Company
	reasons: tuple[str, str]
	agent: make.Person
	seen: dict[date, Seen] = field(default_factory=dict)

	@property
	def accounts(self) -> tuple[str, str]:
		return self.one.account, self.other.account


def live(look: Callable[[Lived], Seen] | None = None) -> Lived:
	"""Live the year; ``look`` is called at the end of some days, with the clock of that moment. Committed."""
	lived = _begin()
	_first_quarter(lived)
	_look(lived, look, date(2026, 3, 20))
	_spring(lived)
	_look(lived, look, date(2026, 4, 30))
	_summer(lived)
	_look(lived, look, date(2026, 7, 31))
	_autumn(lived)
	_look(lived, look, date(2026, 9, 30))
	frappe.db.commit()
	return lived


def _begin() -> Lived:
	with at(on(1, 5)):
		someone = make.agent()
		tiers = make.tier(), make.tier(2)
		one = make.company(tier=tiers[0], portal_policy="Overdraw", overdraft_limit=5)
		other = make.company(tier=tiers[1], portal_policy="Overdraw", overdraft_limit=5)
		return Lived(one, other, (make.exemption_reason(), make.exemption_reason()), someone)


def _look(lived: Lived, look: Callable[[Lived], Seen] | None, day: date) -> None:
	if look:
		with at(end_of_day(day, site.provider_zone())):
			lived.seen[day] = look(lived)


def _first_quarter(lived: Lived) -> None:
	one, other = lived.one, lived.other
	with at(on(1, 10)):
		make.grant(one.account, 3, months=3, price=Decimal("100"), currency="USD")  # ends on 10 April
		make.grant(other.account, 6, months=12, price=Decimal("49.99"), currency="EUR")
	with at(on(1, 20)):
		lived.back = make.ticket(one.person).name  # its lot is over when it is given back
		make.ticket(other.person)  # two credits
	with at(on(2, 1)):
		ticket = make.ticket(one.person).name
		with make.acting_as(lived.agent):
			corrections.exempt(ticket, lived.reasons[0])
	with at(on(3, 1)):
		make.grant(one.account, 4, months=1)  # without a price, ends on 1 April, and nobody books it for long
		ticket = make.ticket(other.person).name
		with make.acting_as(lived.agent):
			name = proposals.propose(ticket, 1, "It took longer")
		proposals.accept(name)


def _spring(lived: Lived) -> None:
	one, other = lived.one, lived.other
	with at(on(4, 15)):
		grants.expire_account(one.account)  # books both ends
		spare = make.grant(one.account, 2, months=12, price=Decimal("50"), currency="USD")
		make.grant(
			other.account, 3, months=2, price=Decimal("1000"), currency="JPY"
		)  # ends on 15 June, not booked
	with at(on(4, 20)):
		grants.void_lot(spare, "Charged back")
		lot = make.grant(one.account, 5, months=12, price=Decimal("10"), currency="EUR")
		grants.adjust_lot(lot, -1, "Counted wrong", make.unique_code("adjust"))
		grants.adjust_lot(lot, 3, "A present", make.unique_code("adjust"))


def _summer(lived: Lived) -> None:
	one, other = lived.one, lived.other
	with at(on(5, 7)):
		corrections.exempt(lived.back, lived.reasons[1])  # into a new lot
	with at(on(5, 20)):
		make.ticket(one.person)
		make.ticket(other.person)
	with at(on(7, 1)):
		for _ticket in range(3):  # more than is left: an overdraft
			make.ticket(other.person)
	with at(on(7, 10)):
		make.grant(other.account, 3, months=6, price=Decimal("20"), currency="USD")  # repays some of it


def _autumn(lived: Lived) -> None:
	one, other = lived.one, lived.other
	with at(on(8, 15)):
		rename_doc("HD Customer", other.name, one.name, merge=True)
	with at(on(9, 1)):
		make.grant(
			one.account, 7, months=1, price=Decimal("33.33"), currency="USD"
		)  # ends on 1 October, not booked
		ticket = make.ticket(one.person).name
	with at(on(9, 10)):
		corrections.exempt(ticket, lived.reasons[0])
		make.ticket(one.person)


# What no report has made: the ledger's own definitions, over every entry.

Book = tuple[list[Entry], dict[str, Lot]]


def book(accounts: Iterable[str]) -> Book:
	"""Every entry and every lot of the accounts."""
	entries: list[Entry] = []
	lots: dict[str, Lot] = {}
	for account in accounts:
		entries += queries.entries(account)
		lots |= rows.read_lots(account)
	return entries, lots


def held(entries: Iterable[Entry], before: str = "~") -> dict[str, int]:
	"""What each lot holds by the entries that took effect before an instant."""
	sums: dict[str, int] = defaultdict(int)
	for entry in entries:
		if entry.effective_at < before:
			sums[entry.lot] += entry.credits
	return sums


def expired_unused(entries: Iterable[Entry], lots: dict[str, Lot], until: datetime) -> dict[str, int]:
	"""What each lot held when it ended, booked or not."""
	sums = held(entry for entry in entries if entry.kind.value != "Expiry")
	over = {name for name, lot in lots.items() if lot.expires_at and lot.expires_at <= until}
	return {name: credits for name, credits in sums.items() if name in over and credits > 0}


@dataclass(frozen=True)
class Sold:
	"""What a lot was sold for, and with how many credits."""

	price: Decimal
	currency: str
	paid: int


def sold(entries: Iterable[Entry], lots: dict[str, Lot]) -> dict[str, Sold]:
	"""Of every lot with a price, from what the entry that opened it says; of a lot that was moved, from its first."""
	came_from = {lot.moved_to: lot.name for lot in lots.values() if lot.moved_to}
	opened = {}
	for entry in entries:
		terms = json.loads(entry.detail) if entry.detail else {}
		if entry.kind.value == "Grant" and terms.get("price"):
			opened[entry.lot] = Sold(Decimal(str(terms["price"])), terms["currency"], entry.credits)
	for name in lots:
		first = name
		while first in came_from:
			first = came_from[first]
		if first in opened:
			opened[name] = opened[first]
	return opened


def run(name: str, **chosen: object) -> dict:
	"""What the host's page gets of a report."""
	return query_report.run(name, filters=chosen)


def cards_of(report: dict) -> dict[str, object]:
	"""The numbers above the table, by their labels."""
	return {card["label"]: card["value"] for card in report["report_summary"]}


class ReportCase(HoursCase):
	"""The year, lived once for all tests of a class; they look back at it in November."""

	look: Callable[[Lived], Seen] | None = None

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		frappe.set_user("Administrator")
		cls.lived = live(cls.look)
		cls.customer = cls.lived.one.name

	def run_report(self, name: str, **chosen: object) -> dict:
		return run(name, **chosen)

	def cards(self, report: dict) -> dict[str, object]:
		return cards_of(report)

	def refused(self, name: str, *says: str, **chosen: object) -> None:
		with self.assertRaises(frappe.ValidationError) as caught:
			self.run_report(name, **chosen)
		self.assert_says(caught.exception, *says)
