"""What the nightly proof found, once. Written by ``support_credits.ledger.reconciliation`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class LedgerFinding(LedgerDocument):
	def way_on(self) -> str:
		return _("It is gone once the proof does not find it any more.")


def on_doctype_update() -> None:
	frappe.db.add_index("Ledger Finding", ["account", "state"])
