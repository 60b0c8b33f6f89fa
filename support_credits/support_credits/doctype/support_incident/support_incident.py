"""One discrete issue, one ticket: what was decided for it and what it is charged. Written by the ledger alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class SupportIncident(LedgerDocument):
	def way_on(self) -> str:
		return _("Use the actions of the incident: exempt, release, park or set the customer.")


def on_doctype_update() -> None:
	frappe.db.add_index("Support Incident", ["account", "state"])
