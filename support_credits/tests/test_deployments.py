"""A registered server's credits arrive by themselves, once for each serial, and never beside those of its card."""

from __future__ import annotations

import frappe
from frappe.utils import add_days, add_months, getdate, today

from support_credits.engine.serials import serial_key
from support_credits.exceptions import HasHistory
from support_credits.tests import factories as make
from support_credits.tests.code_case import API, NO_GOOD
from support_credits.tests.compat import look_again, publish
from support_credits.tests.deployment_case import RESOURCE, DeploymentCase
from support_credits.tests.factories import Company
from support_credits.tests.http_case import kinds
from support_credits.tests.server import Portal, agent, manager


class TestArriving(DeploymentCase):
	def test_an_agent_records_a_server_and_its_two_credits_are_there(self) -> None:
		company = self.company(0)
		answer = self.assert_ok(self.record_it(company.name))
		self.assertIn(f"2 credit(s) were added for {company.name}.", answer.messages)
		lot = frappe.get_doc("Credit Lot", answer.body["data"]["lot"])
		self.assertEqual(
			(
				"Deployment",
				2,
				company.account,
				getdate(add_months(today(), 12)),
				f"Deployment of Server EX, serial {self.serial}",
			),
			(lot.source, lot.credits_granted, lot.account, lot.expires_on, lot.reason),
		)
		key = serial_key("Server EX", self.serial)
		entry = frappe.db.get_value("Credit Ledger Entry", {"lot": lot.name}, ["event_key", "actor"])
		self.assertEqual((f"deployment:{key}/1", agent().user), entry)

	def test_a_customer_without_an_account_gets_one(self) -> None:
		customer = make.customer()
		publish()
		self.assertEqual(2, frappe.db.get_value("Credit Lot", self.deployed(customer).lot, "remaining"))
		self.verified.append(frappe.db.get_value("Credit Account", {"customer": customer}, "name"))

	def test_tickets_that_wait_go_on_by_themselves(self) -> None:
		company = self.company(0, portal_policy="Park")
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.deployed(company.name)
		look_again()
		self.assertEqual("Charged", make.incident_of(ticket).state)
		self.assert_balance(company.account, 1)

	def test_where_the_setting_is_off_a_deployment_brings_nothing_and_opens_no_account(self) -> None:
		customer = make.customer()
		with self.site_settings(deployment_credits=0):
			answer = self.assert_ok(self.record_it(customer))
		self.assertEqual((None, ""), (answer.body["data"].get("lot"), answer.messages))
		self.assertFalse(frappe.db.exists("Credit Account", {"customer": customer}))

	def test_without_a_serial_it_brings_nothing_and_its_credits_when_the_serial_is_added(self) -> None:
		company = self.company(0)
		answer = self.assert_ok(self.record_it(company.name, serial=" "))
		said = "No credits were added: they come with the serial number. Add it to the deployment."
		self.assertIn(said, answer.messages)
		self.assertEqual([], kinds(company.account))
		record = f"{RESOURCE}/{answer.body['data']['name']}"
		later = self.assert_ok(agent().request("PUT", record, {"notes": "racked"}))
		self.assertNotIn(said, later.messages)
		for change in ({"serial": self.serial}, {"notes": "running"}):
			self.assert_ok(agent().request("PUT", record, change))
			self.assert_balance(company.account, 2)

	def test_a_serial_put_in_the_place_of_another_brings_nothing(self) -> None:
		company = self.company(0)
		with self.site_settings(deployment_credits=0):
			made = self.deployed(company.name)
		self.assert_ok(agent().request("PUT", f"{RESOURCE}/{made.name}", {"serial": f"{self.serial}-2"}))
		self.assertEqual([], kinds(company.account))

	def test_for_ever_where_the_setting_names_no_months(self) -> None:
		company = self.company(0)
		with self.site_settings(deployment_months=0):
			lot = self.deployed(company.name, deployed_on="2001-01-01").lot
		self.assertIsNone(frappe.db.get_value("Credit Lot", lot, "expires_on"))

	def test_one_whose_credits_would_be_over_brings_none(self) -> None:
		company = self.company(0)
		answer = self.assert_ok(
			self.record_it(company.name, deployed_on=add_days(add_months(today(), -12), -1))
		)
		self.assertIn("No credits were added: those of a deployment on", answer.messages)
		self.assert_balance(company.account, 0)
		self.deployed(company.name, deployed_on=add_months(today(), -11))
		self.assert_balance(company.account, 2)

	def test_what_a_form_says_of_lot_and_key_is_not_taken(self) -> None:
		company, rich = self.company(0), self.company(5)
		lot = frappe.db.get_value("Credit Lot", {"account": rich.account}, "name")
		with self.site_settings(deployment_credits=0):
			made = self.deployed(company.name, lot=lot, serial_key="x")
		stored = frappe.db.get_value("Deployment", made.name, ["lot", "serial_key"])
		self.assertEqual((None, serial_key("Server EX", self.serial)), stored)
		self.assert_ok(agent().request("PUT", f"{RESOURCE}/{made.name}", {"lot": lot, "notes": "x"}))
		self.assertIsNone(frappe.db.get_value("Deployment", made.name, "lot"))

	def test_customers_record_none(self) -> None:
		company = self.company(0)
		for who in (Portal(company.person), self.boss(company), Portal()):
			with self.nothing_written():
				self.assertEqual(403, self.record_it(company.name, who).status)
		self.assertEqual([], self.deployments(company.name))

	def test_a_serial_that_is_none_is_refused_and_nothing_is_kept(self) -> None:
		company = self.company(0)
		with self.nothing_written():
			self.assert_refused(
				self.record_it(company.name, serial="-"),
				"a serial number has letters or digits",
				"SupportCreditsError",
			)
		self.assertEqual([], self.deployments(company.name))


