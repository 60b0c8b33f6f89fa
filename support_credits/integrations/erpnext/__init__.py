"""ERPNext: invoices for orders, and credits when they are paid. Silent where it is absent or switched off."""

from __future__ import annotations


def order_placed(order: str) -> None:
	"""Make the order's invoice where that is switched on."""


def order_cancelled(order: str) -> None:
	"""Cancel the invoice of an order that was cancelled."""
