"""What an accountant and the managers have to know: on the invoice, on the order, in their notifications. Once each."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html, strip_html

from support_credits.integrations.erpnext import INVOICE
from support_credits.integrations.notices import MANAGERS, notify, people_of
from support_credits.ledger import orders


def comment(invoice: str, text: str) -> bool:
	"""Keep ``text`` on the invoice's timeline; False when it is there already."""
	about = {
		"comment_type": "Info",
		"reference_doctype": INVOICE,
		"reference_name": invoice,
		"content": escape_html(text),
	}
	if frappe.db.exists("Comment", about):
		return False
	frappe.get_doc({"doctype": "Comment", **about}).insert(ignore_permissions=True)
	return True


def trouble(order: str, invoice: str | None, text: str) -> None:
	"""Nothing was granted or taken, and somebody must decide: kept on the order too."""
	text = " ".join(text.split())
	if not orders.note_trouble_once(order, text, mark=text):
		return
	if invoice:
		comment(invoice, text)
	_notify(orders.DOCTYPE, order, text)


def invoice_trouble(invoice: str, text: str) -> None:
	"""The same for an invoice that has no order."""
	if comment(invoice, text):
		_notify(INVOICE, invoice, text)


def happened(order: str, invoice: str, text: str) -> None:
	"""Credits were taken back: the accountant and the managers are told what was spent."""
	comment(invoice, text)
	_notify(orders.DOCTYPE, order, text)


def _notify(doctype: str, name: str, text: str) -> None:
	acting = frappe.session.user
	staff = frappe.db.get_value("User", acting, "user_type") == "System User"
	people = people_of(*MANAGERS) | ({acting} if staff else set())
	notify(people, doctype, name, escape_html(text))
	if staff:
		# The answer to his request is written by now: this reaches his page.
		frappe.publish_realtime("msgprint", escape_html(text), user=acting, after_commit=True)


def reason_of(error: BaseException) -> str:
	said = strip_html(str(error)).strip()
	return said or type(error).__name__


def not_made(order: str, error: BaseException) -> None:
	trouble(
		order,
		None,
		_("No invoice could be made for order {0}: {1} It is tried again every hour.").format(
			order, _sentence(reason_of(error))
		),
	)


def not_withdrawn(order: str, invoice: str, error: BaseException) -> None:
	trouble(
		order,
		invoice,
		_("Order {0} was cancelled, invoice {1} was not: {2} Cancel it by hand.").format(
			order, invoice, _sentence(reason_of(error))
		),
	)


def _sentence(text: str) -> str:
	return text if text.endswith((".", "!", "?")) else f"{text}."
