"""A stopped session goes onto its customer's draft by itself, once; nothing ERPNext does can lose it."""

from __future__ import annotations

import acting
import frappe
from shop import INVOICE, ErpNextCase

from support_credits.api import sessions as api
from support_credits.exceptions import SupportCreditsError
from support_credits.integrations import erpnext
from support_credits.integrations.erpnext import customers, session_bills
from support_credits.ledger import session_export, sessions
from support_credits.ledger.session_proof import session_findings
from support_credits.tests import factories as make
from support_credits.tests.session_case import DOCTYPE, catalogue, end_open, offer

EUROS = {"rate": "90.00", "currency": "EUR"}


class TestSessionBills(ErpNextCase):
	def setUp(self) -> None:
		super().setUp()
		offer(catalogue(emergency=EUROS, after_hours={**EUROS, "rate": "60.00"}))
		# What earlier tests have left unbilled is not this one's.
		frappe.db.sql(f"UPDATE `tab{DOCTYPE}` SET export_name = 'before' WHERE COALESCE(invoice, '') = ''")
		frappe.db.commit()
		self.addCleanup(end_open)

	def ticket(self, **fields: object) -> str:
		person = make.portal_user()
		self.customer = make.customer(person)
		doc = make.ticket(person, **fields)
		frappe.db.commit()
		return str(doc.name)

	def started(self, ticket: str = "", kind: str = "Emergency") -> str:
		return api.start(ticket or self.ticket(), kind)["session"]["session"]

	def stopped(self, **fields: object) -> dict:
		session = self.started(**fields)
		frappe.db.commit()
		return self.stop(session)

	def stop(self, session: str, summary: str = "") -> dict:
		line = api.stop(session, summary)["session"]
		frappe.db.commit()
		return line

	def rows_of(self, session: str) -> list[frappe._dict]:
		fields = ["parent", "qty", "rate", "amount", "description"]
		return frappe.get_all("Sales Invoice Item", {"sc_session": session}, fields, ignore_permissions=True)

	def assert_billed_once(self, session: str, amount: float = 90) -> str:
		frappe.db.rollback()
		[row] = self.rows_of(session)
		kept = frappe.db.get_value(DOCTYPE, session, ["invoice", "amount", "trouble"])
		self.assertEqual((row.parent, amount, ""), (kept[0], kept[1], kept[2] or ""))
		self.assertEqual(amount, row.amount)
		self.assertEqual([], [one for one in session_findings() if one.row == session])
		return row.parent

	def test_a_stop_puts_it_on_a_draft_with_its_summary(self) -> None:
		session, ticket = self.started(), frappe.db.get_value(DOCTYPE, {"state": "Running"}, "ticket")
		line = self.stop(session, "Router & switch replaced")
		invoice = self.assert_billed_once(session)
		self.assertEqual(invoice, line["invoice"])
		doc = frappe.get_doc(INVOICE, invoice)
		self.assertEqual(
			(0, customers.customer_of(self.customer), "EUR"), (doc.docstatus, doc.customer, doc.currency)
		)
		[row] = self.rows_of(session)
		self.assertIn(f"Emergency, ticket {ticket}", row.description)
		self.assertIn("Router &amp; switch replaced", row.description)

	def test_the_customers_next_session_joins_it_at_its_own_rate(self) -> None:
		ticket = self.ticket()
		first = self.stopped(ticket=ticket)
		second = self.stopped(ticket=ticket, kind="After Hours")
		self.assertEqual(first["invoice"], self.assert_billed_once(second["session"], 60))

	def test_a_worker_killed_between_the_stop_and_the_bill_leaves_it_to_the_hourly_job(self) -> None:
		session = self.started()
		frappe.db.commit()
		acting.killed_after("stop_session", session=session)
		frappe.db.rollback()
		self.assertEqual("Stopped", frappe.db.get_value(DOCTYPE, session, "state"))
		self.assertEqual([], self.rows_of(session))
		erpnext.sweep()
		self.assertEqual(0, session_bills.run())
		self.assert_billed_once(session)

	def test_a_stop_pressed_again_bills_what_was_not_billed(self) -> None:
		session = self.started()
		frappe.db.commit()
		acting.killed_after("stop_session", session=session)
		frappe.db.rollback()
		self.stop(session)
		self.stop(session)
		self.assert_billed_once(session)

	def test_eight_processes_at_once_bill_it_once(self) -> None:
		self.stopped()  # the Item is there
		session = self.started()
		sessions.stop(session)
		frappe.db.commit()
		acting.at_once(*[("bill_session", {"session": session})] * 8)
		self.assert_billed_once(session)

	def test_a_ticket_of_nobody_waits_until_somebody_is_found(self) -> None:
		doc = {"doctype": "HD Ticket", "subject": "Who?", "description": "x", "raised_by": "who@example.com"}
		ticket = str(frappe.get_doc(doc).insert().name)
		frappe.db.commit()
		line = self.stopped(ticket=ticket)
		self.assertIn(f"Ticket {ticket} has no customer, so that nobody can be invoiced.", line["trouble"])
		self.assertEqual(0, session_bills.run())
		self.assertEqual(1, len(frappe.db.get_value(DOCTYPE, line["session"], "trouble").splitlines()))
		about = {"document_type": DOCTYPE, "document_name": line["session"]}
		people = frappe.get_all("Notification Log", about, pluck="for_user")
		self.assertEqual((True, len(people)), (bool(people), len(set(people))))
		self.ticket()
		frappe.db.set_value("HD Ticket", ticket, "customer", self.customer)
		frappe.db.commit()
		self.assertEqual(1, session_bills.run())
		self.assert_billed_once(line["session"])
		self.assertEqual(self.customer, frappe.db.get_value(DOCTYPE, line["session"], "customer"))

	def test_those_that_cannot_be_billed_hide_none_that_comes_after_them(self) -> None:
		doc = {"doctype": "HD Ticket", "subject": "Who?", "description": "x", "raised_by": "who@example.com"}
		tickets = [str(frappe.get_doc(doc).insert().name) for _number in range(3)]
		self.ticket()  # makes the customer
		frappe.db.commit()
		self.configure(enabled=0)
		stopped = {self.stopped(ticket=ticket)["session"]: ticket for ticket in tickets}
		*nobodys, last = sorted(stopped)
		frappe.db.set_value("HD Ticket", stopped[last], "customer", self.customer)
		self.configure()
		most, session_bills.BATCH = session_bills.BATCH, 1
		self.addCleanup(setattr, session_bills, "BATCH", most)
		self.assertEqual(1, session_bills.run())
		self.assert_billed_once(last)
		for one in nobodys:
			self.assertIn("has no customer", frappe.db.get_value(DOCTYPE, one, "trouble"))

	def test_what_erpnext_refuses_stands_and_is_tried_again(self) -> None:
		item = make.unique_code("hours")
		values = {"item_code": item, "item_group": "Services", "stock_uom": "Hour", "is_stock_item": 0}
		frappe.get_doc({"doctype": "Item", **values}).insert()
		self.configure(session_item=item)
		frappe.db.set_value("Item", item, "disabled", 1)
		frappe.db.commit()
		line = self.stopped()
		self.assertEqual(("Stopped", "90.00", ""), (line["state"], line["amount"], line["invoice"]))
		self.assertIn("could not be put on an invoice", line["trouble"])
		frappe.db.set_value("Item", item, "disabled", 0)
		frappe.db.commit()
		frappe.clear_document_cache("Item", item)
		self.assertEqual(1, session_bills.run())
		self.assert_billed_once(line["session"])

	def test_what_was_stopped_before_invoicing_was_on_follows_unless_it_was_exported(self) -> None:
		self.configure(enabled=0)
		exported = self.stopped()["session"]
		export = session_export.make(None, None)
		waiting = self.stopped()["session"]
		self.assertEqual("", frappe.db.get_value(DOCTYPE, waiting, "invoice") or "")
		self.configure()
		self.assertEqual(1, session_bills.run())
		self.assert_billed_once(waiting)
		self.assertEqual([], self.rows_of(exported))
		self.assertEqual(0, session_bills.bill_now(exported))
		self.assertEqual([exported], [row.name for row in session_export.lines_of(export)])
		with self.assertRaisesRegex(SupportCreditsError, "There is nothing to invoice"):
			session_export.make(None, None)

	def test_a_cancelled_one_and_one_that_comes_to_nothing_are_not_billed(self) -> None:
		cancelled = self.started()
		api.cancel(cancelled, "Mistake")
		offer(catalogue(emergency={**EUROS, "minimum_minutes": 0}))
		free = self.stopped()
		self.assertEqual(("0.00", ""), (free["amount"], free["trouble"]))
		self.assertEqual(0, session_bills.run())
		self.assertEqual([], self.rows_of(cancelled) + self.rows_of(free["session"]))

	def test_a_draft_that_was_deleted_is_not_made_again(self) -> None:
		line = self.stopped()
		frappe.delete_doc(INVOICE, line["invoice"])
		frappe.db.commit()
		self.assertEqual(0, session_bills.run())
		self.assertEqual([], self.rows_of(line["session"]))
