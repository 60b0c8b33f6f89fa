"""A resolved ticket opens again: the same incident within the window, a new one after it (design rule 12).

Seen in the ticket's status alone, whoever changed it: a reply in the portal, a mail, an agent, a request.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import get_datetime
from helpdesk.utils import is_agent

from support_credits.engine.model import parse_stamp
from support_credits.engine.reopen import ReopenFacts, Reopening, reopening
from support_credits.exceptions import ReopenTooLate
from support_credits.ledger import clock, incidents
from support_credits.ledger import reopening as ledger
from support_credits.ledger import settings as site
from support_credits.ledger.accounts import account_of
from support_credits.ledger.wording import state_of
from support_credits.mail.context import MailContext, current
from support_credits.overrides import doors, halves, parking

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

	from support_credits.ledger.rows import Incident


def follow(doc: HDTicket, before: HDTicket) -> None:
	"""Enter what the change of status means; nothing on the way costs a statement while the status stays."""
	was, now = parking.is_resolved(before), parking.is_resolved(doc)
	if before.sc_state == "Automatic" and _customer_spoke(doc, before):
		count(doc)
	elif now and not was and before.sc_state:
		answered_at = doc.last_agent_response and site.site_time(get_datetime(doc.last_agent_response))
		incidents.note_resolved(doc.name, not (current() or is_agent()), answered_at)
	elif was and not now:
		_reopened(doc, before)


def _customer_spoke(doc: HDTicket, before: HDTicket) -> bool:
	"""Whether this save brings a message of a person who is no agent."""
	if not _changed(doc, before, "last_customer_response"):
		return False
	mail = current()
	if not mail:
		return not is_agent()
	return mail.counts and not _is_agents_mail(mail) and _speaks_for(doc, mail.sender)


def count(doc: HDTicket) -> None:
	"""An automatic mail's ticket on which a person wrote is an incident like any other."""
	_enter(doc, ledger.count(incidents.name_for_ticket(doc.name), doors.arrival_of(doc)))
	if doc.sc_severity:
		parking.start_clock(doc)


def _reopened(doc: HDTicket, before: HDTicket) -> None:
	mail = current()
	if mail:
		_reopened_by_mail(doc, before, mail)
		return
	agent = is_agent()
	if agent and _wrote_only(doc, before):
		return
	if before.is_merged and not agent and before.sc_state:
		_refuse_merged(doc)
	found = judge(before, agent)
	if found is Reopening.NEW_TICKET:
		_refuse(doc)
	elif found is Reopening.NEW_INCIDENT:
		_open_again(doc)


def _reopened_by_mail(doc: HDTicket, before: HDTicket, mail: MailContext) -> None:
	"""Only a person whom the customer knows opens a ticket after the window. For any other it stays resolved, so that such
	a one still opens it; and a mail is never refused, because it would be lost.
	"""
	if mail.is_automatic:
		concerned = before.sc_state or (doc.customer and account_of(doc.customer))
		found = Reopening.NEW_TICKET if concerned else Reopening.SAME
	else:
		found = judge(before, agent=False)
	if found is Reopening.SAME:
		return
	known = mail.counts and not _is_agents_mail(mail) and _speaks_for(before, mail.sender)
	if found is Reopening.NEW_INCIDENT and known:
		_open_again(doc)
	else:
		doc.status, doc.status_category = before.status, before.status_category


def _is_agents_mail(mail: MailContext) -> bool:
	"""Whether an agent answers from his own mail program. Not asked of the session: a pull runs as Administrator."""
	return bool(frappe.db.exists("HD Agent", {"user": mail.sender, "is_active": 1}))


def _wrote_only(doc: HDTicket, before: HDTicket) -> bool:
	"""Whether it is an agent's answer that opens the ticket, or a message that a merge copied into it."""
	return _changed(doc, before, "last_agent_response") or _changed(doc, before, "last_customer_response")


def _changed(doc: HDTicket, before: HDTicket, field: str) -> bool:
	"""Whether a time is another one; a form posts it as text."""
	now, was = doc.get(field), before.get(field)
	return (get_datetime(now) if now else None) != (get_datetime(was) if was else None)


