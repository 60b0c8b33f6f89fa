"""A ticket and what the ledger entered for it are committed together or not at all.

Some callers of the host swallow the failure of a save and commit what came before it (``frappe.client.bulk_update``, for
one). What the ledger entered for such a save must not be committed alone. Asked at the commit, where it costs nothing
as long as the ticket was stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from support_credits.exceptions import WrongState
from support_credits.ledger import incidents

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket


def entered(doc: HDTicket) -> None:
	"""The ledger has entered something for the save that is going on."""
	if doc.flags.sc_watched:
		return
	doc.flags.sc_watched = True
	doc.flags.sc_stored = False
	frappe.db.before_commit.add(lambda: refuse_half(doc))


def stored(doc: HDTicket) -> None:
	doc.flags.update({"sc_stored": True, "sc_watched": False, "sc_new": False, "sc_opened": None})


def refuse_half(doc: HDTicket) -> None:
	"""Refuse the commit when the ticket of this save was never stored, though what was entered for it is there."""
	was_stored = doc.flags.sc_stored or (doc.flags.sc_new and not doc.is_new())
	if was_stored or _agrees(doc):
		return
	frappe.db.rollback()  # Frappe 16 leaves the transaction of a refused commit open, and what it has locked
	frappe.throw(
		_("Ticket {0} was not saved, so nothing was charged or given back for it.").format(doc.name),
		WrongState,
	)


def _agrees(doc: HDTicket) -> bool:
	"""Whether the database holds both sides or neither: a savepoint may have undone both, or the host stored late."""
	if doc.flags.sc_opened and frappe.db.exists("Support Incident", doc.flags.sc_opened):
		return False  # a second incident may say what the first one said
	incident = incidents.name_for_ticket(doc.name)
	mark = frappe.db.get_value("HD Ticket", doc.name, ["sc_state", "customer"], as_dict=True)
	if not incident:
		return True
	said = frappe.db.get_value("Support Incident", incident, ["state", "customer"], as_dict=True)
	return bool(mark) and (mark.sc_state, mark.customer or None) == (said.state, said.customer or None)
