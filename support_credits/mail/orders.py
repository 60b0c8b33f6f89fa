"""Mails about Credit Orders: what was ordered for a customer and how to pay it, and the receipt. Each goes out once."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.utils import formatdate, get_url

from support_credits.engine.order import State
from support_credits.ledger import order_mail, orders
from support_credits.ledger import settings as site
from support_credits.ledger.retry import retry_whole
from support_credits.mail.answers import MARK
from support_credits.offer.wording import money_text

PAGE = "/helpdesk/credits"


def send_due() -> int:
	"""Queue the mails that are due, each in a transaction of its own; returns how many. Those without a sender wait."""
	frappe.set_user("Administrator")
	sender = _sender()
	if not sender:
		return 0
	return sum(_send(name, sender) for name in order_mail.due())


def _sender() -> str | None:
	found = EmailAccount.find_outgoing(match_by_doctype="HD Ticket", _raise_error=False)
	return found.email_id if found and found.email_id else None


def _send(order: str, sender: str) -> int:
	try:
		sent = retry_whole(lambda: send(order, sender))
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: the mail about order {order} could not be written")
		frappe.db.set_value(orders.DOCTYPE, order, "modified", frappe.utils.now())  # behind the others
		sent = False
	frappe.db.commit()
	return int(sent)


def send(order: str, sender: str) -> bool:
	"""Queue the mail that is due for ``order``; False where none is, or nobody can be written to."""
	row = orders.lock(order)
	kind = frappe.db.get_value(orders.DOCTYPE, order, "mail_due", for_update=True)
	if not kind:
		return False
	recipients = readers_of(row)
	orders.write(row, {"mail_due": ""})
	if not recipients:
		return False
	receipt = kind == order_mail.RECEIPT
	subject = _("Receipt for order {0}") if receipt else _("Order {0} waits for you")
	frappe.sendmail(
		recipients=recipients,
		sender=sender,
		subject=subject.format(row.name),
		template="support_credits_receipt" if receipt else "support_credits_order",
		args=_args(row),
		reference_doctype=orders.DOCTYPE,
		reference_name=row.name,
		add_unsubscribe_link=0,
		email_headers={"X-Auto-Generated": MARK},
	)
	return True


def _args(row: frappe._dict) -> dict[str, object]:
	lot = row.lot and frappe.db.get_value("Credit Lot", row.lot, "expires_on")
	return {
		"order": row,
		"total": money_text(row.total, row.currency),
		"expires_on": formatdate(lot) if lot else "",
		"is_topup": row.door == "Top-up",
		"is_open": orders.state_of(row) is State.OPEN,
		"instructions": instructions(row.name),
		"url": get_url(f"{PAGE}?order={row.name}"),
	}


def instructions(order: str) -> str:
	"""How the provider wants to be paid, with the order's number put in."""
	return (site.settings().payment_instructions or "").replace("{0}", order)


def readers_of(row: frappe._dict) -> list[str]:
	"""Whoever ordered it himself, else the managers of its customer, else its members."""
	if row.door == "Customer":
		return [row.ordered_by]
	found = frappe.db.sql(
		"""SELECT DISTINCT c.email_id, m.is_manager FROM `tabHD Customer Member` m
		JOIN `tabContact` c ON c.name = m.contact_name
		WHERE m.parenttype = 'HD Customer' AND m.parent = %s AND c.email_id != '' ORDER BY c.email_id""",
		row.customer,
	)
	managers = [email for email, is_manager in found if is_manager]
	return managers or [email for email, _manager in found]
