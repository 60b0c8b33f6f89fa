"""The answer to a mail whose ticket has to wait for credits: once per mail, and never to a machine (design rule 7).

The answer is queued in the transaction that settles that it is no longer due, so that both happen or neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from helpdesk.helpdesk.doctype.hd_ticket_activity.hd_ticket_activity import log_ticket_activity

from support_credits.engine.notice import Kind
from support_credits.ledger import incidents
from support_credits.ledger.wording import links_on, reading_links
from support_credits.mail import notice_texts
from support_credits.reader import in_language_of

if TYPE_CHECKING:
	from frappe.email.email_body import EMail

	from support_credits.ledger.rows import Incident

MARK = "support-credits"  # Helpdesk drops mails with X-Auto-Generated: our own never becomes a ticket
SAVEPOINT = "sc_answer"


def answer(incident_name: str, to: str = "") -> bool:
	"""Tell ``to``, or who raised the ticket when it is told later, that it waits and what he can do; False when nothing is due, or nothing can be
	sent yet.
	"""
	found = incidents.lock([incident_name])
	if not found or not found[0].answer_due:
		return False
	incident = found[0]
	if incident.state == "Parked" and not _written(incident, to):
		return False
	incident.answer_due = 0
	incidents.update(incident)
	return True


def _written(incident: Incident, to: str) -> bool:
	ticket = frappe.db.get_value(
		"HD Ticket", incident.ticket, ["name", "subject", "raised_by", "email_account"], as_dict=True
	)
	if not ticket:
		return True
	sender = _sender(ticket.email_account)
	if not sender:
		return False  # due until there is an account to send with
	frappe.db.savepoint(SAVEPOINT)
	try:
		_write(incident, ticket, sender, to or ticket.raised_by)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception:
		# The ticket must not suffer: it stays parked, and the answer stays due.
		frappe.db.rollback(save_point=SAVEPOINT)
		frappe.log_error(
			title=f"Support Credits: ticket {ticket.name} waits, but its sender could not be told"
		)
		return False
	return True


def _sender(account: str | None) -> str | None:
	"""The address the mail was sent to, where it can send; else the site's own."""
	own = account and frappe.db.get_value(
		"Email Account", {"name": account, "enable_outgoing": 1}, "email_id"
	)
	return own or default_sender()


def default_sender() -> str | None:
	"""The address tickets are answered from; None where nothing can be sent."""
	found = EmailAccount.find_outgoing(match_by_doctype="HD Ticket", _raise_error=False)
	return found.email_id if found and found.email_id else None


def _write(incident: Incident, ticket: frappe._dict, sender: str, to: str) -> None:
	with in_language_of(to):
		values = {
			"message": incident.message,
			"ways": links_on(),
			"reading": reading_links(),
			"ticket": str(ticket.name),
			"subject": ticket.subject or "",
			"ticket_url": frappe.utils.get_url(f"/helpdesk/my-tickets/{ticket.name}"),
		}
		written = notice_texts.write(Kind.WAITING, values, frappe.local.lang or "en")
	if written.trouble:
		frappe.log_error(
			title="Support Credits: a mail that waits was not answered in the provider's words",
			message=written.trouble,
		)
	frappe.sendmail(
		recipients=[to],
		sender=sender,
		subject=written.subject,
		message=written.html,
		reference_doctype="HD Ticket",
		reference_name=ticket.name,
		in_reply_to=_last_mail_of(ticket.name, to),  # the host puts its Message-ID there
		add_unsubscribe_link=0,
		email_headers={"X-Auto-Generated": MARK},
	)
	log_ticket_activity(ticket.name, _("was answered by e-mail: the ticket waits for credits"))


def _last_mail_of(ticket: str, sender: str) -> str | None:
	about = {"reference_doctype": "HD Ticket", "reference_name": ticket, "sent_or_received": "Received"}
	found = frappe.get_all(
		"Communication", {**about, "sender": sender}, pluck="name", order_by="creation desc", limit=1
	)
	return found[0] if found else None


def mark_as_automatic(mail: EMail) -> None:
	"""Say in the standard's words too that a machine wrote it: the host puts ``X-`` before any header it is given."""
	if mail.msg_root.get("X-Auto-Generated") == MARK:
		mail.set_header("Auto-Submitted", "auto-replied")
		mail.set_header("X-Auto-Response-Suppress", "All")
