"""An order makes its invoice: for the right customer, in the pack's currency, with what ERPNext adds, once."""

from __future__ import annotations

import frappe
from shop import COMPANY, INVOICE, SUFFIX, ErpNextCase

from support_credits.api import orders as api
from support_credits.integrations import erpnext
from support_credits.integrations.erpnext import customers
from support_credits.ledger import orders
from support_credits.ledger.orders import Wish
from support_credits.tests import factories as make


class TestInvoice(ErpNextCase):
	def test_a_customers_order_has_a_submitted_invoice_of_its_pack(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop, quantity=3)
		[row] = invoice.items
		self.assertEqual(
			(1, order, "EUR", COMPANY),
			(invoice.docstatus, invoice.sc_credit_order, invoice.currency, invoice.company),
		)
		self.assertEqual((shop.pack, 3, 120, 360), (row.item_code, row.qty, row.rate, row.amount))
		self.assertEqual((360, 0), (invoice.outstanding_amount, shop.balance))
		self.assert_state(order, "Open")

	def test_with_drafts_an_accountant_submits_it(self) -> None:
		self.configure(submit_invoice=0)
		order, invoice = self.ordered(self.shop())
		self.assertEqual((0, order), (invoice.docstatus, invoice.sc_credit_order))

	def test_the_item_is_made_from_the_pack_and_named_on_it(self) -> None:
		shop = self.shop()
		self.ordered(shop)
		item = frappe.get_doc("Item", frappe.db.get_value("Credit Pack", shop.pack, "item_code"))
		self.assertEqual((shop.pack, 0, 1), (item.name, item.is_stock_item, item.is_sales_item))

	def test_a_named_item_is_billed_and_takes_the_settings_income_account(self) -> None:
		account = f"Service - {SUFFIX}"
		self.configure(income_account=account)
		item = self.shop_item()
		_order, invoice = self.ordered(self.shop(item_code=item))
		self.assertEqual((item, account), (invoice.items[0].item_code, invoice.items[0].income_account))

	def shop_item(self, **fields: object) -> str:
		code = make.unique_code("item")
		values = {
			"item_code": code,
			"item_group": "Services",
			"stock_uom": "Nos",
			"is_stock_item": 0,
			**fields,
		}
		return frappe.get_doc({"doctype": "Item", **values}).insert().name

	def test_the_same_order_again_makes_no_second_invoice(self) -> None:
		shop = self.shop()
		first = self.order(shop, key="k1")
		self.assertEqual(first, self.order(shop, key="k1"))
		self.assertEqual(1, frappe.db.count(INVOICE, {"sc_credit_order": first}))

	def test_taxes_come_by_the_template_and_the_order_still_fits(self) -> None:
		template = self.template(23)
		self.configure(tax_template=template)
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.assertEqual((120, 147.6), (invoice.net_total, invoice.grand_total))
		self.pay(invoice)
		self.assert_state(order, "Paid")
		self.assertEqual(2, shop.balance)

	def test_a_price_that_includes_the_tax_fits_too(self) -> None:
		self.configure(tax_template=self.template(23, included=1))
		shop = self.shop(price=123)
		order, invoice = self.ordered(shop)
		self.assertEqual((100, 123), (invoice.net_total, invoice.grand_total))
		self.pay(invoice)
		self.assert_state(order, "Paid")

	def template(self, rate: float, included: int = 0) -> str:
		account = frappe.db.get_value("Account", {"company": COMPANY, "account_type": "Tax", "is_group": 0})
		tax = {"charge_type": "On Net Total", "account_head": account, "rate": rate, "description": "IVA"}
		doc = {"doctype": "Sales Taxes and Charges Template", "title": make.unique("IVA"), "company": COMPANY}
		tax["included_in_print_rate"] = included
		return frappe.get_doc({**doc, "taxes": [tax]}).insert().name

	def test_a_pack_in_another_currency_is_converted_by_erpnexts_rate(self) -> None:
		rate = {
			"doctype": "Currency Exchange",
			"from_currency": "USD",
			"to_currency": "EUR",
			"exchange_rate": 0.8,
		}
		if not frappe.db.exists("Currency Exchange", {"from_currency": "USD", "to_currency": "EUR"}):
			frappe.get_doc({**rate, "date": "2020-01-01", "for_selling": 1, "for_buying": 1}).insert()
		frappe.db.set_single_value(
			"Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1
		)
		shop = self.shop(currency="USD")
		order, invoice = self.ordered(shop)
		self.assertEqual(
			("USD", 0.8, 120, 96),
			(invoice.currency, invoice.conversion_rate, invoice.grand_total, invoice.base_grand_total),
		)
		self.pay(invoice)
		self.assert_state(order, "Paid")
		self.assertEqual(2, shop.balance)

	def test_without_a_rate_the_order_stands_and_says_so(self) -> None:
		frappe.db.set_single_value("Currency Exchange Settings", "disabled", 1)
		shop = self.shop(currency="JPY", price=12000)
		order = self.order(shop)
		self.assertFalse(self.row(order).invoice)
		self.assert_trouble(
			order,
			"Open",
			"No invoice could be made",
			"Currency Exchange record is not created for JPY to EUR",
		)
		self.assertEqual(0, frappe.db.count(INVOICE, {"sc_credit_order": order}))

	def test_the_sweep_makes_the_invoice_when_it_can_be_made(self) -> None:
		item = self.shop_item(is_stock_item=1)
		shop = self.shop()
		frappe.db.set_value("Credit Pack", shop.pack, "item_code", None)
		frappe.rename_doc("Item", item, shop.pack)
		order = self.order(shop)
		self.assert_trouble(order, "Open", "has the code of pack")
		frappe.rename_doc("Item", shop.pack, item)
		frappe.db.commit()
		self.assertGreaterEqual(erpnext.sweep(), 1)
		self.assertEqual(1, self.invoice(order).docstatus)

	def test_a_top_up_gets_its_invoice_from_the_sweep(self) -> None:
		shop = self.shop()
		order = orders.place(Wish(shop.company, shop.pack, door="Top-up"))
		frappe.db.commit()
		erpnext.sweep()
		self.assertEqual(order, self.invoice(order).sc_credit_order)

	def test_a_price_that_rounds_to_nothing_is_not_invoiced_nor_paid_by_itself(self) -> None:
		shop = self.shop(price=0.001)
		order = self.order(shop)
		self.assertFalse(self.row(order).invoice)
		self.assertEqual(0, shop.balance)

	def test_a_price_with_fractions_of_a_cent_is_billed_as_the_offer_shows_it(self) -> None:
		order, invoice = self.ordered(self.shop(price=33.333), quantity=3)
		self.assertEqual((99.99, 99.99), (self.row(order).total, invoice.grand_total))

	def test_a_price_that_no_invoice_can_bill_is_told(self) -> None:
		"""Books that are kept without cents."""
		self.addCleanup(self.write_numbers_as, frappe.db.get_default("number_format"))
		self.write_numbers_as("#,###")
		order = self.order(self.shop(price=33.3), quantity=3)
		self.assertFalse(self.row(order).invoice)
		self.assert_trouble(order, "Open", "its packs cost 99.00, the order 99.90")

	def write_numbers_as(self, number_format: str) -> None:
		frappe.db.set_default("number_format", number_format)
		frappe.db.commit()
		frappe.clear_cache()

	def test_an_agents_order_has_an_invoice(self) -> None:
		shop = self.shop()
		placed = api.raise_order(shop.company, shop.pack)
		frappe.db.commit()
		self.assertEqual(1, self.invoice(placed["order"]).docstatus)


