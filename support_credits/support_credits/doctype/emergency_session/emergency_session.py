"""Help by the hour on a ticket, from its start to its bill. Written by ``ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class EmergencySession(LedgerDocument):
	def way_on(self) -> str:
		return _("Stop it, or have a manager cancel it while it is open.")


def on_doctype_update() -> None:
	frappe.db.add_index("Emergency Session", ["ticket", "state"])
	frappe.db.add_index("Emergency Session", ["customer", "state"])
	frappe.db.add_index("Emergency Session", ["state", "stopped_at_utc"])
