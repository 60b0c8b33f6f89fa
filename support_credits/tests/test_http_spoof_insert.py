"""What a customer may post with a new ticket and gains nothing by: other people's credits, a refund, time, a mark."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Portal
from support_credits.tests.test_http_flow import BALANCE_ZERO, DOORS

LONG_AGO = "2020-01-01 00:00:00"


class TestSpoofedOnInsert(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.mine, self.theirs = self.company(4), self.company(9)
		self.portal = Portal(self.mine.person)

	def assert_i_paid(self, ticket: str) -> None:
		look_again()
		incident = make.incident_of(ticket)
		self.assertEqual(
			("Charged", 1, self.mine.account), (incident.state, incident.credits, incident.account)
		)
		self.assertEqual(self.mine.person.email, value(ticket, "raised_by"))
		self.assertEqual(self.mine.name, value(ticket, "customer"))
		self.assert_balance(self.theirs.account, 9)

	def assert_i_pay_at_every_door(self, **fields: object) -> list[str]:
		tickets = []
		for door, post in DOORS.items():
			with self.subTest(door, **fields):
				ticket = self.assert_ok(post(self.portal, **fields)).ticket
				self.assert_i_paid(ticket)
				tickets.append(ticket)
		self.assert_balance(self.mine.account, 0)
		return tickets

	def test_raised_by_somebody_of_another_company_spends_ones_own(self) -> None:
		for ticket in self.assert_i_pay_at_every_door(raised_by=self.theirs.person.email):
			self.assertEqual(self.mine.person.contact, value(ticket, "contact"))

	def test_raised_by_nobody_known_is_no_free_ticket(self) -> None:
		self.assert_i_pay_at_every_door(raised_by="nobody@nowhere.example")

	def test_raised_by_an_agent_spends_ones_own(self) -> None:
		self.assert_i_pay_at_every_door(raised_by="Administrator")

	def test_another_companys_customer_is_refused(self) -> None:
		for claim in ({}, {"raised_by": self.theirs.person.email}, {"raised_by": "nobody@nowhere.example"}):
			for door, post in DOORS.items():
				with self.subTest(door, **claim), self.nothing_written_unless_own():
					answer = post(self.portal, customer=self.theirs.name, **claim)
					self.assertIn(answer.status, (200, 403, 417))
		self.assert_balance(self.theirs.account, 9)

	def nothing_written_unless_own(self) -> object:
		"""The host refuses a foreign customer, or ours replaces him: theirs is never charged either way."""
		return self.chain_unchanged(self.theirs.account)

	def chain_unchanged(self, account: str) -> object:
		case = self

		class Unchanged:
			def __enter__(self) -> None:
				self.before = kinds(account)

			def __exit__(self, *_error: object) -> None:
				case.assertEqual(self.before, kinds(account))

		return Unchanged()

	def test_where_the_host_checks_no_customer_another_companys_is_refused_by_us(self) -> None:
		with self.host_settings(auto_set_customer_from_contact=0):
			for door, post in DOORS.items():
				with self.subTest(door), self.nothing_written():
					answer = post(self.portal, customer=self.theirs.name)
					self.assert_refused(
						answer, f"You are not a member of {self.theirs.name}", "NotMember", 403
					)

	def test_another_persons_contact_is_refused(self) -> None:
		for door, post in DOORS.items():
			with self.subTest(door), self.nothing_written():
				answer = post(self.portal, contact=self.theirs.person.contact)
				self.assert_refused(answer, "your own contact", "PermissionError", 403)

	def test_a_customer_posted_empty_is_still_charged(self) -> None:
		self.assert_i_pay_at_every_door(customer="", contact="")

	def test_a_split_is_the_agents_act(self) -> None:
		parent = self.assert_ok(self.portal.new()).ticket
		self.grant(self.mine.account, 1)
		for ticket in self.assert_i_pay_at_every_door(ticket_split_from=parent):
			self.assertIsNone(value(ticket, "ticket_split_from"))
			self.assertNotEqual("split", make.incident_of(ticket).door)

	def test_a_mail_account_makes_no_mail_of_it(self) -> None:
		mailbox = mail_account()
		for ticket in self.assert_i_pay_at_every_door(email_account=mailbox):
			self.assertIsNone(value(ticket, "email_account"))
			self.assertNotEqual("mail", make.incident_of(ticket).door)

	def test_a_mail_account_does_not_turn_refusing_into_parking(self) -> None:
		mailbox, empty = mail_account(), self.company(0)
		portal = Portal(empty.person)
		for door, post in DOORS.items():
			with self.subTest(door), self.nothing_written():
				self.assert_refused(post(portal, email_account=mailbox), BALANCE_ZERO)

	def test_a_clock_that_began_long_ago_is_not_believed(self) -> None:
		claimed = {"service_level_agreement_creation": LONG_AGO, "total_hold_time": -9e6, "resolution_by": LONG_AGO,
			"response_by": LONG_AGO, "first_responded_on": LONG_AGO, "agreement_status": "Failed"}  # fmt: skip
		for ticket in self.assert_i_pay_at_every_door(**claimed):
			self.assertGreater(str(value(ticket, "service_level_agreement_creation")), "2025")
			self.assertGreater(str(value(ticket, "response_by")), "2025")
			self.assertIsNone(value(ticket, "first_responded_on"))
			self.assertFalse(value(ticket, "total_hold_time"))
			self.assertNotEqual("Failed", value(ticket, "agreement_status"))

	def test_a_ticket_that_says_it_is_a_merged_duplicate_is_charged(self) -> None:
		other = self.assert_ok(self.portal.new()).ticket
		self.grant(self.mine.account, 1)
		for ticket in self.assert_i_pay_at_every_door(is_merged=1, merged_with=other, status="Closed"):
			self.assertEqual((0, None), (value(ticket, "is_merged"), value(ticket, "merged_with")))

	def test_a_ticket_that_says_it_is_no_portals_is_charged_and_refused_like_any(self) -> None:
		self.assert_i_pay_at_every_door(via_customer_portal=0)
		for door, post in DOORS.items():
			with self.subTest(door), self.nothing_written():
				self.assert_refused(post(self.portal, via_customer_portal=0), BALANCE_ZERO)

	def test_a_key_of_ones_own_is_overwritten_so_a_charge_cannot_be_replayed(self) -> None:
		first = self.assert_ok(self.portal.new()).ticket
		self.grant(self.mine.account, 1)
		key = value(first, "key")
		tickets = self.assert_i_pay_at_every_door(key=key)
		self.assertEqual(len(tickets) + 1, len({value(ticket, "key") for ticket in [first, *tickets]}))

	def test_marks_and_flags_and_dates_that_are_posted_mean_nothing(self) -> None:
		forged = {
			"sc_state": "Exempt", "sc_credits": -5, "sc_tier": "GOLD", "creation": LONG_AGO, "status": "Resolved",
			"flags": {"sc_release": 1, "ignore_permissions": 1, "in_import": 1}, "ticket_type": "Bug",
		}  # fmt: skip
		for ticket in self.assert_i_pay_at_every_door(**forged):
			self.assert_incident(ticket, "Charged", 1)
			self.assertIsNone(value(ticket, "sc_tier"))
			self.assertEqual("Open", value(ticket, "status"))

	def test_a_number_of_ones_own_choice_is_not_given(self) -> None:
		name = make.unique_code("T")
		ticket = self.assert_ok(self.portal.rest_v2(name=name)).ticket
		self.assert_i_paid(ticket)
		self.assertTrue(ticket.isdigit(), ticket)
		self.assertFalse(frappe.db.exists("HD Ticket", name))

	def test_with_no_credits_no_forged_field_opens_a_door(self) -> None:
		empty = self.company(0)
		portal = Portal(empty.person)
		for forged in (
			{"raised_by": self.theirs.person.email}, {"raised_by": "nobody@nowhere.example"}, {"is_merged": 1},
			{"sc_state": "Exempt"}, {"ticket_split_from": "1"}, {"service_level_agreement_creation": LONG_AGO},
			{"flags": {"sc_release": True}}, {"docstatus": 0, "__islocal": 0, "__unsaved": 1},
		):  # fmt: skip
			for door, post in DOORS.items():
				with self.subTest(door, **forged), self.nothing_written():
					self.assertEqual(417, (answer := post(portal, **forged)).status, answer)


class TestMembersOfMore(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.one, self.other = self.company(1), self.company(1)
		make.add_member(self.other.name, self.one.person)
		publish()
		self.portal = Portal(self.one.person)

	def test_a_member_of_two_companies_who_names_none_opens_no_free_ticket(self) -> None:
		for door, post in DOORS.items():
			with self.subTest(door), self.nothing_written():
				self.assertIn((answer := post(self.portal)).status, (403, 417), answer)

	def test_claiming_to_be_somebody_else_does_not_help_him(self) -> None:
		stranger = self.company(5)
		for door, post in DOORS.items():
			if door == "portal page":
				continue  # it sets the raiser itself
			with self.subTest(door), self.nothing_written():
				answer = post(self.portal, raised_by=stranger.person.email)
				self.assert_refused(answer, "Choose the customer this ticket is for", "NotMember", 403)


class TestContactsOfOnesOwn(HttpTestCase):
	def test_a_second_contact_of_ones_own_hides_no_membership(self) -> None:
		company = self.company(0)
		portal = Portal(company.person)
		decoy = {"doctype": "Contact", "first_name": make.unique("Decoy"), "user": company.person.email}
		made = self.assert_ok(
			portal.call("frappe.client.insert", doc=decoy)
		)  # the host lets everybody make contacts
		for claim in ({}, {"contact": made.value["name"]}):
			for door, post in DOORS.items():
				with self.subTest(door, **claim), self.nothing_written():
					self.assertIn((answer := post(portal, **claim)).status, (403, 417), answer)

	def test_taking_ones_user_off_ones_contact_opens_no_free_ticket(self) -> None:
		company = self.company(0)
		portal = Portal(company.person)
		answer = portal.call(
			"frappe.client.set_value",
			doctype="Contact",
			name=company.person.contact,
			fieldname="user",
			value="",
		)
		self.assertNotEqual(200, answer.status)
		with self.nothing_written():
			self.assert_refused(portal.rest(), BALANCE_ZERO)


class TestGuests(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.victim = self.company(3)
		self.guest = Portal()

	def test_where_guests_may_not_open_tickets_they_do_not(self) -> None:
		for post in (Portal.rest, Portal.rest_v2, Portal.client_insert, Portal.new):
			with self.subTest(post.__name__), self.nothing_written():
				self.assertIn(post(self.guest, raised_by=self.victim.person.email).status, (401, 403))

	def test_where_they_may_nobodys_credits_are_spent(self) -> None:
		claims: tuple[dict[str, object], ...] = (
			{"raised_by": self.victim.person.email},
			{"raised_by": self.victim.person.email, "via_customer_portal": 1},
			{"raised_by": "Administrator", "email_account": mail_account()},
			{},
		)
		with self.site_settings("HD Settings", allow_anyone_to_create_tickets=1):
			for claim in claims:
				for post in (Portal.rest, Portal.rest_v2):
					with self.subTest(post.__name__, **claim):
						self.open_as_guest(post(self.guest, **claim))
			self.guest.rest(raised_by=self.victim.person.email, customer=self.victim.name)
		self.assert_balance(self.victim.account, 3)
		self.assertEqual([("Grant", 3)], kinds(self.victim.account))

	def open_as_guest(self, answer: object) -> None:
		self.assert_ok(answer)
		found = frappe.get_all(
			"HD Ticket", filters={"owner": "Guest"}, pluck="name", order_by="creation desc", limit=1
		)
		self.assert_incident(found[0], "Unidentified", customer=None)


def mail_account() -> str:
	doc = {
		"doctype": "Email Account",
		"email_account_name": make.unique("Support"),
		"email_id": f"{make.unique_code('support')}@example.com",
		"enable_incoming": 0,
		"enable_outgoing": 0,
	}
	name = frappe.get_doc(doc).insert().name
	publish()
	return name
