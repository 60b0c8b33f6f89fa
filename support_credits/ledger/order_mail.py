"""Which orders have a mail due. The mail is queued in the transaction that settles that it is no longer due."""

from __future__ import annotations

import frappe

from support_credits.ledger import soon

REQUEST = "Request"  # raised for the customer: he is asked to pay
RECEIPT = "Receipt"  # paid: what he got
BATCH = 100


def send_soon() -> None:
	"""Have them sent once this is committed; without a queue the scheduled job does it."""
	soon.after_commit("support_credits.mail.orders.send_due", "mails about orders")


def due() -> list[str]:
	"""Orders with a mail due; one that could not be sent waits behind the others."""
	return frappe.get_all(
		"Credit Order",
		filters={"mail_due": ["in", (REQUEST, RECEIPT)]},
		pluck="name",
		order_by="modified asc, name asc",
		limit=BATCH,
	)


def postpone(order: str) -> None:
	"""To the end of the job's line."""
	frappe.db.set_value("Credit Order", order, "modified", frappe.utils.now())
