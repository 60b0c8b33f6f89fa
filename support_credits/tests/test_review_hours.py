"""What a hostile review found about hours: each of these moved a deadline that had to stay, or let somebody move one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import frappe

from support_credits.api import hours as hours_api
from support_credits.api import incident as incident_api
from support_credits.exceptions import CalendarRefused, WrongState
from support_credits.hours import recompute
from support_credits.hours.calendars import covered_time
from support_credits.ledger import corrections, responses
from support_credits.tests import factories as make
from support_credits.tests.hours_case import LONG_AGO, UTC, HoursCase, at

SATURDAY = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
SEVERE_DUE = SATURDAY + timedelta(hours=4)  # 16:00 of the same day
PLAIN_DUE = datetime(2026, 12, 7, 12, 0, tzinfo=UTC)


class ReviewCase(HoursCase):
	def setUp(self) -> None:
		super().setUp()
		weekend = make.hours("09:00", "20:00", "saturday", "sunday", from_severity="Urgent")
		self.calendar = make.support_calendar(make.hours("08:00", "18:00"), weekend)

	def tier(self, **fields: object) -> str:
		terms = {"promise_value": 4, "promise_unit": "covered hours", "calendar": self.calendar}
		return make.tier(**{**terms, **fields})

	def edit_calendar(self) -> None:
		"""An own day that no ticket here has ahead of it, and what follows an edit."""
		doc = frappe.get_doc("Support Calendar", self.calendar)
		doc.append("own_days", {"day": "2027-06-01", "kind": "Holiday", "description": "Elsewhere"})
		doc.save()
		names = frappe.get_all("Support Incident", {"calendar": self.calendar}, pluck="ticket")
		recompute._page(self.calendar, tuple(name for name in names if name))

	def as_agent(self, ticket: str, moment: datetime, **fields: object) -> None:
		with at(moment):
			doc = frappe.get_doc("HD Ticket", ticket)
			doc.update(fields)
			doc.save()


class TestSeverity(ReviewCase):
	def test_a_renamed_priority_still_counts_for_the_tickets_it_was_confirmed_for(self) -> None:
		priority = make.unique("Severe")
		frappe.get_doc({"doctype": "HD Ticket Priority", "name": priority, "integer_value": 50}).insert()
		company = self.company(self.tier(customer_severity=priority))
		ticket = self.ticket_at(SATURDAY, company.person, priority=priority).name
		frappe.rename_doc("HD Ticket Priority", priority, f"{priority} now")
		self.edit_calendar()
		incident = make.incident_of(ticket)
		self.assertEqual((f"{priority} now", SEVERE_DUE), (incident.severity, self.due_of(ticket)))
		self.assertEqual(f"{priority} now", frappe.db.get_value("HD Ticket", ticket, "sc_severity"))
		self.assertEqual(f"{priority} now", json.loads(incident.deadline)["severity"])

	def test_a_window_of_a_severity_that_is_not_there_is_nobodys(self) -> None:
		row = frappe.get_doc("Support Calendar", self.calendar).windows[1]
		frappe.db.set_value("Support Window", row.name, "from_severity", "No such priority")
		frappe.clear_document_cache("Support Calendar", self.calendar)
		frappe.db.set_value(
			"Support Calendar", self.calendar, "modified", "2026-01-01 00:00:00", update_modified=False
		)
		self.assertFalse(covered_time(self.calendar, 0).is_covered(SATURDAY))
		self.assertFalse(covered_time(self.calendar, 4).is_covered(SATURDAY))

	def test_best_effort_is_judged_by_its_own_tier(self) -> None:
		slow = self.tier()
		with make.settings(best_effort_tier=slow):
			company = self.company(self.tier(customer_severity="Urgent"), 0, portal_policy="Best effort")
			ticket = self.ticket_at(SATURDAY, company.person, priority="Urgent").name
		incident = make.incident_of(ticket)
		self.assertEqual(
			("Best effort", "Medium", PLAIN_DUE), (incident.state, incident.severity, self.due_of(ticket))
		)

	def test_a_released_ticket_is_judged_by_the_tier_that_promises_then(self) -> None:
		company = self.company(self.tier(customer_severity="Urgent"), 0, portal_policy="Park")
		ticket = self.ticket_at(SATURDAY, company.person, priority="Urgent").name
		frappe.db.set_value("Credit Account", company.account, "tier", self.tier())
		with at(SATURDAY):
			make.grant(company.account, 1, granted_at=LONG_AGO)
		incident = make.incident_of(ticket)
		self.assertEqual(
			("Charged", "Medium", PLAIN_DUE), (incident.state, incident.severity, self.due_of(ticket))
		)

	def test_an_agreement_without_a_tier_sells_no_weekend_to_whoever_writes_urgent(self) -> None:
		default = frappe.get_doc("HD Service Level Agreement", {"default_sla": 1})
		frappe.db.set_value("HD Service Level Agreement", default.name, "sc_calendar", self.calendar)
		frappe.clear_document_cache("HD Service Level Agreement", default.name)
		someone = make.portal_user()
		make.customer(someone)
		ticket = self.ticket_at(SATURDAY, someone, priority="Urgent")
		self.assertGreaterEqual(ticket.response_by, datetime(2026, 12, 7, 8, 0))

	def test_correcting_the_customer_keeps_the_moment_at_which_it_was_confirmed(self) -> None:
		tier = self.tier()
		one, other = self.company(tier), self.company(tier)
		ticket = self.ticket_at(SATURDAY, one.person).name
		self.as_agent(ticket, MONDAY, priority="Urgent")
		before = self.due_of(ticket)
		self.as_agent(ticket, MONDAY + timedelta(minutes=5), customer=other.name)
		incident = make.incident_of(ticket)
		self.assertEqual(
			(other.account, "Urgent", before), (incident.account, incident.severity, self.due_of(ticket))
		)
		self.assertEqual(1, len(responses.deadline_of(incident).changes))

	def test_confirming_the_severity_of_a_resolved_ticket_is_refused_and_writes_nothing(self) -> None:
		ticket = self.ticket_at(SATURDAY, self.company(self.tier()).person).name
		self.as_agent(ticket, SATURDAY, status="Resolved")
		before = frappe.db.get_value("HD Ticket", ticket, ["priority", "response_by"])
		with self.assertRaises(WrongState) as caught:
			incident_api.confirm_severity(ticket, "Urgent")
		self.assert_says(caught.exception, ticket, "is resolved", "Open it first")
		self.assertEqual(before, frappe.db.get_value("HD Ticket", ticket, ["priority", "response_by"]))


class TestTerms(ReviewCase):
	def test_an_edited_calendar_does_not_bring_the_tiers_newer_time_to_resolve(self) -> None:
		tier = self.tier(resolution_hours=20)
		ticket = self.ticket_at(SATURDAY, self.company(tier).person).name
		promised = frappe.db.get_value("HD Ticket", ticket, "resolution_by")
		self.assertEqual(datetime(2026, 12, 8, 18, 0), promised)
		frappe.get_doc("Support Tier", tier).update({"resolution_hours": 5}).save()
		self.edit_calendar()
		self.assertEqual(promised, frappe.db.get_value("HD Ticket", ticket, "resolution_by"))

	def test_exempted_and_charged_again_it_keeps_the_tier_that_promised(self) -> None:
		first = self.tier()
		company = self.company(first)
		ticket = self.ticket_at(SATURDAY, company.person).name
		due = self.due_of(ticket)
		corrections.exempt(ticket, make.exemption_reason())
		frappe.db.set_value("Credit Account", company.account, "tier", self.tier(promise_value=1))
		corrections.unexempt(ticket)
		incident = make.incident_of(ticket)
		self.assertEqual(("Charged", first, due), (incident.state, incident.tier, self.due_of(ticket)))

	def test_in_the_hour_that_comes_twice_the_time_to_resolve_starts_where_the_promise_does(self) -> None:
		always = make.support_calendar(
			make.hours("00:00", "24:00", *make.WORKDAYS, "saturday", "sunday"), zone="Europe/Lisbon"
		)
		from support_credits.tests.hours_case import site_zone

		with site_zone("Europe/Lisbon"):
			second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 01:30 in Lisbon, for the second time
			company = self.company(self.tier(calendar=always, resolution_hours=4))
			ticket = self.ticket_at(second, company.person)
			self.assertEqual((datetime(2026, 10, 25, 5, 30),) * 2, (ticket.response_by, ticket.resolution_by))
			agreement = frappe.get_doc("HD Service Level Agreement", ticket.sla)
			first, again = datetime(2026, 10, 25, 1, 50), datetime(2026, 10, 25, 1, 10)
			self.assertEqual(20 * 60, agreement.calc_elapsed_time(first, again))


class TestCalendar(ReviewCase):
	def test_years_that_somebody_posts_are_not_worked_out(self) -> None:
		doc = frappe.get_doc("Support Calendar", self.calendar)
		stored = (doc.first_year, doc.last_year)
		doc.update({"first_year": -9_999_999, "last_year": 9_999_999}).save()
		self.assertEqual(stored, (doc.first_year, doc.last_year))
		draft = {**doc.as_dict(), "first_year": -9_999_999, "last_year": "many", "country": "PT"}
		said = hours_api.preview_calendar(json.dumps(draft, default=str))
		self.assertLess(len(said["holidays"]), 30)

	def test_a_week_of_another_age_is_refused_with_a_sentence(self) -> None:
		doc = frappe.get_doc("Support Calendar", self.calendar).as_json()
		for week in ("1066-10-14", "9999-12-31", "soon"):
			with self.subTest(week), self.assertRaises(CalendarRefused) as caught:
				hours_api.preview_calendar(doc, week)
			self.assert_says(caught.exception, week)

	def test_a_day_without_a_name_is_stored_alike_whoever_saves_it(self) -> None:
		doc = frappe.get_doc("Support Calendar", self.calendar)
		doc.append("own_days", {"day": "2026-12-24", "kind": "Holiday"})
		doc.save()
		frappe.db.set_value("Support Calendar", self.calendar, "recompute_due", 0)
		frappe.local.lang = "de"
		self.addCleanup(setattr, frappe.local, "lang", "en")
		frappe.get_doc("Support Calendar", self.calendar).save()
		again = frappe.get_doc("Support Calendar", self.calendar)
		self.assertEqual((["Closed"], 0), ([row.description for row in again.holidays], again.recompute_due))

	def test_the_zone_of_a_reader_is_his_own(self) -> None:
		deadline = responses.deadline_of(
			make.incident_of(self.ticket_at(SATURDAY, self.company(self.tier()).person).name)
		)
		self.assertEqual(ZoneInfo("Etc/UTC"), deadline.zone)
