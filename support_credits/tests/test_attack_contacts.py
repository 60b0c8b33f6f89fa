"""Contacts and companies in a customer's hands: made up, linked to others, renamed, emptied. Nobody spends what is not his."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.attack_case import AttackCase, Victim, insert, set_value
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company, Person
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import Answer, Portal, agent, manager
from support_credits.tests.test_attack_rows import upload
from support_credits.tests.test_http_flow import BALANCE_ZERO, DOORS

CUSTOMER = "HD Customer"


def made_up(who: Portal, user: str = "", email: str = "") -> str:
	"""A Contact that ``who`` makes up, or at least tries to; returns its name, empty when he may not."""
	emails = [{"email_id": email, "is_primary": 1}] if email else []
	answer = insert(who, "Contact", first_name=make.unique("Decoy"), user=user, email_ids=emails)
	return answer.value["name"] if answer.status == 200 else ""


class ContactsCase(AttackCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.mine = make.company(0)
		publish()
		cls.thief = Portal(cls.mine.person)

	def assert_spends_nothing_of(self, account: str, contact: str = "") -> None:
		"""He claims to be that customer's, with the contact and without it."""
		customer = frappe.db.get_value("Credit Account", account, "customer")
		before = kinds(account)
		for post in DOORS.values():
			for claim in (
				{"customer": customer},
				{"customer": customer, "contact": contact},
				{"contact": contact},
			):
				post(self.thief, **claim)
		self.assertEqual(before, kinds(account))


class TestContactsMadeUp(ContactsCase):
	def granted_to(self, email: str) -> str:
		answer = self.assert_ok(manager().account("grant", person=email, credits=3, reason="Bought"))
		self.verified.append(answer.value["account"])
		return answer.value["account"]

	def test_credits_for_somebody_new_are_not_his_who_wrote_that_address_into_a_contact(self) -> None:
		email = f"{make.unique_code('newcomer')}@example.com"
		decoy = made_up(self.thief, user=self.thief.user, email=email)
		self.assert_spends_nothing_of(self.granted_to(email), decoy)

	def test_credits_for_a_person_are_not_his_who_linked_a_contact_to_that_persons_user(self) -> None:
		someone = make.portal_user("buyer")
		publish()
		decoy = made_up(self.thief, user=someone.email)
		account = self.granted_to(someone.email)
		set_value(self.thief, "Contact", decoy, "user", self.thief.user)
		self.assert_spends_nothing_of(account, decoy)

	def test_a_contact_made_up_before_the_colleague_is_added_makes_nobody_a_member(self) -> None:
		rich = self.company(3)
		email = f"{make.unique_code('colleague')}@example.com"
		decoy = made_up(self.thief, user=self.thief.user, email=email)
		added = {"method": "add_contacts", "args": {"contacts": [email], "role": "HD Customer"}}
		manager().call("run_doc_method", dt=CUSTOMER, dn=rich.name, **added)
		self.assert_spends_nothing_of(rich.account, decoy)

	def test_a_made_up_contact_cannot_be_turned_into_ones_own_later(self) -> None:
		"""One's own contact may be without an address, or gone: then the address is free for the decoy."""
		someone = make.portal_user("thief")
		frappe.delete_doc("Contact", someone.contact, force=True)
		publish()
		self.thief = Portal(someone)
		email = f"{make.unique_code('newcomer')}@example.com"
		decoy = made_up(self.thief, email=email)
		account = self.granted_to(email)
		rich = self.company(3)
		if decoy:
			make.add_member(rich.name, Person(email, decoy))
			publish()
		doc = self.thief.call("frappe.client.get", doctype="Contact", name=decoy).value or {}
		self.thief.call(
			"frappe.client.save", doc={**doc, "email_ids": [{"email_id": someone.email, "is_primary": 1}]}
		)
		for paying in (account, rich.account):
			self.assert_spends_nothing_of(paying, decoy)

	def test_ones_own_contact_carries_no_other_address_whatever_the_order_of_steps(self) -> None:
		email = f"{make.unique_code('newcomer')}@example.com"
		for user in ("", self.thief.user):
			with self.subTest(user=bool(user)):
				decoy = made_up(self.thief, user=user)
				doc = self.thief.call("frappe.client.get", doctype="Contact", name=decoy).value
				changed = {
					**doc,
					"user": self.thief.user,
					"email_ids": [{"email_id": email, "is_primary": 1}],
				}
				self.assertEqual(403, self.thief.call("frappe.client.save", doc=changed).status)
				look_again()
				self.assertNotEqual(email, frappe.db.get_value("Contact", decoy, "email_id"))

	def test_an_upload_does_not_make_a_portal_user_somebody_else(self) -> None:
		"""The host decides by the kind of user who somebody is; an upload would write into that too."""
		for field in ("user_type", "User_Type"):
			upload(self.thief, "User", self.thief.user, field)
		look_again()
		self.assertEqual("Website User", frappe.db.get_value("User", self.thief.user, "user_type"))
		email = f"{make.unique_code('newcomer')}@example.com"
		self.assertEqual("", made_up(self.thief, user=self.thief.user, email=email))

	def test_ones_address_on_a_second_contact_does_not_make_tickets_in_ones_name_free(self) -> None:
		"""What a mail of his would do: an agent's ticket that names only who raised it resolves him the same way."""
		made_up(self.thief, email=self.thief.user)
		ticket = self.assert_ok(agent().rest(raised_by=self.thief.user)).ticket
		self.assert_incident(ticket, "Parked", customer=self.mine.name)

	def test_a_contact_with_another_persons_address_opens_none_of_his_tickets(self) -> None:
		victim = self.company(0, portal_policy="Park")
		ticket = self.assert_ok(Portal(victim.person).new()).ticket
		made_up(self.thief, user=self.thief.user, email=victim.person.email)
		with self.nothing_written():
			for answer in (
				self.thief.set_value(ticket, "status", "Closed"),
				self.thief.reply(ticket),
				self.thief.put(ticket, status="Resolved"),
			):
				self.assertEqual(403, answer.status, answer)
		self.assert_incident(ticket, "Parked")


