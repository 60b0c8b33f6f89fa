"""What a customer may write on a ticket he has: nothing of it moves credits, time or the ticket's place."""

from __future__ import annotations

import json
from collections.abc import Callable

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Answer, Portal, agent
from support_credits.tests.test_http_spoof_insert import LONG_AGO, mail_account

Change = Callable[[Portal, str, dict[str, object]], Answer]


def one_by_one(portal: Portal, ticket: str, fields: dict[str, object]) -> Answer:
	answers = [portal.set_value(ticket, field, content) for field, content in fields.items()]
	return answers[-1]


WAYS: dict[str, Change] = {
	"set_value": one_by_one,
	"set_value of a dict": lambda portal, ticket, fields: portal.set_value(ticket, fields),
	"PUT": lambda portal, ticket, fields: portal.put(ticket, **fields),
	"PATCH v2": lambda portal, ticket, fields: portal.patch_v2(ticket, **fields),
	"save": lambda portal, ticket, fields: portal.save(ticket, **fields),
}


def posted_whole(portal: Portal, ticket: str, fields: dict[str, object]) -> str:
	"""The document as a form would post it, with these fields in it."""
	return json.dumps({**portal.call("frappe.client.get", doctype="HD Ticket", name=ticket).value, **fields})


def reply_on_a_forged_document(portal: Portal, ticket: str, fields: dict[str, object]) -> Answer:
	"""The host saves what was posted, with permissions ignored."""
	docs = posted_whole(portal, ticket, fields)
	method = "create_communication_via_contact"
	return portal.call("run_doc_method", docs=docs, method=method, args=json.dumps({"message": "Hello?"}))


def bulk_update(portal: Portal, ticket: str, fields: dict[str, object]) -> Answer:
	docs = [{"doctype": "HD Ticket", "docname": ticket, **fields}]
	return portal.call("frappe.client.bulk_update", docs=json.dumps(docs))


def desk_save(portal: Portal, ticket: str, fields: dict[str, object]) -> Answer:
	doc = posted_whole(portal, ticket, fields)
	return portal.call("frappe.desk.form.save.savedocs", doc=doc, action="Save")


# Ways past the ordinary ones, each tried with everything at once.
BACK_DOORS: dict[str, Change] = {
	"a reply on a forged document": reply_on_a_forged_document,
	"bulk_update": bulk_update,
	"the desk's save": desk_save,
}


