"""Contact: a portal user writes his own, and no decoy of somebody else.

The host lets everybody create contacts with any address and any user, and finds a person's company by the newest of them
(helpdesk facts 4): somebody else's credits, or a way around one's own company's, were one request away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from support_credits.exceptions import NotMember

if TYPE_CHECKING:
	from frappe.contacts.doctype.contact.contact import Contact

Said = tuple[str, frozenset[str]]


def before_validate(doc: Contact, method: str | None = None) -> None:
	if not doc.flags.ignore_permissions and is_portal_session():
		hold_person(doc)


def is_portal_session() -> bool:
	"""Everybody who does not work here; whatever else his record says."""
	return frappe.get_cached_value("User", frappe.session.user, "user_type") != "System User"


def hold_person(doc: Contact) -> None:
	"""Whose contact it is, says its link and its addresses: his own or nobody's, and of a member not his to change."""
	before = doc.get_doc_before_save()
	said = _says(doc)
	if before and said == _says(before):
		return
	user, addresses = said
	own = frappe.session.user.lower()
	strange = sorted({user, *addresses} - {"", own})
	member = before and frappe.db.exists("HD Customer Member", {"contact_name": doc.name})
	other = {"email_id": own, "parent": ["!=", doc.name or ""]}
	if strange or member or (own in addresses and frappe.db.exists("Contact Email", other)):
		frappe.throw(
			_("Whose contact this is, only an agent can change: {0}. Ask the support team.").format(
				", ".join(strange) or own
			),
			NotMember,
		)


def _says(doc: Contact) -> Said:
	found = {row.email_id for row in doc.get("email_ids") or []} | {doc.email_id}
	addresses = frozenset(address.strip().lower() for address in found if address)
	return (doc.user or "").lower(), addresses
