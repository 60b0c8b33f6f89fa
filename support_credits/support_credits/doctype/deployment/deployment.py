"""A solution delivered to a customer on a date: problems shortly after it are not charged (design rule 10), and it may
bring credits (settings)."""

import frappe
from frappe.model.document import Document

from support_credits.ledger import deployments


class Deployment(Document):
	def validate(self) -> None:
		deployments.hold(self)

	def on_update(self) -> None:
		told = "" if self.flags.sc_by_card else deployments.bring_credits(self)
		if told:
			frappe.msgprint(told, alert=True)

	def on_trash(self) -> None:
		deployments.keep_history(self)
