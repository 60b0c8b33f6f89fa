"""A day the provider adds to the holidays, or takes from them."""

from frappe.model.document import Document


class SupportCalendarDay(Document):
	pass
