"""Payments that a crash or a lost callback has left behind. Safe to run twice at once; the provider is asked each time."""

from __future__ import annotations

from collections.abc import Iterable

import frappe

from support_credits.integrations.payments import records, settling

ORDERS_PER_RUN = 100
REQUESTS_PER_ORDER = 50


def answered() -> int:
	"""Orders whose gateway said yes: the callback was cut off, or the money was captured later."""
	return _settle(records.unpaid_orders(records.ANSWERED, False, ORDERS_PER_RUN))


def unanswered() -> int:
	"""Orders with a checkout of which nothing came back, orders in trouble, and paid ones that were paid again."""
	left = records.unpaid_orders((*records.ANSWERED, "Queued"), True, ORDERS_PER_RUN)
	return _settle([*left, *records.orders_paid_twice(ORDERS_PER_RUN)])


def _settle(orders: Iterable[str]) -> int:
	frappe.set_user("Administrator")
	return sum(settling.attempt(order, REQUESTS_PER_ORDER) for order in orders)
