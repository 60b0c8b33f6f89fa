"""How fast the provider answers and what that costs in credits."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from support_credits.hours import agreements, promises
from support_credits.support_credits.doctype import checks

HOURS: checks.Range = (0, 10_000)


class SupportTier(Document):
	def validate(self) -> None:
		before = self.get_doc_before_save()
		self.agreement = before.agreement if before else None  # not the form's to say
		checks.whole_numbers(
			self,
			{
				"credits_per_incident": checks.CREDITS,
				"credits_per_month": checks.CREDITS,
				"promise_value": checks.DAYS,
				"aim_value": checks.DAYS,
				"resolution_hours": HOURS,
			},
		)
		if cint(self.promise_value) <= 0:
			frappe.throw(_("Promise must be at least 1: a tier without a response target promises nothing."))
		if self.calendar:
			promises.check_reachable(self)

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		name = agreements.follow_tier(self.name, enable=bool(before and not before.calendar))
		if name:
			self.agreement = name

	def on_trash(self) -> None:
		agreements.leave(self)
