"""Every number of the workspace is what an independent sum over the ledger's rows says, and what the reports say."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta

import frappe
from frappe.desk.doctype.number_card.number_card import get_result

from support_credits import figures
from support_credits.api import figures as api
from support_credits.engine.calendar_days import local_day
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.ledger import clock, corrections, grants, jobs, orders, proposals, rows
from support_credits.ledger import settings as site
from support_credits.ledger.order_payment import Payment, pay
from support_credits.reports import consumption, filters, lots
from support_credits.tests import factories as make
from support_credits.tests.hours_case import at
from support_credits.tests.ledger_case import LedgerCase

MONTHS = 12


def month_of(day: date) -> str:
	return day.strftime("%Y-%m")


class FigureCase(LedgerCase):
	"""A site on which something of everything has happened this month, beside what other suites have left."""

	def setUp(self) -> None:
		super().setUp()
		company = self.company = make.company(1)
		pack = make.pack(credits=4, price=100)
		grants.grant(company.account, grants.pack_order(pack, make.unique_code("order"), "Sold"))
		order = orders.place(orders.Wish(company.name, pack))
		pay(order, Payment("Manager", "Bank", f"manual:{order}"))
		self.open_order = orders.place(orders.Wish(company.name, pack))
		make.grant(company.account, 5, months=1)
		make.expired_credits(company.account, 3)
		jobs.expire_lots()
		make.expired_credits(company.account, 2)  # over, and no job has booked it
		charged, exempt = (make.ticket(company.person).name for _number in range(2))
		with make.acting_as(make.agent()):
			corrections.exempt(exempt, make.exemption_reason())
		proposals.propose(charged, 1, "More")
		empty = make.company(0, portal_policy="Park")
		make.ticket(empty.person)
		self.at = clock.now()


class TestCards(FigureCase):
	def test_outstanding_is_what_the_lots_of_every_account_hold_now(self) -> None:
		held = [
			lot
			for account in frappe.get_all("Credit Account", pluck="name")
			for lot in rows.read_lots(account).values()
			if lot.is_valid_at(self.at) and not lot.is_overdraft
		]
		self.assertEqual(sum(lot.remaining for lot in held), figures.outstanding(self.at))
		soon = self.at + timedelta(days=30)
		ending = [lot for lot in held if lot.expires_at and lot.expires_at <= soon]
		self.assertEqual(sum(lot.remaining for lot in ending), figures.ending_soon(self.at))
		self.assertGreater(figures.outstanding(self.at), 0)

	def test_what_has_ended_is_not_outstanding_although_no_job_has_booked_it(self) -> None:
		before = figures.outstanding(self.at)
		jobs.expire_lots()
		self.assertEqual(before, figures.outstanding(self.at))

	def test_orders_and_proposals_count_while_they_can_be_paid_and_accepted(self) -> None:
		for doctype, field, counted in (
			("Credit Order", "stands_until_utc", figures.open_orders),
			("Credit Proposal", "expires_at_utc", figures.open_proposals),
		):
			with self.subTest(doctype):
				found = frappe.get_all(doctype, {"state": "Open"}, [field])
				standing = [one for one in found if not one[field] or parse_stamp(one[field]) > self.at]
				self.assertEqual(len(standing), counted(self.at))
				self.assertGreater(len(standing), 0)
				self.assertEqual(0, counted(self.at + timedelta(days=20_000)) - self.for_ever(doctype, field))

	def for_ever(self, doctype: str, field: str) -> int:
		return sum(1 for one in frappe.get_all(doctype, {"state": "Open"}, [field]) if not one[field])

	def test_every_card_of_the_workspace_shows_its_figure(self) -> None:
		month = figures.credits_by_month(self.at, 1)[0]
		expected = {
			"Credits Outstanding": figures.outstanding(self.at),
			"Credits Sold This Month": month.sold,
			"Credits Spent This Month": month.spent,
			"Credits Expired This Month": month.expired,
			"Credits Ending in 30 Days": figures.ending_soon(self.at),
			"Orders Waiting for Payment": figures.open_orders(self.at),
			"Proposals to Answer": figures.open_proposals(self.at),
			"Tickets Waiting for Credits": frappe.db.count("Support Incident", {"state": "Parked"}),
			"Open Ledger Findings": frappe.db.count("Ledger Finding", {"state": "Open"}),
		}
		cards = frappe.get_all("Number Card", {"module": "Support Credits"}, pluck="name")
		shown = {name: self.shown(frappe.get_doc("Number Card", name)) for name in cards}
		self.assertIn("Jobs That Need a Look", shown)
		del shown["Jobs That Need a Look"]  # test_jobs
		self.assertEqual(expected, shown)

	def shown(self, card: frappe.model.document.Document) -> int:
		"""What the host's card asks for, as it asks for it."""
		if card.type == "Document Type":
			return int(get_result(card.as_json(), card.filters_json))
		return frappe.get_attr(card.method)(filters=card.filters_json)["value"]

	def test_a_click_on_a_card_leads_somewhere(self) -> None:
		for name, figure in api._figures().items():
			with self.subTest(name):
				kind, what = figure.route[:2]
				self.assertTrue(frappe.db.exists("Report" if kind == "query-report" else "DocType", what))
				if kind == "List":
					frappe.get_list(what, filters=figure.options, limit=1)

	def test_a_card_that_names_no_figure_is_told_which_there_are(self) -> None:
		for asked in ("", "[]", "{", '{"figure": []}', '{"figure": "balance"}', {"figure": None}):
			with self.subTest(asked), self.assertRaises(frappe.ValidationError) as caught:
				api.number(asked)
			self.assert_says(caught.exception, "outstanding", "open_orders")