class TestOnce(DeploymentCase):
	def test_the_same_serial_again_brings_nothing_more_whoever_has_it_now(self) -> None:
		first, second = self.company(0), self.company(0)
		self.deployed(first.name)
		for customer in (first.name, second.name):
			answer = self.assert_ok(
				self.record_it(customer, product=" SERVER ex", serial=self.serial.lower())
			)
			self.assertIn(f"those of serial {self.serial.lower()} came before.", answer.messages)
			self.assertIsNone(answer.body["data"].get("lot"))
		self.assertEqual([[("Grant", 2)], []], [kinds(one.account) for one in (first, second)])

	def test_a_record_that_brought_credits_is_neither_changed_nor_deleted(self) -> None:
		company, other = self.company(0), self.company(0)
		made = self.deployed(company.name)
		text = f"This deployment has brought the credits of lot {made.lot}"
		for change in ({"customer": other.name}, {"product": "x"}, {"serial": "another"}, {"serial": ""}):
			with self.subTest(change), self.nothing_written():
				answer = agent().request("PUT", f"{RESOURCE}/{made.name}", change)
				self.assert_refused(answer, text, "HasHistory")
		self.assert_refused(agent().request("DELETE", f"{RESOURCE}/{made.name}"), text, "HasHistory")
		with self.assertRaises(HasHistory):
			frappe.delete_doc("Deployment", made.name, force=True)
		look_again()
		self.assert_ok(
			agent().request(
				"PUT", f"{RESOURCE}/{made.name}", {"deployed_on": "2026-01-01", "notes": "Rack 4"}
			)
		)
		self.assertEqual([made.name], [one.name for one in self.deployments(company.name)])

	def test_voided_it_can_be_deleted_and_the_serial_brings_nothing_again(self) -> None:
		company = self.company(0)
		made = self.deployed(company.name)
		self.assert_ok(manager().account("void", lot=made.lot, reason="Wrong customer"))
		self.assertEqual(202, agent().request("DELETE", f"{RESOURCE}/{made.name}").status)
		self.assertIsNone(self.deployed(company.name).lot)
		self.assertEqual([("Grant", 2), ("Void", -2)], kinds(company.account))

	def test_customers_who_are_merged_keep_the_record_and_the_credits(self) -> None:
		old, new = self.company(0), self.company(0)
		made = self.deployed(old.name)
		frappe.rename_doc("HD Customer", old.name, new.name, merge=True, force=True)
		publish()
		stored = frappe.db.get_value("Deployment", made.name, ["customer", "lot"])
		self.assertEqual((new.name, made.lot), stored)
		self.assert_balance(new.account, 2)
		self.assert_ok(agent().request("PUT", f"{RESOURCE}/{made.name}", {"notes": "Moved"}))


