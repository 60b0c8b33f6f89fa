"""One holiday of a Support Calendar, worked out from its country and its own days."""

from frappe.model.document import Document


class SupportCalendarHoliday(Document):
	pass
