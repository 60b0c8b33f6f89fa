"""One's own login in one's own hands: its address, its name, its rights. Nobody becomes somebody else by writing them."""

from __future__ import annotations

import frappe
from frappe.core.doctype.user.user import create_contact

from support_credits.tests import factories as make
from support_credits.tests.attack_case import AttackCase, Victim, insert, set_value
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company, Person
from support_credits.tests.http_case import kinds
from support_credits.tests.server import TICKET, Portal, agent, manager
from support_credits.tests.test_http_flow import BALANCE_ZERO, DOORS

USER = "User"


class TestRenamed(AttackCase):
	"""The host lets everybody write his own user, and so rename it: to any address that has no login yet."""

	def renamed(self, someone: Person, email: str) -> Person:
		"""Tries every way; returns who he can log in as afterwards."""
		about = {"doctype": USER, "merge": 0}
		for endpoint, arguments in (
			("frappe.client.rename_doc", {"old_name": someone.email, "new_name": email}),
			("frappe.rename_doc", {"old": someone.email, "new": email, "force": 1}),
			("frappe.model.rename_doc.update_document_title", {"docname": someone.email, "name": email}),
		):
			who = Portal(someone)
			answer = who.call(endpoint, **about, **arguments)
			look_again()
			if frappe.db.exists(USER, email):
				return Person(email, someone.contact)
			with self.subTest(endpoint):
				self.assertNotEqual(200, answer.status, answer)
		return someone

	def test_nobody_takes_an_address_that_has_no_login_yet_and_the_credits_that_come_for_it(self) -> None:
		thief, email = self.company(0), f"{make.unique_code('newcomer')}@example.com"
		someone = self.renamed(thief.person, email)
		self.assertEqual(thief.person.email, someone.email)
		granted = self.assert_ok(manager().account("grant", person=email, credits=3, reason="Bought")).value
		self.assertNotEqual(thief.account, granted["account"])
		portal = Portal(someone)
		for post in DOORS.values():
			post(portal)
		self.assertEqual([("Grant", 3)], kinds(granted["account"]))

	def test_nobody_becomes_a_member_who_only_ever_wrote_mails(self) -> None:
		"""The host links a contact to the user with its address whenever it is saved, by a job too."""
		rich, thief = self.company(3), self.company(0)
		email = f"{make.unique_code('by-mail')}@example.com"
		contact = frappe.get_doc({"doctype": "Contact", "first_name": make.unique("By mail")})
		contact.add_email(email, is_primary=True)
		contact.insert(ignore_permissions=True)
		make.add_member(rich.name, Person(email, contact.name))
		publish()
		someone = self.renamed(thief.person, email)
		set_value(Portal(someone), USER, someone.email, "first_name", "Somebody")
		look_again()
		create_contact(frappe.get_doc(USER, someone.email))
		publish()
		portal = Portal(someone)
		for post in DOORS.values():
			post(portal, customer=rich.name, contact=contact.name)
			post(portal)
		self.assertEqual([("Grant", 3)], kinds(rich.account))
		self.assertFalse(frappe.db.get_value("Contact", contact.name, "user"))

	def test_no_user_is_merged_into_another(self) -> None:
		victim, someone = self.company(2), self.company(0).person
		for old, new in ((someone.email, victim.person.email), (victim.person.email, someone.email)):
			for who in (Portal(someone), agent()):
				about = {"doctype": USER, "old": old, "new": new, "merge": 1, "force": 1}
				self.assertNotEqual(200, who.call("frappe.rename_doc", **about).status)
		look_again()
		for email in (someone.email, victim.person.email):
			self.assertTrue(frappe.db.exists(USER, email))


class TestOnesOwnUser(AttackCase):
	def test_another_address_or_another_name_makes_nobody_a_member(self) -> None:
		victim = self.watch(Victim())
		someone: Person = self.company(0).person
		portal, before = Portal(someone), victim.rows()
		changes: dict[str, object] = {
			"email": victim.person.email, "username": victim.person.email, "user_type": "System User",
			"roles": [{"doctype": "Has Role", "role": "Agent Manager"}], "role_profile_name": "x",
		}  # fmt: skip
		for field, content in changes.items():
			with self.subTest(field):
				set_value(portal, "User", someone.email, field, content)
				self.assertNotEqual(200, portal.rest(customer=victim.customer).status)
				grant = portal.account("grant", customer=victim.customer, credits=5, reason="x")
				self.assertEqual(403, grant.status, grant)
				self.assertEqual(before, victim.rows())

	def test_somebody_else_cannot_be_impersonated(self) -> None:
		victim: Company = self.company(2)
		portal = Portal(self.company(0).person)
		with self.nothing_written():
			answer = portal.call(
				"frappe.core.doctype.user.user.impersonate", user=victim.person.email, reason="x"
			)
			self.assertNotEqual(200, answer.status)
			self.assert_refused(portal.new(), BALANCE_ZERO)
			ticket_of = {"doctype": TICKET, "owner": victim.person.email, "raised_by": victim.person.email}
			self.assertNotEqual(200, insert(portal, **ticket_of, subject="x").status)
