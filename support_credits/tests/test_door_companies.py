"""Customers are renamed, merged and deleted at their pages, and a contact moves to another one (docs/doors.md)."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.door_case import CUSTOMERS_DOORS, DoorCase, Payer, number_of
from support_credits.tests.factories import Company
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import TICKET, Answer, Portal, agent, manager
from support_credits.tests.test_door_reopen import ReopenDoorCase
from support_credits.tests.test_http_reopen import LATE

CUSTOMER = "HD Customer"
DELETE = "helpdesk.api.customer.delete_customer"


def rename(old: str, new: str, merge: int = 0) -> Answer:
	asked = {"doctype": CUSTOMER, "old_name": old, "new_name": new, "merge": merge}
	return manager().call("frappe.client.rename_doc", **asked)


def add(customer: str, user: str) -> Answer:
	"""An agent manager adds a person to a customer at its page."""
	contact = frappe.db.get_value("Contact", {"user": user})
	add_contacts = {"dt": CUSTOMER, "dn": customer, "method": "add_contacts"}
	return manager().call("run_doc_method", **add_contacts, args={"contacts": [contact]})


class TestRenamed(DoorCase):
	def test_with_or_without_credits_or_an_account_the_next_ticket_is_what_it_was_before(self) -> None:
		for credits in (1, 0, None):
			with self.subTest(credits=credits):
				if credits is None:
					old, portal = self.free_person()
				else:
					company = self.company(credits)
					old, portal = company.name, Portal(company.person)
				new = make.unique("Renamed")
				self.assert_ok(rename(old, new))
				answer = portal.new()
				if credits is None:
					self.assert_untouched(self.assert_ok(answer).ticket)
				elif credits:
					said = "Credits left: 0"
					self.assert_decided(answer, "Charged", 1, said, account=company.account, customer=new)
				else:
					self.assert_refused(answer, "this ticket needs 1 and your balance is 0")

	def test_what_waits_under_the_old_name_is_released_under_the_new_one(self) -> None:
		company = self.payer()
		ticket = self.assert_ok(agent().new(customer=company.name)).ticket
		new = make.unique("Renamed")
		self.assert_ok(rename(company.name, new))
		self.assert_incident(ticket, "Parked", customer=new)
		self.assert_ok(manager().account("grant", customer=new, credits=1, reason="Bought"))
		look_again()
		self.assertEqual("Charged", make.incident_of(ticket).state)
		self.assert_balance(company.account, 0)


class TestMerged(DoorCase):
	"""Two customers become one; what happens to their lots and queues is in ``test_customers.TestMerging``.

	The host deletes the first one with its list of members: its people have to be added to the other.
	"""

	def test_both_pay_and_the_next_ticket_of_either_takes_of_the_joined_credits(self) -> None:
		old, new = self.company(1), self.company(1)
		self.assert_ok(rename(old.name, new.name, merge=1))
		self.assert_balance(new.account, 2)
		self.assert_ok(add(new.name, old.person.email))
		for number, person in enumerate((old.person, new.person)):
			answer = Portal(person).new()
			said = f"Credits left: {1 - number}."
			self.assert_decided(answer, "Charged", 1, said, account=new.account, customer=new.name)

	def test_until_somebody_adds_them_the_first_ones_people_are_flagged_and_spend_nothing(self) -> None:
		old, new = self.company(1), self.payer(1)
		self.assert_ok(rename(old.name, new.name, merge=1))
		answer = Portal(old.person).new()
		ticket = self.assert_decided(answer, "Unidentified", 0, "We do not know yet", customer=None)
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=new.name))
		self.assert_incident(ticket, "Charged", 1, account=new.account)

	def test_a_free_one_into_one_that_pays_keeps_its_old_tickets_free_and_pays_from_now_on(self) -> None:
		free, portal = self.free_person()
		ticket = self.assert_ok(portal.new()).ticket
		company = self.payer(1)
		self.assert_ok(rename(free, company.name, merge=1))
		self.assert_untouched(ticket)
		self.assertEqual(company.name, value(ticket, "customer"))
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=""))
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=company.name))
		self.assert_untouched(ticket)
		self.assert_ok(add(company.name, portal.user))
		self.assert_decided(portal.new(), "Charged", 1, "Credits left: 0", account=company.account)

	def test_one_that_pays_into_a_free_one_takes_its_account_along_and_the_free_tickets_stay_free(
		self,
	) -> None:
		company = self.payer(1)
		free, portal = self.free_person()
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(rename(company.name, free, merge=1))
		self.assertEqual(company.account, self.account_of(free))
		self.assert_untouched(ticket)
		answer = portal.new()
		self.assert_decided(answer, "Charged", 1, "Credits left: 0", account=company.account, customer=free)

	def test_two_free_ones_stay_free(self) -> None:
		old, portal = self.free_person()
		new = self.free_customer()
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(rename(old, new, merge=1))
		self.assert_ok(add(new, portal.user))
		self.assertIsNone(self.account_of(new))
		for one in (ticket, self.assert_ok(portal.new()).ticket):
			self.assert_untouched(one)
			self.assertEqual(new, value(one, "customer"))


class TestDeleted(DoorCase):
	def delete(self, name: str, delete_tickets: bool = False) -> Answer:
		return manager().call(DELETE, name=name, delete_tickets=delete_tickets)

	def test_one_with_credits_or_a_history_is_kept_with_its_tickets_at_every_door(self) -> None:
		rich, parked = self.payer(2), self.payer()
		ticket, waits = (agent().new(customer=one.name).ticket for one in (rich, parked))
		for company in (rich, parked):
			doors = {
				"Helpdesk": lambda name: self.delete(name),
				"REST": lambda name: manager().request("DELETE", f"/api/resource/{CUSTOMER}/{name}"),
			}
			for name, delete in doors.items():
				with self.subTest(name, rich=company is rich), self.nothing_written():
					self.assert_refused(delete(company.name), "has credits or a history", "HasHistory")
			with self.subTest("with its tickets"), self.nothing_written():
				answer = self.delete(company.name, delete_tickets=True)
				said = "holds a charge" if company is rich else "waits for credits"
				self.assert_refused(answer, said, "HasHistory")
		for number, company, state in ((ticket, rich, "Charged"), (waits, parked, "Parked")):
			self.assert_incident(number, state, int(state == "Charged"), customer=company.name)
			self.assertEqual(company.name, value(number, "customer"))

	def test_one_whose_account_was_never_used_goes_with_it_and_its_people_are_flagged(self) -> None:
		company = self.company(0)
		self.verified.remove(company.account)
		self.assert_ok(self.delete(company.name))
		self.assertFalse(frappe.db.exists("Credit Account", company.account))
		self.payer(1)  # the site sells
		answer = Portal(company.person).new()
		self.assert_decided(answer, "Unidentified", 0, "We do not know yet", customer=None)

	def test_a_free_one_goes_and_its_tickets_stay_or_go_with_it_as_asked(self) -> None:
		self.payer(1)  # the site sells
		for delete_tickets in (False, True):
			with self.subTest(delete_tickets=delete_tickets):
				name = self.free_customer()
				untouched = self.assert_ok(agent().new(customer=name)).ticket
				given = self.assert_ok(agent().new()).ticket
				self.assert_ok(agent().incident("set_customer", ticket=given, customer=name))
				self.assert_incident(given, "Not enforced", customer=name)
				incident = make.incident_of(given).name
				self.assert_ok(self.delete(name, delete_tickets))
				self.assertEqual([not delete_tickets] * 2, [
					bool(frappe.db.exists(TICKET, ticket)) for ticket in (untouched, given)
				])  # fmt: skip
				left = frappe.get_doc("Support Incident", incident)
				self.assertEqual(("Not enforced", None), (left.state, left.customer))


class MovingCase(ReopenDoorCase):
	def setUp(self) -> None:
		super().setUp()
		self.old, self.new = self.company(3), self.payer(3)
		self.person = self.old.person
		self.portal = Portal(self.person)

	def move(self) -> None:
		self.leave()
		self.assert_ok(add(self.new.name, self.person.email))

	def leave(self) -> None:
		"""An agent manager takes the contact off the customer's page."""
		page = manager().call("frappe.client.get", doctype=CUSTOMER, name=self.old.name).value
		left = [row for row in page["contacts"] if row["contact_name"] != self.person.contact]
		self.assert_ok(manager().call("frappe.client.save", doc={**page, "contacts": left}))

	def empty(self, company: Company | Payer) -> None:
		publish()
		for lot in frappe.get_all("Credit Lot", {"account": company.account}, pluck="name"):
			self.assert_ok(manager().account("void", lot=lot, reason="Test"))


