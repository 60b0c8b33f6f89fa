"""Response by Tier and Emergency Hours, against cases worked out by hand and sums over the rows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import frappe

from support_credits.engine.model import stamp_text
from support_credits.engine.percentile import percentile
from support_credits.ledger import rows
from support_credits.ledger import settings as site
from support_credits.reports import responses
from support_credits.tests import factories as make
from support_credits.tests.hours_case import HoursCase, at
from support_credits.tests.report_case import run

UTC = timezone.utc
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = {"from_date": "2026-11-23", "to_date": "2026-11-25"}  # the test's clock says the 25th, 08:00


class TestResponses(HoursCase):
	"""A calendar from 08:00 to 18:00 UTC on weekdays; 8 covered hours are promised and 2 aimed for."""

	def setUp(self) -> None:
		super().setUp()
		calendar = make.support_calendar()
		promise = {
			"promise_value": 8,
			"promise_unit": "covered hours",
			"aim_value": 2,
			"aim_unit": "covered hours",
		}
		self.tier = make.tier(calendar=calendar, **promise)
		self.buyer = self.company(self.tier, 30)

	def answered(self, *hours: float | None, opened: datetime = MONDAY) -> list[str]:
		"""Tickets that came in at ``opened`` and were answered so many hours later, or not yet."""
		names = []
		for number in hours:
			name = self.ticket_at(opened, self.buyer.person).name
			names.append(name)
			if number is not None:
				wall = site.on_site_wall(opened + number * HOUR)
				frappe.db.set_value("HD Ticket", name, "first_responded_on", wall, update_modified=False)
		return names

	def row(self, **chosen: object) -> dict:
		report = run("Response by Tier", customer=self.buyer.name, **{**WEEK, **chosen})
		[row] = report["result"]
		self.assertEqual(row["tickets"], report["report_summary"][0]["value"])
		return row

	def test_a_week_by_hand(self) -> None:
		"""Four in time (1, 2, 4 and exactly 8 hours), one a minute late, one on Tuesday 09:00 (11 covered hours), one
		from Monday never answered, and one from today that is not due yet."""
		self.answered(1, 2, 4, 8, 8 + 1 / 60, 25, None)
		self.answered(None, opened=datetime(2026, 11, 25, 7, 0, tzinfo=UTC))
		row = self.row()
		self.assertEqual(
			{"tickets": 8, "answered": 6, "kept": 4, "missed": 3, "pending": 1, "no_deadline": 0},
			{
				field: row[field]
				for field in ("tickets", "answered", "kept", "missed", "pending", "no_deadline")
			},
		)
		self.assertEqual(57.1, row["kept_percent"])  # 4 of 7
		self.assertEqual(28.6, row["aims_percent"])  # 2 of 7: the aim of today's is still to come
		self.assertEqual((4.0, 11.0, 11.0, 11.0), (row["half"], row["most"], row["nearly_all"], row["worst"]))

	def test_percentiles_are_those_of_all_answers(self) -> None:
		hours = [1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 7.5]
		self.answered(*hours)
		row = self.row()
		expected = [percentile(hours, percent) for percent in (50, 90, 95, 100)]
		self.assertEqual(expected, [row["half"], row["most"], row["nearly_all"], row["worst"]])

	def test_every_incident_whose_clock_ran_is_in_one_row(self) -> None:
		self.answered(1, None)
		parked = self.company(self.tier, 0, portal_policy="Park")
		self.ticket_at(MONDAY, parked.person)
		counted = frappe.db.sql(
			"""SELECT tier, COUNT(*) FROM `tabSupport Incident` WHERE tier > '' AND ticket > ''
			AND state IN ('Charged', 'Overdrawn', 'Exempt', 'Best effort')
			AND opened_at_utc >= '2026-11-22T12' AND opened_at_utc < '2026-11-26T12' GROUP BY tier"""
		)
		report = run("Response by Tier", from_date="2026-11-22", to_date="2026-11-26")
		shown = {row["tier"]: row["tickets"] for row in report["result"]}
		self.assertEqual(2, shown[self.tier], "a ticket that waits was promised nothing")
		self.assertEqual({tier: count for tier, count in counted if tier == self.tier}, {self.tier: 2})
		for row in report["result"]:
			decided = row["kept"] + row["missed"] + row["pending"] + row["no_deadline"]
			self.assertEqual(row["tickets"], decided, row["tier"])

	def test_in_time_is_drawn_green_and_missed_red(self) -> None:
		self.answered(1, 25)
		report = run("Response by Tier", customer=self.buyer.name, **WEEK)
		names = [line["name"] for line in report["chart"]["data"]["datasets"]]
		drawn = dict(zip(names, report["chart"]["colors"], strict=True))
		self.assertEqual({"In Time": "green", "Missed": "red", "Not Yet Due": "grey"}, drawn)

	def test_a_tier_without_a_calendar_is_measured_and_has_no_deadline(self) -> None:
		self.buyer = self.company(make.tier(), 5)
		self.answered(5, 30)
		row = self.row()
		self.assertEqual(
			(2, 0, 0, 2, None),
			(row["answered"], row["kept"], row["missed"], row["no_deadline"], row["kept_percent"]),
		)
		self.assertEqual((5.0, 30.0), (row["half"], row["worst"]))

	def test_a_tier_can_be_asked_for_alone_and_days_count_in_the_providers_zone(self) -> None:
		self.answered(1)
		self.assertEqual(1, self.row(tier=self.tier)["tickets"])
		report = run("Response by Tier", customer=self.buyer.name, tier=make.tier(), **WEEK)
		self.assertEqual([], report["result"])
		day_before = {"from_date": "2026-11-01", "to_date": "2026-11-22"}
		self.assertEqual([], run("Response by Tier", customer=self.buyer.name, **day_before)["result"])

	def test_of_too_many_the_newest_are_looked_at_and_that_is_said(self) -> None:
		self.answered(1, 2)
		before, responses.MOST = responses.MOST, 1
		try:
			report = run("Response by Tier", customer=self.buyer.name, **WEEK)
		finally:
			responses.MOST = before
		self.assertEqual([1], [row["tickets"] for row in report["result"]])
		self.assertIn("The newest 1 tickets of this time were looked at", report["message"])


class TestEmergencyHours(HoursCase):
	def setUp(self) -> None:
		super().setUp()
		self.buyer, self.other = (make.company(5) for _one in range(2))
		self.agents = [make.agent() for _one in range(2)]

	def session(self, company: make.Company, agent: make.Person, stopped: datetime, **fields: object) -> str:
		"""A session as its record says it: whoever stops one works that out, and has tests of his own."""
		name = make.unique_code("ES")
		over = stamp_text(stopped)
		values = {
			"name": name, "customer": company.name, "kind": "Emergency", "state": "Stopped", "agent": agent.email, "rate": 100,
			"currency": "USD", "started_at_utc": over, "stopped_at_utc": over, "worked_seconds": 5_000, "billed_minutes": 60,
			"amount": 100, **fields,
		}  # fmt: skip
		rows.insert_rows("Emergency Session", [values])
		return name

	def lived(self) -> None:
		one, two = self.agents
		self.session(self.buyer, one, MONDAY)
		self.session(
			self.buyer,
			two,
			MONDAY + HOUR,
			billed_minutes=90,
			worked_seconds=5_400,
			amount="150.05",
			invoice="SI-1",
		)
		self.session(
			self.buyer, two, MONDAY, kind="After Hours", currency="EUR", amount="33.33", export_name="SX-1"
		)
		self.session(self.other, one, datetime(2026, 10, 31, 12, tzinfo=UTC), billed_minutes=120, amount=200)
		self.session(self.buyer, one, MONDAY, state="Cancelled", amount=0)
		self.session(self.buyer, one, MONDAY, state="Running", stopped_at_utc="", amount=0)

	def shown(self, by: str, **chosen: object) -> dict[tuple, tuple]:
		asked = {"from_date": "2026-10-01", "to_date": "2026-11-30", "by": by, **chosen}
		report = run("Emergency Hours", **asked)
		return {
			(row["name"], row["currency"]): (row["sessions"], row["billed"], row["amount"], row["to_invoice"])
			for row in report["result"]
		}

	def test_hours_and_amounts_by_customer_agent_kind_and_month_by_hand(self) -> None:
		self.lived()
		mine = {
			(self.buyer.name, "USD"): (2, 2.5, 250.05, 100.0),
			(self.buyer.name, "EUR"): (1, 1.0, 33.33, 0.0),
		}
		self.assertEqual(mine, self.shown("Customer", customer=self.buyer.name))
		one, two = (agent.email for agent in self.agents)
		by_agent = {
			(one, "USD"): (1, 1.0, 100.0, 100.0),
			(two, "USD"): (1, 1.5, 150.05, 0.0),
			(two, "EUR"): (1, 1.0, 33.33, 0.0),
		}
		self.assertEqual(by_agent, self.shown("Agent", customer=self.buyer.name))
		self.assertEqual(
			{("After Hours", "EUR"): (1, 1.0, 33.33, 0.0)},
			self.shown("Kind", customer=self.buyer.name, kind="After Hours"),
		)
		self.assertEqual(
			{("2026-10", "USD"): (1, 2.0, 200.0, 200.0)}, self.shown("Month", customer=self.other.name)
		)

	def test_totals_are_those_of_the_sessions_and_never_mix_currencies(self) -> None:
		self.lived()
		report = run(
			"Emergency Hours",
			from_date="2026-10-01",
			to_date="2026-11-30",
			by="Kind",
			customer=self.buyer.name,
		)
		cards = {card["label"]: card["value"] for card in report["report_summary"]}
		found = frappe.get_all(
			"Emergency Session",
			{"customer": self.buyer.name, "state": "Stopped"},
			["billed_minutes", "amount", "currency", "worked_seconds"],
		)
		self.assertEqual(len(found), cards["Sessions"])
		self.assertEqual(sum(row.billed_minutes for row in found) / 60, cards["Billed (h)"])
		for currency in ("USD", "EUR"):
			amounts = [Decimal(str(row.amount)) for row in found if row.currency == currency]
			self.assertEqual(float(sum(amounts)), cards[f"{currency} in all"])
		self.assertEqual((100.0, 0.0), (cards["USD not yet invoiced"], cards["EUR not yet invoiced"]))

	def test_agents_see_hours_and_no_amounts(self) -> None:
		self.lived()
		with make.acting_as(self.agents[0]):
			report = run("Emergency Hours", by="Agent", customer=self.buyer.name, **WEEK)
		self.assertEqual(
			{"name", "sessions", "worked", "billed"}, {one["fieldname"] for one in report["columns"]}
		)
		self.assertEqual({"name", "sessions", "worked", "billed"}, set(report["result"][0]))
		self.assertEqual(3, len(report["report_summary"]))

	def test_no_session_says_so(self) -> None:
		report = run("Emergency Hours", customer=self.other.name, **WEEK)
		self.assertEqual(
			([], "No session was stopped in this time that answers these filters."),
			(report["result"], report["message"]),
		)
		with at(MONDAY):
			self.assertRaises(
				frappe.ValidationError,
				run,
				"Emergency Hours",
				by="Month",
				from_date="2026-01-02",
				to_date="2026-01-01",
			)
