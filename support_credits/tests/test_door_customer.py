"""A customer's new ticket at every door of his, in every situation (docs/doors.md)."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.door_case import CUSTOMERS_DOORS, DoorCase, number_of, web_form
from support_credits.tests.factories import Company
from support_credits.tests.http_case import kinds
from support_credits.tests.server import NEW_TICKET, Answer, Portal

COUNT = len(CUSTOMERS_DOORS)


class TestEveryDoor(DoorCase):
	def at_the_door(self, credits: int = 0, **fields: object) -> tuple[Company, Portal]:
		company = self.company(credits, **fields)
		return company, Portal(company.person)

	def test_with_credits_each_ticket_takes_one_and_says_what_is_left(self) -> None:
		company, portal = self.at_the_door(COUNT)
		for number, (name, (post, door)) in enumerate(CUSTOMERS_DOORS.items(), 1):
			with self.subTest(name):
				said = f"Credits charged for this ticket: 1. Credits left: {COUNT - number}."
				self.assert_decided(post(portal), "Charged", 1, said, door=door, account=company.account)
		self.assert_balance(company.account, 0)

	def test_an_empty_account_is_refused_by_default_and_nothing_is_written(self) -> None:
		_company, portal = self.at_the_door()
		for name, (post, _door) in CUSTOMERS_DOORS.items():
			with self.subTest(name), self.nothing_written():
				self.assert_refused(post(portal), "this ticket needs 1 and your balance is 0. You can: ")

	def test_an_empty_account_that_parks_lets_the_ticket_wait(self) -> None:
		company, portal = self.at_the_door(portal_policy="Park")
		for number, (name, (post, door)) in enumerate(CUSTOMERS_DOORS.items()):
			with self.subTest(name):
				said = f"behind your earlier tickets, {number} in all" if number else "it waits for credits"
				self.assert_decided(post(portal), "Parked", 0, said, door=door, account=company.account)
		self.assertEqual([], kinds(company.account))

	def test_an_empty_account_that_overdraws_owes_up_to_its_limit_and_is_refused_then(self) -> None:
		company, portal = self.at_the_door(portal_policy="Overdraw", overdraft_limit=COUNT)
		for number, (name, (post, door)) in enumerate(CUSTOMERS_DOORS.items(), 1):
			with self.subTest(name):
				said = f"Your balance is now -{number}; please buy credits soon."
				self.assert_decided(post(portal), "Overdrawn", 1, said, door=door, account=company.account)
		for name, (post, _door) in CUSTOMERS_DOORS.items():
			with self.subTest(name, limit="reached"), self.nothing_written():
				self.assert_refused(post(portal), f"this ticket needs 1 and your balance is -{COUNT}")

	def test_an_empty_account_with_best_effort_gets_an_uncharged_ticket_of_the_slowest_tier(self) -> None:
		slowest = make.tier()
		company, portal = self.at_the_door(portal_policy="Best effort")
		with self.site_settings(best_effort_tier=slowest):
			for name, (post, door) in CUSTOMERS_DOORS.items():
				with self.subTest(name):
					said = "Your balance is 0, so this ticket is answered as time allows."
					self.assert_decided(post(portal), "Best effort", 0, said, door=door, tier=slowest)
		self.assertEqual([], kinds(company.account))

	def test_a_customer_without_an_account_is_left_alone(self) -> None:
		_name, portal = self.free_person()
		for name, (post, _door) in CUSTOMERS_DOORS.items():
			with self.subTest(name):
				self.assert_untouched(number_of(self.assert_ok(post(portal))))

	def test_where_everyone_must_have_credits_a_customer_without_an_account_is_refused(self) -> None:
		_name, portal = self.free_person()
		with self.site_settings(everyone_must_have_credits=1):
			for name, (post, _door) in CUSTOMERS_DOORS.items():
				with self.subTest(name), self.nothing_written():
					self.assert_refused(post(portal), "this ticket needs 1 and your balance is 0")

	def test_where_everyone_must_have_credits_and_the_site_parks_his_ticket_opens_an_account_and_waits(
		self,
	) -> None:
		for name in ("portal page", "REST"):
			with self.subTest(name):
				post, door = CUSTOMERS_DOORS[name]
				customer, portal = self.free_person()
				with self.site_settings(everyone_must_have_credits=1, portal_policy="Park"):
					self.assert_decided(post(portal), "Parked", 0, "it waits for credits", door=door)
				self.assertEqual([], kinds(self.account_of(customer)))

	def test_somebody_of_no_customer_is_taken_uncharged_and_flagged(self) -> None:
		self.payer(1)  # the site sells
		for name, (post, _door) in CUSTOMERS_DOORS.items():
			with self.subTest(name):
				self.assert_flagged(post(self.stray()))

	def test_where_everyone_must_have_credits_he_is_flagged_too(self) -> None:
		with self.site_settings(everyone_must_have_credits=1):
			self.assert_flagged(self.stray().new())

	def stray(self) -> Portal:
		"""Somebody who can log in and belongs to no customer."""
		if not hasattr(self, "_stray"):
			someone = make.portal_user("stray")
			publish()
			self._stray = Portal(someone)
		return self._stray

	def assert_flagged(self, answer: Answer) -> None:
		said = "We do not know yet which customer this ticket belongs to."
		self.assert_decided(answer, "Unidentified", 0, said, account=None, customer=None)


class TestManyInOneRequest(DoorCase):
	def three(self, credits: int, **fields: object) -> tuple[Company, list[str]]:
		company = self.company(credits, **fields)
		answer = self.assert_ok(Portal(company.person).insert_many(3))
		look_again()
		return company, [make.incident_of(name).state for name in answer.value]

	def test_on_one_credit_the_policy_decides_for_each_by_itself(self) -> None:
		outcomes = {"Park": "Parked", "Overdraw": "Overdrawn", "Best effort": "Best effort"}
		for policy, state in outcomes.items():
			with self.subTest(policy):
				company, states = self.three(1, portal_policy=policy, overdraft_limit=2)
				self.assertEqual(["Charged", state, state], states)
				self.assert_balance(company.account, -2 if policy == "Overdraw" else 0)

	def test_beyond_the_overdraft_all_are_refused_together(self) -> None:
		company = self.company(1, portal_policy="Overdraw", overdraft_limit=1)
		portal = Portal(company.person)
		with self.nothing_written():
			self.assert_refused(portal.insert_many(3), "this ticket needs 1 and your balance is -1")


class TestWebForm(DoorCase):
	def test_a_visitor_who_is_not_logged_in_is_turned_away(self) -> None:
		with self.nothing_written():
			self.assert_refused(web_form(Portal()), "You must login to submit this form", "ValidationError")

	def test_its_fields_are_the_ones_it_shows_and_no_other_is_taken(self) -> None:
		company, other = self.company(1), self.payer(1)
		forged = {"customer": other.name, "raised_by": "somebody@else.example", "sc_state": "Exempt"}
		answer = web_form(Portal(company.person), **forged)
		self.assert_decided(answer, "Charged", 1, "Credits left: 0", account=company.account)
		self.assert_balance(other.account, 1)


class TestPortalPage(DoorCase):
	def test_attachments_do_not_change_what_a_ticket_costs(self) -> None:
		company = self.company(1)
		portal = Portal(company.person)
		upload = portal.http.post(
			f"{portal.url}/api/method/upload_file",
			files={"file": ("log.txt", b"nothing happens", "text/plain")},
			data={"is_private": 1},
			timeout=60,
		)
		self.assertEqual(200, upload.status_code, upload.text)
		doc = {"subject": "It does not work", "description": "<p>See the log.</p>"}
		answer = portal.call(NEW_TICKET, doc=doc, attachments=[{"name": upload.json()["message"]["name"]}])
		ticket = self.assert_decided(answer, "Charged", 1, "Credits left: 0", account=company.account)
		attached = {"attached_to_doctype": "HD Ticket", "attached_to_name": ticket}
		self.assertEqual(1, frappe.db.count("File", attached))