class TestMembersMadeUp(ContactsCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		someone = make.portal_user("boss")
		name = make.customer(managers=(someone,))
		cls.own = Company(name, someone, make.account(name))
		publish()
		cls.thief = Portal(someone)

	def join(self, contact: str) -> Answer:
		"""The company's manager makes a contact a member of his own company, as the host lets him."""
		company = self.thief.call("frappe.client.get", doctype=CUSTOMER, name=self.own.name).value
		company["contacts"].append(
			{"doctype": "HD Customer Member", "contact_name": contact, "is_manager": 0}
		)
		return self.thief.call("frappe.client.save", doc=company)

	def test_a_made_up_contact_of_another_user_does_not_take_his_tickets_over(self) -> None:
		rich = self.company(2 * len(DOORS))
		portal = Portal(rich.person)
		for email in ("", rich.person.email):
			self.join(made_up(self.thief, user=rich.person.email, email=email))
			for door, post in DOORS.items():
				with self.subTest(door, email=bool(email)):
					ticket = self.assert_ok(post(portal)).ticket
					self.assert_incident(ticket, "Charged", 1, account=rich.account)
		self.assertEqual([], kinds(self.own.account))

	def test_making_another_companys_person_a_member_spends_nothing_of_his(self) -> None:
		rich = self.company(3)
		self.assert_ok(self.join(rich.person.contact))
		self.assert_spends_nothing_of(rich.account, rich.person.contact)
		ticket = self.assert_ok(Portal(rich.person).new(customer=rich.name)).ticket
		self.assert_incident(ticket, "Charged", 1, account=rich.account)


class TestTheBossOfACompany(AttackCase):
	def setUp(self) -> None:
		super().setUp()
		someone, self.own = self.boss(2)
		self.portal = Portal(someone)
		self.ticket = self.assert_ok(self.portal.new()).ticket

	def state(self) -> object:
		look_again()
		account = frappe.db.get_value(
			"Credit Account", self.own.account, ["customer", "tier", "portal_policy"]
		)
		return account, kinds(self.own.account), make.incident_of(self.ticket)

	def test_no_field_of_his_company_changes_its_account(self) -> None:
		before = self.state()
		forged = {
			"tier": "GOLD", "credits": 99, "balance": 99, "portal_policy": "Best effort", "overdraft_limit": 99,
			"customer_type": "Individual", "domain": "example.com", "erpnext_customer": "x", "customer_name": "Another",
			"flags": {"ignore_permissions": 1, "delete_tickets": 1}, "account": {"remaining": 99}, "owner": self.portal.user,
		}  # fmt: skip
		for field, content in forged.items():
			with self.subTest(field):
				set_value(self.portal, CUSTOMER, self.own.name, field, content)
				self.assertEqual(before, self.state())

	def test_deleting_the_company_is_refused_at_every_door_and_its_tickets_stay_its_own(self) -> None:
		before = self.state()
		ways = (
			("frappe.client.delete", {"doctype": CUSTOMER, "name": self.own.name}),
			("helpdesk.api.customer.delete_customer", {"name": self.own.name}),
			("helpdesk.api.customer.delete_customer", {"name": self.own.name, "delete_tickets": True}),
			("frappe.desk.reportview.delete_items", {"doctype": CUSTOMER, "items": f'["{self.own.name}"]'}),
		)
		for endpoint, arguments in ways:
			with self.subTest(endpoint, **arguments):
				self.portal.call(endpoint, **arguments)
				self.assertEqual(before, self.state())
				self.assertEqual(self.own.name, value(self.ticket, "customer"))
		answer = self.portal.request("DELETE", f"/api/resource/{CUSTOMER}/{self.own.name}")
		self.assert_refused(answer, "has credits or a history", "HasHistory")
		self.assertEqual(before, self.state())

	def test_a_renamed_company_pays_from_the_same_account(self) -> None:
		new = make.unique("Renamed")
		asked = {"doctype": CUSTOMER, "old_name": self.own.name, "new_name": new}
		self.assert_ok(self.portal.call("frappe.client.rename_doc", **asked))
		ticket = self.assert_ok(self.portal.new()).ticket
		self.assert_incident(ticket, "Charged", 1, account=self.own.account, customer=new)
		with self.nothing_written():
			self.assert_refused(self.portal.new(), BALANCE_ZERO)

	def test_another_company_is_neither_renamed_nor_merged_nor_deleted(self) -> None:
		victim = self.watch(Victim())
		before, other = victim.rows(), victim.customer
		rename = "frappe.model.rename_doc.update_document_title"
		ways = (
			("frappe.client.rename_doc", {"doctype": CUSTOMER, "old_name": other, "new_name": f"{other} X"}),
			("frappe.client.rename_doc", {"doctype": CUSTOMER, "old_name": other, "new_name": self.own.name, "merge": 1}),
			("frappe.client.rename_doc", {"doctype": CUSTOMER, "old_name": self.own.name, "new_name": other, "merge": 1}),
			("frappe.rename_doc", {"doctype": CUSTOMER, "old": other, "new": self.own.name, "merge": 1, "force": 1}),
			("frappe.rename_doc", {"doctype": CUSTOMER, "old": self.own.name, "new": other, "merge": 1, "force": 1}),
			(rename, {"doctype": CUSTOMER, "docname": other, "name": f"{other} X"}),
			(rename, {"doctype": CUSTOMER, "docname": self.own.name, "name": other, "merge": True}),
			("helpdesk.api.customer.delete_customer", {"name": other}),
			("frappe.client.set_value", {"doctype": CUSTOMER, "name": other, "fieldname": "contacts", "value": []}),
		)  # fmt: skip
		for endpoint, arguments in ways:
			with self.subTest(endpoint, **arguments), self.nothing_written():
				self.assertNotEqual(200, self.portal.call(endpoint, **arguments).status)
				self.assertEqual(before, victim.rows())

	def test_a_company_without_members_has_its_credits_still_and_its_people_are_flagged(self) -> None:
		"""He may leave his own company; then agents find out who asks, and he cannot put the ticket anywhere later."""
		company = self.portal.call("frappe.client.get", doctype=CUSTOMER, name=self.own.name).value
		self.assert_ok(self.portal.call("frappe.client.save", doc={**company, "contacts": []}))
		ticket = self.assert_ok(self.portal.rest()).ticket
		self.assert_incident(ticket, "Unidentified", customer=None)
		self.portal.set_value(ticket, "customer", self.own.name)
		self.assert_incident(ticket, "Unidentified", customer=None)
		self.assert_balance(self.own.account, 1)
