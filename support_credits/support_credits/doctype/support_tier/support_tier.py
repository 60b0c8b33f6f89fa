"""How fast the provider answers and what that costs in credits."""

import frappe
from frappe import _
from frappe.model.document import Document


class SupportTier(Document):
	def validate(self) -> None:
		if self.promise_value <= 0:
			frappe.throw(_("Promise must be at least 1: a tier without a response target promises nothing."))
