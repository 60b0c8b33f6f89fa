"""Ledger, balances, expiring lots, consumption and exemptions, to the credit, against sums over every entry."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from unittest.mock import patch

import frappe

from support_credits.engine.calendar_days import end_of_day, last_usable_day
from support_credits.engine.model import parse_stamp
from support_credits.engine.statement import balance_at
from support_credits.ledger import clock, corrections, queries
from support_credits.ledger import settings as site
from support_credits.reports import filters
from support_credits.support_credits.report.credit_balances import credit_balances
from support_credits.tests import factories as make
from support_credits.tests.ledger_case import LedgerCase
from support_credits.tests.report_case import Lived, ReportCase, Seen, book, cards_of, run

YEAR = {"from_date": "2026-01-01", "to_date": "2026-12-31"}
DAYS = (date(2026, 3, 20), date(2026, 4, 30), date(2026, 7, 31), date(2026, 9, 30))


def look(lived: Lived) -> Seen:
	"""What the balances are with the clock of that moment."""
	said = [credit_balances.execute({"customer": company.name}) for company in (lived.one, lived.other)]
	return {row["account"]: row["balance"] for _columns, rows, *_rest in said for row in rows}


class TestCreditReports(ReportCase):
	look = staticmethod(look)

	def setUp(self) -> None:
		super().setUp()
		self.entries_of_year, self.lots_of_year = book(self.lived.accounts)

	# Credit Ledger

	def test_the_ledger_is_every_entry_once_and_its_sums_are_theirs(self) -> None:
		report = self.run_report("Credit Ledger", customer=self.customer, **YEAR)
		self.assertEqual(
			Counter((one.name, one.credits, one.kind.value) for one in self.entries_of_year),
			Counter((row["entry"], row["credits"], row["kind"]) for row in report["result"]),
		)
		cards = self.cards(report)
		came_in = sum(one.credits for one in self.entries_of_year if one.credits > 0)
		net = sum(one.credits for one in self.entries_of_year)
		self.assertEqual(
			{
				"Entries": len(self.entries_of_year),
				"Credits In": came_in,
				"Credits Out": came_in - net,
				"Net": net,
			},
			cards,
		)
		self.assertEqual(
			{self.customer}, {row["customer"] for row in report["result"]}, "joined accounts too"
		)
		drawn = {line["name"]: sum(line["values"]) for line in report["chart"]["data"]["datasets"]}
		self.assertEqual({"Credits In": came_in, "Credits Out": came_in - net}, drawn)

	def test_its_pages_are_all_of_it_and_no_entry_is_on_two(self) -> None:
		with patch.object(filters, "PAGE_ROWS", 7), patch("support_credits.reports.shape.PAGE_ROWS", 7):
			pages = -(-len(self.entries_of_year) // 7)
			found = []
			for number in range(1, pages + 1):
				report = self.run_report("Credit Ledger", customer=self.customer, page=number, **YEAR)
				self.assertIn(f"Page {number} of {pages}", report["message"])
				self.assertEqual(len(self.entries_of_year), self.cards(report)["Entries"])
				found += [row["entry"] for row in report["result"]]
			beyond = self.run_report("Credit Ledger", customer=self.customer, page=pages + 1, **YEAR)
		self.assertEqual(sorted(one.name for one in self.entries_of_year), sorted(found))
		self.assertEqual([], beyond["result"])
		self.assertIn(f"There is no page {pages + 1}", beyond["message"])

	def test_a_day_a_kind_a_lot_and_a_ticket_can_be_asked_for(self) -> None:
		entry = next(one for one in self.entries_of_year if one.kind.value == "Void")
		day = str(parse_stamp(entry.posted_at).astimezone(site.provider_zone()).date())
		asked = {"from_date": day, "to_date": day, "customer": self.customer}
		voids = self.run_report("Credit Ledger", kind="Void", **asked)["result"]
		self.assertEqual([entry.name], [row["entry"] for row in voids])
		of_lot = self.run_report("Credit Ledger", lot=entry.lot, **{**asked, **YEAR})["result"]
		self.assertEqual(
			{one.name for one in self.entries_of_year if one.lot == entry.lot},
			{row["entry"] for row in of_lot},
		)
		incident = make.incident_of(self.lived.back)
		of_ticket = self.run_report("Credit Ledger", ticket=incident.ticket_no, **{**asked, **YEAR})["result"]
		self.assertEqual(
			{one.name for one in self.entries_of_year if one.incident == incident.name},
			{row["entry"] for row in of_ticket},
		)

	# Credit Balances

	def test_balances_are_the_sums_of_the_entries_of_lots_that_are_valid(self) -> None:
		for day in (None, *DAYS):
			with self.subTest(day):
				chosen = {"as_at": str(day)} if day else {}
				report = self.run_report("Credit Balances", customer=self.customer, **chosen)
				# The last instant of the day, and the lots that end with it are over.
				at = end_of_day(day, site.provider_zone()) if day else clock.now()
				expected = {}
				for account in self.lived.accounts:
					entries, lots = book([account])
					before = [one for one in entries if parse_stamp(one.effective_at) < at]
					expected[account] = balance_at(before, lots, at)
				joined = {
					name: credits
					for name, credits in expected.items()
					if credits or name == self.lived.one.account
				}
				self.assertEqual(joined, {row["account"]: row["balance"] for row in report["result"]})
				self.assertEqual(sum(expected.values()), self.cards(report)["Balance"])

	def test_an_earlier_day_shows_what_was_reported_at_that_time(self) -> None:
		for day in DAYS:
			with self.subTest(day):
				report = self.run_report("Credit Balances", customer=self.customer, as_at=str(day))
				now = {row["account"]: row["balance"] for row in report["result"]}
				seen = {
					name: credits for name, credits in self.lived.seen[day].items() if credits or name in now
				}
				self.assertEqual(seen, {name: credits for name, credits in now.items() if name in seen})
				self.assertEqual(sum(seen.values()), sum(now.values()))
		self.assertEqual(-2, self.lived.seen[date(2026, 7, 31)][self.lived.other.account])

	def test_now_it_is_what_the_customer_sees(self) -> None:
		report = self.run_report("Credit Balances", customer=self.customer)
		[row] = report["result"]
		self.assertEqual(queries.balance(self.lived.one.account), row["balance"])
		self.assertEqual((row["balance"], 0, 1), (row["spendable"], row["owed"], row["lots"]))
		self.assertEqual("2027-04", str(row["next_expiry"])[:7])

	def test_accounts_can_be_asked_for_by_what_they_hold(self) -> None:
		owing = make.company(portal_policy="Overdraw", overdraft_limit=3)
		make.ticket(owing.person)
		empty, rich = make.company(), make.company(credits=2)
		names = {owing.account: "Overdrawn", empty.account: "Empty", rich.account: "With credits"}
		for account, shown in names.items():
			rows = self.run_report("Credit Balances", show=shown)["result"]
			with self.subTest(shown):
				self.assertEqual({account}, names.keys() & {row["account"] for row in rows})
		self.refused("Credit Balances", "Choose one of: All, With credits", show="Rich")

	# Expiring Lots

	def test_expiring_lots_are_what_is_left_on_lots_that_end_in_time(self) -> None:
		soon = make.grant(self.lived.one.account, 4, months=1)
		make.ticket(self.lived.one.person)  # from the first to end
		today = filters.today()
		asked = {"from_date": str(today), "to_date": str(today + timedelta(days=370))}
		report = self.run_report("Expiring Lots", customer=self.customer, **asked)
		entries, lots = book(self.lived.accounts)
		left = Counter()
		for entry in entries:
			left[entry.lot] += entry.credits
		zone = site.provider_zone()
		expected = {
			name: (credits, last_usable_day(lots[name].expires_at, zone))
			for name, credits in left.items()
			if credits > 0 and lots[name].expires_at and lots[name].expires_at > clock.now()
		}
		self.assertEqual(
			expected, {row["lot"]: (row["remaining"], row["expires_on"]) for row in report["result"]}
		)
		self.assertEqual((soon, 3), (report["result"][0]["lot"], report["result"][0]["remaining"]))
		days = (report["result"][0]["expires_on"] - today).days
		self.assertEqual(days, report["result"][0]["days_left"])
		# All of it ends within the time, so it is the balance.
		self.assertEqual(queries.balance(self.lived.one.account), self.cards(report)["Credits That End"])

	# Consumption

	def net_by(self, key: dict[str, str]) -> dict[tuple[str, str], int]:
		"""Charges less refunds by whatever ``key`` says of an incident, and by month."""
		found: dict[tuple[str, str], int] = defaultdict(int)
		for entry in self.entries_of_year:
			if entry.kind.value in ("Charge", "Refund"):
				month = f"{parse_stamp(entry.posted_at).astimezone(site.provider_zone()):%Y-%m}"
				found[key[entry.incident], month] -= entry.credits
		return {place: credits for place, credits in found.items() if credits}

	def shown_by_month(self, report: dict) -> dict[tuple[str, str], int]:
		months = {
			column["fieldname"]: column["label"]
			for column in report["columns"]
			if column["fieldname"].startswith("month_")
		}
		return {
			(row["name"], month): row[field]
			for row in report["result"]
			for field, month in months.items()
			if row.get(field)
		}

	def incidents(self, column: str) -> dict[str, str]:
		names = {one.incident for one in self.entries_of_year if one.incident}
		return dict(
			frappe.get_all("Support Incident", {"name": ["in", list(names)]}, ["name", column], as_list=True)
		)

	def test_consumption_by_customer_tier_and_reason_is_charges_less_refunds(self) -> None:
		incidents = self.incidents("tier")
		extra = {one.split(":")[1].split("/")[0] for one in self.keys("proposal:")}
		self.assertEqual(1, len(extra))
		everybody = dict.fromkeys(incidents, self.customer)
		for by, key in (("Customer", everybody), ("Tier", incidents)):
			with self.subTest(by):
				report = self.run_report("Consumption", customer=self.customer, by=by, **YEAR)
				self.assertEqual(self.net_by(key), self.shown_by_month(report))
		report = self.run_report("Consumption", customer=self.customer, by="Reason", **YEAR)
		rows = {row["name"]: row["net"] for row in report["result"]}
		total = -sum(one.credits for one in self.entries_of_year if one.kind.value in ("Charge", "Refund"))
		self.assertEqual({"Ticket": total - 1, "Extra Credits": 1}, rows)
		self.assertEqual(total, self.cards(report)["Credits Used"])

	def keys(self, prefix: str) -> list[str]:
		return [one.event_key for one in self.entries_of_year if one.event_key.startswith(prefix)]

	def test_repaying_an_overdraft_is_neither_charged_nor_given_back(self) -> None:
		self.assertTrue(self.keys("repay:"))
		report = self.run_report("Consumption", customer=self.customer, by="Customer", **YEAR)
		[row] = report["result"]
		given_back = sum(
			one.credits
			for one in self.entries_of_year
			if one.kind.value == "Refund" and not one.event_key.startswith("repay:")
		)
		self.assertEqual(3, given_back)
		self.assertEqual((given_back, row["net"] + given_back), (row["back"], row["charged"]))

	# Exemptions

	def test_exemptions_are_what_went_back_by_reason_and_agent(self) -> None:
		report = self.run_report("Exemptions", customer=self.customer, **YEAR)
		shown = {
			(row["reason"], row["agent"]): (row["tickets"], row["credits"], row["never_charged"])
			for row in report["result"]
		}
		first, second = self.lived.reasons
		self.assertEqual(
			{
				(first, self.lived.agent.email): (1, 1, 0),
				(first, "Administrator"): (1, 1, 0),
				(second, "Administrator"): (1, 1, 0),
			},
			shown,
		)
		exempt = {name for name, state in self.incidents("state").items() if state == "Exempt"}
		back = sum(
			one.credits
			for one in self.entries_of_year
			if one.kind.value == "Refund" and one.incident in exempt
		)
		self.assertEqual(back, self.cards(report)["Credits Given Back"])

	def test_an_exemption_counts_on_the_day_the_credits_went_back(self) -> None:
		asked = {"from_date": "2026-05-07", "to_date": "2026-05-07", "customer": self.customer}
		[row] = self.run_report("Exemptions", **asked)["result"]
		self.assertEqual((self.lived.reasons[1], 1), (row["reason"], row["credits"]))
		other = {**asked, "from_date": "2026-05-08", "to_date": "2026-05-31"}
		self.assertEqual([], self.run_report("Exemptions", **other)["result"])

	def test_of_two_refunds_of_one_ticket_the_last_one_counts(self) -> None:
		company = make.company(credits=2)
		ticket, reason = make.ticket(company.person).name, make.exemption_reason()
		for _time in range(2):
			corrections.exempt(ticket, reason)
			corrections.unexempt(ticket)
		today = str(filters.today())
		asked = {"from_date": today, "to_date": today, "customer": company.name}
		self.assertEqual([], self.run_report("Exemptions", **asked)["result"])
		corrections.exempt(ticket, reason)
		[row] = self.run_report("Exemptions", **asked)["result"]
		self.assertEqual((1, 1, 0), (row["tickets"], row["credits"], row["never_charged"]))

	def test_a_ticket_that_was_never_charged_is_counted_and_gives_nothing_back(self) -> None:
		reason = make.exemption_reason(automatic="Deployment")
		company = make.company(credits=2)
		make.deployment(company.name)
		ticket = make.ticket(company.person).name
		self.assertEqual("Exempt", make.incident_of(ticket).state)
		today = str(filters.today())
		[row] = self.run_report("Exemptions", from_date=today, to_date=today, customer=company.name)["result"]
		self.assertEqual((1, 1, 0), (row["tickets"], row["never_charged"], row["credits"]))
		self.assertEqual((make.incident_of(ticket).exemption, "by itself"), (row["reason"], row["agent"]))
		self.assertTrue(reason)

	# All of them

	def test_a_report_without_data_says_so(self) -> None:
		nobody = make.customer()
		for name, chosen, says in (
			("Credit Ledger", YEAR, "No entry was posted in this time that answers these filters."),
			("Credit Balances", {}, "No Credit Account answers these filters."),
			("Expiring Lots", YEAR, "No credits end in this time."),
			("Consumption", YEAR, "Nothing was charged or given back in this time."),
			("Exemptions", YEAR, "No ticket that is exempt answers these filters."),
			("Response by Tier", YEAR, "No ticket of a tier came in during this time."),
		):
			with self.subTest(name):
				report = self.run_report(name, customer=nobody, **chosen)
				self.assertEqual(([], says), (report["result"], report["message"]))
				self.assertEqual({0}, set(self.cards(report).values()))

	def test_filters_that_cannot_be_are_refused_by_name(self) -> None:
		for name in ("Credit Ledger", "Expiring Lots", "Consumption", "Exemptions", "Response by Tier"):
			with self.subTest(name):
				self.refused(name, "is after the last day", from_date="2026-02-01", to_date="2026-01-31")
				self.refused(name, "Choose the first and the last day")
		self.refused("Credit Ledger", "Choose one of", kind="'; DROP TABLE x", **YEAR)
		self.refused("Consumption", "Choose one of: Customer, Tier, Reason", by="Agent", **YEAR)
		self.refused("Credit Balances", "is not a day", as_at="soon")


class TestWholeSite(LedgerCase):
	"""Whatever other tests have left there."""

	def test_the_whole_sites_ledger_is_all_entries(self) -> None:
		count, net = frappe.db.sql("SELECT COUNT(*), SUM(credits) FROM `tabCredit Ledger Entry`")[0]
		report = run("Credit Ledger", from_date="2000-01-01", to_date="2100-01-01")
		self.assertEqual((count, net), (cards_of(report)["Entries"], cards_of(report)["Net"]))

	def test_the_whole_sites_balances_are_those_of_every_account(self) -> None:
		accounts = frappe.get_all("Credit Account", filters={"merged_into": ["is", "not set"]}, pluck="name")
		at = clock.now()
		cards = cards_of(run("Credit Balances"))
		self.assertEqual(len(accounts), cards["Accounts"])
		self.assertEqual(sum(queries.balance(account, at) for account in accounts), cards["Balance"])
