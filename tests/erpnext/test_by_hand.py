"""Invoices that an accountant writes with a pack's Item: a setting, off by default."""

from __future__ import annotations

import acting
import frappe
from frappe.model.document import Document
from frappe.utils import add_days, today
from shop import INVOICE, SUFFIX, ErpNextCase, Shop

from support_credits.integrations import erpnext
from support_credits.integrations.erpnext import customers, items
from support_credits.tests import factories as make


class TestByHand(ErpNextCase):
	def setUp(self) -> None:
		super().setUp()
		self.configure(sell_by_invoice=1)

	def stocked(self, **pack: object) -> tuple[Shop, str, str]:
		"""A shop whose pack has an Item and whose company is a Customer."""
		shop = self.shop(**pack)
		found = shop, customers.customer_of(shop.company), items.item_of(shop.pack)
		frappe.db.commit()
		return found

	def orders(self, invoice: Document) -> list[frappe._dict]:
		key = {"request_key": ["like", f"invoice:{invoice.name}:%"]}
		return frappe.get_all("Credit Order", key, ["*"], order_by="name asc")

	def written(self, shop: Shop, customer: str, item: str, **fields: object) -> Document:
		return self.submit(self.by_hand(customer, item, **fields))

	def assert_nothing(self, shop: Shop, invoice: Document, *parts: str) -> None:
		self.assertEqual([], self.orders(invoice))
		self.assertIsNone(shop.account)
		said = " ".join([*self.comments(invoice.name), *self.told(INVOICE, invoice.name)])
		for part in parts:
			self.assertEqual(2, said.count(part), said)
		erpnext.sweep()
		self.assertEqual(len(parts[:1]), len(self.told(INVOICE, invoice.name)))  # told once

	def test_it_brings_an_order_and_its_credits_when_it_is_paid(self) -> None:
		shop, customer, item = self.stocked()
		invoice = self.written(shop, customer, item, quantity=3)
		self.assertEqual([], self.orders(invoice))
		self.pay(invoice)
		[order] = self.orders(invoice)
		row = f"invoice:{invoice.name}:{invoice.items[0].name}"
		self.assertEqual(
			("Paid", shop.company, 3, row, invoice.name),
			(order.state, order.customer, order.quantity, order.payment_key, order.invoice),
		)
		self.assertEqual(6, shop.balance)
		self.assert_proved(shop)

	def test_two_rows_are_two_orders(self) -> None:
		shop, customer, item = self.stocked()
		draft = self.by_hand(customer, item)
		draft.append("items", {"item_code": item, "qty": 2, "rate": 120, "price_list_rate": 120})
		draft.save()
		self.pay(self.submit(draft))
		self.assertEqual([1, 2], sorted(order.quantity for order in self.orders(draft)))
		self.assertEqual(6, shop.balance)

	def test_switched_off_it_brings_nothing(self) -> None:
		self.configure(sell_by_invoice=0)
		shop, customer, item = self.stocked()
		invoice = self.written(shop, customer, item)
		self.pay(invoice)
		self.assert_nothing(shop, invoice)

	def test_an_invoice_from_before_it_was_switched_on_brings_nothing(self) -> None:
		self.configure(sell_by_invoice=1, invoices_from=today())
		shop, customer, item = self.stocked()
		day = add_days(today(), -1)
		invoice = self.written(shop, customer, item, set_posting_time=1, posting_date=day, due_date=today())
		self.pay(invoice)
		self.assert_nothing(shop, invoice)

	def test_it_counts_from_the_day_on_which_it_is_switched_on(self) -> None:
		self.assertEqual(today(), str(frappe.db.get_single_value(erpnext.SETTINGS, "invoices_from")))

	def test_a_point_of_sale_pays_at_once(self) -> None:
		shop, customer, item = self.stocked()
		draft = self.by_hand(customer, item)
		draft.update({"is_pos": 1, "pos_profile": None})
		draft.append("payments", {"mode_of_payment": "Cash", "account": f"Cash - {SUFFIX}", "amount": 120})
		draft.save()
		self.submit(draft)
		self.assertEqual(["Paid"], [order.state for order in self.orders(draft)])
		self.assertEqual(2, shop.balance)

	def test_the_sweep_finds_one_that_no_event_told_of_and_grants_it_once(self) -> None:
		shop, customer, item = self.stocked()
		self.configure(sell_by_invoice=0)
		invoice = self.written(shop, customer, item)
		self.pay(invoice)
		self.configure(sell_by_invoice=1, invoices_from=today())
		erpnext.sweep()
		erpnext.sweep()
		self.assertEqual((1, 2), (len(self.orders(invoice)), shop.balance))

	def test_eight_processes_at_once_raise_and_pay_one_order(self) -> None:
		shop, customer, item = self.stocked()
		self.configure(sell_by_invoice=0)
		invoice = self.written(shop, customer, item)
		self.pay(invoice)
		self.configure(sell_by_invoice=1, invoices_from=today())
		answers = acting.at_once(*[("settle", {"invoice": invoice.name})] * 8)
		frappe.db.rollback()
		self.assertEqual([0] * 7 + [1], sorted(answer["done"] for answer in answers))
		self.assertEqual((1, 2), (len(self.orders(invoice)), shop.balance))

	def test_a_customer_that_helpdesk_does_not_know_is_told(self) -> None:
		shop, _customer, item = self.stocked()
		name = make.unique("Stranger")
		stranger = frappe.get_doc({"doctype": "Customer", "customer_name": name}).insert().name
		invoice = self.written(shop, stranger, item)
		self.pay(invoice)
		self.assert_nothing(shop, invoice, "is linked with 0 customers of Helpdesk")

	def test_half_a_pack_is_told(self) -> None:
		shop, customer, item = self.stocked()
		frappe.db.set_value("UOM", "Nos", "must_be_whole_number", 0)
		invoice = self.written(shop, customer, item, quantity=0.5)
		self.pay(invoice)
		self.assert_nothing(shop, invoice, "0.5 is no number of packs")

	def test_more_packs_than_an_order_has_are_told(self) -> None:
		shop, customer, item = self.stocked()
		invoice = self.written(shop, customer, item, quantity=101)
		self.pay(invoice)
		self.assert_nothing(shop, invoice, "an order is for 1 to 100 packs, not 101")

	def test_a_pack_that_is_not_on_sale_is_told(self) -> None:
		shop, customer, item = self.stocked()
		frappe.get_doc("Credit Pack", shop.pack).update({"on_sale": 0}).save()
		invoice = self.written(shop, customer, item)
		self.pay(invoice)
		self.assert_nothing(shop, invoice, "is not on sale")

	def test_another_price_grants_nothing_and_the_order_says_why(self) -> None:
		shop, customer, item = self.stocked()
		invoice = self.written(shop, customer, item, rate=1)
		self.pay(invoice)
		[order] = self.orders(invoice)
		self.assertIsNone(shop.account)
		self.assert_trouble(order.name, "Open", "its packs cost 1.00, the order 120.00")

	def test_another_currency_grants_nothing(self) -> None:
		shop, customer, item = self.stocked(currency="USD")
		invoice = self.written(shop, customer, item)
		self.pay(invoice)
		[order] = self.orders(invoice)
		self.assertIsNone(shop.account)
		self.assert_trouble(order.name, "Open", "it is in EUR, the order in USD")

	def test_crediting_one_row_takes_back_that_rows_order_alone(self) -> None:
		shop, customer, item = self.stocked()
		draft = self.by_hand(customer, item)
		draft.append("items", {"item_code": item, "qty": 2, "rate": 120, "price_list_rate": 120})
		draft.save()
		self.pay(self.submit(draft))
		self.credit_row(draft, 0)
		states = {order.quantity: order.state for order in self.orders(draft)}
		self.assertEqual(({1: "Reversed", 2: "Paid"}, 4), (states, shop.balance))

	def credit_row(self, invoice: Document, index: int) -> None:
		from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

		note = make_sales_return(invoice.name)
		note.set("items", [note.items[index]])
		note.insert()
		note.submit()
		frappe.db.commit()

	def test_cancelling_it_takes_back_its_orders_and_the_amended_one_is_for_a_manager(self) -> None:
		shop, customer, item = self.stocked()
		invoice = self.written(shop, customer, item)
		payment = self.pay(invoice)
		self.cancel(payment)
		invoice.reload()
		self.cancel(invoice)
		[order] = self.orders(invoice)
		self.assertEqual(("Reversed", 0), (order.state, shop.balance))
		amended = frappe.copy_doc(invoice)
		amended.update({"amended_from": invoice.name, "docstatus": 0})
		amended.insert()
		self.pay(self.submit(amended))
		self.assertEqual([], self.orders(amended))
		self.assertIn(
			f"it replaces {invoice.name}, which order {order.name} was raised for",
			self.comments(amended.name)[0],
		)
