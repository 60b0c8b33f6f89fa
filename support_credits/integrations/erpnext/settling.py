"""What an invoice, as it is at the commit, means for its orders: paid, given back, or not what was ordered.

Locks: the invoice, then its order, then the account. Asked again it answers the same: nothing is granted or voided twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe import _

from support_credits.engine.order import State
from support_credits.integrations.erpnext import (
	invoices,
	matching,
	records,
	restoring,
	selling,
	settings,
	telling,
)
from support_credits.integrations.erpnext.matching import Claim
from support_credits.integrations.erpnext.records import Invoice
from support_credits.ledger import order_payment, orders
from support_credits.ledger.order_payment import Payment

WAY = "Invoice"


@dataclass(frozen=True)
class Outcome:
	"""How many orders an invoice has, and how many of them changed now."""

	orders: int = 0
	changed: int = 0


def settle(name: str, fresh: bool = True) -> Outcome:
	"""Settle the orders of an invoice, or of the invoice a credit note is for. The caller commits.

	``fresh`` when the transaction began here: only then it sees every payment, and credits may be taken back for want of one.
	"""
	invoice = records.read(name)
	if invoice is None or invoice.docstatus == 0:
		return Outcome()
	if invoice.is_return:
		return settle(invoice.return_against, fresh) if invoice.return_against else Outcome()
	claims = [*_own(invoice), *selling.claims(invoice, _is_due(invoice))]
	return Outcome(len(claims), sum(_settle(invoice, claim, fresh) for claim in claims))


def _own(invoice: Invoice) -> Iterator[Claim]:
	"""The order the invoice was made for. A copy that names the order without being its invoice is nothing."""
	if not invoice.order:
		return
	order = orders.order_row(invoice.order)
	if order.invoice == invoice.name:
		item = frappe.db.get_value("Credit Pack", order.pack, "item_code")
		rows = tuple(row for row in invoice.rows if row.item == item)
		yield Claim(order.name, invoices.key_of(invoice.name), rows)


def _is_due(invoice: Invoice) -> bool:
	"""Whether the credits are due: when it is paid, or already when it is submitted."""
	return invoice.is_paid or (invoice.docstatus == 1 and settings().grant_when == "Submitted")


def _settle(invoice: Invoice, claim: Claim, fresh: bool) -> int:
	order = orders.lock(claim.order)
	back = records.credited(invoice, claim.rows)
	gone = _gone(invoice, claim, back)
	if not gone and fresh and order.paid_by_way == WAY and not _is_due(invoice):
		gone = _("Invoice {0} is no longer paid").format(invoice.name)
	if gone:
		return _take_back(order, invoice, gone)
	if back > 0:
		return _partly_back(order, invoice, claim, back)
	return _pay(order, invoice, claim) if _is_due(invoice) else 0


def _gone(invoice: Invoice, claim: Claim, back: Decimal) -> str:
	"""Why nothing is to be paid by this invoice any more; empty when something is."""
	if invoice.docstatus == 2:
		return _("Invoice {0} was cancelled").format(invoice.name)
	if back > 0 and back >= claim.amount:
		return _("Invoice {0} was credited in full").format(invoice.name)
	return ""


def _take_back(order: dict, invoice: Invoice, reason: str) -> int:
	if order.state == State.REVERSED.value:
		return restoring.take_back(order, invoice.name, reason)
	if order.state != State.PAID.value:
		if order.state != State.CANCELLED.value:
			telling.trouble(
				order.name, invoice.name, _("{0}; order {1} was not paid.").format(reason, order.name)
			)
		return 0
	done = order_payment.reverse(order.name, reason)
	text = _("{0}. Order {1}: {2} credit(s) voided, {3} were spent or over before and stay so.")
	telling.happened(order.name, invoice.name, text.format(reason, order.name, done.voided, done.spent))
	return 1


def _partly_back(order: dict, invoice: Invoice, claim: Claim, back: Decimal) -> int:
	"""Which of the credits a part of the money stands for is nobody's to guess."""
	text = _(
		"{0} {1} of {2} were given back for invoice {3}. Nothing was granted or voided for order {4}: do by hand what was agreed."
	)
	amounts = (f"{back:.2f}", invoice.currency, f"{claim.amount:.2f}")
	telling.trouble(order.name, invoice.name, text.format(*amounts, invoice.name, order.name))
	return 0


def _pay(order: dict, invoice: Invoice, claim: Claim) -> int:
	if order.state == State.REVERSED.value:
		return restoring.restore(order, invoice.name)
	if order.state == State.PAID.value:
		if order.payment_key != claim.key:
			_paid_before(order, invoice)
		return 0
	wrong = list(matching.differences(order, invoice, claim))
	given_up = records.given_up(invoice)
	if given_up:
		wrong.append(_("{0} of it was written off, not paid").format(f"{given_up:.2f}"))
	if wrong:
		text = _(
			"Invoice {0} is not what order {1} asks for: {2}. Nothing was granted: mark the order paid, or give the money back."
		)
		telling.trouble(order.name, invoice.name, text.format(invoice.name, order.name, "; ".join(wrong)))
		return 0
	paid = order_payment.pay(order.name, Payment(WAY, invoice.name, claim.key))
	text = _("Order {0} is paid: {1} credit(s) granted.")
	telling.comment(invoice.name, text.format(order.name, paid.credits))
	return 1


def _paid_before(order: dict, invoice: Invoice) -> None:
	"""A gateway's or a manager's payment, entered in the books now: the same money, most likely."""
	text = _("Order {0} was paid before, with {1}. Nothing was granted for this invoice.")
	telling.comment(invoice.name, text.format(order.name, order.payment_reference))
