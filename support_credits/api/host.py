"""The host's own endpoints that need something of ours around them: locks in one order, or the severity that counts."""

import frappe
from helpdesk.helpdesk.doctype.hd_ticket import api
from helpdesk.utils import is_agent

from support_credits.api.hours import check_reader
from support_credits.ledger.corrections import lock_ticket
from support_credits.ledger.retry import retry_whole

# What a split moves, locked before the ticket: whoever writes a message locks in this order.
MOVED_MESSAGES = """SELECT m.name FROM `tabCommunication` m JOIN `tabCommunication` first ON first.name = %s
	WHERE m.reference_doctype = 'HD Ticket' AND m.reference_name = first.reference_name
	AND m.creation >= first.creation FOR UPDATE"""


@frappe.whitelist(methods=["POST"])
def merge_ticket(source: str, target: str) -> None:
	"""Helpdesk's merge. It saves the target, then the source, so that A into B and B into A would wait for each other."""

	def whole() -> None:
		for ticket in sorted({source, target}) if is_agent() else ():
			if frappe.db.exists("HD Ticket", ticket):
				lock_ticket(ticket)
		api.merge_ticket(source, target)

	retry_whole(whole)


@frappe.whitelist(methods=["POST"])
def split_ticket(subject: str, communication_id: str) -> str:
	"""Helpdesk's split. It moves messages while others write on the same ticket: theirs come first, then the ticket."""

	def whole() -> str:
		if is_agent():
			frappe.db.sql(MOVED_MESSAGES, communication_id)
		return api.split_ticket(subject, communication_id)

	return retry_whole(whole)


@frappe.whitelist(methods=["GET", "POST"])
def show_outside_hours_banner(ticket_name: str) -> dict[str, object]:
	"""Helpdesk's banner, asked for the hours that count for this very ticket: it looks at its agreement's alone."""
	check_reader(ticket_name)
	severity = frappe.db.get_value("HD Ticket", ticket_name, "sc_severity")
	frappe.flags.sc_banner_priority = severity
	try:
		return api.show_outside_hours_banner(ticket_name)
	finally:
		frappe.flags.sc_banner_priority = None