class TestBesideCards(DeploymentCase):
	def test_a_serial_with_a_card_gets_its_credits_by_the_card_alone(self) -> None:
		company = self.company(0)
		_serial, code = self.bound(self.serial, product="Server EX")
		answer = self.assert_ok(self.record_it(company.name))
		self.assertIn(f"those of serial {self.serial} come with its activation card.", answer.messages)
		self.assert_balance(company.account, 0)
		self.assert_ok(self.redeem(self.boss(company), code, serial=self.serial))
		self.assertIsNone(self.deployed(company.name).lot)
		self.assertEqual([("Grant", 2)], kinds(company.account))

	def test_redeeming_a_card_records_the_server_without_a_second_grant(self) -> None:
		company = self.company(0)
		_serial, code = self.bound(self.serial, product="Server EX")
		said = self.assert_ok(self.redeem(self.boss(company), code, serial=self.serial))
		self.assertNotIn("credit(s) were added", said.messages)
		self.assertEqual([None], [one.lot for one in self.deployments(company.name)])
		self.assertEqual([("Grant", 2)], kinds(company.account))

	def test_a_card_that_is_over_or_revoked_stands_in_nobodys_way(self) -> None:
		company, second = self.company(0), make.unique("SRV")
		self.bound(self.serial, product="Server EX", redeem_until=add_days(today(), -2))
		_serial, revoked = self.bound(second, product="Server EX")
		self.assert_ok(manager().call(f"{API}revoke", code=self.record(revoked).name))
		self.deployed(company.name), self.deployed(company.name, serial=second)
		self.assert_balance(company.account, 4)

	def test_no_card_is_issued_for_a_serial_whose_credits_came(self) -> None:
		self.deployed(self.company(0).name)
		answer = manager().call(f"{API}issue", batch="x", credits=2, product="Server EX", serials=self.serial)
		self.assert_refused(
			answer, f"The credits of serial {self.serial} came with its deployment.", "WrongState"
		)

	def test_a_card_issued_at_the_same_instant_as_the_record_brings_nothing_more(self) -> None:
		company = self.company(0)
		boss = self.boss(company)
		_serial, code = self.bound("", product="Server EX")
		self.deployed(company.name)
		# What two transactions that do not see each other leave behind.
		key = {"serial": self.serial, "serial_key": serial_key("Server EX", self.serial)}
		frappe.db.set_value("Activation Code", self.record(code).name, key)
		publish()
		with self.nothing_written():
			self.assert_refused(self.redeem(boss, code, serial=self.serial), NO_GOOD, "CodeRefused")


def free_days_and_credits(company: Company) -> tuple[str, int]:
	"""What a new ticket of the company becomes, and what is left."""
	ticket = make.ticket(company.person)
	return make.incident_of(ticket.name).state, company.balance


class TestBothPromises(DeploymentCase):
	def test_a_new_servers_first_days_are_free_and_its_credits_stay_for_later(self) -> None:
		company = self.company(0)
		make.exemption_reason("System", automatic="Deployment")
		publish()
		self.deployed(company.name)
		self.assertEqual(("Exempt", 2), free_days_and_credits(company))
