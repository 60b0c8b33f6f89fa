"""Auto top-up: at a threshold an order is raised and the customer is asked. Nothing is bought silently."""

from __future__ import annotations

import frappe

from support_credits.engine.order import State
from support_credits.ledger import clock, orders, queries
from support_credits.ledger.orders import Wish
from support_credits.ledger.retry import retry_whole

ACCOUNTS = """SELECT a.name, a.customer, a.lot_count, a.topup_at, a.topup_pack FROM `tabCredit Account` a
	JOIN `tabCredit Pack` p ON p.name = a.topup_pack AND p.on_sale = 1
	WHERE a.customer IS NOT NULL ORDER BY a.name"""


def raise_due() -> int:
	"""An order for every account that has fallen to its threshold; returns how many, each in a transaction of its own.

	Once for the credits it has: whoever cancels the order is not asked again until others have come.
	"""
	return sum(_raise(account) for account in frappe.db.sql(ACCOUNTS, as_dict=True))


def _raise(account: frappe._dict) -> int:
	key = f"topup:{account.name}:{account.lot_count}"
	try:
		# All of it: an account that fails must not keep the job from those behind it.
		if queries.balance(account.name) > int(account.topup_at) or _is_asked(account.customer, key):
			return 0
		retry_whole(
			lambda: orders.place(Wish(account.customer, account.topup_pack, door="Top-up", request_key=key))
		)
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: no top-up could be ordered for {account.customer}")
		return 0
	frappe.db.commit()
	return 1


def _is_asked(customer: str, key: str) -> bool:
	"""Whether he was asked for these credits already, or has an order to pay anyway."""
	if frappe.db.exists(orders.DOCTYPE, {"request_key": key}):
		return True
	open_ones = {"customer": customer, "state": State.OPEN.value}
	found = frappe.get_all(orders.DOCTYPE, filters=open_ones, fields=["state", "stands_until_utc"], limit=50)
	at = clock.now()
	return any(orders.state_of(row, at) is State.OPEN for row in found)
