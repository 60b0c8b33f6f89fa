"""A ticket's number: chosen in advance, taken by renaming, freed by deleting. Nothing is inherited and nothing is blocked."""

from __future__ import annotations

import frappe
from helpdesk.api.ticket import delete_ticket

from support_credits.exceptions import HasHistory
from support_credits.tests import factories as make
from support_credits.tests.attack_case import AttackCase
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.server import TICKET, Answer, Portal, agent, manager
from support_credits.tests.test_http_flow import BALANCE_ZERO

DELETE_TICKET = "helpdesk.api.ticket.delete_ticket"
RESTORE = "frappe.core.doctype.deleted_document.deleted_document.restore"


def next_number() -> str:
	"""The number that the site's series gives to the next ticket."""
	look_again()
	current = frappe.db.sql("SELECT current FROM `tabSeries` WHERE name = ''")[0][0]
	return f"{current + 1:04d}"


def free(number: str) -> None:
	"""Should an attack have taken a number of the series, no later test stumbles over it."""
	look_again()
	if frappe.db.exists(TICKET, number) and int(next_number()) <= int(number):
		moved = {"old": number, "new": make.unique_code("moved")}
		frappe.db.sql("UPDATE `tabHD Ticket` SET name = %(new)s WHERE name = %(old)s", moved)
		frappe.db.sql("UPDATE `tabSupport Incident` SET ticket = %(new)s WHERE ticket = %(old)s", moved)
		publish()


