"""A code that brings credits once. Only its digest is kept: who reads the table cannot redeem it."""

from frappe import _

from support_credits.ledger.guard import LedgerDocument


class ActivationCode(LedgerDocument):
	def way_on(self) -> str:
		return _("Revoke it and issue another.")