class TestCreditsByMonth(FigureCase):
	def test_the_chart_is_the_sum_of_the_entries_by_the_day_they_were_posted(self) -> None:
		sold, spent = Counter(), Counter()
		source = dict(frappe.get_all("Credit Lot", fields=["name", "source"], as_list=True))
		for entry in frappe.get_all("Credit Ledger Entry", fields=["kind", "credits", "posted_on", "lot"]):
			if entry.kind == "Grant" and source[entry.lot] in ("Order", "Pack", "Code", "Open Collective"):
				sold[month_of(entry.posted_on)] += entry.credits
			elif entry.kind in ("Charge", "Refund"):
				spent[month_of(entry.posted_on)] -= entry.credits
		for one in figures.credits_by_month(self.at, MONTHS):
			with self.subTest(one.month.first):
				key = month_of(one.month.first)
				self.assertEqual((sold[key], spent[key]), (one.sold, one.spent))
		self.assertGreater(sold[month_of(self.today)], 7)
		self.assertGreater(spent[month_of(self.today)], 0)

	@property
	def today(self) -> date:
		return local_day(self.at, site.provider_zone())

	def test_expired_is_what_lots_held_at_their_end_booked_or_not(self) -> None:
		expired = Counter()
		ends = {
			one.name: one for one in frappe.get_all("Credit Lot", ["name", "expires_on", "expires_at_utc"])
		}
		for entry in frappe.get_all("Credit Ledger Entry", {"kind": "Expiry"}, ["lot", "credits"]):
			end = ends[entry.lot]
			if end.expires_on and end.expires_at_utc <= stamp_text(
				self.at
			):  # others have played days to come
				expired[month_of(end.expires_on)] -= entry.credits
		for account in frappe.get_all("Credit Account", pluck="name"):
			for lot in rows.read_lots(account).values():
				if lot.expires_at and lot.expires_at <= self.at and lot.remaining > 0:
					expired[month_of(ends[lot.name].expires_on)] += lot.remaining
		shown = {month_of(one.month.first): one.expired for one in figures.credits_by_month(self.at, MONTHS)}
		self.assertEqual({key: expired[key] for key in shown}, shown)
		self.assertGreaterEqual(sum(shown.values()), 5)

	def test_whether_the_job_has_run_changes_no_month(self) -> None:
		before = figures.credits_by_month(self.at, MONTHS)
		jobs.expire_lots()
		self.assertEqual(before, figures.credits_by_month(self.at, MONTHS))

	def test_the_last_bar_is_what_the_cards_say(self) -> None:
		chart = api.credits_by_month()
		self.assertEqual(
			(MONTHS, ["Sold", "Spent", "Expired"]),
			(len(chart["labels"]), [one["name"] for one in chart["datasets"]]),
		)
		cards = [api.number({"figure": name})["value"] for name in ("sold", "spent", "expired")]
		self.assertEqual(cards, [one["values"][-1] for one in chart["datasets"]])


