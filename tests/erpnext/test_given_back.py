"""Credit notes, cancelled payments and cancelled invoices: what is unspent is void, what was spent is told."""

from __future__ import annotations

import frappe
from frappe.model.document import Document
from shop import MANAGER, ErpNextCase, Shop

from support_credits.integrations import erpnext
from support_credits.ledger import order_payment
from support_credits.ledger.order_payment import Payment
from support_credits.tests import factories as make


class BackCase(ErpNextCase):
	def paid(self, credits: int = 4, **pack: object) -> tuple[Shop, str, Document, Document]:
		"""A paid order of ``credits`` with its invoice and payment."""
		shop = self.shop(credits=credits, **pack)
		order, invoice = self.ordered(shop)
		payment = self.pay(invoice)
		self.assertEqual(credits, shop.balance)
		invoice.reload()
		return shop, order, invoice, payment

	def spend(self, shop: Shop, times: int = 1) -> None:
		for _time in range(times):
			make.ticket(shop.boss)
		frappe.db.commit()

	def assert_taken_back(
		self, shop: Shop, order: str, invoice: str, why: str, voided: int, spent: int
	) -> None:
		row = self.row(order)
		self.assertEqual(("Reversed", voided, spent, 0), (row.state, row.voided, row.spent, shop.balance))
		text = (
			f"{why}. Order {order}: {voided} credit(s) voided, {spent} were spent or over before and stay so."
		)
		self.assertIn(text, self.comments(invoice))
		self.assertIn(text, self.told("Credit Order", order))
		self.assert_proved(shop)


