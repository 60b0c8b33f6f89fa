"""What a customer was told, or is to be told, about his credits. Written by ``ledger`` and ``mail`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class CreditNotice(LedgerDocument):
	def way_on(self) -> str:
		return _("Change what is told in Support Credits Settings.")


def on_doctype_update() -> None:
	frappe.db.add_index("Credit Notice", ["state", "modified"])
