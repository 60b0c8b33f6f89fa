"""Revenue that is earned month by month, while the credits are valid: ERPNext's own deferred accounting, run to its end."""

from __future__ import annotations

from datetime import date

import frappe
from frappe.utils import add_days, add_months, get_first_day, get_last_day, getdate, today
from shop import COMPANY, INVOICE, SUFFIX, ErpNextCase

from support_credits.integrations import erpnext

ACCOUNT = f"Deferred Revenue - {SUFFIX}"
INCOME = f"Service - {SUFFIX}"


class TestDeferred(ErpNextCase):
	def setUp(self) -> None:
		super().setUp()
		self.account()
		self.configure(deferred_revenue=1, deferred_account=ACCOUNT, income_account=INCOME)

	def account(self) -> None:
		if not frappe.db.exists("Account", ACCOUNT):
			parent = frappe.db.get_value(
				"Account", {"company": COMPANY, "root_type": "Liability", "is_group": 1}
			)
			values = {"account_name": "Deferred Revenue", "parent_account": parent, "company": COMPANY}
			frappe.get_doc({"doctype": "Account", **values}).insert()
		year = getdate().year + 1
		if not frappe.db.exists("Fiscal Year", {"year_start_date": date(year, 1, 1)}):
			values = {
				"year": str(year),
				"year_start_date": date(year, 1, 1),
				"year_end_date": date(year, 12, 31),
			}
			frappe.get_doc({"doctype": "Fiscal Year", **values}).insert()
			frappe.cache.delete_key("fiscal_years")  # the host keeps the old ones

	def test_a_row_runs_from_the_invoices_date_to_the_end_of_the_validity(self) -> None:
		_order, invoice = self.ordered(self.shop(validity_months=3))
		[row] = invoice.items
		self.assertEqual(
			(1, ACCOUNT, getdate(), getdate(add_months(today(), 3))),
			(
				row.enable_deferred_revenue,
				row.deferred_revenue_account,
				row.service_start_date,
				row.service_end_date,
			),
		)

	def test_the_pack_makes_an_item_that_defers_too(self) -> None:
		shop = self.shop(validity_months=6)
		self.ordered(shop)
		item = frappe.get_doc("Item", shop.pack)
		self.assertEqual((1, 6), (item.enable_deferred_revenue, item.no_of_months))

	def test_each_month_earns_its_part_and_together_they_are_the_price(self) -> None:
		for way in ("Days", "Months"):
			with self.subTest(way):
				frappe.db.set_single_value("Accounts Settings", "book_deferred_entries_based_on", way)
				self.run_to_the_end()

	def run_to_the_end(self) -> None:
		order, invoice = self.ordered(self.shop(validity_months=3, price=100), quantity=2)
		self.pay(invoice)
		self.assertEqual("Paid", self.row(order).state)
		self.assertEqual((0, 200), (self.booked(invoice.name, INCOME), self.booked(invoice.name, ACCOUNT)))
		ends = [get_last_day(add_months(today(), month)) for month in range(4)]
		for end in ends:
			self.process(get_first_day(end), end)
		self.assertEqual((200, 0), (self.booked(invoice.name, INCOME), self.booked(invoice.name, ACCOUNT)))
		earned = self.earned(invoice.name)
		# Three months from within one: two whole ones and two parts. By months, ERPNext gives a last day of a month nothing.
		self.assertIn(len(earned), (3, 4))
		self.assertTrue(all(0 < amount < 200 for amount in earned), earned)

	def process(self, start: date, end: date) -> None:
		values = {"company": COMPANY, "type": "Income", "account": ACCOUNT, "posting_date": end}
		doc = frappe.get_doc(
			{"doctype": "Process Deferred Accounting", **values, "start_date": start, "end_date": end}
		)
		doc.insert()
		doc.submit()
		frappe.db.commit()

	def booked(self, invoice: str, account: str) -> float:
		"""Credit less debit of an account for this invoice, its deferred entries with it."""
		about = {"voucher_type": INVOICE, "voucher_no": invoice, "account": account, "is_cancelled": 0}
		rows = frappe.get_all("GL Entry", about, ["credit", "debit"])
		return round(sum(row.credit - row.debit for row in rows), 2)

	def earned(self, invoice: str) -> list[float]:
		about = {"voucher_type": INVOICE, "voucher_no": invoice, "account": INCOME, "is_cancelled": 0}
		return frappe.get_all("GL Entry", about, pluck="credit", order_by="posting_date asc")

	def test_a_draft_that_waited_begins_on_the_day_it_is_submitted(self) -> None:
		self.configure(deferred_revenue=1, deferred_account=ACCOUNT, submit_invoice=0)
		_order, invoice = self.ordered(self.shop(validity_months=3))
		made = add_days(today(), -10)
		row = invoice.items[0]
		frappe.db.set_value(INVOICE, invoice.name, "creation", f"{made} 10:00:00", update_modified=False)
		row.db_set({"service_start_date": made, "service_end_date": add_months(made, 3)})
		invoice.reload()
		self.submit(invoice)
		invoice.reload()
		self.assertEqual(
			(getdate(), getdate(add_months(today(), 3))),
			(invoice.items[0].service_start_date, invoice.items[0].service_end_date),
		)

	def test_a_credit_note_is_the_hosts_against_income_and_does_not_stop_the_deferral(self) -> None:
		"""What docs/erpnext.md warns of; when the host changes it the page must."""
		order, invoice = self.ordered(self.shop())
		self.pay(invoice)
		note = self.credit(invoice)
		self.assertEqual(("Reversed", -120, 0), (self.row(order).state, *self.books(note.name)))
		self.assertEqual((0, 120), self.books(invoice.name))
		self.assertTrue(frappe.get_meta("Sales Invoice Item").get_field("service_stop_date").allow_on_submit)

	def books(self, invoice: str) -> tuple[float, float]:
		return self.booked(invoice, INCOME), self.booked(invoice, ACCOUNT)

	def test_switched_off_nothing_is_deferred(self) -> None:
		self.configure(deferred_revenue=0)
		_order, invoice = self.ordered(self.shop())
		self.assertEqual(0, invoice.items[0].enable_deferred_revenue)
		self.assertTrue(erpnext.is_enabled())
