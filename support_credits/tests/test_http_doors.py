"""Doors that are never charged, and what agents do with tickets that came through them; splits are charged."""

from __future__ import annotations

from contextlib import contextmanager

import frappe
from frappe.core.doctype.data_import.importer import Importer

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase, kinds, value
from support_credits.tests.server import Portal, agent


class TestNeverCharged(HttpTestCase):
	def imported(self, company: Company) -> str:
		"""A ticket that Frappe's own Data Import brings in."""
		subject = make.unique("From the old system")
		rows = f'Subject,Raised By (Email),Customer\n"{subject}",{company.person.email},"{company.name}"\n'
		file = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": make.unique_code("tickets") + ".csv",
				"content": rows,
				"is_private": 1,
			}
		).insert()
		order = frappe.get_doc(
			{
				"doctype": "Data Import",
				"reference_doctype": "HD Ticket",
				"import_type": "Insert New Records",
				"import_file": file.file_url,
			}
		).insert()
		Importer("HD Ticket", data_import=order).import_data()
		look_again()
		logs = frappe.get_all("Data Import Log", {"data_import": order.name}, ["success", "messages"])
		self.assertEqual([1], [log.success for log in logs], logs)
		return frappe.db.get_value("HD Ticket", {"subject": subject}, "name")

	def test_an_import_of_old_tickets_costs_nothing(self) -> None:
		company = self.company(1)
		ticket = self.imported(company)
		self.assert_incident(ticket, "Not chargeable", customer=company.name, door="import")
		self.assert_balance(company.account, 1)

	def test_an_import_for_an_empty_account_is_not_refused(self) -> None:
		company = self.company(0)
		ticket = self.imported(company)
		self.assert_incident(ticket, "Not chargeable")
		self.assertEqual("Open", value(ticket, "status"))

	def test_what_an_installation_a_patch_or_a_migration_creates_costs_nothing(self) -> None:
		for flag in ("in_install", "in_patch", "in_migrate"):
			company = self.company(0)
			with self.subTest(flag), flag_set(flag):
				ticket = make.ticket(company.person)
				publish()
				self.assert_incident(ticket.name, "Not chargeable", door="system")

	def test_an_imported_ticket_given_to_its_right_customer_still_costs_nothing(self) -> None:
		wrong, right = self.company(1), self.company(1)
		ticket = self.imported(wrong)
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=right.name))
		self.assertEqual([("Grant", 1)], kinds(right.account))
		self.assertEqual("Not chargeable", make.incident_of(ticket).state)
		self.assertEqual(right.name, value(ticket, "customer"))


