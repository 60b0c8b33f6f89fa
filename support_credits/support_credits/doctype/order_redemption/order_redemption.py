"""An order of Open Collective that somebody wants to redeem, and one row for each charge that brought credits. Written by
``ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class OrderRedemption(LedgerDocument):
	def way_on(self) -> str:
		return _("Approve or decline it instead.")


def on_doctype_update() -> None:
	frappe.db.add_index("Order Redemption", ["state", "next_try_at_utc"])
	frappe.db.add_index("Order Redemption", ["customer", "state"])
