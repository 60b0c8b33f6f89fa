"""A past period played under a catalogue. Its figures and states are the job's alone."""

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.exceptions import WrongState
from support_credits.simulation import records

ASKED = ("since", "until", "purchases", "pack", "catalogue")


class CreditSimulation(Document):
	def validate(self) -> None:
		before = self.get_doc_before_save()
		self.keep_ours(before)
		if before and any(self.has_value_changed(field) for field in ASKED):
			if records.is_running(before):
				frappe.throw(
					_("{0} is being worked on. Wait until it is done.").format(self.name), WrongState
				)
			self.update(blank(self.meta))

	def keep_ours(self, before: Document | None) -> None:
		"""What only the job says stays as it is stored, whatever a form posted."""
		for field in self.meta.get("fields", {"read_only": 1}):
			self.set(field.fieldname, before.get(field.fieldname) if before else field.default)


def blank(meta: object) -> dict[str, object]:
	"""The figures of one that was not run; its file is replaced when it is."""
	return {field.fieldname: field.default for field in meta.get("fields", {"read_only": 1})}
