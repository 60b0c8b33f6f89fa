"""How one kind of notice is told."""

from frappe.model.document import Document


class CreditNoticeChoice(Document):
	pass
