"""Money that came and does not fit: kept on the order, and told to the managers once."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils.user import get_users_with_role

from support_credits.ledger import orders
from support_credits.ledger.retry import retry_whole

MANAGERS = ("Agent Manager", "System Manager")


def tell(order: str, payment: str, text: str) -> None:
	"""Note ``text`` about ``payment`` on the order and in each manager's notifications, once. Commits."""
	retry_whole(lambda: _tell(order, _plain(payment), _plain(text)))
	frappe.db.commit()


def _plain(text: str) -> str:
	"""Part of it is a provider's, and the host's notifications show it as HTML."""
	return text.replace("<", "‹").replace(">", "›")


def _tell(order: str, payment: str, text: str) -> None:
	row = orders.lock(order)
	if f" {payment}: " in (row.trouble or ""):
		return
	orders.note_trouble(order, f"{payment}: {text}")
	for user in sorted({user for role in MANAGERS for user in get_users_with_role(role)}):
		notification = {
			"doctype": "Notification Log",
			"type": "Alert",
			"for_user": user,
			"document_type": orders.DOCTYPE,
			"document_name": order,
			"subject": _("Order {0} needs you: {1}").format(order, text),
		}
		frappe.get_doc(notification).insert(ignore_permissions=True)


def other_gateway(service: str, wanted: str | None) -> str:
	return _(
		"{0} says that this order was paid, but orders are paid through {1}. Look there whether money came; then mark the order paid or give it back."
	).format(service, wanted or _("no gateway"))
