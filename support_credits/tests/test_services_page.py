"""Requests that are no incidents: no way around the credits, and the form as a browser without JavaScript sends it."""

from __future__ import annotations

import re

import frappe
import requests

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import value
from support_credits.tests.server import TICKET, Portal, agent
from support_credits.tests.services_case import ASKED, GUEST, ServicesCase, address
from support_credits.tests.test_http_flow import DOORS


class TestNoWayAroundTheCredits(ServicesCase):
	def test_no_field_and_no_flag_of_a_request_makes_an_ordinary_ticket_free(self) -> None:
		company = self.company(0)
		portal = Portal(company.person)
		claims = {
			"door": "services", "kind": "services", "sc_state": "Not chargeable", "sc_request_for_services": 1,
			"flags": {"sc_request_for_services": 1, "ignore_permissions": 1}, "sc_offer_page": "public",
		}  # fmt: skip
		with self.nothing_written():
			for door, post in DOORS.items():
				with self.subTest(door):
					self.assertEqual(417, post(portal, **claims).status)

	def test_a_ticket_made_after_a_request_in_the_same_process_is_charged(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		for _number in range(4):  # whichever worker answers
			self.asked(portal)
		self.assert_incident(self.assert_ok(portal.new()).ticket, "Charged", 1)

	def test_a_reply_on_a_request_costs_nothing_and_changes_nothing(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		ticket = self.asked(portal)
		self.assert_ok(portal.reply(ticket))
		self.assert_incident(ticket, "Not chargeable", 0)
		self.assert_balance(company.account, 1)

	def test_a_customer_cannot_move_it_or_mark_it_otherwise(self) -> None:
		company, other = self.company(1), self.company(1)
		portal = Portal(company.person)
		ticket = self.asked(portal)
		for fields in ({"sc_state": "Charged"}, {"customer": other.name}, {"raised_by": other.person.email}):
			portal.put(ticket, **fields)
			with self.subTest(**fields):
				self.assert_incident(ticket, "Not chargeable", 0, customer=company.name)
				self.assertEqual(company.person.email, value(ticket, "raised_by"))

	def test_an_agent_who_finds_an_incident_in_it_charges_it(self) -> None:
		for credits, state in ((1, "Charged"), (0, "Parked")):
			company = self.company(credits)
			ticket = self.asked(Portal(company.person))
			with self.subTest(state):
				self.assert_ok(agent().incident("charge", ticket=ticket))
				self.assert_incident(ticket, state, credits)
				self.assert_balance(company.account, 0)

	def test_nobody_else_does(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		ticket = self.asked(portal)
		with self.nothing_written():
			answer = portal.incident("charge", ticket=ticket)
			self.assert_refused(answer, "Only agents can change what a ticket costs.", "PermissionError", 403)

	def test_so_is_an_imported_ticket(self) -> None:
		company = self.company(1)
		frappe.flags.in_import = True
		try:
			ticket = str(make.ticket(company.person).name)
		finally:
			frappe.flags.in_import = False
		publish()
		self.assert_incident(ticket, "Not chargeable", 0, door="import")
		self.assert_ok(agent().incident("charge", ticket=ticket))
		self.assert_incident(ticket, "Charged", 1)

	def test_opened_again_years_later_it_is_decided_like_a_new_ticket(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		ticket = self.asked(portal)
		self.assert_ok(agent().set_value(ticket, "status", "Resolved"))
		look_again()
		incident = make.incident_of(ticket).name
		frappe.db.set_value("Support Incident", incident, "resolved_at_utc", "2020-01-01T00:00:00.000000Z")
		frappe.db.set_value(TICKET, ticket, "resolution_date", "2020-01-01")
		publish()
		self.assert_ok(portal.set_value(ticket, "status", "Open"))
		self.assert_incident(ticket, "Charged", 1)

	def test_a_guests_is_charged_once_an_agent_knows_whose_it_is(self) -> None:
		company = self.company(1)
		ticket = self.asked(self.guest)
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=company.name))
		self.assert_incident(ticket, "Not chargeable", 0, customer=company.name)
		self.assert_ok(agent().incident("charge", ticket=ticket))
		self.assert_incident(ticket, "Charged", 1, customer=company.name)


class TestThePage(ServicesCase):
	"""The form itself, as a browser without JavaScript sends it."""

	def open(self, who: Portal, **asked: str) -> str:
		page = who.http.get(
			f"{who.url}/support-credits", params=asked, headers={"Accept": "text/html"}, timeout=60
		)
		self.assertEqual(200, page.status_code)
		self.assertEqual("private, no-store", page.headers["Cache-Control"])
		return page.text

	def send(
		self, who: Portal, form: str = "", headers: dict[str, str] | None = None, **fields: str
	) -> requests.Response:
		token = re.search(r'name="csrf_token" value="(\w+)"', form)
		own = GUEST if who.user == "Guest" else {}
		data = {
			**ASKED,
			"kind": "services",
			"pack": "",
			**own,
			**fields,
			**({"csrf_token": token[1]} if token else {}),
		}
		sent = {**(headers or address()), "Accept": "text/html"}
		return who.http.post(
			f"{who.url}/support-credits", data=data, headers=sent, timeout=60, allow_redirects=False
		)

	def test_a_guest_is_thanked_and_a_reload_sends_nothing(self) -> None:
		answer = self.send(self.guest, self.open(self.guest, kind="services"))
		self.assertEqual(303, answer.status_code, answer.text[-500:])
		ticket = re.fullmatch(r".*/support-credits\?sent=(\d+)#services", answer.headers["Location"])[1]
		look_again()
		self.assertEqual(GUEST["email"], frappe.db.get_value(TICKET, ticket, "raised_by"))
		with self.nothing_written():
			self.assertIn(f"Your request has number {ticket}", self.open(self.guest, sent=ticket))

	def test_a_customer_asks_as_himself_and_gives_no_name(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		portal.open_page()
		portal.http.headers.pop("X-Frappe-CSRF-Token", None)
		form = self.open(portal, kind="buy")
		self.assertNotIn('name="email"', form)
		answer = self.send(portal, form, kind="buy")
		ticket = re.search(r"sent=(\d+)", answer.headers["Location"])[1]
		self.assert_incident(ticket, "Not chargeable", 0, customer=company.name)

	def test_a_page_of_another_site_cannot_send_it_for_him(self) -> None:
		portal = Portal(self.company(1).person)
		portal.open_page()
		portal.http.headers.pop("X-Frappe-CSRF-Token", None)
		with self.nothing_written():
			self.assertEqual(400, self.send(portal).status_code)

	def test_what_is_wrong_is_said_and_the_text_is_kept(self) -> None:
		for who in (self.guest, Portal(self.company(1).person)):
			with self.subTest(who.user), self.nothing_written():
				form = self.open(who, kind="emergency")
				answer = self.send(who, form, subject="", details='Kept "as" <it> is', kind="emergency")
				self.assertEqual(417, answer.status_code)
				self.assertIn("the subject is missing", answer.text)
				self.assertIn("Kept &#34;as&#34; &lt;it&gt; is", answer.text)
				self.assertIn('value="emergency" selected', answer.text)
				self.assertEqual("private, no-store", answer.headers["Cache-Control"])

	def test_the_field_for_machines_is_hidden_and_refused(self) -> None:
		form = self.open(self.guest, kind="services")
		self.assertIn('<div class="sc-hidden" aria-hidden="true">', form)
		with self.nothing_written():
			answer = self.send(self.guest, form, website="https://spam.example")
			self.assertIn("Leave the field for a website empty", answer.text)

	def test_the_page_and_the_api_count_together(self) -> None:
		here = address()
		with make.rate_factor(1):
			for _number in range(3):
				self.assert_ok(self.ask(self.guest, here))
			for _number in range(2):
				self.assertEqual(303, self.send(self.guest, headers=here).status_code)
			with self.nothing_written():
				answer = self.send(self.guest, headers=here)
		self.assertEqual(429, answer.status_code)
		self.assertIn("rate limit", answer.text)
		self.assertIn("Move our mail server", answer.text)

	def test_a_pack_is_filled_in_and_one_that_is_not_on_sale_is_not(self) -> None:
		pack = make.pack(on_sale=1)
		publish()
		self.addCleanup(self.off_sale, pack)
		form = self.open(self.guest, pack=pack)
		self.assertIn(f'<option value="{pack}" selected>', form)
		self.assertIn('<option value="buy" selected>', form)
		self.assertNotIn("<script>", self.open(self.guest, pack="<script>alert(1)</script>"))

	def test_a_member_of_two_customers_chooses_on_the_form(self) -> None:
		one, other = self.company(1), self.company(1)
		make.add_member(other.name, one.person)
		publish()
		form = self.open(Portal(one.person), kind="services")
		for name in (one.name, other.name):
			self.assertIn(f'<option value="{name}"', form)

	def test_a_number_that_is_none_thanks_for_nothing(self) -> None:
		page = self.guest.open_page("/support-credits?sent=<b>1</b>")
		self.assertNotIn("Thank you", page.text)
		self.assertNotIn("<b>1</b>", page.text)

	def test_managers_see_the_same_form(self) -> None:
		# In a session of his own: one that has seen a page needs its token for every call from then on.
		boss = make.agent_manager()
		publish()
		self.assertIn("You are logged in as", self.open(Portal(boss), kind="services"))
