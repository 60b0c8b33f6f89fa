"""What two hostile reviews found at the doors: who raises, closing in one save, failing mails, uninstalling."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import frappe

from support_credits import uninstall
from support_credits.exceptions import WrongState
from support_credits.overrides.parking import PARKED_STATUS
from support_credits.tests import factories
from support_credits.tests.compat import publish
from support_credits.tests.ledger_case import LedgerCase, row_of, rows_of

HOST = "HD Settings"


class DoorCase(LedgerCase):
	@contextmanager
	def host_settings(self, **values: object) -> Iterator[None]:
		"""HD Settings with these values, written as values: saving the document rebuilds permissions."""
		before = {field: frappe.db.get_single_value(HOST, field) for field in values}
		self._write(values)
		try:
			yield
		finally:
			frappe.db.rollback()
			self._write(before)

	@staticmethod
	def _write(values: dict[str, object]) -> None:
		for field, content in values.items():
			frappe.db.set_single_value(HOST, field, content)
		publish()
		frappe.clear_document_cache(HOST, HOST)

	def waiting(self) -> tuple[factories.Company, str]:
		company = factories.company(portal_policy="Park")
		return company, factories.ticket(company.person).name


class TestRaisers(DoorCase):
	def test_somebody_without_a_company_cannot_pose_as_a_paying_companys_member(self) -> None:
		for automatic in (0, 1):
			with self.subTest(auto_set_customer_from_contact=automatic):
				company, nobody = factories.company(credits=1), factories.portal_user()
				with self.host_settings(auto_set_customer_from_contact=automatic):
					ticket = factories.ticket(nobody, raised_by=company.person.email)
					row = row_of("HD Ticket", ticket.name)
					self.assertEqual((nobody.email, nobody.contact), (row["raised_by"], row["contact"]))
					self.assertFalse(row["customer"])
					self.assertEqual("Unidentified", factories.incident_of(ticket.name).state)
					self.assertEqual(1, company.balance)

	def test_where_nobody_pays_a_colleague_is_named_as_the_host_allows(self) -> None:
		one, other = factories.portal_user(), factories.portal_user()
		customer = factories.customer(one, other)
		ticket = factories.ticket(one, raised_by=other.email)
		row = row_of("HD Ticket", ticket.name)
		self.assertEqual((other.email, customer), (row["raised_by"], row["customer"]))
		self.assertIsNone(factories.incident_of(ticket.name))


class TestClosing(DoorCase):
	def close(self, ticket: str, **fields: object) -> None:
		frappe.get_doc("HD Ticket", ticket).update({"status": "Closed", **fields}).save()

	def assert_still_waits(self, company: factories.Company, ticket: str) -> None:
		incident = factories.incident_of(ticket)
		self.assertEqual("Parked", incident.state)
		self.assertEqual([incident.name], json.loads(row_of("Credit Account", company.account)["parked"]))
		row = row_of("HD Ticket", ticket)
		self.assertEqual(("Parked", PARKED_STATUS), (row["sc_state"], row["status"]))
		self.assert_proved(company.account)
		factories.grant(company.account, 1)
		self.assertEqual("Charged", factories.incident_of(ticket).state)

	@staticmethod
	def commit_and_fail(*args: object, **kwargs: object) -> None:
		"""As the host's mail does: it commits what was written so far, then the mail server is not there."""
		frappe.db.commit()
		raise ConnectionRefusedError("No mail server")

	def test_a_feedback_mail_that_fails_withdraws_nothing(self) -> None:
		company, ticket = self.waiting()
		frappe.db.set_value("HD Ticket", ticket, "via_customer_portal", 0)
		with self.host_settings(enable_email_ticket_feedback=1, send_email_feedback_on_status="Closed"):
			failing = patch("frappe.sendmail", side_effect=self.commit_and_fail)
			with failing as mail, self.assertRaises(frappe.ValidationError) as caught:
				self.close(ticket)
			self.assertEqual(1, mail.call_count)
			self.assert_says(caught.exception, "Could not send feedback email")
			frappe.db.rollback()
			self.assert_still_waits(company, ticket)

	def test_any_later_failure_of_the_save_withdraws_nothing(self) -> None:
		for where in ("overrides.parking.hold_clock", "ledger.corrections.withdraw"):
			with self.subTest(where):
				company, ticket = self.waiting()
				publish()
				with patch(f"support_credits.{where}", self.failing(where)):
					self.assertRaises(ConnectionRefusedError, self.close, ticket)
				frappe.db.rollback()
				self.assert_still_waits(company, ticket)

	def failing(self, where: str) -> Callable[..., None]:
		"""The step of the save that fails; only before the ticket is stored may somebody commit in between."""
		if where.endswith("hold_clock"):
			return self.commit_and_fail

		def fail(incident: str) -> None:
			raise ConnectionRefusedError(incident)

		return fail

	def test_setting_the_customer_and_closing_in_one_save_is_refused_with_the_way_on(self) -> None:
		old, ticket = self.waiting()
		new = factories.company(credits=1)
		before = rows_of(old.account), rows_of(new.account), row_of("HD Ticket", ticket)
		for status in ("Resolved", "Closed"):
			with self.subTest(status):
				frappe.db.savepoint("before_save")
				with self.assertRaises(WrongState) as caught:
					self.close(ticket, customer=new.name, status=status)
				self.assert_says(
					caught.exception, f"Set the customer of ticket {ticket} first, then close it"
				)
				frappe.db.rollback(save_point="before_save")
				after = rows_of(old.account), rows_of(new.account), row_of("HD Ticket", ticket)
				self.assertEqual(before, after)

	def test_one_after_the_other_they_work(self) -> None:
		_old, ticket = self.waiting()
		new = factories.company(credits=1)
		frappe.get_doc("HD Ticket", ticket).update({"customer": new.name}).save()
		self.close(ticket)
		self.assertEqual(("Charged", 0), (factories.incident_of(ticket).state, new.balance))
		self.assertEqual("Closed", row_of("HD Ticket", ticket)["status"])


