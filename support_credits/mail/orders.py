"""Mails about Credit Orders: what was ordered for a customer and how to pay it, and the receipt. Each goes out once."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import formatdate, get_url

from support_credits.engine.order import State
from support_credits.ledger import order_mail, orders
from support_credits.ledger import settings as site
from support_credits.mail import readers
from support_credits.mail.answers import MARK
from support_credits.mail.due import send_each
from support_credits.offer.wording import money_text
from support_credits.reader import in_language_of
from support_credits.run_record import recorded

PAGE = "/helpdesk/credits"
# What was due while nothing could be sent may not be true any more.
STATE_OF = {order_mail.REQUEST: State.OPEN, order_mail.RECEIPT: State.PAID}


@recorded
def send_due() -> int:
	"""Queue the mails that are due; returns how many."""
	trouble = "the mail about order {0} could not be written"
	return send_each(order_mail.due, send, order_mail.postpone, trouble)


def send(order: str, sender: str) -> bool:
	"""Queue the mails that are due for ``order``, one to each reader; False where none is due any more.

	They do not refer to the order: the host would put the answers there, where nobody reads them, instead of making tickets.
	"""
	row = orders.lock(order)
	kind = frappe.db.get_value(orders.DOCTYPE, order, "mail_due", for_update=True)
	orders.write(row, {"mail_due": ""})
	if not kind or orders.state_of(row) is not STATE_OF[kind]:
		return False
	found = readers_of(row)
	if not found:
		orders.note_trouble(
			order, _("Nobody of {0} has an e-mail address: tell him yourself.").format(row.customer)
		)
	for reader in found:
		with in_language_of(reader):
			_write(row, kind, reader, sender)
	return bool(found)


def _write(row: frappe._dict, kind: str, reader: str, sender: str) -> None:
	receipt = kind == order_mail.RECEIPT
	subject = _("Receipt for order {0}") if receipt else _("Order {0} waits for you")
	frappe.sendmail(
		recipients=[reader],
		sender=sender,
		subject=subject.format(row.name),
		template="support_credits_receipt" if receipt else "support_credits_order",
		args=_args(row),
		add_unsubscribe_link=0,
		email_headers={"X-Auto-Generated": MARK},
	)


def _args(row: frappe._dict) -> dict[str, object]:
	last_day = row.lot and frappe.db.get_value("Credit Lot", row.lot, "expires_on")
	return {
		"order": row,
		"total": money_text(row.total, row.currency),
		"expires_on": formatdate(last_day) if last_day else "",
		"is_topup": row.door == "Top-up",
		"instructions": instructions(row.name),
		"url": get_url(f"{PAGE}?order={row.name}"),
	}


def instructions(order: str) -> str:
	"""How the provider wants to be paid, with the order's number put in."""
	return (site.settings().payment_instructions or "").replace("{0}", order)


def readers_of(row: frappe._dict) -> list[str]:
	"""Whoever ordered it himself and still belongs to the customer, else its managers, else its members."""
	if row.door == "Customer" and readers.still_belongs(row.ordered_by, row.customer):
		return [row.ordered_by]
	return readers.managers_of(row.customer)