def judge(before: HDTicket, agent: bool) -> Reopening:
	"""What reopening the resolved ticket ``before`` is now."""
	name = incidents.name_for_ticket(before.name)
	incident = None
	if name:
		fields = ["state", "resolved_at_utc"]
		incident = frappe.db.get_value("Support Incident", name, fields, as_dict=True)
	elif not (before.customer and _pays(before.customer)):
		return Reopening.SAME
	facts = ReopenFacts(
		state=state_of(incident.state) if incident else None,
		resolved_at=_resolved_at(before, incident),
		at=clock.now(),
		days=site.settings().reopen_days or 0,
		zone=site.provider_zone(),
		late=site.late_reopening(),
		is_agent=agent,
		merged=bool(before.is_merged),
	)
	return reopening(facts)


def _pays(customer: str) -> bool:
	return bool(site.settings().everyone_must_have_credits or account_of(customer))


def resolved_at(ticket: HDTicket) -> datetime:
	"""When the ticket was resolved, as the window counts it."""
	fields = ["state", "resolved_at_utc"]
	name = incidents.name_for_ticket(ticket.name)
	return _resolved_at(
		ticket, frappe.db.get_value("Support Incident", name, fields, as_dict=True) if name else None
	)


def _resolved_at(before: HDTicket, incident: frappe._dict | None) -> datetime:
	"""Our own note of it; of a ticket resolved before there was one, what the host says."""
	if incident and incident.resolved_at_utc:
		return parse_stamp(incident.resolved_at_utc)
	return site.site_time(get_datetime(before.resolution_date or before.modified))


def _refuse(doc: HDTicket) -> None:
	frappe.throw(
		_(
			'Ticket {0} was resolved more than {1} days ago and cannot be reopened. Please <a href="{2}"><u>open a new ticket</u></a>.'
		).format(doc.name, site.settings().reopen_days or 0, "/helpdesk/my-tickets/new"),
		ReopenTooLate,
		title=_("Please open a new ticket"),
	)


def _refuse_merged(doc: HDTicket) -> None:
	frappe.throw(
		_("Ticket {0} was merged into ticket {1}. Please write there.").format(doc.name, doc.merged_with),
		ReopenTooLate,
	)


def _open_again(doc: HDTicket) -> None:
	if not doc.key:
		doc.generate_key()  # tickets older than the host's keys have none, and events are told apart by it
	incident = ledger.open_again(doors.ticket_ref(doc), incidents.name_for_ticket(doc.name))
	if incident is None:
		return
	_enter(doc, incident)
	doc.flags.sc_opened = incident.name
	parking.start_clock(doc)
	doc.flags.sc_activity = _("reopened the ticket after {0} days: a new incident. {1}").format(
		site.settings().reopen_days or 0, incident.message
	)


def _enter(doc: HDTicket, incident: Incident) -> None:
	from support_credits.overrides.hd_ticket import follow_customer, note_answer, show_marks

	halves.entered(doc)
	follow_customer(doc, incident)
	show_marks(doc, incident)
	note_answer(incident)


def needs_new_ticket(ticket: HDTicket, mail: MailContext) -> bool:
	"""Whether a person's mail to this resolved ticket begins another one: it is too late to reopen it, or he is nobody
	whose word may spend its customer's credits.
	"""
	ticket = _merged_into(ticket)
	if not parking.is_resolved(ticket) or _is_agents_mail(mail):
		return False
	found = judge(ticket, agent=False)
	known = mail.counts and _speaks_for(ticket, mail.sender)
	return found is Reopening.NEW_TICKET or (found is Reopening.NEW_INCIDENT and not known)


def _merged_into(ticket: HDTicket) -> HDTicket:
	"""The ticket a mail to ``ticket`` ends at: the host sends it on where that one was merged."""
	target = ticket.get_merge_target() if ticket.is_merged else None
	return frappe.get_doc("HD Ticket", target) if target else ticket


def _speaks_for(ticket: HDTicket, sender: str) -> bool:
	"""Whether the sender is a member of the customer that would pay; one who has left it is none."""
	if not ticket.customer:
		return (sender or "").lower() == (ticket.raised_by or "").lower()
	return bool(
		frappe.db.sql(
			"""SELECT 1 FROM `tabHD Customer Member` m JOIN `tabContact Email` e ON e.parent = m.contact_name
			WHERE m.parenttype = 'HD Customer' AND m.parent = %s AND e.email_id = %s LIMIT 1""",
			(ticket.customer, sender),
		)
	)
