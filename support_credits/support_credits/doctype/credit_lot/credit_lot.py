"""Credits granted together, with one expiry. Written by ``support_credits.ledger`` alone."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class CreditLot(LedgerDocument):
	def way_on(self) -> str:
		return _("Grant, void or adjust credits from the Credit Account instead.")


def on_doctype_update() -> None:
	frappe.db.add_index("Credit Lot", ["account", "lot_no"])
	# A page of the statement: what of the account expired, newest first.
	frappe.db.add_index("Credit Lot", ["account", "expires_at_utc"], "sc_lot_expiry")
	add_floor()


def add_floor() -> None:
	"""Let the database itself refuse a lot below zero, also to writers that never pass through this app."""
	frappe.db.sql_ddl("ALTER TABLE `tabCredit Lot` DROP CONSTRAINT IF EXISTS sc_lot_floor")
	frappe.db.sql_ddl(
		"ALTER TABLE `tabCredit Lot` ADD CONSTRAINT sc_lot_floor CHECK (`remaining` >= -`overdraft_limit`)"
	)
