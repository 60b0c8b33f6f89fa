"""A ticket's times in covered time: first response, holds, resolution, what was missed by how much, and the banner."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import frappe
from helpdesk.helpdesk.doctype.hd_ticket.api import show_outside_hours_banner as hosts_banner

from support_credits.api.host import show_outside_hours_banner
from support_credits.tests import factories as make
from support_credits.tests.hours_case import UTC, HoursCase, at, site_zone

HOUR = timedelta(hours=1)
LISBON = ZoneInfo("Europe/Lisbon")
FRIDAY = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)  # two hours before the closing
SATURDAY = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)


class ClockCase(HoursCase):
	def tier(self, hours: int = 4, **fields: object) -> str:
		calendar = fields.pop("calendar", None) or make.support_calendar()
		return make.tier(calendar=calendar, promise_value=hours, promise_unit="covered hours", **fields)

	def opened(
		self, tier: str, moment: datetime = FRIDAY, **fields: object
	) -> frappe.model.document.Document:
		return self.ticket_at(moment, self.company(tier).person, **fields)

	def change(self, ticket: str, moment: datetime, **fields: object) -> frappe.model.document.Document:
		with at(moment):
			doc = frappe.get_doc("HD Ticket", ticket)
			doc.update(fields)
			return doc.save()


class TestTimes(ClockCase):
	def test_an_answer_on_sunday_took_the_hours_that_were_covered(self) -> None:
		ticket = self.opened(self.tier())
		sunday = datetime(2026, 12, 6, 15, 0)
		doc = self.change(
			ticket.name, sunday.replace(tzinfo=UTC), first_responded_on=sunday, status="Replied"
		)
		self.assertEqual(2 * 3600, doc.first_response_time)
		self.assertFalse(doc.first_response_failed_by)

	def test_a_late_answer_is_late_by_covered_hours(self) -> None:
		ticket = self.opened(self.tier())
		tuesday = datetime(2026, 12, 8, 9, 0)
		doc = self.change(
			ticket.name, tuesday.replace(tzinfo=UTC), first_responded_on=tuesday, status="Replied"
		)
		# Due on Monday at 10:00: eight hours of Monday and one of Tuesday.
		self.assertEqual((13 * 3600, 9 * 3600), (doc.first_response_time, doc.first_response_failed_by))
		self.assertEqual("Failed", doc.agreement_status)

	def test_hours_that_the_host_cannot_hold_are_counted_as_they_are(self) -> None:
		calendar = self.calendar(
			make.hours("08:00", "12:00"),
			make.hours("13:00", "18:00"),
			make.hours("22:00", "02:00", "friday"),
			make.hours("10:00", "12:00", "saturday", from_severity="Urgent"),
		)
		tier = self.tier(8, calendar=calendar, customer_severity="Urgent")
		for priority, hours, late in (("Medium", 16, 8), ("Urgent", 18, 10)):
			with self.subTest(priority):
				ticket = self.opened(tier, FRIDAY - 5 * HOUR, priority=priority)
				monday = MONDAY + 7 * HOUR
				doc = self.change(
					ticket.name, monday, first_responded_on=monday.replace(tzinfo=None), status="Replied"
				)
				self.assertEqual(
					(hours * 3600, late * 3600), (doc.first_response_time, doc.first_response_failed_by)
				)

	def test_where_no_time_to_resolve_is_promised_none_is_missed(self) -> None:
		ticket = self.opened(self.tier())
		doc = self.change(ticket.name, FRIDAY + HOUR, status="Replied")
		doc = self.change(ticket.name, FRIDAY + 300 * 24 * HOUR, status="Resolved")
		self.assertEqual("Fulfilled", doc.agreement_status)
		self.assertGreater(doc.resolution_by, datetime(2036, 1, 1))

	def test_a_promise_to_resolve_waits_while_the_ticket_is_on_hold(self) -> None:
		ticket = self.opened(self.tier(resolution_hours=10))
		self.assertEqual(datetime(2026, 12, 7, 16, 0), ticket.resolution_by)
		self.change(ticket.name, FRIDAY + HOUR, status="Replied")  # one covered hour before the closing
		doc = self.change(ticket.name, MONDAY + HOUR, status="Open")  # and one of Monday
		self.assertEqual(2 * 3600, doc.total_hold_time)
		self.assertEqual(datetime(2026, 12, 7, 18, 0), doc.resolution_by)
		doc = self.change(ticket.name, MONDAY + 25 * HOUR, status="Resolved")
		self.assertEqual((11 * 3600, 3600), (doc.resolution_time, doc.resolution_failed_by))

	def test_a_hold_does_not_move_the_first_response(self) -> None:
		ticket = self.opened(self.tier())
		before = self.due_of(ticket.name)
		self.change(ticket.name, FRIDAY + HOUR, status="Replied")
		self.change(ticket.name, MONDAY + HOUR, status="Open")
		self.assertEqual((before, before), (self.due_of(ticket.name), self.host_due_of(ticket.name)))


class TestStatus(ClockCase):
	def test_what_the_hourly_job_asks_finds_a_breach_when_it_is_one_and_moves_nothing(self) -> None:
		ticket = self.opened(self.tier())
		due = ticket.response_by
		for moment, status in (
			(MONDAY + HOUR, "First Response Due"),
			(MONDAY + 2 * HOUR, "First Response Due"),
			(MONDAY + 2 * HOUR + timedelta(seconds=1), "Failed"),
		):
			with self.subTest(str(moment)):
				with at(moment):
					doc = frappe.get_doc("HD Ticket", ticket.name)
					agreement = frappe.get_doc("HD Service Level Agreement", doc.sla)
					agreement.handle_agreement_status(doc)
				self.assertEqual((status, due), (doc.agreement_status, doc.response_by))

	def test_a_ticket_that_waits_for_credits_has_no_clock_and_no_breach(self) -> None:
		company = self.company(self.tier(), 0, portal_policy="Park")
		ticket = self.ticket_at(FRIDAY, company.person).name
		incident = make.incident_of(ticket)
		self.assertEqual(("", None, None), (incident.due_at_utc or "", incident.calendar, incident.agreement))
		doc = self.change(ticket, FRIDAY + 100 * 24 * HOUR, subject="Still waiting")
		self.assertEqual(
			("Paused", "Parked", None), (doc.agreement_status, doc.sc_state, doc.first_responded_on)
		)
		self.assertGreater(doc.response_by, datetime(2036, 1, 1))

	def test_in_the_hour_that_comes_twice_the_second_one_is_not_taken_for_the_first(self) -> None:
		calendar = make.support_calendar(
			make.hours("00:00", "24:00", *make.WORKDAYS, "saturday", "sunday"), zone="Europe/Lisbon"
		)
		with site_zone("Europe/Lisbon"):
			for start, due in (
				(
					"2026-10-24T22:30:00+00:00",
					"2026-10-25T00:30:00+00:00",
				),  # 01:30, before the clock goes back
				("2026-10-24T23:30:00+00:00", "2026-10-25T01:30:00+00:00"),  # 01:30, an hour later
			):
				with self.subTest(due):
					ticket = self.opened(self.tier(2, calendar=calendar), datetime.fromisoformat(start))
					self.assertEqual(datetime.fromisoformat(due), self.due_of(ticket.name))
					self.assertEqual(datetime(2026, 10, 25, 1, 30), ticket.response_by)
					for minutes, failed in ((-1, False), (1, True)):
						with at(datetime.fromisoformat(due) + timedelta(minutes=minutes)):
							doc = frappe.get_doc("HD Ticket", ticket.name)
							sla = frappe.get_doc("HD Service Level Agreement", doc.sla)
							self.assertEqual(failed, sla.is_first_response_failed(doc), minutes)


class TestOutsideHours(ClockCase):
	def setUp(self) -> None:
		super().setUp()
		weekend = make.hours("09:00", "20:00", "saturday", "sunday", from_severity="Urgent")
		self.calendar = make.support_calendar(make.hours("08:00", "18:00"), weekend)
		frappe.db.set_single_value("HD Settings", "enable_outside_hours_banner", 1)
		frappe.clear_document_cache("HD Settings", "HD Settings")
		self.addCleanup(frappe.clear_document_cache, "HD Settings", "HD Settings")
		self.allowed = self.tier(calendar=self.calendar, customer_severity="Urgent")

	def banner(self, ticket: str, moment: datetime) -> bool:
		with at(moment):
			return bool(show_outside_hours_banner(ticket)["show"])

	def test_a_ticket_on_saturday_came_in_outside_the_hours_unless_it_is_severe(self) -> None:
		plain = self.opened(self.allowed, SATURDAY, priority="Medium")
		severe = self.opened(self.allowed, SATURDAY, priority="Urgent")
		self.assertEqual((1, 0), (plain.raised_outside_working_hours, severe.raised_outside_working_hours))
		self.assertEqual(
			(True, False), (self.banner(plain.name, SATURDAY), self.banner(severe.name, SATURDAY))
		)

	def test_the_banner_goes_when_the_hours_of_this_ticket_begin(self) -> None:
		late = datetime(2026, 12, 5, 21, 0, tzinfo=UTC)
		severe = self.opened(self.allowed, late, priority="Urgent")
		plain = self.opened(self.allowed, late, priority="Low")
		sunday = datetime(2026, 12, 6, 8, 59, tzinfo=UTC)
		self.assertEqual((True, True), (self.banner(severe.name, sunday), self.banner(plain.name, sunday)))
		later = sunday + 2 * timedelta(minutes=1)
		self.assertEqual((False, True), (self.banner(severe.name, later), self.banner(plain.name, later)))

	def test_it_is_asked_on_the_sites_own_wall(self) -> None:
		with site_zone("Asia/Kolkata"):
			inside = self.opened(self.allowed, datetime(2026, 12, 4, 17, 59, tzinfo=UTC))  # 23:29 in Kolkata
			outside = self.opened(self.allowed, datetime(2026, 12, 4, 18, 1, tzinfo=UTC))
		self.assertEqual((0, 1), (inside.raised_outside_working_hours, outside.raised_outside_working_hours))

	def test_the_hosts_own_endpoint_is_the_one_we_call(self) -> None:
		path = "helpdesk.helpdesk.doctype.hd_ticket.api.show_outside_hours_banner"
		found = frappe.override_whitelisted_method(path)
		self.assertIs(show_outside_hours_banner, frappe.get_attr(found))
		self.assertIsNot(hosts_banner, show_outside_hours_banner)
