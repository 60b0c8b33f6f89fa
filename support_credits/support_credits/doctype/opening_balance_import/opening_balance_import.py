"""A file of opening balances: checked first, then brought in whole. Its numbers and states are the jobs' alone."""

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.exceptions import HasHistory, WrongState

BLANK = {"state": "Draft", "message": "", "file_digest": "", "report": "", "first_rows": ""}


class OpeningBalanceImport(Document):
	def validate(self) -> None:
		before = self.get_doc_before_save()
		self.keep_ours(before)
		if before and before.file != self.file:
			if before.state in ("Imported", "Importing"):
				frappe.throw(
					_("{0} is {1}. Make a new import for another file.").format(self.name, _(before.state)),
					WrongState,
				)
			self.update(BLANK)

	def keep_ours(self, before: Document | None) -> None:
		"""What only the jobs say stays as it is stored, whatever a form posted."""
		for field in self.meta.get("fields", {"read_only": 1}):
			self.set(field.fieldname, before.get(field.fieldname) if before else field.default)

	def on_trash(self) -> None:
		if self.state in ("Imported", "Importing"):
			frappe.throw(_("{0} brought credits in and stays.").format(self.name), HasHistory)
