"""A Sales Invoice as our rules need it, read from the database: controllers write outstanding amounts past their documents."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import frappe

COLUMNS = """name, docstatus, customer, company, currency, debit_to, discount_amount, write_off_amount, posting_date,
	is_return, return_against, amended_from, sc_credit_order"""
# The invoice's own outstanding amount is a copy: two payments at once both write what each of them sees.
UNPAID = """SELECT COALESCE(SUM(p.amount_in_account_currency), 0) FROM `tabPayment Ledger Entry` p
	WHERE p.against_voucher_no = {invoice} AND p.against_voucher_type = 'Sales Invoice' AND p.delinked = 0
		AND p.account = {account}"""
LESS_THAN_A_COIN = Decimal("0.0005")  # of any currency's smallest
# Not money: the debt was given up, or set against another.
NO_PAYMENT = ("Write Off Entry", "Credit Note", "Debit Note")


@dataclass(frozen=True)
class Row:
	"""One of its rows; ``amount`` is before tax and before a discount on the whole."""

	name: str
	idx: int
	item: str
	quantity: Decimal
	amount: Decimal


@dataclass(frozen=True)
class Invoice:
	name: str
	docstatus: int
	customer: str
	company: str
	currency: str
	outstanding: Decimal
	discount: Decimal
	written_off: Decimal
	posting_date: object
	is_return: bool
	return_against: str | None
	amended_from: str | None
	order: str | None
	rows: tuple[Row, ...]

	@property
	def is_paid(self) -> bool:
		return self.docstatus == 1 and self.outstanding < LESS_THAN_A_COIN


def exact(value: object) -> Decimal:
	"""What the host keeps with nine decimals, without their zeros' noise."""
	return Decimal(str(value or 0)).quantize(Decimal("0.000001"))


def read(name: str) -> Invoice | None:
	"""The invoice as it is now, locked: a snapshot from before a payment would take back what that payment brought."""
	found = frappe.db.sql(
		f"SELECT {COLUMNS} FROM `tabSales Invoice` WHERE name = %s FOR UPDATE", name, as_dict=True
	)
	if not found:
		return None
	[row] = found
	return Invoice(
		name=row.name,
		docstatus=int(row.docstatus),
		customer=row.customer,
		company=row.company,
		currency=row.currency,
		outstanding=_outstanding(name, row.debit_to),
		discount=exact(row.discount_amount),
		written_off=exact(row.write_off_amount),
		posting_date=row.posting_date,
		is_return=bool(row.is_return),
		return_against=row.return_against or None,
		amended_from=row.amended_from or None,
		order=row.sc_credit_order or None,
		rows=_rows(name),
	)


def _outstanding(invoice: str, account: str) -> Decimal:
	[[amount]] = frappe.db.sql(UNPAID.format(invoice="%s", account="%s"), (invoice, account))
	return exact(amount)


def _rows(invoice: str) -> tuple[Row, ...]:
	fields = ["name", "idx", "item_code", "qty", "amount"]
	found = frappe.get_all(
		"Sales Invoice Item",
		filters={"parent": invoice, "parenttype": "Sales Invoice"},
		fields=fields,
		order_by="idx asc",
	)
	return tuple(
		Row(row.name, row.idx, row.item_code or "", exact(row.qty), exact(row.amount)) for row in found
	)


def credited(invoice: Invoice, rows: tuple[Row, ...]) -> Decimal:
	"""What submitted credit notes gave back of these rows, before tax."""
	notes = frappe.get_all(
		"Sales Invoice",
		filters={"return_against": invoice.name, "docstatus": 1, "is_return": 1},
		pluck="name",
	)
	if not notes:
		return Decimal(0)
	names, items = {row.name for row in rows}, {row.item for row in rows}
	found = frappe.get_all(
		"Sales Invoice Item",
		filters={"parent": ["in", notes], "parenttype": "Sales Invoice"},
		fields=["item_code", "sales_invoice_item", "amount"],
	)
	# A row that was added to the credit note by hand names no row of the invoice.
	ours = [
		row
		for row in found
		if row.sales_invoice_item in names or (not row.sales_invoice_item and row.item_code in items)
	]
	return -sum((exact(row.amount) for row in ours), Decimal(0))


def given_up(invoice: Invoice) -> Decimal:
	"""How much of the invoice was written off instead of paid."""
	[[amount]] = frappe.db.sql(
		"""SELECT COALESCE(SUM(-p.amount_in_account_currency), 0) FROM `tabPayment Ledger Entry` p
		JOIN `tabJournal Entry` j ON j.name = p.voucher_no AND j.voucher_type IN %s
		WHERE p.against_voucher_no = %s AND p.against_voucher_type = 'Sales Invoice'
			AND p.voucher_type = 'Journal Entry' AND p.delinked = 0""",
		(NO_PAYMENT, invoice.name),
	)
	return exact(amount) + invoice.written_off
