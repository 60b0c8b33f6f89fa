"""What a tier of the collective brings."""

from frappe.model.document import Document


class OpenCollectiveTier(Document):
	pass
