"""What happened to a subscription, one row each, with the key of what the ledger charged for it. Written by ``ledger`` alone."""

from frappe import _

from support_credits.ledger.guard import LedgerDocument


class SupportSubscriptionEvent(LedgerDocument):
	def way_on(self) -> str:
		return _("Choose another tier for the customer, or cancel this one.")
