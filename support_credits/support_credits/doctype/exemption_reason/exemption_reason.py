"""A reason not to charge: who may set it, whether it applies by itself and what else it does (design rule 10)."""

import frappe
from frappe import _
from frappe.model.document import Document


class ExemptionReason(Document):
	def validate(self) -> None:
		if self.who == "System" and not self.automatic:
			frappe.throw(
				_(
					"{0}: nobody could ever set this reason. Choose who may set it, or when it applies by itself."
				).format(self.label)
			)