class TestClosedTickets(HttpTestCase):
	def test_a_withdrawn_ticket_given_to_another_customer_stays_closed_and_costs_nothing(self) -> None:
		for credits in (0, 1):
			with self.subTest(credits=credits):
				wrong, right = self.company(0, portal_policy="Park"), self.company(credits)
				portal = Portal(wrong.person)
				ticket = self.assert_ok(portal.new()).ticket
				self.assert_ok(portal.set_value(ticket, "status", "Closed"))
				self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=right.name))
				self.assertEqual("Closed", value(ticket, "status"))
				self.assert_balance(right.account, credits)

	def test_a_withdrawn_ticket_without_its_customer_reopens_without_an_error(self) -> None:
		company = self.company(0, portal_policy="Park")
		portal = Portal(company.person)
		ticket = self.assert_ok(portal.new()).ticket
		self.assert_ok(portal.set_value(ticket, "status", "Resolved"))
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=""))
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assertEqual("Open", value(ticket, "status"))

	def test_a_closed_ticket_is_paid_for_by_another_customer_for_a_reason_only(self) -> None:
		wrong, right = self.company(1), self.company(2)
		ticket = self.closed(wrong)
		said = f"Ticket {ticket} is closed, and {right.name} would pay for it"
		ways = {
			"the call": lambda: agent().incident("set_customer", ticket=ticket, customer=right.name),
			"Helpdesk's page": lambda: agent().set_value(ticket, "customer", right.name),
		}
		for way, call in ways.items():
			with self.subTest(way), self.nothing_written():
				self.assert_refused(call(), said, "WrongState")
		self.assertEqual((wrong.name, "Closed"), (value(ticket, "customer"), value(ticket, "status")))
		reason = "It was theirs, see the mail."
		done = agent().incident("set_customer", ticket=ticket, customer=right.name, reason=reason)
		self.assert_ok(done)
		self.assert_incident(ticket, "Charged", 1, account=right.account, charge_reason=reason)
		self.assertEqual("Closed", value(ticket, "status"))
		self.assert_balance(wrong.account, 1)
		self.assert_balance(right.account, 1)
		said = frappe.get_all("HD Ticket Activity", {"ticket": ticket}, pluck="action")
		self.assertIn(f"set the customer: {reason}", said)

	def test_one_that_nobody_paid_for_is_not_charged_without_a_reason_either(self) -> None:
		right = self.company(1)
		ticket = self.assert_ok(agent().new()).ticket
		self.assert_ok(agent().set_value(ticket, "status", "Closed"))
		with self.nothing_written():
			answer = agent().incident("set_customer", ticket=ticket, customer=right.name)
			self.assert_refused(answer, f"{right.name} would pay for it", "WrongState")
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_ok(agent().set_value(ticket, "customer", right.name))
		self.assert_incident(ticket, "Charged", 1, account=right.account, charge_reason="")

	def test_one_without_an_incident_is_to_be_opened_first(self) -> None:
		someone = make.portal_user()
		free = make.customer(someone)
		payer = self.company(1)
		publish()
		ticket = self.assert_ok(Portal(someone).new()).ticket
		self.assert_ok(agent().set_value(ticket, "status", "Closed"))
		said = f"{payer.name} would pay for it. Open it first, then set the customer."
		with self.nothing_written():
			self.assert_refused(agent().set_value(ticket, "customer", payer.name), said, "WrongState")
		self.assertEqual(free, value(ticket, "customer"))
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_ok(agent().set_value(ticket, "customer", payer.name))
		self.assert_incident(ticket, "Charged", 1, account=payer.account)

	def test_a_customer_without_credits_leaves_it_closed_and_later_credits_leave_it_alone(self) -> None:
		wrong, empty = self.company(1), self.company(0)
		ticket = self.closed(wrong)
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=empty.name))
		self.assert_incident(ticket, "Withdrawn", 0, account=empty.account)
		self.assertEqual("Closed", value(ticket, "status"))
		self.assert_balance(wrong.account, 1)
		make.grant(empty.account, 2)
		publish()
		self.assertEqual(("Closed", [("Grant", 2)]), (value(ticket, "status"), kinds(empty.account)))

	def test_where_an_incident_costs_nothing_no_reason_is_asked(self) -> None:
		wrong, right = self.company(1), self.company(1, tier=make.tier(credits_per_incident=0))
		ticket = self.closed(wrong)
		self.assert_ok(agent().set_value(ticket, "customer", right.name))
		self.assert_incident(ticket, "Charged", 0, account=right.account)
		self.assert_balance(right.account, 1)

	def test_an_earlier_reason_does_not_explain_a_later_charge(self) -> None:
		wrong, right, third = self.company(1), self.company(1), self.company(1)
		ticket = self.closed(wrong)
		done = agent().incident("set_customer", ticket=ticket, customer=right.name, reason="It was theirs.")
		self.assert_ok(done)
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_ok(agent().set_value(ticket, "customer", third.name))
		self.assert_incident(ticket, "Charged", 1, account=third.account, charge_reason="")

	def test_one_that_is_refused_takes_no_other_of_a_bulk_edit_along(self) -> None:
		wrong, right = self.company(3), self.company(3)
		closed, other = self.closed(wrong), self.assert_ok(Portal(wrong.person).new()).ticket
		docs = [{"doctype": "HD Ticket", "docname": one, "customer": right.name} for one in (closed, other)]
		answer = agent().call("frappe.client.bulk_update", docs=frappe.as_json(docs))
		self.assert_ok(answer)
		self.assertEqual([closed], [one["doc"]["docname"] for one in answer.value["failed_docs"]])
		self.assert_incident(closed, "Charged", 1, account=wrong.account)
		self.assert_incident(other, "Charged", 1, account=right.account)
		self.assert_balance(wrong.account, 2)
		self.assert_balance(right.account, 2)

	def test_where_nobody_pays_a_closed_tickets_customer_is_set_without_one(self) -> None:
		company = self.company(1)
		ticket = self.closed(company)
		free = make.customer(make.portal_user())
		publish()
		self.assert_ok(agent().set_value(ticket, "customer", free))
		self.assert_incident(ticket, "Not enforced", 0)
		self.assert_balance(company.account, 1)
		self.assert_ok(agent().set_value(ticket, "customer", ""))
		self.assert_incident(ticket, "Unidentified", 0)

	def closed(self, company: Company) -> str:
		ticket = self.assert_ok(Portal(company.person).new()).ticket
		self.assert_ok(agent().set_value(ticket, "status", "Closed"))
		return ticket


class TestSplit(HttpTestCase):
	def split(self, ticket: str) -> str:
		communication = frappe.get_all(
			"Communication", {"reference_doctype": "HD Ticket", "reference_name": ticket}, pluck="name"
		)[0]
		with self.host_settings(skip_email_workflow=1):
			answer = agent().call(
				"helpdesk.helpdesk.doctype.hd_ticket.api.split_ticket",
				subject="The other half",
				communication_id=communication,
			)
		return str(self.assert_ok(answer).value)

	def test_each_half_is_an_incident_of_its_own(self) -> None:
		company = self.company(2)
		parent = self.assert_ok(Portal(company.person).new()).ticket
		child = self.split(parent)
		self.assert_incident(parent, "Charged", 1)
		self.assert_incident(child, "Charged", 1, door="split", customer=company.name)
		self.assert_balance(company.account, 0)

	def test_a_half_of_an_exempt_ticket_is_charged_and_without_credits_it_waits(self) -> None:
		company, reason = self.company(1), make.exemption_reason()
		publish()
		portal = Portal(company.person)
		parent = self.assert_ok(portal.new()).ticket
		self.assert_ok(agent().incident("exempt", ticket=parent, reason=reason))
		self.assert_incident(self.split(parent), "Charged", 1)
		self.assert_incident(self.split(parent), "Parked")
		self.assert_incident(parent, "Exempt")


@contextmanager
def flag_set(name: str) -> object:
	frappe.flags[name] = True
	try:
		yield
	finally:
		frappe.flags[name] = False
