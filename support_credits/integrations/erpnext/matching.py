"""Whether an invoice still is what its order asked for: an accountant may have changed it before he submitted it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe import _

from support_credits.integrations.erpnext import customers
from support_credits.integrations.erpnext.records import Invoice, Row, exact


@dataclass(frozen=True)
class Claim:
	"""An order, the rows of an invoice that are its packs, and the key under which they pay it."""

	order: str
	key: str
	rows: tuple[Row, ...]

	@property
	def amount(self) -> Decimal:
		return sum((row.amount for row in self.rows), Decimal(0))


def differences(order: frappe._dict, invoice: Invoice, claim: Claim) -> Iterator[str]:
	"""What is not as ordered, in words. Taxes are the accountant's; what the packs cost is the order's."""
	if order.customer not in customers.hd_customers_of(invoice.customer):
		yield _("it is for customer {0}, and {1} ordered").format(invoice.customer, order.customer)
	if invoice.currency != order.currency:
		yield _("it is in {0}, the order in {1}").format(invoice.currency, order.currency)
	quantity = sum((row.quantity for row in claim.rows), Decimal(0))
	if quantity != int(order.quantity):
		yield _("it bills {0} packs, the order is for {1}").format(
			f"{quantity.normalize():f}", order.quantity
		)
	if claim.amount != exact(order.total):
		yield _("its packs cost {0}, the order {1}").format(
			f"{claim.amount:.2f}", f"{exact(order.total):.2f}"
		)
	if invoice.discount:
		yield _("it has a discount of {0} on the whole").format(f"{invoice.discount:.2f}")
	for row in invoice.rows:
		if row.amount < 0:
			yield _("row {0} takes money off").format(row.idx)
