"""A solution delivered to a customer on a date: problems shortly after it are not charged (design rule 10)."""

from frappe.model.document import Document


class Deployment(Document):
	pass
