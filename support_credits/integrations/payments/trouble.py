"""Money that came and does not fit: kept on the order, and told to the managers once."""

from __future__ import annotations

import frappe
from frappe import _

from support_credits.integrations.notices import MANAGERS, notify, people_of
from support_credits.ledger import orders
from support_credits.ledger.retry import retry_whole


def tell(order: str, payment: str, text: str) -> None:
	"""Note ``text`` about ``payment`` on the order and in each manager's notifications, once. Commits."""
	retry_whole(lambda: _tell(order, _plain(payment), _plain(text)))
	frappe.db.commit()


def _plain(text: str) -> str:
	"""Part of it is a provider's, and the host's notifications show it as HTML."""
	return text.replace("<", "‹").replace(">", "›")


def _tell(order: str, payment: str, text: str) -> None:
	if orders.note_trouble_once(order, f"{payment}: {text}", mark=f" {payment}: "):
		subject = _("Order {0} needs you: {1}").format(order, text)
		notify(people_of(*MANAGERS), orders.DOCTYPE, order, subject)


def other_gateway(service: str, wanted: str | None) -> str:
	return _(
		"{0} says that this order was paid, but orders are paid through {1}. Look there whether money came; then mark the order paid or give it back."
	).format(service, wanted or _("no gateway"))
