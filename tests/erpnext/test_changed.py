"""An invoice that is not what was ordered brings nothing, and the managers are told what is different."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from shop import INVOICE, ErpNextCase, Shop

from support_credits.integrations import erpnext
from support_credits.integrations.erpnext import customers
from support_credits.ledger import order_payment
from support_credits.ledger.order_payment import Payment


class TestChanged(ErpNextCase):
	def draft(self, **pack: object) -> tuple[Shop, str, Document]:
		self.configure(submit_invoice=0)
		shop = self.shop(**pack)
		order, invoice = self.ordered(shop)
		return shop, order, invoice

	def assert_refused(self, shop: Shop, order: str, invoice: Document, *parts: str) -> None:
		self.submit(invoice)
		self.pay(invoice)
		self.assertEqual(0, frappe.db.get_value(INVOICE, invoice.name, "outstanding_amount"))
		self.assert_trouble(
			order, "Open", f"Invoice {invoice.name} is not what order {order} asks for", *parts
		)
		self.assertIsNone(shop.account)
		[comment] = self.comments(invoice.name)
		self.assertIn("Nothing was granted", comment)
		erpnext.sweep()
		erpnext.sweep()
		self.assert_trouble(order, "Open", *parts)  # told once

	def test_another_customer(self) -> None:
		shop, order, invoice = self.draft()
		other = customers.customer_of(self.shop().company)
		invoice.update({"customer": other, "customer_name": other})
		invoice.save()
		self.assert_refused(shop, order, invoice, f"it is for customer {other}, and {shop.company} ordered")

	def test_another_currency(self) -> None:
		frappe.db.set_single_value(
			"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
		)
		shop, order, invoice = self.draft()
		invoice.update({"currency": "USD", "conversion_rate": 0.8, "plc_conversion_rate": 1})
		invoice.save()
		self.assert_refused(shop, order, invoice, "it is in USD, the order in EUR")

	def test_another_quantity(self) -> None:
		shop, order, invoice = self.draft()
		invoice.items[0].qty = 2
		invoice.save()
		self.assert_refused(
			shop, order, invoice, "it bills 2 packs, the order is for 1", "its packs cost 240.00"
		)

	def test_another_rate(self) -> None:
		shop, order, invoice = self.draft()
		invoice.items[0].update({"rate": 1, "price_list_rate": 1})
		invoice.save()
		self.assert_refused(shop, order, invoice, "its packs cost 1.00, the order 120.00")

	def test_a_discount_on_the_whole(self) -> None:
		shop, order, invoice = self.draft()
		invoice.update({"apply_discount_on": "Net Total", "discount_amount": 119})
		invoice.save()
		self.assert_refused(shop, order, invoice, "it has a discount of 119.00 on the whole")

	def test_a_row_that_takes_it_off_again(self) -> None:
		shop, order, invoice = self.draft()
		frappe.db.set_single_value("Selling Settings", "allow_negative_rates_for_items", 1)
		row = {"item_code": self.other_item(), "qty": 1, "rate": -119, "price_list_rate": -119}
		invoice.append("items", row)
		invoice.set_missing_values()
		invoice.save()
		self.assert_refused(shop, order, invoice, "row 2 takes money off")

	def test_another_item(self) -> None:
		shop, order, invoice = self.draft()
		item = self.other_item()
		invoice.items[0].update({"item_code": item, "item_name": item})
		invoice.save()
		self.assert_refused(shop, order, invoice, "it bills 0 packs, the order is for 1")

	def other_item(self) -> str:
		if not frappe.db.exists("Item", "other-service"):
			values = {
				"item_code": "other-service",
				"item_group": "Services",
				"stock_uom": "Nos",
				"is_stock_item": 0,
			}
			frappe.get_doc({"doctype": "Item", **values}).insert()
		return "other-service"

	def test_more_on_the_same_invoice_does_no_harm(self) -> None:
		shop, order, invoice = self.draft()
		invoice.append("items", {"item_code": self.other_item(), "qty": 1, "rate": 40, "price_list_rate": 40})
		invoice.set_missing_values()
		invoice.save()
		self.submit(invoice)
		self.pay(invoice, 120)
		self.assert_state(order, "Open")
		invoice.reload()
		self.pay(invoice)
		self.assert_state(order, "Paid")
		self.assertEqual(2, shop.balance)

	def test_a_manager_who_looks_at_it_may_mark_it_paid(self) -> None:
		shop, order, invoice = self.draft()
		invoice.items[0].update({"rate": 100, "price_list_rate": 100})
		invoice.save()
		self.assert_refused(shop, order, invoice, "its packs cost 100.00")
		order_payment.pay(order, Payment("Manager", "agreed discount", f"manual:{order}"))
		frappe.db.commit()
		erpnext.sweep()
		self.assertEqual(("Paid", 2), (self.row(order).state, shop.balance))

	def test_a_copy_that_names_the_order_does_not_pay_it(self) -> None:
		shop, order, invoice = self.draft()
		copy = frappe.copy_doc(invoice, ignore_no_copy=False)
		self.assertFalse(copy.sc_credit_order)
		copy.sc_credit_order = order  # as only a script could
		copy.insert()
		self.submit(copy)
		self.pay(copy)
		self.assert_state(order, "Open")
		self.assertIsNone(shop.account)
