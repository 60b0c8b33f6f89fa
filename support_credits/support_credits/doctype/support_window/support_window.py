"""Hours on some days of the week, or on holidays, read on the wall of the calendar's zone."""

from frappe.model.document import Document


class SupportWindow(Document):
	pass
