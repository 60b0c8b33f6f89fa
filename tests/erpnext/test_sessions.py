"""Emergency sessions become rows of one draft per customer and currency, each once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import acting
import frappe
from shop import INVOICE, ErpNextCase

from support_credits.exceptions import AlreadyPosted
from support_credits.integrations.erpnext import customers
from support_credits.integrations.erpnext.sessions import Line, SessionCharge, line_for
from support_credits.tests import factories as make


class TestSessions(ErpNextCase):
	def session(self, customer: str, minutes: int = 80, rate: str = "90", **fields: object) -> SessionCharge:
		values = {"currency": "EUR", "text": "Router down, 3 am", **fields}
		return SessionCharge(customer, timedelta(minutes=minutes), Decimal(rate), **values)

	def bill(self, session: SessionCharge, key: str) -> Line:
		line = line_for(session, key)
		frappe.db.commit()
		return line

	def rows(self, invoice: str) -> list[tuple]:
		doc = frappe.get_doc(INVOICE, invoice)
		return [(row.qty, row.rate, row.amount, row.uom) for row in doc.items]

	def test_it_is_billed_in_whole_hours_as_the_engine_rounds(self) -> None:
		shop = self.shop()
		line = self.bill(self.session(shop.company, minutes=90), make.unique("s"))
		self.assertEqual((120, Decimal("180.00"), False), (line.minutes, line.amount, line.replayed))
		doc = frappe.get_doc(INVOICE, line.invoice)
		self.assertEqual(
			(0, customers.customer_of(shop.company), "EUR"), (doc.docstatus, doc.customer, doc.currency)
		)
		self.assertEqual([(2, 90, 180, "Hour")], self.rows(line.invoice))
		self.assertEqual("Router down, 3 am", doc.items[0].description)

	def test_a_second_one_joins_the_draft(self) -> None:
		shop = self.shop()
		first = self.bill(self.session(shop.company), make.unique("s"))
		second = self.bill(self.session(shop.company, minutes=10, rate="120"), make.unique("s"))
		self.assertEqual(first.invoice, second.invoice)
		self.assertEqual([(1, 90, 90, "Hour"), (1, 120, 120, "Hour")], self.rows(first.invoice))

	def test_the_same_key_again_is_the_same_line(self) -> None:
		shop = self.shop()
		key = make.unique("s")
		first = self.bill(self.session(shop.company), key)
		again = self.bill(self.session(shop.company), key)
		self.assertEqual((first.invoice, True), (again.invoice, again.replayed))
		frappe.get_doc(INVOICE, first.invoice).submit()
		frappe.db.commit()
		self.assertTrue(self.bill(self.session(shop.company), key).replayed)
		self.assertEqual(1, frappe.db.count("Sales Invoice Item", {"sc_session": key}))

	def test_the_same_key_with_another_amount_is_refused(self) -> None:
		shop = self.shop()
		key = make.unique("s")
		first = self.bill(self.session(shop.company), key)
		with self.assertRaisesRegex(AlreadyPosted, f"Session {key} is on invoice {first.invoice} already"):
			line_for(self.session(shop.company, minutes=300), key)
		self.assertEqual(1, len(self.rows(first.invoice)))

	def test_eight_processes_at_once_bill_it_once(self) -> None:
		shop = self.shop()
		self.bill(self.session(shop.company), make.unique("s"))  # the Item and the Customer are there
		key = make.unique("s")
		answers = acting.at_once(*[("bill", {"customer": shop.company, "minutes": 60, "key": key})] * 8)
		frappe.db.rollback()
		self.assertEqual(1, len({answer["done"] for answer in answers}))
		self.assertEqual(1, frappe.db.count("Sales Invoice Item", {"sc_session": key}))

	def test_eight_sessions_at_once_are_eight_lines(self) -> None:
		shop = self.shop()
		keys = [make.unique("s") for _session in range(8)]
		answers = acting.at_once(
			*[("bill", {"customer": shop.company, "minutes": 60, "key": key}) for key in keys]
		)
		frappe.db.rollback()
		self.assertEqual(1, len({answer["done"] for answer in answers}), answers)
		self.assertEqual(8, frappe.db.count("Sales Invoice Item", {"sc_session": ["in", keys]}))

	def test_a_draft_of_the_accountants_and_an_orders_invoice_are_left_alone(self) -> None:
		self.configure(submit_invoice=0)
		shop = self.shop()
		_order, invoice = self.ordered(shop)
		own = self.by_hand(invoice.customer, invoice.items[0].item_code)
		frappe.db.commit()
		line = self.bill(self.session(shop.company), make.unique("s"))
		self.assertNotIn(line.invoice, (invoice.name, own.name))

	def test_another_currency_is_another_invoice(self) -> None:
		name = "allow_multi_currency_invoices_against_single_party_account"
		frappe.db.set_single_value("Accounts Settings", name, 1)
		if not frappe.db.exists("Currency Exchange", {"from_currency": "USD", "to_currency": "EUR"}):
			rate = {"from_currency": "USD", "to_currency": "EUR", "exchange_rate": 0.8, "date": "2020-01-01"}
			frappe.get_doc(
				{"doctype": "Currency Exchange", **rate, "for_selling": 1, "for_buying": 1}
			).insert()
		shop = self.shop()
		euros = self.bill(self.session(shop.company), make.unique("s"))
		dollars = self.bill(self.session(shop.company, currency="USD"), make.unique("s"))
		self.assertNotEqual(euros.invoice, dollars.invoice)
		self.assertEqual("USD", frappe.db.get_value(INVOICE, dollars.invoice, "currency"))

	def test_its_text_is_text(self) -> None:
		shop = self.shop()
		line = self.bill(self.session(shop.company, text="Router <b>down</b> & out"), make.unique("s"))
		[row] = frappe.get_doc(INVOICE, line.invoice).items
		self.assertEqual("Router &lt;b&gt;down&lt;/b&gt; &amp; out", row.description)

	def test_two_first_sessions_at_once_make_one_item(self) -> None:
		first, second = self.shop().company, self.shop().company
		item = make.unique_code("hours")
		values = {"item_code": item, "item_group": "Services", "stock_uom": "Hour", "is_stock_item": 0}
		frappe.get_doc({"doctype": "Item", **values}).insert()
		self.configure(session_item=item)
		frappe.delete_doc("Item", item)
		frappe.db.commit()
		acts = [
			("bill", {"customer": name, "minutes": 60, "key": make.unique("s")}) for name in (first, second)
		]
		answers = acting.at_once(*acts)
		self.assertEqual([], [answer["error"] for answer in answers if "error" in answer])

	def test_steps_that_hours_cannot_hold_are_one_piece(self) -> None:
		shop = self.shop()
		charge = self.session(shop.company, minutes=20, rate="100", step_minutes=20, least_minutes=20)
		line = self.bill(charge, make.unique("s"))
		self.assertEqual((20, Decimal("33.33")), (line.minutes, line.amount))
		self.assertEqual([(1, 33.33, 33.33)], [row[:3] for row in self.rows(line.invoice)])

	def test_switched_off_nothing_is_billed(self) -> None:
		shop = self.shop()
		self.configure(enabled=0)
		self.assertIsNone(line_for(self.session(shop.company), make.unique("s")))
