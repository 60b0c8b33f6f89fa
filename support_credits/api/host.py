"""The host's own endpoints where two of its users can deadlock: the locks in one order, and a bounded retry."""

import frappe
from helpdesk.helpdesk.doctype.hd_ticket import api
from helpdesk.utils import is_agent

from support_credits.ledger.corrections import lock_ticket
from support_credits.ledger.retry import retry_whole


@frappe.whitelist(methods=["POST"])
def merge_ticket(source: str, target: str) -> None:
	"""Helpdesk's merge. It saves the target, then the source, so that A into B and B into A would wait for each other."""

	def whole() -> None:
		for ticket in sorted({source, target}) if is_agent() else ():
			if frappe.db.exists("HD Ticket", ticket):
				lock_ticket(ticket)
		api.merge_ticket(source, target)

	retry_whole(whole)
