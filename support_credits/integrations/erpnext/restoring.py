"""An invoice that was paid, then not, then again: payments are cancelled to be corrected, invoices to be amended.

What was voided comes back once, valid no longer than before; what was spent stays spent.
"""

from __future__ import annotations

import frappe
from frappe import _

from support_credits.engine.model import parse_stamp
from support_credits.integrations.erpnext import telling
from support_credits.ledger import accounts, grants


def restore(order: frappe._dict, invoice: str) -> int:
	"""Grant again what reversing ``order`` voided; returns how many orders changed."""
	voided = int(order.voided or 0)
	if not voided:
		return 0
	earlier = grants.find_grant(_key(order))
	if earlier:
		if _is_void(earlier.lot):
			text = _("Invoice {0} is paid once more. Grant the {1} credit(s) of order {2} by hand.")
			telling.trouble(order.name, invoice, text.format(invoice, voided, order.name))
		return 0
	again = grants.GrantOrder(
		voided,
		_key(order),
		_("Order {0}, paid again").format(order.name),
		source="Order",
		months=int(order.months) or None,
		pack=order.pack,
		currency=order.currency,
		granted_at=parse_stamp(order.paid_at_utc),
	)
	grants.grant(accounts.ensure_account(order.customer), again)
	text = _("Invoice {0} is paid again. Order {1}: the {2} credit(s) that were voided are back.")
	telling.happened(order.name, invoice, text.format(invoice, order.name, voided))
	return 1


def take_back(order: frappe._dict, invoice: str, reason: str) -> int:
	"""Void what ``restore`` brought, where it did."""
	earlier = grants.find_grant(_key(order))
	if not earlier or _is_void(earlier.lot):
		return 0
	left = frappe.db.get_value("Credit Lot", earlier.lot, "remaining")
	voided = grants.void_lot(earlier.lot, reason) if left else 0
	text = _("{0}. Order {1}: {2} credit(s) voided, {3} were spent or over before and stay so.")
	telling.happened(order.name, invoice, text.format(reason, order.name, voided, int(order.voided) - voided))
	return 1


def _is_void(lot: str) -> bool:
	return bool(frappe.db.exists("Credit Ledger Entry", {"lot": lot, "kind": "Void"}))


def _key(order: frappe._dict) -> str:
	return f"again:{order.name}"
