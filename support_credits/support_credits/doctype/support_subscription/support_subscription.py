"""A customer's Support Tier by the month. Written by ``ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class SupportSubscription(LedgerDocument):
	def way_on(self) -> str:
		return _("Choose another tier for the customer, or cancel this one.")


def on_doctype_update() -> None:
	frappe.db.add_index("Support Subscription", ["state", "paid_until"])
