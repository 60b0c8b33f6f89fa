"""Extra credits that an agent proposes for a ticket and its customer accepts or declines. Written by ``ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class CreditProposal(LedgerDocument):
	def way_on(self) -> str:
		return _("Withdraw it and propose again.")


def on_doctype_update() -> None:
	frappe.db.add_index("Credit Proposal", ["ticket", "state"])
	frappe.db.add_index("Credit Proposal", ["customer", "state"])
