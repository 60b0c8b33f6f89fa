"""What moves the deadline of a ticket that is there, and what never does (design rule 21): tiers, calendars, an agent's word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from unittest.mock import patch

import frappe
from helpdesk.helpdesk.doctype.hd_service_level_agreement import hd_service_level_agreement as host

from support_credits.hours.agreements import AGREEMENT
from support_credits.hours.calendars import CALENDAR
from support_credits.ledger import responses
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories as make
from support_credits.tests.hours_case import UTC, at
from support_credits.tests.test_sla_choice import FRIDAY, HOUR, MONDAY, TICKET, ChoiceCase

TIER = "Support Tier"
SATURDAY = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
SHOWN = (
	"sla", "response_by", "resolution_by", "agreement_status", "first_response_time", "resolution_date",
	"resolution_time", "sc_severity", "sc_tier",
)  # fmt: skip


class ChangeCase(ChoiceCase):
	def shown(self, ticket: str) -> list[object]:
		"""What the host's pages say of the ticket, and its incident's reasons."""
		incident = make.incident_of(ticket)
		host_says = frappe.db.get_value(TICKET, ticket, SHOWN)
		return [*host_says, incident.due_at_utc, incident.aim_at_utc, incident.deadline, incident.aim]

	def closed(self) -> str:
		"""A ticket that was answered on Monday in time and resolved the same day."""
		ticket = self.ticket_at(FRIDAY, self.mine.person).name
		self.save(ticket, MONDAY - HOUR, status="Replied")
		self.save(ticket, MONDAY, status="Resolved")
		return ticket


class TestTiers(ChangeCase):
	def changes(self) -> dict[str, Callable[[], object]]:
		def change(**fields: object) -> Callable[[], object]:
			return lambda: frappe.get_doc(TIER, self.tier).update(fields).save()

		other, account = self.calendar(make.hours("10:00", "11:00", "wednesday")), self.mine.account
		return {
			"promise": change(promise_value=1, aim_value=1),
			"unit": change(promise_unit="business days"),
			"resolution": change(resolution_hours=1),
			"other calendar": change(calendar=other, promise_unit="clock hours", resolution_hours=0),
			"no calendar": change(calendar=None),
			"the account's tier": lambda: frappe.get_doc("Credit Account", account)
			.update({"tier": self.promising(9)})
			.save(),
		}

	def test_a_tier_that_is_changed_later_moves_no_ticket_open_or_closed(self) -> None:
		opened, closed = self.ticket_at(FRIDAY, self.mine.person).name, self.closed()
		for name, change in self.changes().items():
			with self.subTest(name):
				with at(FRIDAY + HOUR):
					before = self.shown(opened), self.shown(closed)
					change()
				for ticket in (opened, closed):
					self.save(ticket, FRIDAY + 2 * HOUR, subject=f"After {name}")
				self.assertEqual(before, (self.shown(opened), self.shown(closed)))

	def test_a_time_to_resolve_is_kept_as_promised_and_put_off_by_holds_alone(self) -> None:
		tier = self.promising(4, resolution_hours=8)
		ticket = self.ticket_at(FRIDAY, self.company(tier).person).name
		self.assertEqual(datetime(2026, 12, 7, 14, 30), frappe.db.get_value(TICKET, ticket, "resolution_by"))
		frappe.get_doc(TIER, tier).update({"resolution_hours": 5}).save()
		self.save(ticket, MONDAY - HOUR, status="Replied")
		doc = self.save(ticket, MONDAY, status="Open")
		self.assertEqual(datetime(2026, 12, 7, 15, 30), doc.resolution_by)
		self.assertEqual("Resolution Due", doc.agreement_status)

	def test_a_ticket_that_comes_after_the_change_has_the_new_promise(self) -> None:
		self.ticket_at(FRIDAY, self.mine.person)
		frappe.get_doc(TIER, self.tier).update({"promise_value": 1}).save()
		later = self.ticket_at(FRIDAY, self.mine.person).name
		self.assert_ours(later, FRIDAY + HOUR)

	def test_an_agreement_with_another_name_is_the_same(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.mine.person).name
		name = frappe.rename_doc(AGREEMENT, self.agreement, make.unique("Renamed"))
		self.save(ticket, FRIDAY + HOUR, subject="Again")
		self.assert_ours(ticket, MONDAY, name)
		self.assert_ours(self.ticket_at(FRIDAY, self.mine.person).name, MONDAY, name)


class TestBrokenCalendar(ChangeCase):
	def broken(self) -> dict[str, Callable[[str], object]]:
		"""Ways around the checks of a calendar: the database, a zone the system no longer knows, renumbered priorities."""
		return {
			"zone": lambda name: frappe.db.set_value(CALENDAR, name, "time_zone", "Mars/Olympus"),
			"no windows": lambda name: frappe.db.delete("Support Window", {"parent": name}),
			"no time": lambda name: frappe.db.set_value("Support Window", {"parent": name}, "ends", "soon"),
			"gone": lambda name: frappe.db.delete(CALENDAR, {"name": name}),
		}

	def test_it_stops_no_ticket_and_an_administrator_is_told(self) -> None:
		for name, break_it in self.broken().items():
			with self.subTest(name):
				calendar = make.support_calendar(calendar_name=make.unique("Broken"))
				company = self.company(self.promising(4, calendar=calendar, resolution_hours=8))
				ticket = self.ticket_at(FRIDAY, company.person).name
				due = frappe.db.get_value(TICKET, ticket, ["response_by", "resolution_by"])
				break_it(calendar)
				frappe.clear_document_cache(CALENDAR, calendar)
				# The process has worked with the calendar as it was; another has not.
				with patch.dict("support_credits.hours.calendars._kept", clear=True):
					for fields in (
						{"subject": "Again"},
						{"status": "Replied"},
						{"priority": "Urgent"},
						{"status": "Open"},
						{"status": "Resolved"},
					):
						self.save(ticket, FRIDAY + HOUR, **fields)
					self.assertEqual(due[0], frappe.db.get_value(TICKET, ticket, "response_by"))
					self.assertEqual("Urgent", make.incident_of(ticket).severity)
					new = self.ticket_at(FRIDAY, company.person).name
				self.assertEqual("Charged", make.incident_of(new).state)
				self.assert_hosts(new)
				self.assertTrue(frappe.db.exists("Error Log", {"method": ["like", f"%{calendar}%"]}))
				self.assertEqual([], frappe.get_message_log(), "the customer is told nothing of it")

	def test_priorities_that_would_make_windows_overlap_are_refused_and_nothing_is_remembered(self) -> None:
		from support_credits.hours.severity import severities

		calendar = self.calendar(
			make.hours("08:00", "18:00"),
			make.hours("08:00", "20:00", "saturday", from_severity="High"),
			make.hours("09:00", "21:00", "saturday", from_severity="Urgent"),
		)
		self.promising(4, calendar=calendar)
		before = severities()
		urgent = frappe.get_doc("HD Ticket Priority", "Urgent")
		high = frappe.get_doc("HD Ticket Priority", "High")
		with self.refused_late(frappe.ValidationError, "Saturday", "08:00–20:00", "09:00–21:00"):
			high.update({"integer_value": urgent.integer_value}).save()
		frappe.db.rollback()
		self.assertEqual(before, severities())


class TestSeverity(ChangeCase):
	def setUp(self) -> None:
		super().setUp()
		severe = make.hours("09:00", "20:00", "saturday", "sunday", from_severity="Urgent")
		calendar = self.calendar(make.hours("08:00", "18:00"), severe)
		self.severe = self.promising(4, calendar=calendar, aim_value=2, resolution_hours=8)
		self.theirs = self.company(self.severe)

	def test_a_word_on_saturday_counts_from_then_on(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.theirs.person).name
		self.assertEqual(MONDAY, self.due_of(ticket))
		doc = self.save(ticket, SATURDAY, priority="Urgent")
		due = SATURDAY + 2.5 * HOUR  # 1.5 h had passed on Friday
		self.assertEqual((due, due), (self.due_of(ticket), self.host_due_of(ticket)))
		self.assertEqual(SATURDAY + 6.5 * HOUR, doc.resolution_by.replace(tzinfo=UTC))
		self.assertEqual(SATURDAY + 0.5 * HOUR, datetime.fromisoformat(make.incident_of(ticket).aim_at_utc))
		self.save(ticket, SATURDAY + HOUR, priority="Low")
		self.assertEqual(MONDAY, self.due_of(ticket) + HOUR)
		self.assertEqual(
			[SATURDAY, SATURDAY + HOUR],
			[one.at for one in responses.deadline_of(make.incident_of(ticket)).changes],
		)

	def test_a_word_after_the_weekend_makes_nothing_of_it_covered(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.theirs.person).name
		doc = self.save(ticket, MONDAY - HOUR, priority="Urgent")
		self.assertEqual((MONDAY, "First Response Due"), (self.due_of(ticket), doc.agreement_status))
		self.assertEqual(datetime(2026, 12, 7, 14, 30), doc.resolution_by)

	def test_after_the_promise_was_missed_nothing_moves(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.theirs.person).name
		for priority in ("Urgent", "Low"):
			doc = self.save(ticket, MONDAY + HOUR, priority=priority)
			self.assertEqual(
				(MONDAY, MONDAY, "Failed"),
				(self.due_of(ticket), self.host_due_of(ticket), doc.agreement_status),
			)

	def test_the_resolution_counts_the_severity_that_counts_and_not_the_one_that_is_claimed(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.theirs.person, priority="Urgent").name
		self.assertEqual(datetime(2026, 12, 7, 14, 30), frappe.db.get_value(TICKET, ticket, "resolution_by"))
		self.save(ticket, FRIDAY + HOUR, status="Resolved")
		with make.acting_as(self.theirs.person):  # late: a clock of its own
			later = self.save(ticket, FRIDAY + 28 * 24 * HOUR, status="Open")
		self.assertEqual(("Urgent", "Medium"), (later.priority, later.sc_severity))
		self.assertEqual(datetime(2027, 1, 4, 14, 30), later.resolution_by)

	def test_closing_a_waiting_ticket_and_judging_it_in_one_save_withdraws_it(self) -> None:
		poor = self.company(self.severe, credits=0, portal_policy="Park")
		ticket = self.ticket_at(FRIDAY, poor.person).name
		self.save(ticket, FRIDAY + HOUR, priority="High")
		self.assertEqual(PARKED_STATUS, frappe.db.get_value(TICKET, ticket, "status"))
		self.save(ticket, FRIDAY + HOUR, priority="Urgent", status="Closed")
		self.assertEqual("Withdrawn", make.incident_of(ticket).state)
		self.assertEqual(("Closed", "Withdrawn"), frappe.db.get_value(TICKET, ticket, ["status", "sc_state"]))

	def test_a_word_while_it_waits_counts_from_the_release(self) -> None:
		poor = self.company(self.severe, credits=0, portal_policy="Park")
		ticket = self.ticket_at(FRIDAY, poor.person).name
		self.save(ticket, FRIDAY + HOUR, priority="Urgent")
		with at(SATURDAY):
			make.grant(poor.account, 1)
		self.assertEqual(SATURDAY + 4 * HOUR, self.due_of(ticket))


class TestStatements(ChangeCase):
	def statements(self, raiser: make.Person) -> int:
		"""SQL statements of a ticket in a process that has served one like it."""
		make.ticket(raiser)
		with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
			make.ticket(raiser)
		return sql.call_count

	def test_a_calendar_costs_a_ticket_no_statement_and_a_customer_without_an_account_one_in_all(
		self,
	) -> None:
		plain = self.company(make.tier())
		self.assertLessEqual(self.statements(self.mine.person), self.statements(plain.person))
		_name, free = self.free()
		with_app = self.statements(free)
		events = {**frappe.get_doc_hooks(), TICKET: {}}
		controllers = {**frappe.controllers[frappe.local.site], AGREEMENT: host.HDServiceLevelAgreement}
		with (
			patch.object(frappe.local, "doc_events_hooks", events),
			patch.dict(frappe.controllers, {frappe.local.site: controllers}),
		):
			self.assertNotIn(TICKET, [key for key, handlers in frappe.get_doc_hooks().items() if handlers])
			self.assertLessEqual(with_app, self.statements(free) + 1)
