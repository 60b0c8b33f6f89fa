"""Credits come when the invoice is paid, by whatever act of the books, in the accountant's own transaction."""

from __future__ import annotations

import acting
import frappe
from frappe.utils import today
from shop import BANK, COMPANY, INVOICE, SUFFIX, ErpNextCase, Shop

from support_credits.api import orders as api
from support_credits.integrations import erpnext
from support_credits.ledger import order_payment, orders
from support_credits.ledger.order_payment import Payment
from support_credits.tests import factories as make

DEBTORS = f"Debtors - {SUFFIX}"


class PaidCase(ErpNextCase):
	def assert_granted(self, shop: Shop, order: str, credits: int = 2) -> None:
		row = self.assert_state(order, "Paid")
		self.assertEqual(
			("Invoice", row.invoice, f"invoice:{row.invoice}"),
			(row.paid_by_way, row.payment_reference, row.payment_key),
		)
		self.assertEqual(credits, shop.balance)
		self.assertEqual(1, frappe.db.count("Credit Lot", {"account": shop.account}))
		self.assertIn(f"Order {order} is paid: {credits} credit(s) granted.", self.comments(row.invoice))
		self.assert_proved(shop)

	def assert_nothing(self, shop: Shop, order: str) -> None:
		self.assert_state(order, "Open")
		self.assertIsNone(shop.account)