class TestAnswersByMonth(FigureCase):
	def setUp(self) -> None:
		super().setUp()
		calendar = make.support_calendar(
			make.hours(
				"00:00", "24:00", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
			)
		)
		self.tier = make.tier(calendar=calendar, promise_value=1, promise_unit="clock hours")
		company = make.company(5, tier=self.tier)
		names = [make.ticket(company.person).name for _number in range(3)]
		now = frappe.utils.now_datetime()
		self.answer(names[0], now)
		self.answer(names[1], now + timedelta(hours=2))
		# Nobody's deadline may pass between the figure and the sum beside it.
		self.enterContext(at(self.at))

	def answer(self, ticket: str, moment: datetime) -> None:
		frappe.db.set_value("HD Ticket", ticket, "first_responded_on", moment, update_modified=False)

	def test_the_chart_is_what_every_incidents_own_deadline_says(self) -> None:
		running = ("Charged", "Overdrawn", "Best effort", "Exempt")
		zone, in_time, late = site.provider_zone(), Counter(), Counter()
		filters = {"state": ["in", running], "due_at_utc": ["is", "set"], "ticket": ["is", "set"]}
		for one in frappe.get_all("Support Incident", filters, ["ticket", "due_at_utc", "opened_at_utc"]):
			answered = frappe.db.get_value("HD Ticket", one.ticket, "first_responded_on")
			due = parse_stamp(one.due_at_utc)
			moment = site.site_time(answered) if answered else self.at
			month = month_of(local_day(parse_stamp(one.opened_at_utc), zone))
			late[month] += moment > due
			in_time[month] += bool(answered) and moment <= due
		for one in figures.answers_by_month(clock.now(), 6):
			with self.subTest(one.month.first):
				key = month_of(one.month.first)
				self.assertEqual((in_time[key], late[key]), (one.in_time, one.late))
		this = figures.answers_by_month(clock.now(), 1)[0]
		self.assertGreaterEqual(this.in_time, 1)
		self.assertGreaterEqual(this.late, 1)

	def test_one_that_may_still_be_answered_in_time_is_neither(self) -> None:
		before = figures.answers_by_month(clock.now(), 1)[0]
		company = make.company(1, tier=self.tier)
		make.ticket(company.person)
		after = figures.answers_by_month(clock.now(), 1)[0]
		self.assertEqual((before.in_time, before.late), (after.in_time, after.late))

	def test_the_chart_shows_them(self) -> None:
		months = figures.answers_by_month(clock.now(), 6)
		chart = api.answers_by_month()
		self.assertEqual(
			[[one.in_time for one in months], [one.late for one in months]],
			[one["values"] for one in chart["datasets"]],
		)
		self.assertTrue(json.dumps(chart))


class TestStates(FigureCase):
	def test_the_chart_counts_every_incident_in_the_readers_language(self) -> None:
		counted = Counter(frappe.get_all("Support Incident", pluck="state"))
		self.assertEqual(dict(counted), figures.tickets_by_state())
		self.assertLessEqual({"Charged", "Exempt", "Parked"}, set(counted))
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "pt"
		chart = api.tickets_by_state()
		shown = dict(zip(chart["labels"], chart["datasets"][0]["values"], strict=True))
		self.assertEqual(
			(counted["Charged"], counted["Exempt"], counted["Parked"]),
			(shown["Cobrado"], shown["Isento"], shown["Em espera"]),
		)


class TestReports(FigureCase):
	"""The workspace and the reports are summed by different statements: they come to the same."""

	def test_outstanding_and_overdrawn_lots(self) -> None:
		held = lots.outstanding(filters.moment({}))
		self.assertEqual(sum(one.credits * one.lots for one in held), figures.outstanding(clock.now()))

	def test_every_month_of_spent_and_expired(self) -> None:
		for one in figures.credits_by_month(self.at, MONTHS):
			period = filters.Period(one.month.first, one.month.last)
			with self.subTest(one.month.first):
				consumed = consumption.consumed(period, "Customer")
				self.assertEqual(sum(row.net for row in consumed), one.spent)
				expired = lots.expired(period, stamp_text(self.at))
				self.assertEqual(sum(row.credits * row.lots for row in expired), one.expired)
