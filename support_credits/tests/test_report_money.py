"""Outstanding Credits and Breakage, to the credit and to the cent, against sums over every entry of the ledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

import frappe

from support_credits.engine.calendar_days import end_of_day, last_usable_day
from support_credits.engine.model import stamp_text
from support_credits.engine.outstanding import Sum, sums, worth
from support_credits.ledger import clock, grants
from support_credits.ledger import settings as site
from support_credits.ledger.orders import decimals_of
from support_credits.ledger.queries import statement
from support_credits.reports import filters, lots
from support_credits.tests import factories as make
from support_credits.tests.ledger_case import LedgerCase
from support_credits.tests.report_case import (
	Lived,
	ReportCase,
	Seen,
	book,
	cards_of,
	expired_unused,
	held,
	run,
	sold,
)

DAYS = (date(2026, 3, 20), date(2026, 4, 30), date(2026, 7, 31), date(2026, 9, 30))
ALL = {"from_date": "2026-01-01", "to_date": "2026-12-31"}
Money = dict[tuple[str, str], tuple[int, Decimal | None]]


def look(lived: Lived) -> Seen:
	"""What the reports say with the clock of that moment."""
	now = filters.moment({})
	period = filters.months(ALL)
	return {
		"held": [one for company in (lived.one, lived.other) for one in lots.outstanding(now, company.name)],
		"owed": sum(lots.overdrawn(now, company.name) for company in (lived.one, lived.other)),
		"expired": [
			one
			for company in (lived.one, lived.other)
			for one in lots.expired(period, now.ended, company.name)
		],
	}


def added_up(found: list) -> tuple[Sum, ...]:
	return sums(found, {one.currency: decimals_of(one.currency) for one in found if one.is_priced})


class TestMoney(ReportCase):
	look = staticmethod(look)

	def month_of(self, expires_at: datetime) -> str:
		return f"{last_usable_day(expires_at, site.provider_zone()):%Y-%m}"

	def shown(self, report: dict) -> Money:
		return {
			(row["month"], row["currency"] or ""): (
				row["credits"],
				None if row["amount"] is None else Decimal(str(row["amount"])),
			)
			for row in report["result"]
		}

	def worked_out(self, credits: dict[str, int], accounts: tuple[str, ...]) -> Money:
		"""Credits by lot as the report should show them: by month of the end and currency, at price paid."""
		entries, known = book(accounts)
		prices = sold(entries, known)
		found: dict[tuple[str, str], list] = defaultdict(lambda: [0, None])
		for name, count in credits.items():
			lot, price = known[name], prices.get(name)
			key = (
				self.month_of(lot.expires_at) if lot.expires_at else "never",
				price.currency if price else "",
			)
			found[key][0] += count
			if price:
				amount = worth(price.price, price.paid, count, decimals_of(price.currency))
				found[key][1] = (found[key][1] or Decimal(0)) + amount
		return {key: (count, amount) for key, (count, amount) in found.items()}

	def outstanding_by_hand(self, before: str, ended: str) -> dict[str, int]:
		entries, known = book(self.lived.accounts)
		return {
			name: credits
			for name, credits in held(entries, before).items()
			if credits > 0
			and not known[name].is_overdraft
			and stamp_text(known[name].granted_at) < before
			and (not known[name].expires_at or stamp_text(known[name].expires_at) > ended)
		}

	def test_what_is_owed_now_is_what_the_entries_say_at_the_price_the_lots_were_sold_for(self) -> None:
		report = self.run_report("Outstanding Credits", customer=self.customer)
		now = stamp_text(clock.now())
		expected = self.worked_out(self.outstanding_by_hand(now, now), self.lived.accounts)
		self.assertEqual(expected, self.shown(report))
		# Five credits are left of the lot that had five for 10 euro and was given three more.
		self.assertEqual((5, Decimal("10")), self.shown(report)[("2027-04", "EUR")])
		cards = self.cards(report)
		self.assertEqual(sum(count for count, _amount in expected.values()), cards["Credits Owed"])
		self.assertEqual(10.0, cards["EUR at price paid"])
		self.assertEqual(0, cards["Overdrawn by Customers"])

	def test_credits_owed_less_what_is_overdrawn_is_the_balance(self) -> None:
		for day in DAYS:
			with self.subTest(day):
				report = self.run_report("Outstanding Credits", customer=self.customer, as_at=str(day))
				cards = self.cards(report)
				balances = self.cards(
					self.run_report("Credit Balances", customer=self.customer, as_at=str(day))
				)
				self.assertEqual(balances["Balance"], cards["Credits Owed"] - cards["Overdrawn by Customers"])

	def test_as_at_an_earlier_day_is_what_the_entries_say_of_it(self) -> None:
		for day in DAYS:
			with self.subTest(day):
				end = stamp_text(end_of_day(day, site.provider_zone()))
				report = self.run_report("Outstanding Credits", customer=self.customer, as_at=str(day))
				expected = self.worked_out(self.outstanding_by_hand(end, end), self.lived.accounts)
				self.assertEqual(expected, self.shown(report))

	def test_as_at_an_earlier_day_is_what_was_reported_at_that_time(self) -> None:
		"""A void, a merge, expiries booked and not, and a repaid overdraft have come since."""
		for day in DAYS:
			with self.subTest(day):
				moment = filters.moment({"as_at": str(day)})
				seen = self.lived.seen[day]
				self.assertEqual(added_up(seen["held"]), added_up(lots.outstanding(moment, self.customer)))
				self.assertEqual(seen["owed"], lots.overdrawn(moment, self.customer))
				self.assertEqual(
					added_up(seen["expired"]),
					added_up(lots.expired(filters.months(ALL), moment.ended, self.customer)),
				)
		self.assertEqual(2, self.lived.seen[date(2026, 7, 31)]["owed"])

	def test_what_expired_is_what_the_entries_say_booked_or_not(self) -> None:
		report = self.run_report("Breakage", customer=self.customer, **ALL)
		entries, known = book(self.lived.accounts)
		expected = self.worked_out(expired_unused(entries, known, clock.now()), self.lived.accounts)
		self.assertEqual(expected, self.shown(report))
		by_hand = {
			("2026-04", "USD"): (2, Decimal("66.67")),  # booked
			("2026-04", ""): (4, None),
			("2026-06", "JPY"): (1, Decimal("333")),  # of a lot that was moved after it ended
			("2026-10", "USD"): (6, Decimal("28.57")),  # not booked: six of seven for 33.33
		}
		self.assertEqual(by_hand, self.shown(report))

	def test_what_expired_is_what_the_statements_show(self) -> None:
		said = [line for account in self.lived.accounts for line in statement(account)]
		expired = sum(-line.credits for line in said if line.kind.value == "Expiry")
		report = self.run_report("Breakage", customer=self.customer, **ALL)
		self.assertEqual(expired, self.cards(report)["Credits Expired Unused"])

	@staticmethod
	def _came_from_another(known: dict, name: str) -> bool:
		return name in {lot.moved_to for lot in known.values()}

	def test_booking_an_expiry_changes_nothing(self) -> None:
		before = self.shown(self.run_report("Breakage", customer=self.customer, **ALL))
		self.assertEqual(2, grants.expire_account(self.lived.one.account))
		self.assertEqual(before, self.shown(self.run_report("Breakage", customer=self.customer, **ALL)))

	def test_every_cent_that_was_paid_is_somewhere(self) -> None:
		"""Owed, expired, or taken by an entry: in each currency that comes to what was paid."""
		entries, known = book(self.lived.accounts)
		prices = sold(entries, known)
		first = {name for name in prices if not self._came_from_another(known, name)}
		paid: dict[str, Decimal] = defaultdict(Decimal)
		for name in first:
			paid[prices[name].currency] += prices[name].price
		taken: dict[str, Decimal] = defaultdict(Decimal)
		running: dict[str, int] = defaultdict(int)
		for entry in entries:
			price, before = prices.get(entry.lot), running[entry.lot]
			running[entry.lot] += entry.credits
			if price and entry.kind.value not in ("Grant", "Expiry"):
				places = decimals_of(price.currency)
				lost = worth(price.price, price.paid, before, places) - worth(
					price.price, price.paid, running[entry.lot], places
				)
				taken[price.currency] += lost
		for report in (
			self.run_report("Outstanding Credits", customer=self.customer),
			self.run_report("Breakage", customer=self.customer, **ALL),
		):
			for (_month, currency), (_credits, amount) in self.shown(report).items():
				taken[currency] += amount or Decimal(0)
		self.assertEqual(dict(paid), {currency: amount for currency, amount in taken.items() if currency})

	def test_totals_never_mix_currencies(self) -> None:
		cards = self.cards(self.run_report("Breakage", customer=self.customer, **ALL))
		self.assertEqual(
			{"USD at price paid": 95.24, "JPY at price paid": 333.0},
			{label: value for label, value in cards.items() if label.endswith("price paid")},
		)
		self.assertEqual(4, cards["Without a Price"])

	def test_a_currency_can_be_asked_for_alone(self) -> None:
		report = self.run_report(
			"Outstanding Credits", customer=self.customer, as_at="2026-03-20", currency="EUR"
		)
		self.assertEqual({("2027-01", "EUR"): (1, Decimal("8.33"))}, self.shown(report))

	def test_a_report_without_data_says_so(self) -> None:
		nobody = make.customer()
		for name, chosen, says in (
			("Outstanding Credits", {}, "Nobody has credits that can be spent at this time."),
			("Breakage", ALL, "No credits expired unused in this time."),
		):
			with self.subTest(name):
				report = self.run_report(name, customer=nobody, **chosen)
				self.assertEqual(([], says), (report["result"], report["message"]))
				self.assertEqual(0, next(iter(self.cards(report).values())))

	def test_filters_that_cannot_be_are_refused_by_name(self) -> None:
		self.refused("Breakage", "is after the last day", from_date="2026-02-01", to_date="2026-01-31")
		self.refused("Breakage", "Choose the first and the last day", from_date="2026-02-01")
		self.refused("Breakage", "&lt;x&gt; is not a day", from_date="<x>", to_date="2026-01-31")
		self.refused("Breakage", "at most 36 are shown", from_date="2020-01-01", to_date="2026-01-31")
		self.refused("Outstanding Credits", "is still to come", as_at="2999-01-01")


class TestWholeSite(LedgerCase):
	def test_the_whole_site_is_the_sum_of_its_accounts(self) -> None:
		"""Whatever other tests have left there."""
		accounts = frappe.get_all("Credit Account", pluck="name")
		entries, known = book(accounts)
		positive = sum(
			credits
			# All of them: a charge that another test posted with its clock set forward has left its lot already.
			for name, credits in held(entries).items()
			if credits > 0 and known[name].is_valid_at(clock.now())
		)
		self.assertEqual(positive, cards_of(run("Outstanding Credits"))["Credits Owed"])
		ended = expired_unused(entries, known, clock.now())
		report = run("Breakage", from_date="2024-12-01", to_date=str(filters.today()))
		since = stamp_text(end_of_day(date(2024, 11, 30), site.provider_zone()))
		expected = sum(
			credits for name, credits in ended.items() if stamp_text(known[name].expires_at) > since
		)
		self.assertEqual(expected, cards_of(report)["Credits Expired Unused"])
