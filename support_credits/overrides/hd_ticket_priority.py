"""HD Ticket Priority: the host's priorities are our severities, and every tier's agreement has all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support_credits.hours import agreements, severity

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket_priority.hd_ticket_priority import HDTicketPriority


def on_trash(doc: HDTicketPriority, method: str | None = None) -> None:
	agreements.forget_priority(doc.name)


def follow(doc: HDTicketPriority, method: str | None = None) -> None:
	severity.forget()
	agreements.follow_all()


def after_rename(doc: HDTicketPriority, method: str, old: str, new: str, merge: bool = False) -> None:
	"""What counts for a ticket is kept by name, in places that the host does not know."""
	severity.rename(old, new)
	follow(doc)