class TestCancelledOrder(ErpNextCase):
	def test_its_draft_is_deleted(self) -> None:
		self.configure(submit_invoice=0)
		order, invoice = self.ordered(self.shop())
		api.cancel(order)
		frappe.db.commit()
		self.assertFalse(frappe.db.exists(INVOICE, invoice.name))
		self.assert_state(order, "Cancelled")

	def test_its_unpaid_invoice_is_cancelled_also_by_the_customer(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		with make.acting_as(shop.boss):
			api.cancel(order)
			frappe.db.commit()
		self.assertEqual(2, frappe.db.get_value(INVOICE, invoice.name, "docstatus"))
		self.assert_state(order, "Cancelled")

	def test_one_with_a_part_payment_stays_and_the_managers_are_told(self) -> None:
		order, invoice = self.ordered(self.shop())
		self.pay(invoice, 50)
		api.cancel(order)
		frappe.db.commit()
		self.assertEqual(1, frappe.db.get_value(INVOICE, invoice.name, "docstatus"))
		self.assert_trouble(
			order, "Cancelled", f"invoice {invoice.name} was not", "It has payments", "by hand"
		)

	def test_a_deleted_draft_is_noted_and_no_other_is_made(self) -> None:
		self.configure(submit_invoice=0)
		order, invoice = self.ordered(self.shop())
		frappe.delete_doc(INVOICE, invoice.name)
		frappe.db.commit()
		erpnext.sweep()
		self.assert_trouble(order, "Open", f"Invoice {invoice.name} of order {order} was deleted")
		self.assertEqual(0, frappe.db.count(INVOICE, {"sc_credit_order": order}))


class TestCustomer(ErpNextCase):
	def test_the_first_order_makes_a_customer_linked_as_helpdesk_links_it(self) -> None:
		self.configure(
			customer_group="Commercial",
			territory="Portugal" if frappe.db.exists("Territory", "Portugal") else "",
		)
		shop = self.shop()
		_order, invoice = self.ordered(shop)
		customer = frappe.get_doc("Customer", invoice.customer)
		self.assertEqual((shop.company, shop.company), (customer.customer_name, customer.hd_customer))
		self.assertEqual("Commercial", customer.customer_group)
		self.assertEqual(customer.name, frappe.db.get_value("HD Customer", shop.company, "erpnext_customer"))

	def test_the_second_order_takes_the_same(self) -> None:
		shop = self.shop()
		self.assertEqual(self.ordered(shop)[1].customer, self.ordered(shop)[1].customer)
		self.assertEqual(1, frappe.db.count("Customer", {"hd_customer": shop.company}))

	def test_helpdesks_own_sync_has_linked_it_already(self) -> None:
		with make.single("ERPNext HD Settings", enabled=1):
			shop = self.shop()
			linked = frappe.db.get_value("HD Customer", shop.company, "erpnext_customer")
			_order, invoice = self.ordered(shop)
		self.assertTrue(linked)
		self.assertEqual(linked, invoice.customer)

	def test_an_unlinked_customer_of_the_same_name_is_linked(self) -> None:
		shop = self.shop()
		frappe.get_doc({"doctype": "Customer", "customer_name": shop.company}).insert()
		_order, invoice = self.ordered(shop)
		self.assertEqual(
			(shop.company, 1),
			(invoice.customer, frappe.db.count("Customer", {"customer_name": shop.company})),
		)

	def test_one_of_the_same_name_that_is_another_companys_is_not_taken(self) -> None:
		customers.customer_of(self.shop().company)  # makes the field
		other, shop = self.shop(), self.shop()
		taken = frappe.get_doc(
			{"doctype": "Customer", "customer_name": shop.company, "hd_customer": other.company}
		).insert()
		_order, invoice = self.ordered(shop)
		self.assertNotEqual(taken.name, invoice.customer)

	def test_merging_the_hd_customer_into_another_pays_its_open_order(self) -> None:
		shop, other = self.shop(), self.shop()
		self.ordered(other)
		order, invoice = self.ordered(shop)
		frappe.rename_doc("HD Customer", shop.company, other.company, merge=True)
		frappe.db.commit()
		self.pay(invoice)
		self.assertEqual(other.company, self.assert_state(order, "Paid").customer)
		self.assertEqual(2, other.balance)

	def test_renaming_the_hd_customer_keeps_the_link(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		renamed = make.unique("Renamed")
		frappe.rename_doc("HD Customer", shop.company, renamed)
		frappe.db.commit()
		self.assertEqual({renamed}, customers.hd_customers_of(invoice.customer))
		self.pay(invoice)
		self.assert_state(order, "Paid")
