"""Minutes of work on a ticket, typed by whoever did it. An incident covers so many; more takes the customer's consent."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from support_credits.ledger import incidents

MOST = 24 * 60


class WorkLog(Document):
	def before_insert(self) -> None:
		self.agent = frappe.session.user
		self.ticket_no = self.ticket
		if not self.ticket:
			frappe.throw(_("Name the ticket that was worked on."))
		if not frappe.has_permission("HD Ticket", "read", self.ticket):
			frappe.throw(_("You have no access to ticket {0}.").format(self.ticket), frappe.PermissionError)
		# A ticket reopened late is a new incident, with minutes of its own.
		self.incident = incidents.name_for_ticket(self.ticket)

	def validate(self) -> None:
		if not 0 < cint(self.minutes) <= MOST:
			frappe.throw(_("Minutes must be from 1 to {0}.").format(MOST))
