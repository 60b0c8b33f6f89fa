"""Which door a ticket came through, from the session and the request, never from fields a sender can forge."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import frappe
from helpdesk.utils import is_agent

from support_credits.engine.decision import Door
from support_credits.ledger.intake import Arrival, TicketRef

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
		request_key=request_key() if doc.is_new() else None,
	)


def arrival_of(doc: HDTicket) -> Arrival:
	agent = is_agent()
	return Arrival(door_of(doc, agent), agent)


def door_of(doc: HDTicket, agent: bool) -> Door:
	flags = frappe.flags
	if flags.in_import:
		return Door.IMPORT
	if flags.in_install or flags.in_patch or flags.in_migrate:
		return Door.SYSTEM
	if agent:
		return _agent_door(doc)
	return Door.PORTAL if doc.via_customer_portal else Door.API


def _agent_door(doc: HDTicket) -> Door:
	# Scheduled mail pulls run as Administrator and set both; a customer's session is no agent, so neither can be forged.
	if doc.email_account and doc.flags.ignore_mandatory and frappe.session.user == "Administrator":
		return Door.MAIL
	return Door.SPLIT if doc.ticket_split_from else Door.AGENT


def request_key() -> str | None:
	"""Digest of the caller's Idempotency-Key with his name and the ticket's place in the request; None without one.

	A client that never got the answer may send the same request again: the key makes it one ticket and one charge.
	"""
	if not getattr(frappe.local, "request", None) or frappe.session.user == "Guest":
		return None  # guests are not one person: one's key must not answer for another
	key = frappe.get_request_header(IDEMPOTENCY_HEADER)
	if not key:
		return None
	frappe.local.sc_tickets_in_request = getattr(frappe.local, "sc_tickets_in_request", 0) + 1
	place = frappe.local.sc_tickets_in_request
	return sha256(f"{frappe.session.user}\0{key}\0{place}".encode()).hexdigest()
