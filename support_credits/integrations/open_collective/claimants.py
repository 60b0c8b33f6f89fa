"""Who asks for an order, and which addresses are his.

In the portal it is whoever is logged in: his login is his address. For a mail it is the ticket's sender, where his contact is
the customer's: a mail can be forged, so an agent asks, and what the mail server found false proves nothing.
"""

from __future__ import annotations

import frappe
from frappe import _

from support_credits.exceptions import WrongState
from support_credits.overrides.identity import memberships

TICKET = "HD Ticket"


def addresses_of(row: frappe._dict) -> tuple[str, ...]:
	"""The addresses that are known to be the claimant's."""
	if not row.ticket:
		return (row.claimant,)
	if row.sender_is_false or not row.sender:
		return ()
	return (row.sender,) if is_members_address(row.sender, row.customer) else ()


def is_members_address(address: str, customer: str) -> bool:
	"""Whether it is the address of a contact of this customer, and of no other customer's."""
	found = frappe.db.sql(
		"""SELECT DISTINCT m.parent FROM `tabContact Email` e
		JOIN `tabHD Customer Member` m ON m.contact_name = e.parent AND m.parenttype = 'HD Customer'
		WHERE e.email_id = %s""",
		address,
	)
	return [name for (name,) in found] == [customer]


def may_still_act(row: frappe._dict) -> bool:
	"""Whether who asked in the portal may still act for the customer; for a mail an agent has asked."""
	if row.ticket:
		return True
	member = memberships(row.claimant).get(row.customer)
	return bool(member and member.may_act)


def customer_of_ticket(ticket: str) -> str:
	"""Who gets the credits of an order that this ticket's mail names. WrongState while nobody is known to have written."""
	customer = frappe.db.get_value(TICKET, ticket, "customer") if ticket else None
	if not customer:
		frappe.throw(
			_("Set the customer of ticket {0} first: the credits are for him.").format(ticket or "?"),
			WrongState,
		)
	return str(customer)
