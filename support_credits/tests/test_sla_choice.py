"""Which agreement and deadline a ticket gets: its tier's, on the first save, by every door, for its life (design rule 21)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

import frappe
from helpdesk.helpdesk.doctype.hd_ticket.api import split_ticket

from support_credits.api import incident as api
from support_credits.engine.mail import MailKind
from support_credits.ledger import releases
from support_credits.mail.context import MailContext, taking_in
from support_credits.tests import factories as make
from support_credits.tests.hours_case import UTC, HoursCase, at

TICKET = "HD Ticket"
HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 12, 4, 16, 30, tzinfo=UTC)
MONDAY = datetime(2026, 12, 7, 10, 30, tzinfo=UTC)  # 4 covered hours later
Doc = frappe.model.document.Document


class ChoiceCase(HoursCase):
	TERMS: ClassVar[dict[str, object]] = {}

	def setUp(self) -> None:
		super().setUp()
		self.hours = self.calendar()
		self.tier = self.promising(4, calendar=self.hours, **self.TERMS)
		self.agreement = frappe.db.get_value("Support Tier", self.tier, "agreement")
		self.mine = self.company(self.tier, credits=20)

	def promising(self, hours: int, **fields: object) -> str:
		"""A tier that answers within so many hours of Monday to Friday, 08:00 to 18:00 UTC."""
		calendar = fields.pop("calendar", None) or make.support_calendar()
		return make.tier(calendar=calendar, promise_value=hours, promise_unit="covered hours", **fields)

	def free(self) -> tuple[str, make.Person]:
		"""A customer without an account, and its member."""
		someone = make.portal_user()
		return make.customer(someone), someone

	def save(self, ticket: str, moment: datetime, **fields: object) -> Doc:
		with at(moment):
			return frappe.get_doc(TICKET, ticket).update(fields).save()

	def assert_ours(
		self, ticket: str, due: datetime, agreement: str = "", status: str = "First Response Due"
	) -> None:
		"""The ticket has its tier's agreement; its incident and the host's own columns say the same."""
		stored = frappe.get_doc(TICKET, ticket)
		self.assertEqual((agreement or self.agreement, status), (stored.sla, stored.agreement_status))
		self.assertEqual((due, due), (self.due_of(ticket), self.host_due_of(ticket)))

	def assert_hosts(self, ticket: str) -> None:
		stored = frappe.get_doc(TICKET, ticket)
		self.assertFalse(frappe.db.get_value("HD Service Level Agreement", stored.sla, "sc_tier"))
		self.assertIsNone(stored.sc_severity)
		incident = make.incident_of(ticket)
		if incident:
			self.assertEqual(("", None), (incident.due_at_utc or "", incident.agreement))


class TestFirstSave(ChoiceCase):
	def test_by_every_door_it_is_the_tiers_and_so_it_stays_with_every_save(self) -> None:
		self.agent = make.agent()
		frappe.db.set_single_value("HD Settings", "skip_email_workflow", 1)  # a split tells its customer
		doors: dict[str, Callable[[], Doc]] = {
			"portal": lambda: make.ticket(self.mine.person),
			"API": lambda: make.ticket(self.mine.person, via_customer_portal=0),
			"agent": self.by_agent,
			"mail": self.by_mail,
			"split": self.by_split,
		}
		for name, door in doors.items():
			with self.subTest(name):
				with at(FRIDAY):
					made = door()
				self.assertEqual(self.agreement, frappe.get_doc(TICKET, made.name).sla)
				self.assertEqual(name, make.incident_of(made.name).door.lower().replace("api", "API"))
				self.assert_ours(made.name, MONDAY)
				self.save_by_everybody(made.name)
				self.assert_ours(made.name, MONDAY)
				said = frappe.get_all("HD Ticket Activity", {"ticket": made.name}, pluck="action")
				self.assertFalse(
					[line for line in said if "SLA" in line], "the host's pick never shows through"
				)

	def by_agent(self) -> Doc:
		fields = {
			"doctype": TICKET,
			"subject": "By phone",
			"description": "It rang.",
			"customer": self.mine.name,
		}
		with make.acting_as(self.agent):
			return frappe.get_doc({**fields, "raised_by": self.mine.person.email}).insert()

	def by_mail(self) -> Doc:
		with taking_in(MailContext(make.unique_code("mail"), self.mine.person.email, MailKind.PERSON)):
			doc = frappe.get_doc(
				{"doctype": TICKET, "subject": "By mail", "raised_by": self.mine.person.email}
			)
			doc.flags.ignore_mandatory = True
			doc.insert(ignore_permissions=True)
			doc.create_communication_via_contact("The mail's text", new_ticket=True)
			return doc

	def by_split(self) -> Doc:
		parent = make.ticket(self.mine.person).name
		last = frappe.get_all("Communication", {"reference_name": parent}, pluck="name")[-1]
		with make.acting_as(self.agent):
			return frappe.get_doc(TICKET, split_ticket("The other half", last))

	def save_by_everybody(self, ticket: str) -> None:
		"""Each in its own session and minute, with what each may forge."""
		forged = {
			"sla": "Default",
			"response_by": "2020-01-01",
			"resolution_by": "2020-01-01",
			"sc_severity": "Urgent",
		}
		for number, who in enumerate((self.mine.person, self.agent, "Administrator")):
			with make.acting_as(who):
				for fields in ({"subject": f"Said {number}"}, forged, {"sla": None}):
					self.save(ticket, FRIDAY + number * HOUR, **fields)

	def test_where_it_waits_unpaid_or_costs_nothing_the_hosts_pick_stands(self) -> None:
		_name, free = self.free()
		poor = self.company(self.tier, credits=0, portal_policy="Park")
		for raiser in (free, poor.person):
			ticket = self.ticket_at(FRIDAY, raiser).name
			self.assert_hosts(ticket)
			self.save(ticket, FRIDAY + HOUR, subject="Again")
			self.assert_hosts(ticket)

	def test_an_imported_ticket_has_the_hosts(self) -> None:
		frappe.flags.in_import = True
		self.addCleanup(frappe.flags.update, {"in_import": False})
		ticket = (
			frappe.get_doc({"doctype": TICKET, "subject": "Old", "customer": self.mine.name}).insert().name
		)
		self.assertEqual("Not chargeable", make.incident_of(ticket).state)
		self.assert_hosts(ticket)

	def test_a_best_effort_ticket_is_promised_what_the_best_effort_tier_promises(self) -> None:
		slow = self.promising(12)
		poor = self.company(self.tier, credits=0, portal_policy="Best effort")
		with make.settings(best_effort_tier=slow):
			ticket = self.ticket_at(FRIDAY, poor.person).name
		due = datetime(2026, 12, 8, 8, 30, tzinfo=UTC)
		self.assert_ours(ticket, due, frappe.db.get_value("Support Tier", slow, "agreement"))
		self.assertEqual(
			frappe.db.get_value("Support Tier", slow, "tier_name"), frappe.get_doc(TICKET, ticket).sc_tier
		)


class TestCustomer(ChoiceCase):
	def test_one_that_an_agent_sets_brings_its_tiers_agreement_from_the_opening_on(self) -> None:
		with at(FRIDAY), make.acting_as(make.agent()):
			ticket = (
				frappe.get_doc({"doctype": TICKET, "subject": "Whose?", "raised_by": "x@example.com"})
				.insert()
				.name
			)
		self.assert_hosts(ticket)
		self.save(ticket, FRIDAY + HOUR, customer=self.mine.name)
		self.assert_ours(ticket, MONDAY)

	def test_a_corrected_one_brings_the_other_tiers_and_one_without_an_account_the_hosts(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.mine.person).name
		other = self.promising(12)
		self.save(ticket, FRIDAY + HOUR, customer=self.company(other).name)
		due = datetime(2026, 12, 8, 8, 30, tzinfo=UTC)
		self.assert_ours(ticket, due, frappe.db.get_value("Support Tier", other, "agreement"))
		self.save(ticket, FRIDAY + 2 * HOUR, customer=self.free()[0])
		self.assert_hosts(ticket)
		self.save(ticket, FRIDAY + 3 * HOUR, customer=self.mine.name)
		self.assert_ours(ticket, MONDAY)

	def test_an_agents_word_on_a_ticket_of_nobody_counts_when_it_has_a_customer(self) -> None:
		severe = make.hours("00:00", "24:00", "saturday", "sunday", from_severity="Urgent")
		tier = self.promising(4, calendar=self.calendar(make.hours("08:00", "18:00"), severe))
		with at(FRIDAY), make.acting_as(make.agent()):
			fields = {
				"doctype": TICKET,
				"subject": "Down",
				"raised_by": "x@example.com",
				"priority": "Urgent",
			}
			ticket = frappe.get_doc(fields).insert().name
		self.save(ticket, FRIDAY + HOUR, customer=self.company(tier).name)
		self.assertEqual(
			("Urgent", 1), (make.incident_of(ticket).severity, make.incident_of(ticket).severity_confirmed)
		)
		self.assertEqual(datetime(2026, 12, 5, 2, 30, tzinfo=UTC), self.due_of(ticket))


class TestCorrections(ChoiceCase):
	def waiting(self) -> tuple[make.Company, str]:
		poor = self.company(self.tier, credits=0, portal_policy="Park")
		return poor, self.ticket_at(FRIDAY - 48 * HOUR, poor.person).name

	def test_the_clock_of_a_released_ticket_starts_at_its_release(self) -> None:
		poor, ticket = self.waiting()
		with at(FRIDAY):
			make.grant(poor.account, 1)
		with at(FRIDAY + HOUR):  # the job that wakes the ticket comes late
			releases.update_ticket(make.incident_of(ticket).name)
		self.assert_ours(ticket, MONDAY)
		self.assertEqual("Open", frappe.get_doc(TICKET, ticket).status)
		self.save(ticket, FRIDAY + 2 * HOUR, subject="Again")
		self.assert_ours(ticket, MONDAY)

	def test_an_exemption_releases_a_waiting_ticket_with_its_tiers_agreement(self) -> None:
		_poor, ticket = self.waiting()
		with at(FRIDAY):
			api.exempt(ticket, make.exemption_reason())
		self.assert_ours(ticket, MONDAY)

	def test_exempting_and_charging_again_moves_nothing(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.mine.person).name
		for act in (lambda: api.exempt(ticket, make.exemption_reason()), lambda: api.unexempt(ticket)):
			with at(FRIDAY + HOUR):
				act()
			self.assert_ours(ticket, MONDAY)
			self.save(ticket, FRIDAY + HOUR, subject="Again")
			self.assert_ours(ticket, MONDAY)

	def test_what_is_to_wait_after_all_has_no_clock_and_starts_one_when_it_is_paid(self) -> None:
		poor = self.company(self.tier, credits=0, portal_policy="Best effort")
		ticket = self.ticket_at(FRIDAY - 3 * HOUR, poor.person).name
		self.assertNotEqual("", self.due_of(ticket))
		with at(FRIDAY - HOUR):
			api.park(ticket)
		self.assert_hosts(ticket)
		with at(FRIDAY):
			make.grant(poor.account, 1)
			releases.update_ticket(make.incident_of(ticket).name)
		self.assert_ours(ticket, MONDAY)

	def test_a_withdrawn_one_that_is_opened_again_begins_anew(self) -> None:
		poor, ticket = self.waiting()
		with make.acting_as(poor.person):
			self.save(ticket, FRIDAY - 24 * HOUR, status="Resolved")
		self.assert_hosts(ticket)
		make.grant(poor.account, 1)
		with make.acting_as(poor.person):
			self.save(ticket, FRIDAY, status="Open")
		self.assert_ours(ticket, MONDAY)

	def test_a_late_reopening_is_promised_from_the_reopening_on(self) -> None:
		ticket = self.ticket_at(FRIDAY - 20 * 24 * HOUR, self.mine.person).name
		self.save(ticket, FRIDAY - 19 * 24 * HOUR, status="Resolved")
		with make.acting_as(self.mine.person):
			self.save(ticket, FRIDAY, status="Open")
		self.assertTrue(make.incident_of(ticket).follows)
		self.assert_ours(ticket, MONDAY)

	def test_reopened_within_the_window_it_keeps_the_promise_it_had(self) -> None:
		ticket = self.ticket_at(FRIDAY, self.mine.person).name
		self.save(ticket, MONDAY - HOUR, status="Resolved")
		with make.acting_as(self.mine.person):
			self.save(ticket, MONDAY + 24 * HOUR, status="Open")
		self.assert_ours(ticket, MONDAY, status="Fulfilled")

	def test_an_automatic_mail_that_an_agent_counts_gets_its_tiers_agreement(self) -> None:
		sender = self.mine.person.email
		with at(FRIDAY), taking_in(MailContext(make.unique_code("mail"), sender, MailKind.AUTO_REPLY)):
			fields = {"doctype": TICKET, "subject": "Out of office", "raised_by": sender}
			ticket = frappe.get_doc(fields).insert(ignore_permissions=True).name
		self.assert_hosts(ticket)
		with at(FRIDAY + HOUR):
			api.charge(ticket)
		self.assert_ours(ticket, MONDAY)