class NumbersCase(AttackCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.mine = make.company(60)
		publish()
		cls.portal = Portal(cls.mine.person)

	def setUp(self) -> None:
		super().setUp()
		self.verified.append(self.mine.account)

	def take(self, number: str) -> None:
		self.addCleanup(free, number)

	def assert_tickets_still_come_in(self) -> None:
		"""Through the doors that number by the series; each meets the number that the one before has passed."""
		for answer in (self.portal.new(), agent().rest(customer=self.mine.name), self.portal.rest()):
			self.assert_incident(self.assert_ok(answer).ticket, "Charged", 1, account=self.mine.account)


class TestChosenInAdvance(NumbersCase):
	def test_the_next_number_of_the_series_cannot_be_taken_by_a_customer(self) -> None:
		self.choose(self.portal)

	def test_nor_by_an_agent(self) -> None:
		self.choose(agent())

	def choose(self, who: Portal) -> None:
		for ahead in range(2):
			number = f"{int(next_number()) + ahead:04d}"
			self.take(number)
			for post in (Portal.rest_v2, Portal.rest, Portal.client_insert, Portal.new):
				post(who, name=number, customer=self.mine.name)
		self.assert_tickets_still_come_in()

	def test_nor_by_a_guest(self) -> None:
		with self.site_settings("HD Settings", allow_anyone_to_create_tickets=1):
			number = next_number()
			self.take(number)
			Portal().rest_v2(name=number, raised_by="nobody@nowhere.example")
			self.assert_tickets_still_come_in()


class TestRenamed(NumbersCase):
	def rename(self, who: Portal, old: str, new: str, merge: int = 0) -> list[Answer]:
		about = {"doctype": TICKET, "merge": merge}
		title = "frappe.model.rename_doc.update_document_title"
		return [
			who.call("frappe.rename_doc", **about, old=old, new=new, force=1),
			who.call("frappe.client.rename_doc", **about, old_name=old, new_name=new, force=1),
			who.call(title, doctype=TICKET, docname=old, name=new, merge=merge, force=1),
		]

	def assert_keeps_its_number(self, who: Portal) -> None:
		ticket = self.assert_ok(self.portal.new()).ticket
		coming = next_number()
		self.take(coming)
		for number in (coming, make.unique_code("R")):
			for answer in self.rename(who, ticket, number):
				self.assertNotEqual(200, answer.status, answer)
		self.assertTrue(frappe.db.exists(TICKET, ticket))
		self.assert_incident(ticket, "Charged", 1, ticket_no=ticket)
		self.assert_tickets_still_come_in()

	def test_a_customer_cannot_rename_his_ticket(self) -> None:
		self.assert_keeps_its_number(self.portal)

	def test_nor_can_an_agent_or_a_manager(self) -> None:
		self.assert_keeps_its_number(agent())
		self.assert_keeps_its_number(manager())

	def test_merging_by_renaming_gives_nothing_back_and_takes_nothing(self) -> None:
		"""It would leave two charges on one ticket, or a charge without one."""
		one, other = (self.assert_ok(self.portal.new()).ticket for _number in range(2))
		before = kinds(self.mine.account)
		for who in (self.portal, agent()):
			for answer in self.rename(who, one, other, merge=1):
				self.assertNotEqual(200, answer.status, answer)
		self.assertEqual(before, kinds(self.mine.account))
		for ticket in (one, other):
			self.assert_incident(ticket, "Charged", 1, ticket_no=ticket)


class TestDeleted(NumbersCase):
	def setUp(self) -> None:
		super().setUp()
		self.reason = make.exemption_reason()
		publish()
		self.ticket = self.assert_ok(self.portal.new()).ticket

	def exempt(self, ticket: str) -> Answer:
		return self.assert_ok(agent().incident("exempt", ticket=ticket, reason=self.reason))

	def delete_last(self, who: Portal) -> str:
		"""``who`` deletes the last ticket, which holds no charge any more; returns the incident it leaves."""
		self.exempt(self.ticket)
		incident = make.incident_of(self.ticket).name
		self.assert_ok(who.call("frappe.client.delete", doctype=TICKET, name=self.ticket))
		look_again()
		self.assertFalse(frappe.db.exists(TICKET, self.ticket))
		return incident

	def test_a_customer_deletes_no_ticket_at_any_door(self) -> None:
		web_form = {"web_form_name": "tickets", "docname": self.ticket}
		with self.nothing_written():
			for answer in (
				self.portal.call("frappe.client.delete", doctype=TICKET, name=self.ticket),
				self.portal.call(DELETE_TICKET, name=self.ticket),
				self.portal.request("DELETE", f"/api/v2/document/{TICKET}/{self.ticket}/"),
				self.portal.call("frappe.website.doctype.web_form.web_form.delete", **web_form),
			):
				self.assertNotEqual(200, answer.status, answer)

	def test_nobody_deletes_a_ticket_that_holds_a_charge(self) -> None:
		before = kinds(self.mine.account)
		for who in (agent(), manager()):
			for answer in (
				who.call("frappe.client.delete", doctype=TICKET, name=self.ticket),
				who.request("DELETE", f"/api/resource/{TICKET}/{self.ticket}"),
			):
				self.assert_refused(answer, "holds a charge of 1 credit(s)", "HasHistory")
			who.call("frappe.desk.reportview.delete_items", doctype=TICKET, items=f'["{self.ticket}"]')
		look_again()
		with self.assertRaises(HasHistory):
			delete_ticket(self.ticket)  # what the host offers Administrator, by force
		self.assertTrue(frappe.db.exists(TICKET, self.ticket))
		self.assertEqual(before, kinds(self.mine.account))

	def test_the_next_ticket_with_a_freed_number_pays_for_itself(self) -> None:
		for who in (agent(), manager()):
			with self.subTest(who.user):
				incident = self.delete_last(who)
				before = kinds(self.mine.account)
				again = self.assert_ok(self.portal.new()).ticket
				self.assertEqual(self.ticket, again, "the host gives the number of the last ticket again")
				self.assertEqual([*before, ("Charge", -1)], kinds(self.mine.account))
				self.assert_incident(again, "Charged", 1)
				self.assertNotEqual(incident, make.incident_of(again).name)
				left = frappe.db.get_value("Support Incident", incident, ["ticket", "ticket_no", "state"])
				self.assertEqual((None, again, "Exempt"), left)

	def test_exempting_the_new_one_gives_back_what_it_paid_once(self) -> None:
		self.delete_last(agent())
		before = self.mine.balance
		self.assertEqual(self.ticket, self.assert_ok(self.portal.new()).ticket)
		self.assertEqual([1, 0], [self.exempt(self.ticket).value["credits_back"] for _number in range(2)])
		self.assert_balance(self.mine.account, before)

	def test_a_number_freed_for_another_company_brings_it_nothing(self) -> None:
		self.delete_last(agent())
		other = self.company(0)
		with self.nothing_written():
			self.assertEqual(417, Portal(other.person).new().status)
			self.assertEqual(417, Portal(other.person).rest_v2(name=self.ticket).status)
		self.assertEqual([], kinds(other.account))

	def test_a_ticket_restored_from_the_bin_is_charged_as_a_new_one(self) -> None:
		"""The host asks nobody whether he may, it inserts the ticket anew; its exemption was the old one's."""
		incident = self.delete_last(agent())
		bin_row = frappe.db.get_value(
			"Deleted Document", {"deleted_doctype": TICKET, "deleted_name": self.ticket}
		)
		before = kinds(self.mine.account)
		self.assert_ok(self.portal.call(RESTORE, name=bin_row))
		self.assertEqual([*before, ("Charge", -1)], kinds(self.mine.account))
		self.assertEqual("Exempt", frappe.db.get_value("Support Incident", incident, "state"))

	def test_without_credits_no_ticket_comes_back_from_the_bin(self) -> None:
		self.delete_last(agent())
		bin_row = frappe.db.get_value(
			"Deleted Document", {"deleted_doctype": TICKET, "deleted_name": self.ticket}
		)
		self.assert_ok(manager().account("void", lot=f"{self.mine.account}-L000001", reason="Contract ended"))
		self.addCleanup(self.grant, self.mine.account, 60)
		with self.nothing_written():
			self.assert_refused(self.portal.call(RESTORE, name=bin_row), BALANCE_ZERO)
