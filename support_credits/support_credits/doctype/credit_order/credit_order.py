"""A pack that a customer ordered: paid once, granted once. Written by ``ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class CreditOrder(LedgerDocument):
	def way_on(self) -> str:
		return _("Cancel it and raise another, or mark it paid.")

	def on_payment_authorized(self, status: str | None = None) -> str | None:
		"""What the payments app calls when a gateway says that it was paid; returns where the payer goes next."""
		from support_credits.integrations import payments

		return payments.authorised(self, status)


def on_doctype_update() -> None:
	frappe.db.add_index("Credit Order", ["customer", "state"])
	frappe.db.add_index("Credit Order", ["state", "stands_until_utc"])