class TestLeaving(DoorCase):
	def installed(self) -> dict[str, object]:
		"""What a dry run of the uninstaller must leave alone."""
		return {
			"columns": [name for name in frappe.db.get_table_columns("HD Ticket") if name.startswith("sc_")],
			"fields": frappe.get_all("Custom Field", {"dt": "HD Ticket"}, order_by="name asc", pluck="name"),
			"statuses": frappe.get_all("HD Ticket Status", fields=["*"], order_by="name asc"),
			"jobs": frappe.get_all("Scheduled Job Type", order_by="name asc", pluck="name"),
		}

	def test_a_dry_run_writes_the_export_and_changes_nothing(self) -> None:
		company, ticket = self.waiting()
		publish()
		before = self.installed(), rows_of(company.account), row_of("HD Ticket", ticket)
		self.assertTrue(before[0]["columns"])
		with patch("support_credits.uninstall.export_ledger", return_value=("nowhere", 0)) as export:
			uninstall.before_uninstall()
			uninstall.after_uninstall()
		self.assertEqual(1, export.call_count)
		self.assertEqual(before, (self.installed(), rows_of(company.account), row_of("HD Ticket", ticket)))
		frappe.get_doc("HD Ticket", ticket).save()
		self.assertEqual("Parked", row_of("HD Ticket", ticket)["sc_state"])

	def test_a_ticket_given_our_status_by_hand_is_reopened_with_those_that_wait(self) -> None:
		someone = factories.portal_user()
		factories.customer(someone)
		ticket = factories.ticket(someone).name
		frappe.get_doc("HD Ticket", ticket).update({"status": PARKED_STATUS}).save()
		uninstall.reopen_waiting(PARKED_STATUS)
		self.assertEqual("Open", row_of("HD Ticket", ticket)["status"])

	def test_a_customer_without_account_can_be_deleted_though_a_ticket_names_him(self) -> None:
		factories.company()  # the site sells
		customer = factories.customer()
		ticket = factories.ticket(factories.portal_user()).name
		frappe.get_doc("HD Ticket", ticket).update({"customer": customer}).save()
		incident = factories.incident_of(ticket)
		self.assertEqual(("Not enforced", customer), (incident.state, incident.customer))
		frappe.delete_doc("HD Customer", customer)
		self.assertFalse(frappe.db.exists("HD Customer", customer))
		incident = factories.incident_of(ticket)
		self.assertEqual(("Not enforced", None), (incident.state, incident.customer))
		frappe.get_doc("HD Ticket", ticket).save()
