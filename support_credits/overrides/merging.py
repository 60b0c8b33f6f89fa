"""Helpdesk merges a ticket into another one: the agent's act, seen where the merged ticket is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support_credits.ledger import incidents
from support_credits.ledger import merging as ledger
from support_credits.overrides import halves

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket


def is_merge(doc: HDTicket, before: HDTicket) -> bool:
	"""Whether this save merges the ticket. A customer's own word for it was taken back before (identity)."""
	return bool(doc.is_merged and doc.merged_with and not before.is_merged)


def give_back(doc: HDTicket) -> bool:
	"""Give back what the ticket was charged; False where the provider gives nothing back, or there is nothing."""
	from support_credits.overrides.hd_ticket import show_marks

	name = incidents.name_for_ticket(doc.name)
	incident = ledger.merged(name, doc.merged_with) if name else None
	if incident is None:
		return False
	halves.entered(doc)
	show_marks(doc, incident)
	return True