class TestWholly(BackCase):
	def test_a_credit_note_voids_what_is_unspent_and_tells_what_was_spent(self) -> None:
		shop, order, invoice, _payment = self.paid()
		self.spend(shop)
		self.credit(invoice)
		why = f"Invoice {invoice.name} was credited in full"
		self.assert_taken_back(shop, order, invoice.name, why, voided=3, spent=1)

	def test_it_is_once_however_often_it_is_looked_at(self) -> None:
		shop, order, invoice, _payment = self.paid()
		self.credit(invoice)
		erpnext.sweep()
		erpnext.sweep()
		why = f"Invoice {invoice.name} was credited in full"
		self.assert_taken_back(shop, order, invoice.name, why, voided=4, spent=0)
		self.assertEqual(1, len(self.told("Credit Order", order)))

	def test_the_accountant_who_wrote_it_is_told_too(self) -> None:
		shop, order, invoice, _payment = self.paid()
		accountant = make.portal_user("accountant")
		frappe.get_doc("User", accountant.email).add_roles("Accounts User", "Accounts Manager")
		self.spend(shop, 2)
		with make.acting_as(accountant):
			self.credit(invoice)
		[text] = self.told("Credit Order", order, accountant.email)
		self.assertIn("2 credit(s) voided, 2 were spent", text)
		self.assertEqual([text], self.told("Credit Order", order, MANAGER))

	def test_an_invoice_that_is_cancelled(self) -> None:
		shop, order, invoice, payment = self.paid()
		self.spend(shop, 4)
		frappe.db.set_single_value("Accounts Settings", "unlink_payment_on_cancellation_of_invoice", 1)
		self.cancel(invoice)
		self.assertEqual(1, frappe.db.get_value("Payment Entry", payment.name, "docstatus"))
		why = f"Invoice {invoice.name} was cancelled"
		self.assert_taken_back(shop, order, invoice.name, why, voided=0, spent=4)

	def test_a_payment_that_is_cancelled(self) -> None:
		shop, order, invoice, payment = self.paid()
		self.spend(shop)
		self.cancel(payment)
		why = f"Invoice {invoice.name} is no longer paid"
		self.assert_taken_back(shop, order, invoice.name, why, voided=3, spent=1)

	def test_one_that_no_event_told_of_is_found_by_the_sweep(self) -> None:
		shop, order, invoice, payment = self.paid()
		frappe.db.set_single_value(erpnext.SETTINGS, "enabled", 0)
		frappe.clear_document_cache(erpnext.SETTINGS, erpnext.SETTINGS)
		self.cancel(payment)
		self.configure()
		self.assertEqual(("Paid", 4), (self.row(order).state, shop.balance))
		erpnext.sweep()
		why = f"Invoice {invoice.name} is no longer paid"
		self.assert_taken_back(shop, order, invoice.name, why, voided=4, spent=0)

	def test_a_credit_note_takes_back_what_a_manager_marked_paid(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		order_payment.pay(order, Payment("Manager", "Bank 1", f"manual:{order}"))
		frappe.db.commit()
		self.credit(invoice)
		why = f"Invoice {invoice.name} was credited in full"
		self.assert_taken_back(shop, order, invoice.name, why, voided=2, spent=0)

	def test_with_submitted_an_unpaid_invoice_that_is_cancelled(self) -> None:
		self.configure(grant_when="Submitted")
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.assertEqual(2, shop.balance)
		self.cancel(invoice)
		why = f"Invoice {invoice.name} was cancelled"
		self.assert_taken_back(shop, order, invoice.name, why, voided=2, spent=0)


class TestUnpaid(BackCase):
	def test_a_credit_note_on_an_unpaid_invoice_pays_nothing(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.credit(invoice)
		self.assertIsNone(shop.account)
		self.assert_trouble(
			order, "Open", f"Invoice {invoice.name} was credited in full; order {order} was not paid"
		)

	def test_an_invoice_cancelled_before_it_was_paid_leaves_the_order_open_and_says_so(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.cancel(invoice)
		self.assertIsNone(shop.account)
		self.assert_trouble(
			order, "Open", f"Invoice {invoice.name} was cancelled; order {order} was not paid"
		)

	def test_its_amended_successor_pays_the_order(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.cancel(invoice)
		amended = self.amend(invoice)
		self.assertEqual(amended.name, self.row(order).invoice)
		self.submit(amended)
		self.pay(amended)
		self.assertEqual(("Paid", 2), (self.row(order).state, shop.balance))

	def amend(self, invoice: Document) -> Document:
		"""As the form does: it keeps what a copy leaves out."""
		amended = frappe.copy_doc(invoice)
		amended.update({"amended_from": invoice.name, "docstatus": 0})
		return amended.insert()


class TestPartly(BackCase):
	def test_half_of_it_voids_nothing_and_everybody_is_told(self) -> None:
		shop, order, invoice, _payment = self.paid()
		self.credit(invoice, share=0.5)
		self.assertEqual(4, shop.balance)
		self.assert_trouble(
			order,
			"Paid",
			f"60.00 EUR of 120.00 were given back for invoice {invoice.name}",
			"do by hand what was agreed",
		)
		self.assertEqual(1, len([text for text in self.comments(invoice.name) if "given back" in text]))

	def test_two_halves_are_the_whole(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop, quantity=2)
		self.pay(invoice)
		self.credit(invoice, quantity=1)
		self.assertEqual(("Paid", 4), (self.row(order).state, shop.balance))
		self.credit(invoice, quantity=1)
		row = self.row(order)
		self.assertEqual(("Reversed", 4, 0), (row.state, row.voided, shop.balance))

	def test_half_of_an_unpaid_one_is_not_the_order_any_more(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.credit(invoice, share=0.5)
		invoice.reload()
		self.pay(invoice)
		self.assertIsNone(shop.account)
		self.assert_trouble(order, "Open", "60.00 EUR of 120.00 were given back", "Nothing was granted")


class TestAgain(BackCase):
	def test_a_payment_that_was_corrected_brings_back_what_was_voided_and_no_more(self) -> None:
		shop, order, invoice, payment = self.paid()
		self.spend(shop)
		ends = frappe.db.get_value("Credit Lot", {"account": shop.account}, "expires_on")
		self.cancel(payment)
		self.assertEqual(0, shop.balance)
		invoice.reload()
		self.pay(invoice)
		self.assertEqual(("Reversed", 3), (self.row(order).state, shop.balance))
		lots = frappe.get_all(
			"Credit Lot", {"account": shop.account, "remaining": [">", 0]}, ["expires_on", "source"]
		)
		self.assertEqual([(ends, "Order")], [(lot.expires_on, lot.source) for lot in lots])
		self.assertIn("3 credit(s) that were voided are back", " ".join(self.comments(invoice.name)))
		erpnext.sweep()
		self.assertEqual(3, shop.balance)
		self.assert_proved(shop)

	def test_taken_back_once_more_they_go_and_a_third_payment_is_for_a_manager(self) -> None:
		shop, order, invoice, payment = self.paid()
		self.cancel(payment)
		invoice.reload()
		second = self.pay(invoice)
		self.spend(shop)
		self.cancel(second)
		self.assertEqual(0, shop.balance)
		self.assertIn("3 credit(s) voided, 1 were spent", " ".join(self.comments(invoice.name)))
		invoice.reload()
		self.pay(invoice)
		self.assertEqual(0, shop.balance)
		self.assertIn("is paid once more. Grant the 4 credit(s)", self.row(order).trouble)
		self.assert_proved(shop)

	def test_an_amended_invoice_brings_them_back(self) -> None:
		shop, order, invoice, payment = self.paid()
		self.spend(shop)
		self.cancel(payment)
		invoice.reload()
		self.cancel(invoice)
		amended = TestUnpaid.amend(self, invoice)
		self.submit(amended)
		self.assertEqual(0, shop.balance)
		self.pay(amended)
		self.assertEqual(("Reversed", 3), (self.row(order).state, shop.balance))

	def test_a_cancelled_credit_note_brings_them_back(self) -> None:
		shop, order, invoice, _payment = self.paid()
		note = self.credit(invoice)
		self.assertEqual(0, shop.balance)
		self.cancel(note)
		self.assertEqual(("Reversed", 4), (self.row(order).state, shop.balance))
