"""Tickets that Frappe's own Data Import brings in or changes, in every situation (docs/doors.md)."""

from __future__ import annotations

import csv
import io

import frappe
from frappe.core.doctype.data_import.importer import Importer

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again
from support_credits.tests.door_case import Payer
from support_credits.tests.http_case import kinds, value
from support_credits.tests.server import TICKET, agent
from support_credits.tests.test_door_reopen import ReopenDoorCase
from support_credits.tests.test_http_reopen import LATE

INSERT, UPDATE = "Insert New Records", "Update Existing Records"


class ImportCase(ReopenDoorCase):
	def run_import(self, how: str, *rows: dict[str, str]) -> None:
		"""One file with these rows, by their columns' labels. Each must succeed."""
		text = io.StringIO()
		csv.writer(text).writerows([rows[0].keys(), *(row.values() for row in rows)])
		name = make.unique_code("tickets") + ".csv"
		upload = {"doctype": "File", "file_name": name, "content": text.getvalue(), "is_private": 1}
		order = {
			"doctype": "Data Import",
			"reference_doctype": TICKET,
			"import_type": how,
			"import_file": frappe.get_doc(upload).insert().file_url,
		}
		order = frappe.get_doc(order).insert()
		Importer(TICKET, data_import=order).import_data()
		frappe.flags.in_import = False  # the page's job ends here
		look_again()
		logs = frappe.get_all(
			"Data Import Log", {"data_import": order.name}, ["success", "messages", "exception"]
		)
		self.assertEqual([1] * len(rows), [log.success for log in logs], logs)

	def imported(self, *customers: str, **columns: str) -> list[str]:
		"""A ticket of each of these customers, from one file."""
		subjects = [make.unique("From the old system") for _customer in customers]
		rows = [
			{"Subject": subject, "Raised By (Email)": "old@example.com", "Customer": customer, **columns}
			for subject, customer in zip(subjects, customers, strict=True)
		]
		self.run_import(INSERT, *rows)
		return [frappe.db.get_value(TICKET, {"subject": subject}) for subject in subjects]


class TestNewTickets(ImportCase):
	def test_it_costs_nothing_whatever_the_account_has_and_whatever_its_policies_say(self) -> None:
		refusing = {"portal_policy": "Refuse", "agent_policy": "Refuse"}
		overdrawing = {"portal_policy": "Overdraw", "agent_policy": "Overdraw", "overdraft_limit": 5}
		companies = [self.payer(1), self.payer(**refusing), self.payer(**overdrawing)]
		tickets = self.imported(*(company.name for company in companies))
		for company, ticket in zip(companies, tickets, strict=True):
			self.assert_incident(ticket, "Not chargeable", door="import", account=company.account)
			self.assertEqual("Open", value(ticket, "status"))
			self.assertNotIn("Charge", dict(kinds(company.account)))

	def test_of_a_customer_without_an_account_it_is_left_alone_and_of_nobody_never_charged(self) -> None:
		name = self.free_customer()
		self.payer(1)  # the site sells
		free, nobodys = self.imported(name, "")
		self.assert_untouched(free)
		self.assert_incident(nobodys, "Not chargeable", customer=None, account=None)

	def test_where_everyone_must_have_credits_it_opens_an_account_and_costs_nothing(self) -> None:
		name = self.free_customer()
		with self.site_settings(everyone_must_have_credits=1):
			[ticket] = self.imported(name)
		self.assert_incident(ticket, "Not chargeable", account=self.account_of(name))
		self.assertEqual([], kinds(self.account_of(name)))

	def test_given_its_customer_later_by_an_agent_it_still_costs_nothing(self) -> None:
		company = self.payer(1)
		[ticket] = self.imported("")
		self.assert_ok(agent().incident("set_customer", ticket=ticket, customer=company.name))
		self.assert_incident(ticket, "Not chargeable", account=company.account)
		self.assert_balance(company.account, 1)

	def test_imported_as_resolved_long_ago_and_reopened_it_is_decided_like_a_new_ticket(self) -> None:
		company = self.payer(1)
		[ticket] = self.imported(company.name, Status="Resolved")
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_incident(ticket, "Not chargeable", follows="")  # within the window: the same
		self.resolve_again(ticket, LATE)
		self.assert_ok(agent().set_value(ticket, "status", "Open"))
		self.assert_incident(ticket, "Charged", 1, account=company.account)
		self.assert_balance(company.account, 0)


class TestChanges(ImportCase):
	def charged(self, credits: int = 1) -> tuple[Payer, str]:
		company = self.payer(credits)
		return company, self.assert_ok(agent().new(customer=company.name)).ticket

	def test_a_change_of_the_subject_moves_no_credit(self) -> None:
		company, ticket = self.charged()
		self.run_import(UPDATE, {"ID": ticket, "Subject": "Better words"})
		self.assert_incident(ticket, "Charged", 1)
		self.assertEqual("Better words", value(ticket, "subject"))
		self.assert_balance(company.account, 0)

	def test_a_corrected_customer_is_charged_and_the_old_one_refunded_as_by_an_agent(self) -> None:
		company, ticket = self.charged()
		right = self.payer(1)
		self.run_import(UPDATE, {"ID": ticket, "Customer": right.name})
		self.assert_incident(ticket, "Charged", 1, account=right.account)
		self.assert_balance(company.account, 1)
		self.assert_balance(right.account, 0)

	def test_an_unidentified_ticket_that_gets_its_customer_is_charged_as_by_an_agent(self) -> None:
		company = self.payer(1)
		ticket = self.assert_ok(agent().new()).ticket
		self.run_import(UPDATE, {"ID": ticket, "Customer": company.name})
		self.assert_incident(ticket, "Charged", 1, account=company.account)

	def test_a_late_reopening_is_a_new_incident_as_by_an_agent(self) -> None:
		company, _portal, ticket = self.resolved(credits=1)
		self.run_import(UPDATE, {"ID": ticket, "Status": "Open"})
		self.assert_new_incident(company, ticket)

	def test_a_waiting_ticket_stays_waiting_and_closing_it_withdraws_it(self) -> None:
		company = self.payer()
		ticket = self.assert_ok(agent().new(customer=company.name)).ticket
		self.run_import(UPDATE, {"ID": ticket, "Status": "Open"})
		self.assert_incident(ticket, "Parked")
		self.assertEqual("Waiting for credits", value(ticket, "status"))
		self.run_import(UPDATE, {"ID": ticket, "Status": "Closed"})
		self.assert_incident(ticket, "Withdrawn")
