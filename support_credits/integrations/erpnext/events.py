"""What ERPNext does to invoices. Outstanding amounts are written past their documents, so nothing is decided here.

Every payment, credit note, reconciliation and cancellation writes Payment Ledger Entries; which invoice they are against
is noted, and settled right before the commit, when all of it is there: one transaction with the accountant's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from support_credits.integrations.erpnext import INVOICE, is_enabled

if TYPE_CHECKING:
	from frappe.model.document import Document


def payment_ledger_entry(doc: Document, method: str | None = None) -> None:
	if doc.against_voucher_type == INVOICE and is_enabled():
		look_at(doc.against_voucher_no)


def unreconciled(doc: Document, method: str | None = None) -> None:
	"""Writes its entries past their documents."""
	if is_enabled():
		for row in doc.allocations:
			if row.reference_doctype == INVOICE:
				look_at(row.reference_name)


def invoice_submitted_or_cancelled(doc: Document, method: str | None = None) -> None:
	"""A point of sale pays at once; a credit note may leave its invoice's amounts alone."""
	if is_enabled():
		look_at(doc.name)


def invoice_submitting(doc: Document, method: str | None = None) -> None:
	if is_enabled():
		from support_credits.integrations.erpnext import invoices

		invoices.move_service(doc)


def invoice_inserted(doc: Document, method: str | None = None) -> None:
	"""An amended invoice takes the place of the one its order had."""
	order = doc.get("sc_credit_order")
	if not (order and doc.amended_from and is_enabled()):
		return
	from support_credits.ledger import orders

	if orders.order_row(order).invoice == doc.amended_from:
		orders.note_invoice(order, doc.name)


def invoice_deleted(doc: Document, method: str | None = None) -> None:
	"""Its order keeps the name, and says so: no other is made for it."""
	order = doc.get("sc_credit_order")
	if not (order and is_enabled()):
		return
	from support_credits.engine.order import State
	from support_credits.integrations.erpnext import telling
	from support_credits.ledger import orders

	row = orders.order_row(order)
	if row.invoice == doc.name and row.state == State.OPEN.value:
		telling.trouble(order, None, _("Invoice {0} of order {1} was deleted.").format(doc.name, order))


def look_at(invoice: str) -> None:
	"""Settle ``invoice`` before this transaction commits; a rollback forgets it."""
	noted = getattr(frappe.local, "sc_invoices", None)
	if noted is None:
		noted = frappe.local.sc_invoices = set()
	if not noted:
		frappe.db.before_commit.add(settle_noted)
		frappe.db.after_rollback.add(noted.clear)
	noted.add(invoice)


def settle_noted() -> None:
	"""In the accountant's transaction. A failure of ours must not undo his work, nor be lost: it is kept and tried again."""
	noted = frappe.local.sc_invoices
	names = sorted(noted)
	noted.clear()
	from support_credits.integrations.erpnext import sweeping

	ours = [name for name in names if sweeping.settle_one(name, fresh=False).orders]
	if ours:
		# What others committed since this transaction began it does not see: asked once more when it is over.
		frappe.db.after_commit.add(lambda: sweeping.look_again(ours))
