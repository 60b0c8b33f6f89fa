"""One change of one lot: permanent, chained by hash. Written by ``support_credits.ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class CreditLedgerEntry(LedgerDocument):
	def way_on(self) -> str:
		return _("Post a correction that names this entry instead: exempt the ticket, or adjust the account.")


def on_doctype_update() -> None:
	frappe.db.add_unique("Credit Ledger Entry", ["account", "seq"], constraint_name="sc_entry_account_seq")
	# All that the proof of incidents reads, so that it sums a million entries from the index alone.
	frappe.db.add_index("Credit Ledger Entry", ["account", "incident", "lot", "credits"], "sc_entry_incident")
	# What a refusal says of credits that expired lately, while the account is locked.
	frappe.db.add_index("Credit Ledger Entry", ["account", "kind", "effective_at_utc"])
	# What was sold and spent in a time, of all accounts, and what of that is rare: sums of a million entries read the index alone.
	columns = ["kind", "posted_on", "credits", "account", "incident", "lot"]
	frappe.db.add_index("Credit Ledger Entry", columns, "sc_entry_kind")
	# A page of the statement, newest first.
	frappe.db.add_index("Credit Ledger Entry", ["account", "effective_at_utc", "seq"], "sc_entry_effective")
