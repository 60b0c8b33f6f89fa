"""Which door a ticket came through, from the session and the request, never from fields a sender can forge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import frappe
from helpdesk.utils import is_agent

from support_credits.engine.decision import Door
from support_credits.ledger.intake import Arrival, TicketRef
from support_credits.mail.context import current

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

IDEMPOTENCY_HEADER = "Idempotency-Key"


def ticket_ref(doc: HDTicket) -> TicketRef:
	"""The facts intake needs, read from ``doc`` once customer, name and key are final."""
	return TicketRef(
		number=str(doc.name),
		key=doc.key,
		customer=doc.customer or None,
		arrival=lambda: arrival_of(doc),
		request_key=request_key_of(doc),
	)


@contextmanager
def request_for_services(doc: HDTicket) -> Iterator[None]:
	"""The ticket ``doc``, this very one, comes by the services' door: only our own endpoint can say so, and no field does."""
	frappe.local.sc_request_for_services = doc
	try:
		yield
	finally:
		frappe.local.sc_request_for_services = None


def arrival_of(doc: HDTicket) -> Arrival:
	if doc.is_new() and getattr(frappe.local, "sc_request_for_services", None) is doc:
		return Arrival(Door.SERVICES, is_agent(), priority=doc.priority)
	mail = current()
	if mail:
		# Whoever's session the pull runs in, the mail speaks for its sender alone.
		return Arrival(
			Door.MAIL,
			is_agent=True,
			automatic_mail=mail.is_automatic,
			forged_sender=mail.forged,
			wants_answer=mail.counts and mail.answerable,
			priority=doc.priority,
		)
	if frappe.flags.in_import and not doc.is_new():
		# An import that changes tickets is their agent's act.
		return Arrival(Door.AGENT, is_agent=True, priority=doc.priority)
	agent = is_agent()
	door = door_of(doc, agent)
	confirms = doc.is_new() and door is Door.AGENT
	return Arrival(door, agent, priority=doc.priority, confirms_priority=confirms)


def door_of(doc: HDTicket, agent: bool) -> Door:
	flags = frappe.flags
	if flags.in_import:
		return Door.IMPORT
	if flags.in_install or flags.in_patch or flags.in_migrate:
		return Door.SYSTEM
	if agent:
		return Door.SPLIT if doc.is_new() and doc.ticket_split_from else Door.AGENT
	return Door.PORTAL if doc.via_customer_portal else Door.API


def request_key_of(doc: HDTicket) -> str | None:
	"""What makes a mail, or a request that says so, one decision however often it arrives."""
	mail = current()
	if mail:
		# Its own ticket's alone: what else the site makes of it is no second decision about the mail.
		return mail.request_key if mail.ticket is doc or not doc.is_new() else None
	return request_key() if doc.is_new() else None


def request_key() -> str | None:
	"""Digest of the caller's Idempotency-Key with his name and the ticket's place in the request; None without one.

	A client that never got the answer may send the same request again: the key makes it one ticket and one charge.
	"""
	if not getattr(frappe.local, "request", None) or frappe.session.user == "Guest":
		return None  # guests are not one person: one's key must not answer for another
	key = frappe.get_request_header(IDEMPOTENCY_HEADER)
	if not key:
		return None
	# In the flags, which begin anew with each request: after one whose commit failed the rest of frappe.local stays.
	frappe.flags.sc_tickets_in_request = place = (frappe.flags.sc_tickets_in_request or 0) + 1
	return sha256(f"{frappe.session.user}\0{key}\0{place}".encode()).hexdigest()