class TestContactMoved(MovingCase):
	def test_his_old_ticket_and_its_refund_are_the_old_payers_and_a_new_one_is_the_new_ones(
		self,
	) -> None:
		ticket = self.assert_ok(self.portal.new()).ticket
		reason = make.exemption_reason()
		self.grant(self.new.account, 1)
		self.move()
		for name in ("portal page", "REST", "web form"):
			with self.subTest(name):
				number = number_of(self.assert_ok(CUSTOMERS_DOORS[name][0](self.portal)))
				self.assert_incident(number, "Charged", 1, account=self.new.account)
		answer = agent().rest(raised_by=self.person.email)
		self.assert_decided(answer, "Charged", 1, "Credits left: 0", account=self.new.account)
		self.assert_incident(ticket, "Charged", 1, account=self.old.account, customer=self.old.name)
		self.assert_ok(agent().incident("exempt", ticket=ticket, reason=reason))
		self.assertEqual([("Grant", 3), ("Charge", -1), ("Refund", 1)], kinds(self.old.account))

	def test_what_waits_is_released_by_the_old_payers_credits_alone(self) -> None:
		self.change_account(self.old.account, portal_policy="Park")
		self.empty(self.old)
		ticket = self.assert_ok(self.portal.new()).ticket
		self.move()
		self.grant(self.new.account, 1)
		self.assert_incident(ticket, "Parked", account=self.old.account)
		self.grant(self.old.account, 1)
		self.assertEqual("Charged", make.incident_of(ticket).state)
		self.assert_balance(self.old.account, 0)
		self.assert_balance(self.new.account, 4)

	def test_his_reply_to_the_old_ticket_costs_nobody_anything(self) -> None:
		ticket = self.assert_ok(self.portal.new()).ticket
		self.move()
		self.assert_ok(self.portal.reply(ticket))
		self.resolve_again(ticket, 3)
		self.assert_ok(self.portal.reply(ticket))
		self.assert_incident(ticket, "Charged", 1, account=self.old.account, follows="")
		self.assert_balance(self.old.account, 2)
		self.assert_balance(self.new.account, 3)

	def test_reopening_the_old_ticket_late_is_not_his_any_more_and_an_agent_charges_the_old_payer(
		self,
	) -> None:
		ticket = self.assert_ok(self.portal.new()).ticket
		self.resolve_again(ticket, LATE)
		self.move()
		with self.nothing_written():
			said = f"You are not a member of {self.old.name}"
			self.assert_refused(self.portal.reply(ticket), said, "NotMember", 403)
			answer = self.portal.set_value(ticket, "status", "Open")
			self.assert_refused(answer, said, "NotMember", 403)
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_incident(ticket, "Charged", 1, account=self.old.account)
		self.assert_balance(self.old.account, 1)
		self.assert_balance(self.new.account, 3)

	def test_to_an_empty_account_he_is_refused_though_the_old_one_has_credits(self) -> None:
		self.empty(self.new)
		self.move()
		with self.nothing_written():
			self.assert_refused(self.portal.new(), "this ticket needs 1 and your balance is 0")
			self.assertEqual(417, self.portal.rest(customer=self.old.name).status)

	def test_to_nobody_his_tickets_are_flagged_and_to_a_free_customer_they_are_left_alone(self) -> None:
		self.leave()
		answer = self.portal.new()
		self.assert_decided(answer, "Unidentified", 0, "We do not know yet", customer=None)
		self.assert_ok(add(self.free_customer(), self.person.email))
		self.assert_untouched(self.assert_ok(self.portal.new()).ticket)
		self.assert_balance(self.old.account, 3)
