"""What the tests on ERPNext begin with: invoicing switched on, a company of customers, packs in euros, and an accountant's acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import frappe
from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry
from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return
from frappe.model.document import Document

from support_credits.api import orders as api
from support_credits.integrations import erpnext
from support_credits.ledger import verification
from support_credits.tests import factories as make
from support_credits.tests.compat import TestCase
from support_credits.tests.factories import Company, Person

COMPANY, SUFFIX = "Support House", "SH"
INVOICE = "Sales Invoice"
MANAGER = "owner@support-house.example"  # whom the setup wizard made
BANK = f"House Bank - {SUFFIX}"
DEFAULTS = {
	"enabled": 1,
	"company": COMPANY,
	"grant_when": "Paid",
	"submit_invoice": 1,
	"income_account": "",
	"tax_template": "",
	"item_group": "",
	"session_item": "",
	"customer_group": "",
	"territory": "",
	"deferred_revenue": 0,
	"deferred_account": "",
	"sell_by_invoice": 0,
	"invoices_from": None,
}


@dataclass(frozen=True)
class Shop:
	"""A customer without an account, its manager, and a pack of two credits for three months at 120 EUR."""

	company: str
	boss: Person
	pack: str

	@property
	def balance(self) -> int:
		from support_credits.ledger import accounts, queries

		account = accounts.account_of(self.company)
		return queries.balance(account) if account else 0

	@property
	def account(self) -> str:
		from support_credits.ledger import accounts

		return accounts.account_of(self.company)


class ErpNextCase(TestCase):
	"""Commits as requests do, since what is decided is decided at the commit."""

	def setUp(self) -> None:
		super().setUp()
		self.configure()

	def configure(self, **values: object) -> None:
		"""Credit Invoicing Settings with these values and otherwise the defaults; committed."""
		frappe.get_doc(erpnext.SETTINGS).update({**DEFAULTS, **values}).save()
		frappe.get_doc("ERPNext HD Settings").update({"enabled": 0}).save()
		frappe.db.set_single_value("Support Credits Settings", "customers_may_order", 1)
		frappe.db.commit()
		frappe.clear_document_cache("Support Credits Settings", "Support Credits Settings")

	def shop(self, price: float = 120, credits: int = 2, **pack: object) -> Shop:
		boss = make.portal_user("boss")
		name = make.customer(managers=(boss,))
		code = make.pack(credits=credits, price=price, **{"currency": "EUR", **pack})
		frappe.db.commit()
		return Shop(name, boss, code)

	def order(self, shop: Shop, quantity: int = 1, key: str = "") -> str:
		"""Order as the customer does, through the API; returns the order."""
		with make.acting_as(shop.boss):
			placed = api.order(shop.pack, shop.company, quantity, accept_terms=True, key=key)
			frappe.db.commit()
		return placed["order"]["order"]

	def row(self, order: str) -> frappe._dict:
		return frappe.db.get_value("Credit Order", order, "*", as_dict=True)

	def invoice(self, order: str) -> Document:
		return frappe.get_doc(INVOICE, self.row(order).invoice)

	def ordered(self, shop: Shop, quantity: int = 1) -> tuple[str, Document]:
		order = self.order(shop, quantity)
		return order, self.invoice(order)

	# The accountant

	def payment(self, invoice: Document, amount: float | None = None) -> Document:
		doc = get_payment_entry(INVOICE, invoice.name, party_amount=amount, bank_account=BANK)
		doc.update({"reference_no": "Bank 4711", "reference_date": frappe.utils.today()})
		return doc.insert()

	def pay(self, invoice: Document, amount: float | None = None) -> Document:
		doc = self.payment(invoice, amount)
		doc.submit()
		frappe.db.commit()
		return doc

	def cancel(self, doc: Document) -> None:
		doc.reload()
		doc.cancel()
		frappe.db.commit()

	def credit(self, invoice: Document, share: float = 1, quantity: int = 0) -> Document:
		"""A submitted credit note: of all of it, of ``share`` of each row's rate, or of so many of each row's pieces."""
		note = make_sales_return(invoice.name)
		for row in note.items:
			row.rate = row.rate * share
			row.price_list_rate = row.rate
			row.qty = -quantity or row.qty
		note.insert()
		note.submit()
		frappe.db.commit()
		return note

	def by_hand(
		self, customer: str, item: str, quantity: float = 1, rate: float = 120, **fields: object
	) -> Document:
		"""An invoice that an accountant writes; a draft."""
		row = {"item_code": item, "qty": quantity, "rate": rate, "price_list_rate": rate}
		doc = frappe.get_doc(
			{
				"doctype": INVOICE,
				"company": COMPANY,
				"customer": customer,
				"currency": "EUR",
				"items": [row],
				**fields,
			}
		)
		doc.set_missing_values()
		return doc.insert()

	def submit(self, doc: Document) -> Document:
		doc.submit()
		frappe.db.commit()
		return doc

	# What became of it

	def assert_state(self, order: str, state: str) -> frappe._dict:
		frappe.db.rollback()
		row = self.row(order)
		self.assertEqual((state, ""), (row.state, row.trouble or "") if state != "Open" else (row.state, ""))
		return row

	def comments(self, invoice: str) -> list[str]:
		about = {"reference_doctype": INVOICE, "reference_name": invoice, "comment_type": "Info"}
		return frappe.get_all("Comment", filters=about, pluck="content", order_by="creation asc, name asc")

	def told(self, doctype: str, name: str, user: str = MANAGER) -> list[str]:
		about = {"document_type": doctype, "document_name": name, "for_user": user}
		return frappe.get_all("Notification Log", filters=about, pluck="subject", order_by="creation asc")

	def assert_trouble(self, order: str, state: str, *parts: str) -> None:
		"""The order says what is wrong and so do the managers' notifications; once."""
		row = self.row(order)
		self.assertEqual(state, row.state)
		for part in parts:
			self.assertIn(part, row.trouble or "")
		self.assertEqual(len((row.trouble or "").splitlines()), len(self.told("Credit Order", order)))

	def assert_proved(self, shop: Shop) -> None:
		if shop.account:
			report = verification.verify(shop.account, tickets=False)
			self.assertEqual([], [finding.message for finding in report.findings])

	def exact(self, value: object) -> Decimal:
		return Decimal(str(value)).quantize(Decimal("0.01"))


@contextmanager
def elsewhere() -> Iterator[None]:
	"""A second connection for the block, as another request has one."""
	from support_credits.tests.ledger_case import elsewhere as other

	with other():
		yield


__all__ = ["BANK", "COMPANY", "INVOICE", "SUFFIX", "Company", "ErpNextCase", "Shop", "elsewhere"]