class UpdateCase(HttpTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.mine, self.theirs = self.company(2), self.company(9)
		self.portal = Portal(self.mine.person)
		self.ticket = self.assert_ok(self.portal.new()).ticket

	def state(self, *fields: str) -> tuple[object, ...]:
		"""All that must stay: the ticket's fields, its incident, and both chains."""
		stored = tuple(value(self.ticket, field) for field in fields)
		incident = make.incident_of(self.ticket)
		incident.pop("resolved_at_utc")  # he may close his own ticket
		return stored, incident, kinds(self.mine.account), kinds(self.theirs.account)

	def assert_nothing_gained(self, **fields: object) -> None:
		"""Whatever the answer is, written in any way, the fields and the ledger are as they were."""
		for way, change in WAYS.items():
			with self.subTest(way, **fields):
				before = self.state(*fields)
				answer = change(self.portal, self.ticket, fields)
				self.assertLess(answer.status, 500, answer)
				self.assertEqual(before, self.state(*fields))


class TestSpoofedOnUpdate(UpdateCase):
	def test_clearing_the_customer_is_no_refund(self) -> None:
		self.assert_nothing_gained(customer="")
		self.assert_nothing_gained(customer=None, contact="", raised_by="")

	def test_giving_the_ticket_to_another_company_charges_nobody(self) -> None:
		self.assert_nothing_gained(customer=self.theirs.name)
		self.assert_nothing_gained(
			customer=self.theirs.name, contact=self.theirs.person.contact, raised_by=self.theirs.person.email
		)

	def test_another_raiser_or_contact_is_not_taken(self) -> None:
		self.assert_nothing_gained(raised_by=self.theirs.person.email)
		self.assert_nothing_gained(raised_by="nobody@nowhere.example")
		self.assert_nothing_gained(contact=self.theirs.person.contact)

	def test_a_merge_is_the_agents_act(self) -> None:
		other = self.assert_ok(self.portal.new()).ticket
		self.assert_nothing_gained(is_merged=1, merged_with=other)

	def test_a_split_or_a_mail_account_set_later_changes_nothing(self) -> None:
		self.assert_nothing_gained(ticket_split_from=self.ticket)
		self.assert_nothing_gained(email_account=mail_account())
		self.assert_nothing_gained(via_customer_portal=0)

	def test_the_clock_is_not_the_customers(self) -> None:
		self.assert_nothing_gained(service_level_agreement_creation=LONG_AGO)
		self.assert_nothing_gained(first_responded_on=LONG_AGO, total_hold_time=-1_000_000)
		self.assert_nothing_gained(response_by=LONG_AGO, resolution_by=LONG_AGO)

	def test_the_key_names_the_charge_and_stays(self) -> None:
		self.assert_nothing_gained(key="a-key-of-my-own")

	def test_the_marks_are_copies_and_nobodys_to_write(self) -> None:
		self.assert_nothing_gained(sc_state="Exempt", sc_credits=0, sc_tier="GOLD")

	def test_not_even_an_agent_writes_the_marks(self) -> None:
		for way, change in WAYS.items():
			with self.subTest(way):
				before = self.state("sc_state", "sc_credits", "sc_tier")
				change(agent(), self.ticket, {"sc_state": "Exempt", "sc_credits": 0, "sc_tier": "GOLD"})
				self.assertEqual(before, self.state("sc_state", "sc_credits", "sc_tier"))

	def test_type_and_priority_are_the_customers_and_move_no_credit(self) -> None:
		for way, change in WAYS.items():
			with self.subTest(way):
				before = self.state()
				self.assert_ok(change(self.portal, self.ticket, {"ticket_type": "Bug", "priority": "Urgent"}))
				self.assertEqual(before, self.state())

	def test_closing_and_reopening_a_charged_ticket_neither_refunds_nor_charges(self) -> None:
		before = self.state()
		self.assert_ok(self.portal.set_value(self.ticket, "status", "Resolved"))
		self.assert_ok(self.portal.reply(self.ticket))
		self.assert_ok(self.portal.set_value(self.ticket, {"status": "Closed", "is_merged": 1}))
		self.assertEqual(before, self.state())

	def test_no_back_door_writes_any_of_it(self) -> None:
		other = self.assert_ok(self.portal.new()).ticket
		stolen = {"customer": self.theirs.name, "raised_by": self.theirs.person.email}
		cleared = {"customer": "", "contact": "", "raised_by": "nobody@nowhere.example"}
		common = {
			"is_merged": 1, "merged_with": other, "ticket_split_from": other, "key": "mine", "sc_state": "Exempt",
			"sc_credits": 0, "sc_tier": "GOLD", "service_level_agreement_creation": LONG_AGO, "total_hold_time": -5,
			"first_responded_on": LONG_AGO, "via_customer_portal": 0, "flags": {"sc_release": 1, "in_import": 1},
		}  # fmt: skip
		fields = [field for field in {**common, **stolen, "contact": ""} if field != "flags"]
		self.assert_ok(reply_on_a_forged_document(self.portal, self.ticket, {}))  # this door is open
		for way, change in BACK_DOORS.items():
			for forged in ({**common, **stolen}, {**common, **cleared}):
				with self.subTest(way, customer=forged["customer"]):
					before = self.state(*fields)
					change(self.portal, self.ticket, forged)
					self.assertEqual(before, self.state(*fields))

	def test_a_reply_on_a_document_that_says_it_is_new_is_charged_or_refused_as_new(self) -> None:
		self.assert_ok(self.portal.new())  # the last credit
		with self.nothing_written():
			forged = {"__islocal": 1, "sc_state": "Exempt", "raised_by": self.theirs.person.email}
			answer = reply_on_a_forged_document(self.portal, self.ticket, forged)
			self.assertNotEqual(200, answer.status, answer)

	def test_an_agent_may_correct_what_a_customer_may_not(self) -> None:
		self.assert_ok(agent().set_value(self.ticket, "raised_by", self.theirs.person.email))
		self.assertEqual(self.theirs.person.email, value(self.ticket, "raised_by"))


class TestAttachingATicket(HttpTestCase):
	def test_an_unidentified_ticket_cannot_be_attached_by_its_raiser(self) -> None:
		company = self.company(1)
		someone = make.portal_user()
		publish()
		portal = Portal(someone)
		ticket = self.assert_ok(portal.rest(raised_by="nobody@nowhere.example")).ticket
		make.add_member(company.name, someone)
		publish()
		mine = {"raised_by": someone.email, "contact": someone.contact, "customer": company.name}
		for way, change in WAYS.items():
			with self.subTest(way):
				change(portal, ticket, mine)
				self.assert_incident(ticket, "Unidentified", customer=None)
				self.assertIsNone(value(ticket, "customer"))
		self.assert_balance(company.account, 1)

	def test_a_ticket_of_a_company_without_account_cannot_be_moved_to_one_that_pays(self) -> None:
		paying = self.company(1)
		someone = make.portal_user()
		free = make.customer(someone)
		publish()
		portal = Portal(someone)
		ticket = self.assert_ok(portal.new()).ticket
		make.add_member(paying.name, someone)
		publish()
		for way, change in WAYS.items():
			with self.subTest(way):
				change(portal, ticket, {"customer": paying.name})
				self.assertEqual(free, value(ticket, "customer"))
				self.assert_untouched(ticket)

	def test_a_paid_ticket_cannot_be_moved_to_ones_company_without_account(self) -> None:
		paying = self.company(1)
		free = make.customer()
		make.add_member(free, paying.person)
		publish()
		portal = Portal(paying.person)
		ticket = self.assert_ok(portal.new(customer=paying.name)).ticket
		for way, change in WAYS.items():
			with self.subTest(way):
				change(portal, ticket, {"customer": free})
				self.assertEqual(paying.name, value(ticket, "customer"))
				self.assert_incident(ticket, "Charged", 1)

	def test_where_the_host_checks_no_customer_the_ticket_stays_where_it_is_all_the_same(self) -> None:
		mine, theirs = self.company(1), self.company(1)
		portal = Portal(mine.person)
		ticket = self.assert_ok(portal.new()).ticket
		with self.host_settings(auto_set_customer_from_contact=0):
			for change in WAYS.values():
				change(portal, ticket, {"customer": theirs.name})
				self.assert_incident(ticket, "Charged", 1, customer=mine.name)

	def test_a_colleague_who_manages_the_company_gains_nothing_either(self) -> None:
		boss = make.portal_user("boss")
		company = self.company(1)
		make.add_member(company.name, boss, is_manager=True)
		publish()
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		portal = Portal(boss)
		for change in WAYS.values():
			change(portal, ticket, {"customer": "", "is_merged": 1, "sc_state": "Exempt"})
			self.assert_incident(ticket, "Charged", 1, customer=company.name)
		self.assertEqual(0, frappe.db.get_value("HD Ticket", ticket, "is_merged"))
