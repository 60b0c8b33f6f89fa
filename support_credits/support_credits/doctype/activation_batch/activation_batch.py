"""Codes that were issued together: for what, bound to which product, and how many were redeemed. Written by ``ledger``."""

import frappe
from frappe import _

from support_credits.ledger.guard import LedgerDocument


class ActivationBatch(LedgerDocument):
	def way_on(self) -> str:
		return _("Revoke its codes and issue another batch.")

	@property
	def redeemed(self) -> int:
		return self._count("Redeemed")

	@property
	def revoked(self) -> int:
		return self._count("Revoked")

	def _count(self, state: str) -> int:
		return frappe.db.count("Activation Code", {"batch": self.name, "state": state})
