"""An agreement without a Support Calendar is the host's own, to the second; a site without tiers does not know the app is there."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from unittest.mock import patch

import frappe
from helpdesk.helpdesk.doctype.hd_service_level_agreement import hd_service_level_agreement as host
from helpdesk.helpdesk.doctype.hd_service_level_agreement.utils import get_sla

from support_credits.hours.agreements import AGREEMENT
from support_credits.overrides.hd_service_level_agreement import CreditsServiceLevelAgreement
from support_credits.tests import factories as make
from support_credits.tests.factories import hours
from support_credits.tests.hours_case import UTC, HoursCase, at, site_zone

TICKET = "HD Ticket"
CLOCK = (
	"response_by", "resolution_by", "agreement_status", "first_responded_on", "first_response_time",
	"first_response_failed_by", "resolution_date", "resolution_time", "resolution_failed_by", "on_hold_since",
	"total_hold_time", "service_level_agreement_creation", "raised_outside_working_hours", "sla",
)  # fmt: skip
MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=UTC)
Doc = frappe.model.document.Document


class StockCase(HoursCase):
	def setUp(self) -> None:
		super().setUp()
		# The host takes any agreement whose condition fits, in no order.
		frappe.db.set_value(AGREEMENT, {"default_sla": 0}, "enabled", 0)

	def sla(self, **fields: object) -> Doc:
		"""An agreement of the site's own: Monday to Friday and a shorter Saturday, 4 h and 12 h, one holiday."""
		days = {
			"doctype": "HD Service Holiday List",
			"holiday_list_name": make.unique("List"),
			"from_date": "2026-01-01",
			"to_date": "2027-12-31",
			"holidays": [{"holiday_date": "2026-12-08", "description": "Tuesday off"}],
		}
		week = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
		rows = [{"workday": day, "start_time": "09:30:00", "end_time": "17:45:00"} for day in week]
		rows.append({"workday": "Saturday", "start_time": "10:00:00", "end_time": "12:00:00"})
		priorities = [
			{
				"priority": name,
				"response_time": 4 * 3600,
				"resolution_time": 12 * 3600,
				"default_priority": name == "Medium",
			}
			for name in frappe.get_all("HD Ticket Priority", pluck="name")
		]
		doc = {
			"doctype": AGREEMENT,
			"service_level": make.unique("Stock"),
			"holiday_list": frappe.get_doc(days).insert().name,
			"support_and_resolution": rows,
			"priorities": priorities,
			"condition": "doc.subject == 'Ours alone'",
			**fields,
		}
		return frappe.get_doc(AGREEMENT, frappe.get_doc(doc).insert().name)

	def host_of(self, sla: Doc) -> host.HDServiceLevelAgreement:
		"""The same record, of the class that the site has without the app."""
		return host.HDServiceLevelAgreement(sla.as_dict())

	def life(self, raiser: make.Person) -> list[dict[str, object]]:
		"""What a ticket's clock says at each step of a life with holds, reopenings and a weekend."""
		rng = random.Random(4)
		seen, now = [], MONDAY
		with at(now):
			ticket = make.ticket(raiser, subject="Ours alone").name
			seen.append(self.clock(ticket))
		for status in (
			"Replied",
			"Open",
			"Open",
			"Replied",
			"Resolved",
			"Open",
			"Closed",
			"Open",
			"Replied",
			"Open",
			"Resolved",
		):
			now += timedelta(minutes=rng.randrange(1, 100 * len(seen)), seconds=rng.randrange(60))
			with at(now):
				frappe.get_doc(TICKET, ticket).update({"status": status}).save()
				seen.append(self.clock(ticket))
		return seen

	def clock(self, ticket: str) -> dict[str, object]:
		return frappe.db.get_value(TICKET, ticket, CLOCK, as_dict=True)


class TestArithmetic(StockCase):
	def test_every_answer_is_the_hosts_at_any_moment(self) -> None:
		ours, rng = self.sla(), random.Random(1)
		stock = self.host_of(ours)
		self.assertIsInstance(ours, CreditsServiceLevelAgreement)
		self.assertNotIsInstance(stock, CreditsServiceLevelAgreement)
		for _number in range(40):
			start = datetime(2026, 11, 30) + timedelta(seconds=rng.randrange(21 * 86_400))
			end = start + timedelta(seconds=rng.randrange(9 * 86_400))
			hold = rng.choice((0, 0, 5_000, 90_000.5))
			with self.subTest(start=start, end=end, hold=hold):
				for target in ("response_time", "resolution_time"):
					said = [sla.calc_time(str(start), "High", target, hold) for sla in (ours, stock)]
					self.assertEqual(said[1], said[0])
				self.assertEqual(stock.calc_elapsed_time(start, end), ours.calc_elapsed_time(start, end))
				week = stock.get_working_hours()
				self.assertEqual(week, ours.get_working_hours())
				if f"{start:%A}" in week:  # of other days the host's own cannot be asked
					self.assertEqual(stock.is_working_time(start, week), ours.is_working_time(start, week))

	def test_a_ticket_and_its_status_are_the_hosts_at_every_step(self) -> None:
		ours, rng = self.sla(), random.Random(2)
		stock = self.host_of(ours)
		for number in range(36):
			now = MONDAY + timedelta(minutes=rng.randrange(8 * 1440))
			fields = {
				"doctype": TICKET,
				"priority": rng.choice(("Low", "Medium", "High", "Urgent")),
				"service_level_agreement_creation": datetime(2026, 12, 4, 16, 50),
				"total_hold_time": rng.choice((0, 7_200, 100_000)),
				"first_responded_on": rng.choice(
					(None, datetime(2026, 12, 7, 11), datetime(2026, 12, 9, 16))
				),
				"resolution_date": rng.choice((None, datetime(2026, 12, 9, 10), datetime(2026, 12, 14, 17))),
				"on_hold_since": rng.choice((None, None, datetime(2026, 12, 7, 12))),
			}
			said = []
			for sla in (ours, stock):
				doc = frappe.get_doc(fields)
				with at(now):
					sla.handle_targets(doc)
					sla.handle_agreement_status(doc)
				said.append([doc.get(field) for field in CLOCK])
			with self.subTest(number, **fields):
				self.assertEqual(said[1], said[0])

	def test_a_priority_it_does_not_list_is_refused_as_the_host_does(self) -> None:
		ours = self.sla()
		for sla in (ours, self.host_of(ours)):
			with self.assertRaisesRegex(frappe.ValidationError, "Please add Nothing priority in"):
				sla.calc_time(datetime(2026, 12, 7), "Nothing", "response_time")