class TestPaid(PaidCase):
	def test_a_payment_entry_pays_the_order(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop, quantity=2)
		self.pay(invoice)
		self.assert_granted(shop, order, 4)

	def test_an_accountant_without_rights_in_helpdesk_may_enter_it(self) -> None:
		accountant = make.portal_user("accountant")
		user = frappe.get_doc("User", accountant.email)
		user.add_roles("Accounts User", "Accounts Manager")
		shop = self.shop()
		order, invoice = self.ordered(shop)
		with make.acting_as(accountant):
			self.pay(invoice)
		self.assert_granted(shop, order)

	def test_half_of_it_brings_nothing_and_the_second_half_everything(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.pay(invoice, 60)
		self.assert_nothing(shop, order)
		self.pay(invoice, 60)
		self.assert_granted(shop, order)

	def test_a_payment_that_is_not_submitted_brings_nothing(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.payment(invoice)
		frappe.db.commit()
		self.assert_nothing(shop, order)

	def test_a_journal_entry_on_the_bank_pays_it(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.journal(invoice, "Bank Entry", BANK)
		self.assert_granted(shop, order)

	def journal(self, invoice: object, kind: str, against: str) -> None:
		party = {"party_type": "Customer", "party": invoice.customer, "account": DEBTORS}
		reference = {"reference_type": INVOICE, "reference_name": invoice.name}
		amount = invoice.outstanding_amount
		center = frappe.db.get_value("Company", COMPANY, "cost_center")
		entry = frappe.get_doc(
			{
				"doctype": "Journal Entry",
				"voucher_type": kind,
				"company": COMPANY,
				"posting_date": today(),
				"cheque_no": "4711",
				"cheque_date": today(),
				"accounts": [
					{**party, **reference, "credit_in_account_currency": amount, "cost_center": center},
					{"account": against, "debit_in_account_currency": amount, "cost_center": center},
				],
			}
		)
		entry.insert()
		entry.submit()
		frappe.db.commit()

	def test_a_debt_that_was_written_off_is_not_paid(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.journal(invoice, "Write Off Entry", f"Write Off - {SUFFIX}")
		self.assertEqual(0, frappe.db.get_value(INVOICE, invoice.name, "outstanding_amount"))
		self.assert_trouble(order, "Open", "120.00 of it was written off, not paid", "Nothing was granted")
		self.assertIsNone(shop.account)

	def test_money_that_came_first_pays_it_when_it_is_reconciled(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.on_account(invoice, 120)
		self.assert_nothing(shop, order)
		self.reconcile(invoice)
		self.assert_granted(shop, order)

	def on_account(self, invoice: object, amount: float) -> object:
		payment = self.payment(invoice, amount)
		payment.set("references", [])
		payment.save()
		payment.submit()
		frappe.db.commit()
		return payment

	def reconcile(self, invoice: object) -> None:
		tool = frappe.get_doc("Payment Reconciliation")
		tool.update({"company": COMPANY, "party_type": "Customer", "party": invoice.customer})
		tool.receivable_payable_account = DEBTORS
		tool.get_unreconciled_entries()
		rows = {
			"invoices": [row.as_dict() for row in tool.invoices],
			"payments": [row.as_dict() for row in tool.payments],
		}
		tool.allocate_entries(frappe._dict(rows))
		tool.reconcile()
		frappe.db.commit()

	def test_loosening_a_payment_takes_the_credits_back(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		payment = self.pay(invoice)
		values = {"company": COMPANY, "voucher_type": "Payment Entry", "voucher_no": payment.name}
		loosen = frappe.get_doc({"doctype": "Unreconcile Payment", **values})
		loosen.add_references()
		loosen.insert()
		loosen.submit()
		frappe.db.commit()
		self.assertEqual(("Reversed", 0), (self.row(order).state, shop.balance))

	def test_an_advance_pays_an_invoice_as_it_is_submitted(self) -> None:
		self.configure(submit_invoice=0)
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.on_account(self.submit(self.ordered(shop)[1]), 120)
		invoice.reload()
		invoice.allocate_advances_automatically = 1
		invoice.save()
		self.submit(invoice)
		self.assertEqual(0, frappe.db.get_value(INVOICE, invoice.name, "outstanding_amount"))
		self.assert_granted(shop, order)

	def test_with_submitted_the_credits_come_before_the_money(self) -> None:
		self.configure(grant_when="Submitted", submit_invoice=0)
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.assert_nothing(shop, order)
		self.submit(invoice)
		self.assert_granted(shop, order)
		self.pay(invoice)
		self.assert_granted(shop, order)

	def test_with_submitted_an_order_placed_at_once_has_its_credits(self) -> None:
		self.configure(grant_when="Submitted")
		shop = self.shop()
		order = self.order(shop)
		self.assert_granted(shop, order)

	def test_waiting_tickets_go_on(self) -> None:
		shop = self.shop()
		ticket = self.waiting(shop)
		order, invoice = self.ordered(shop)
		self.pay(invoice)
		self.assertEqual("Charged", make.incident_of(ticket).state)
		self.assertEqual((1, "Paid"), (shop.balance, self.row(order).state))

	def waiting(self, shop: Shop) -> str:
		make.account(shop.company, portal_policy="Park")
		name = make.ticket(shop.boss).name
		frappe.db.commit()
		self.assertEqual("Parked", make.incident_of(name).state)
		return name


class TestOnce(PaidCase):
	def test_the_sweep_and_events_that_come_again_grant_nothing_more(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.pay(invoice)
		for _again in range(3):
			self.assertEqual(0, acting.settle(invoice.name))
			frappe.db.commit()
		erpnext.sweep()
		self.assert_granted(shop, order)

	def test_eight_processes_that_settle_it_at_once_grant_once(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.unheard_payment(invoice)
		answers = acting.at_once(*[("settle", {"invoice": invoice.name})] * 8)
		self.assertEqual([0] * 7 + [1], sorted(answer["done"] for answer in answers))
		self.assert_granted(shop, order)

	def test_two_halves_paid_at_once_grant_once(self) -> None:
		"""Each leaves the host's own copy of what is outstanding at half: what the payments come to is counted."""
		shop = self.shop()
		order, invoice = self.ordered(shop)
		half = ("pay", {"invoice": invoice.name, "amount": 60})
		answers = acting.at_once(half, half)
		self.assertEqual([], [answer["error"] for answer in answers if "error" in answer])
		self.assert_granted(shop, order)

	def unheard_payment(self, invoice: object) -> None:
		"""A payment that was committed without our part: switched off when it came."""
		frappe.db.set_single_value(erpnext.SETTINGS, "enabled", 0)
		frappe.clear_document_cache(erpnext.SETTINGS, erpnext.SETTINGS)
		self.pay(invoice)
		self.configure()

	def test_the_sweep_finds_a_payment_no_event_told_of(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.unheard_payment(invoice)
		self.assert_nothing(shop, order)
		erpnext.sweep()
		self.assert_granted(shop, order)

	def test_killed_before_the_commit_there_is_neither_payment_nor_credit(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		acting.killed_after("pay_and_settle", invoice=invoice.name)
		self.assert_nothing(shop, order)
		self.assertEqual(120, frappe.db.get_value(INVOICE, invoice.name, "outstanding_amount"))
		self.assertEqual(0, frappe.db.count("Payment Entry Reference", {"reference_name": invoice.name}))
		self.pay(invoice)
		self.assert_granted(shop, order)

	def test_a_rollback_forgets_what_was_noted(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		acting.pay(invoice.name)
		frappe.db.rollback()
		frappe.db.commit()
		self.assert_nothing(shop, order)

	def test_a_failure_of_ours_leaves_the_payment_and_the_sweep_grants_later(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		frappe.db.set_value("Credit Order", order, "credits", -5)  # the ledger refuses it
		payment = self.pay(invoice)
		self.assertEqual(1, frappe.db.get_value("Payment Entry", payment.name, "docstatus"))
		self.assert_trouble(
			order, "Open", f"The credits of invoice {invoice.name} could not be settled", "every hour"
		)
		self.assertIsNone(shop.account)
		frappe.db.set_value("Credit Order", order, {"credits": 2, "trouble": ""})
		frappe.db.commit()
		erpnext.sweep()
		self.assert_granted(shop, order)


class TestFirstAtOnce(PaidCase):
	def test_two_first_orders_of_a_customer_and_a_pack_make_one_customer_and_one_item(self) -> None:
		shop = self.shop()
		values = {"customer": shop.company, "pack": shop.pack}
		answers = acting.at_once(*[("order", values)] * 4)
		frappe.db.rollback()
		self.assertEqual([], [answer["error"] for answer in answers if "error" in answer])
		invoices = [self.invoice(answer["done"]) for answer in answers]
		self.assertEqual(4, len({invoice.name for invoice in invoices}))
		self.assertEqual(1, len({invoice.customer for invoice in invoices}))
		self.assertEqual(1, frappe.db.count("Customer", {"hd_customer": shop.company}))


class TestLate(PaidCase):
	def test_an_order_whose_time_is_over_is_paid_all_the_same(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		frappe.db.set_value("Credit Order", order, "stands_until_utc", "2026-01-01T00:00:00.000000Z")
		orders.expire_due()
		frappe.db.commit()
		self.assert_state(order, "Expired")
		self.pay(invoice)
		self.assert_granted(shop, order)

	def test_a_pack_that_is_no_longer_sold_is_granted_as_it_was_ordered(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		frappe.get_doc("Credit Pack", shop.pack).update({"on_sale": 0, "price": 999, "credits": 9}).save()
		self.pay(invoice)
		self.assert_granted(shop, order)

	def test_a_cancelled_order_whose_invoice_stayed_is_paid_when_the_money_comes(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		self.pay(invoice, 50)
		api.cancel(order)
		frappe.db.commit()
		invoice.reload()
		self.pay(invoice)
		self.assertEqual(("Paid", 2), (self.row(order).state, shop.balance))

	def test_what_a_manager_marked_paid_is_not_granted_again_by_the_books(self) -> None:
		shop = self.shop()
		order, invoice = self.ordered(shop)
		order_payment.pay(order, Payment("Manager", "Bank 1", f"manual:{order}"))
		frappe.db.commit()
		erpnext.sweep()
		self.assertEqual(
			"Paid", self.row(order).state
		)  # the invoice is still unpaid, and that takes nothing back
		self.pay(invoice)
		self.assertEqual((2, "Manager"), (shop.balance, self.row(order).paid_by_way))
		self.assertIn(
			f"Order {order} was paid before, with Bank 1. Nothing was granted for this invoice.",
			self.comments(invoice.name),
		)
