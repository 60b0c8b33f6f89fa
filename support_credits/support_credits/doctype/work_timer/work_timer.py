"""A running timer: kept on the server, so that it survives a reload and another browser. Started and stopped by api/work.py."""

import frappe
from frappe.model.document import Document


class WorkTimer(Document):
	pass


def on_doctype_update() -> None:
	"""An agent has one timer a ticket, whatever asks for it and however often."""
	frappe.db.add_unique("Work Timer", ["ticket", "agent"], constraint_name="one_timer")