class TestTickets(StockCase):
	def test_the_whole_life_of_a_ticket_without_credits_is_the_hosts(self) -> None:
		self.sla()
		someone = make.portal_user()
		make.customer(someone)
		with site_zone("Etc/UTC"):
			ours = self.life(someone)
			controllers = {
				**frappe.controllers.get(frappe.local.site, {}),
				AGREEMENT: host.HDServiceLevelAgreement,
			}
			# The class the site would have without the app.
			with patch.dict(frappe.controllers, {frappe.local.site: controllers}):
				frappe.clear_document_cache(AGREEMENT)
				stock = self.life(someone)
		frappe.clear_document_cache(AGREEMENT)
		self.assertEqual(stock, ours)
		self.assertLess(2, len({step["agreement_status"] for step in ours}))
		self.assertTrue(ours[-1]["total_hold_time"])

	def test_customers_without_an_account_and_tiers_without_a_calendar_get_the_hosts_pick(self) -> None:
		picked = self.sla()
		free = make.portal_user()
		make.customer(free)
		make.tier(calendar=self.calendar())
		with make.settings(base_tier=None):
			for raiser in (free, make.company(3).person, make.company(3, tier=make.tier()).person):
				for subject, expected in (("Ours alone", picked.name), ("Any other", self.hosts_pick())):
					ticket = self.ticket_at(MONDAY, raiser, subject=subject)
					self.assertEqual(expected, ticket.sla)
					stored = frappe.get_doc(TICKET, ticket.name)
					self.assertIsNone(stored.sc_severity)
					stock = self.host_of(frappe.get_doc(AGREEMENT, expected))
					due = stock.calc_time(
						stored.service_level_agreement_creation, stored.priority, "response_time"
					)
					self.assertEqual(due, stored.response_by)
					frappe.get_doc(TICKET, ticket.name).save()
					self.assertEqual(expected, frappe.db.get_value(TICKET, ticket.name, "sla"))

	def hosts_pick(self) -> str:
		return get_sla(frappe.get_doc({"doctype": TICKET, "priority": "Medium"})).name


class TestOwnAgreement(StockCase):
	def test_an_administrators_own_counts_covered_time_once_it_has_a_calendar(self) -> None:
		calendar = self.calendar(
			hours("08:00", "12:00"),
			hours("13:00", "24:00"),
			hours("10:00", "12:00", "saturday", from_severity="Urgent"),
		)
		self.sla(sc_calendar=calendar)
		someone = make.portal_user()
		make.customer(someone)
		friday = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
		for priority in ("Medium", "Urgent"):  # without a tier nobody's word on a severity counts
			ticket = self.ticket_at(friday, someone, subject="Ours alone", priority=priority).name
			# An hour on Friday and three on Monday from 08:00.
			self.assertEqual(datetime(2026, 12, 7, 11, 0, tzinfo=UTC), self.host_due_of(ticket))
			self.assertEqual(0, frappe.db.get_value(TICKET, ticket, "raised_outside_working_hours"))
			with at(datetime(2026, 12, 7, 8, 30, tzinfo=UTC)):
				frappe.get_doc(TICKET, ticket).update({"status": "Replied"}).save()
			self.assertEqual(3600 + 1800, self.clock(ticket)["first_response_time"])

	def test_one_whose_calendar_breaks_counts_as_stock_and_an_administrator_is_told(self) -> None:
		calendar = self.calendar()
		sla = self.sla(sc_calendar=calendar)
		frappe.db.set_value("Support Calendar", calendar, "time_zone", "Mars/Olympus")
		someone = make.portal_user()
		make.customer(someone)
		ticket = frappe.get_doc(TICKET, self.ticket_at(MONDAY, someone, subject="Ours alone").name)
		stock = self.host_of(sla).calc_time(
			ticket.service_level_agreement_creation, "Medium", "response_time"
		)
		self.assertEqual((sla.name, stock), (ticket.sla, ticket.response_by))
		self.assertTrue(frappe.db.exists("Error Log", {"method": ["like", f"%{calendar}%"]}))
