"""Minutes of work on a ticket, typed or measured. An incident covers so many; more takes the customer's consent."""

from datetime import timedelta

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from support_credits.engine.work import MINUTE, MOST_MINUTES, logged_minutes
from support_credits.ledger import incidents
from support_credits.ledger import settings as site


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
		self.round_up()

	def round_up(self) -> None:
		"""Once, when it is logged: a correction is taken as it is typed."""
		worked: timedelta | None = self.flags.sc_worked  # as a timer has measured it, to the second
		if worked is None:
			self.validate()
			worked = cint(self.minutes) * MINUTE
		self.minutes = logged_minutes(worked, site.work_step_minutes())

	def validate(self) -> None:
		if not 0 < cint(self.minutes) <= MOST_MINUTES:
			frappe.throw(_("Minutes must be from 1 to {0}.").format(MOST_MINUTES))
