"""Frappe's ``payments`` app: checkout through one of its gateways, and what its callback is worth."""

from __future__ import annotations

import frappe

from support_credits.ledger import settings as site

APP = "payments"


def gateway() -> str | None:
	"""The gateway orders are paid through; None where the app is absent or none is chosen."""
	if APP not in frappe.get_installed_apps():
		return None
	return site.settings().payment_gateway or None


def checkout_url(order: str) -> str | None:
	"""Where ``order`` is paid; None where there is no gateway."""
	if not gateway():
		return None
	raise NotImplementedError
