"""The Sales Invoice of an order: made when it is placed, taken back when it is cancelled unpaid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import flt, getdate

from support_credits.engine.calendar_days import add_months
from support_credits.engine.order import State
from support_credits.exceptions import SupportCreditsError
from support_credits.integrations.erpnext import (
	INVOICE,
	attempts,
	customers,
	items,
	matching,
	records,
	settings,
	telling,
)
from support_credits.integrations.erpnext.matching import Claim
from support_credits.ledger import orders

if TYPE_CHECKING:
	from frappe.model.document import Document


def try_to_make(order: str) -> bool:
	"""``make``; an order is never lost because ERPNext refuses its invoice."""
	return attempts.alone(lambda: make(order), lambda error: telling.not_made(order, error))


def make(order: str) -> str | None:
	"""The invoice of an open order, made once; None where there is nothing to pay. The caller commits."""
	row = orders.lock(order)
	if row.invoice or not Decimal(str(row.total)) or orders.state_of(row) is not State.OPEN:
		return row.invoice
	doc = _draft(row)
	doc.insert()
	_check(row, doc)
	orders.note_invoice(order, doc.name)
	if settings().submit_invoice:
		doc.submit()
	return doc.name


def _draft(order: frappe._dict) -> Document:
	doc = new(customers.customer_of(order.customer), order.currency)
	doc.sc_credit_order = order.name
	row = {
		"item_code": items.item_of(order.pack),
		"qty": order.quantity,
		"rate": flt(order.price),
		"price_list_rate": flt(order.price),
	}
	if settings().income_account:
		row["income_account"] = settings().income_account
	doc.append("items", row | deferral(getdate(), int(order.months)))
	complete(doc)
	return doc


def new(customer: str, currency: str) -> Document:
	"""An invoice of the settings' company without rows; whoever orders has no rights in ERPNext."""
	doc = frappe.get_doc(
		{
			"doctype": INVOICE,
			"company": settings().company,
			"customer": customer,
			"currency": currency,
			"ignore_pricing_rule": 1,
			"taxes_and_charges": settings().tax_template or None,
		}
	)
	doc.flags.ignore_permissions = True
	return doc


def complete(doc: Document) -> None:
	"""What ERPNext's own form fills in."""
	doc.set_missing_values()
	doc.set_taxes()


def deferral(start: date, months: int) -> dict[str, object]:
	"""The columns of a row whose revenue is earned over the months in which its credits are valid."""
	config = settings()
	if not (config.deferred_revenue and months):
		return {}
	return {
		"enable_deferred_revenue": 1,
		"deferred_revenue_account": config.deferred_account,
		"service_start_date": start,
		"service_end_date": add_months(start, months),
	}


def _check(order: frappe._dict, doc: Document) -> None:
	"""What ERPNext made of it must be what was ordered: it is not where books are kept without cents, for one."""
	invoice = records.read(doc.name)
	wrong = list(matching.differences(order, invoice, Claim(order.name, key_of(doc.name), invoice.rows)))
	if wrong:
		frappe.throw(
			_("The invoice is not what was ordered: {0}.").format("; ".join(wrong)), SupportCreditsError
		)


def key_of(invoice: str) -> str:
	return f"invoice:{invoice}"


def move_service(doc: Document) -> None:
	"""A draft that waited: the host moves its posting date to the day it is submitted, its service starts with it."""
	if not doc.get("sc_credit_order") or not settings().deferred_revenue:
		return
	made, posted = getdate(doc.creation), getdate(doc.posting_date)
	months = int(orders.order_row(doc.sc_credit_order).months)
	for row in doc.items:
		untouched = row.enable_deferred_revenue and getdate(row.service_start_date) == made
		if untouched and posted > made:
			row.update({"service_start_date": posted, "service_end_date": add_months(posted, months)})


def try_to_withdraw(order: str) -> bool:
	"""Delete or cancel the invoice of a cancelled order; one with payments stays, and the managers are told."""
	invoice = orders.order_row(order).invoice
	if not invoice or not frappe.db.exists(INVOICE, invoice):
		return True
	return attempts.alone(
		lambda: _withdraw(invoice), lambda error: telling.not_withdrawn(order, invoice, error)
	)


def _withdraw(invoice: str) -> None:
	doc = frappe.get_doc(INVOICE, invoice)
	doc.flags.ignore_permissions = True
	if doc.docstatus == 0:
		frappe.delete_doc(INVOICE, invoice, ignore_permissions=True)
	elif doc.docstatus == 1:
		if _has_payments(doc):
			frappe.throw(_("It has payments."), SupportCreditsError)
		doc.cancel()


def _has_payments(doc: Document) -> bool:
	"""Whether anything but the invoice itself changed what is outstanding: the host would loosen it without asking."""
	against = {"against_voucher_no": doc.name, "voucher_no": ["!=", doc.name], "delinked": 0}
	return bool(frappe.db.exists("Payment Ledger Entry", against))
