"""Order numbers that a mail names: kept on its ticket for an agent. A mail never redeems anything: anybody can write one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import frappe
from frappe import _
from helpdesk.helpdesk.doctype.hd_ticket_activity.hd_ticket_activity import log_ticket_activity

from support_credits.engine.order_numbers import Asked, find_numbers
from support_credits.integrations.open_collective import is_enabled
from support_credits.ledger import external_orders as records
from support_credits.mail.context import MailContext, current

if TYPE_CHECKING:
	from frappe.core.doctype.communication.communication import Communication

SAVEPOINT = "sc_order_numbers"
ADDRESS = re.compile(r"[^\s<>\"'&]{1,140}")  # Desk shows it as it is kept
TICKET = "HD Ticket"


def after_insert(doc: Communication, method: str | None = None) -> None:
	"""A mail that was stored with its ticket. What fails here must not lose the mail."""
	mail = current()
	if not mail or mail.is_automatic or doc.reference_doctype != TICKET or not is_enabled():
		return
	frappe.db.savepoint(SAVEPOINT)
	try:
		note(str(doc.reference_name), f"{doc.subject or ''}\n{_text_of(doc)}", mail)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:
		frappe.db.rollback(save_point=SAVEPOINT)
		frappe.log_error(title=f"Support Credits: order numbers in a mail of ticket {doc.reference_name}")


def _text_of(doc: Communication) -> str:
	return doc.text_content or frappe.utils.strip_html((doc.content or "").replace("<", " <"))


def note(ticket: str, text: str, mail: MailContext) -> None:
	for asked in find_numbers(text):
		_offer(ticket, asked, mail)


def _offer(ticket: str, asked: Asked, mail: MailContext) -> None:
	known = {"number": asked.value, "ticket": ticket}
	if frappe.db.exists(records.DOCTYPE, known):
		return
	sender = mail.sender if ADDRESS.fullmatch(mail.sender or "") else ""
	name = records.note_found(asked, ticket, sender, mail.forged)
	said = _("This mail names order {0}. To redeem it for the customer of this ticket open {1} {2}.")
	log_ticket_activity(ticket, said.format(asked.value, _(records.DOCTYPE), name))
