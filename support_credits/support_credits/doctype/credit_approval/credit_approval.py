"""A grant, void or adjustment by hand that waits for a second person. Written by ``ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class CreditApproval(LedgerDocument):
	def way_on(self) -> str:
		return _("Approve it, decline it, or take it back.")


def on_doctype_update() -> None:
	frappe.db.add_index("Credit Approval", ["state", "expires_at_utc"])
