"""Tickets of people who are not logged in, where the site lets them, and where nobody pays (docs/doors.md)."""

from __future__ import annotations

import frappe
from frappe.api.v1 import create_doc
from frappe.website.doctype.web_form.web_form import accept
from helpdesk.helpdesk.doctype.hd_ticket.api import new
from helpdesk.setup.welcome_ticket import create_ticket

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.door_case import DoorCase, nothing_committed, web_form
from support_credits.tests.http_case import kinds
from support_credits.tests.server import TICKET, Answer, Portal, agent, draft

FLAGGED = "We do not know yet which customer this ticket belongs to. Nothing was charged."


class TestGuests(DoorCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.allow(1)
		cls.addClassCleanup(cls.allow, 0)

	@staticmethod
	def allow(value: int) -> None:
		"""Saved as an admin does: the host changes the permissions of tickets then."""
		look_again()
		doc = frappe.get_doc("HD Settings")
		doc.update({"allow_anyone_to_create_tickets": value}).save()
		publish()

	def setUp(self) -> None:
		super().setUp()
		self.guest = Portal()

	def newest(self) -> str:
		"""A guest is not told the number where the host lets him read nothing."""
		look_again()
		found = frappe.get_all(
			TICKET, {"owner": "Guest"}, pluck="name", order_by="creation desc, name desc", limit=1
		)
		return found[0]

	def assert_flagged(self, answer: Answer) -> str:
		self.assert_ok(answer)
		ticket = self.newest()
		incident = self.assert_incident(ticket, "Unidentified", 0, customer=None, account=None, door="api")
		self.assertEqual(FLAGGED, incident.message)
		self.assertEqual("Open", frappe.db.get_value(TICKET, ticket, "status"))
		return ticket

	def test_whosever_address_he_gives_his_ticket_is_flagged_and_spends_nothing(self) -> None:
		rich, poor = self.company(1), self.company(0, portal_policy="Overdraw", overdraft_limit=3)
		for company in (rich, poor):
			for name, post in {"REST": Portal.rest, "REST v2": Portal.rest_v2}.items():
				with self.subTest(name, rich=company is rich):
					self.assert_flagged(post(self.guest, raised_by=company.person.email))
		self.assertEqual([("Grant", 1)], kinds(rich.account))
		self.assertEqual([], kinds(poor.account))

	def test_where_everyone_must_have_credits_it_is_flagged_and_opens_no_account(self) -> None:
		self.payer(1)
		name, portal = self.free_person()
		with self.site_settings(everyone_must_have_credits=1):
			self.assert_flagged(self.guest.rest(raised_by=portal.user))
		ticket = self.newest()
		self.assertIsNone(frappe.db.get_value(TICKET, ticket, "customer"))
		self.assertIsNone(self.account_of(name))

	def test_where_nobody_must_have_credits_a_customer_without_an_account_is_left_alone(self) -> None:
		self.payer(1)
		name, portal = self.free_person()
		self.assert_ok(self.guest.rest(raised_by=portal.user))
		self.assert_untouched(self.newest())
		self.assertEqual(name, frappe.db.get_value(TICKET, self.newest(), "customer"))

	def test_an_agent_who_says_whose_it_is_has_it_charged_or_lets_it_wait(self) -> None:
		for credits, state in ((1, "Charged"), (0, "Parked")):
			with self.subTest(state):
				company = self.payer(credits)
				ticket = self.assert_flagged(self.guest.rest(raised_by="somebody@nowhere.example"))
				answer = agent().incident("set_customer", ticket=ticket, customer=company.name)
				self.assert_ok(answer)
				self.assert_incident(ticket, state, credits, account=company.account)

	def test_the_web_form_without_a_login_makes_a_ticket_of_nobody(self) -> None:
		victim = self.company(1)
		self.write_web_form(login_required=0)
		self.addCleanup(self.write_web_form, login_required=1)
		answer = web_form(self.guest, raised_by=victim.person.email, customer=victim.name)
		self.assert_ok(answer)
		self.assert_incident(self.newest(), "Unidentified", 0, customer=None, door="portal")
		self.assert_balance(victim.account, 1)

	def test_an_anonymous_web_form_makes_even_a_members_ticket_nobodys(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		self.write_web_form(anonymous=1, login_required=0)
		self.addCleanup(self.write_web_form, anonymous=0, login_required=1)
		self.assert_ok(web_form(portal))
		self.assert_incident(self.newest(), "Unidentified", 0, customer=None, door="portal")
		self.assert_balance(company.account, 1)


class TestGuestsKeptOut(DoorCase):
	def test_by_default_no_door_takes_a_guests_ticket(self) -> None:
		self.payer(1)
		guest = Portal()
		for post in (Portal.new, Portal.rest, Portal.rest_v2, Portal.client_insert, Portal.insert_many):
			with self.subTest(post.__name__), self.nothing_written():
				arguments = (3,) if post is Portal.insert_many else ()
				self.assertIn(post(guest, *arguments).status, (401, 403))

	def test_nor_does_the_web_form_though_it_asks_for_no_login(self) -> None:
		self.payer(1)
		for anonymous in (0, 1):
			self.write_web_form(login_required=0, anonymous=anonymous)
			self.addCleanup(self.write_web_form, login_required=1, anonymous=0)
			with self.subTest(anonymous=anonymous), self.nothing_written():
				self.assertEqual(403, web_form(Portal()).status)


class TestWhereNobodySells(DoorCase):
	"""No customer has an account: the app has nothing to say, not even about tickets of nobody.

	In this process, through the functions that the requests of these doors end in.
	"""

	def assert_left_alone(self, ticket: str) -> None:
		self.assertTrue(frappe.db.exists(TICKET, ticket))
		self.assertIsNone(make.incident_of(ticket))
		self.assertIsNone(frappe.db.get_value(TICKET, ticket, "sc_state"))

	def test_a_ticket_of_nobody_known_is_left_alone(self) -> None:
		someone = make.portal_user("stray")
		publish()
		posted = draft(status="Open", priority="Medium", via_customer_portal=1)
		doors = {
			"portal page": lambda: new(draft()),
			"REST": lambda: self.by_rest(draft()),
			"web form": lambda: accept("tickets", frappe.as_json(posted)),
		}
		for name, post in doors.items():
			with self.subTest(name), nothing_committed():
				frappe.db.delete("Credit Account")
				with make.acting_as(someone):
					self.assert_left_alone(post().name)

	def by_rest(self, doc: dict[str, object]) -> frappe.model.document.Document:
		frappe.local.form_dict = frappe._dict(data=frappe.as_json(doc))
		return create_doc(TICKET)

	def test_the_welcome_ticket_is_left_alone(self) -> None:
		with nothing_committed():
			frappe.db.delete("Credit Account")
			self.assert_left_alone(self.welcome_ticket())

	def test_where_somebody_sells_the_welcome_ticket_is_never_charged(self) -> None:
		self.payer(1)
		with nothing_committed():
			ticket = self.welcome_ticket()
			incident = make.incident_of(ticket)
			self.assertEqual(
				("Not chargeable", 0, "system", None),
				(incident.state, incident.credits, incident.door, incident.customer),
			)

	def test_where_everyone_must_have_credits_it_is_not_charged_either(self) -> None:
		with nothing_committed(), make.settings(everyone_must_have_credits=1):
			self.assertEqual("Not chargeable", make.incident_of(self.welcome_ticket()).state)

	def welcome_ticket(self) -> str:
		"""Helpdesk's installer makes it where there is no ticket yet."""
		frappe.db.delete(TICKET)
		frappe.flags.in_install = "helpdesk"
		try:
			create_ticket()
		finally:
			frappe.flags.in_install = False
		return frappe.get_all(TICKET, {"subject": "Welcome to Helpdesk"}, pluck="name")[0]

	def test_an_agent_who_gives_the_welcome_ticket_a_customer_charges_nobody(self) -> None:
		company = self.company(1)
		with nothing_committed():
			ticket = self.welcome_ticket()
			doc = frappe.get_doc(TICKET, ticket)
			doc.customer = company.name
			doc.save()
			self.assertEqual("Not chargeable", make.incident_of(ticket).state)
			self.assertEqual(1, company.balance)
