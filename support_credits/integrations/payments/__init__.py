"""Frappe's ``payments`` app: an order is paid through one of its gateways. Silent where the app is absent.

What the app's callbacks and Integration Requests say is a hint and no proof: browsers and guests write most of it
(docs/payments.md). What was paid is what the provider answers, asked by us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import settings as site
from support_credits.run_record import recorded

if TYPE_CHECKING:
	from frappe.model.document import Document

APP = "payments"


def gateway() -> str | None:
	"""The gateway orders are paid through; None where the app is absent or none is chosen."""
	if APP not in frappe.get_installed_apps():
		return None
	return site.settings().payment_gateway or None


def check_gateway(name: str) -> None:
	"""Refuse a gateway that orders cannot be paid through. SupportCreditsError says why and what to do."""
	if APP not in frappe.get_installed_apps():
		frappe.throw(
			_("The payments app is not installed on this site. Install it, or leave the gateway empty."),
			SupportCreditsError,
		)
	from support_credits.integrations.payments import gateways

	gateways.usable(name)


def checkout_url(order: str) -> str | None:
	"""Where ``order`` is paid; None where there is no gateway.

	Raises SupportCreditsError where the order cannot be paid, or not in its currency.
	"""
	if not gateway():
		return None
	from support_credits.integrations.payments import checkout

	return checkout.url_of(order)


def authorised(order: Document, status: str | None) -> str | None:
	"""What a gateway's callback comes to: the provider is asked, the order paid if it says so. Returns the payer's page."""
	if APP not in frappe.get_installed_apps():
		return None
	from support_credits.integrations.payments import settling

	return settling.called_back(order.name, status)


@recorded
def sweep() -> int:
	"""Orders whose gateway said yes and that are not paid: a crash came between. Returns how many were paid."""
	if not gateway():
		return 0
	from support_credits.integrations.payments import sweeping

	return sweeping.answered()


@recorded
def sweep_unanswered() -> int:
	"""The same for payments of which the site never heard, and for second payments of paid orders."""
	if not gateway():
		return 0
	from support_credits.integrations.payments import sweeping

	return sweeping.unanswered()
