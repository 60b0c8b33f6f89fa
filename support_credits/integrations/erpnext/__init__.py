"""ERPNext: invoices for orders, and credits when they are paid. Silent where it is absent or switched off.

``invoices`` makes them, ``events`` notes which ones have changed, ``settling`` decides at the commit what that means for
their orders, ``sweeping`` looks again every hour. docs/erpnext.md says what an accountant sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from support_credits.exceptions import SupportCreditsError
from support_credits.run_record import recorded

if TYPE_CHECKING:
	from support_credits.support_credits.doctype.credit_pack.credit_pack import CreditPack

APP = "erpnext"
SETTINGS = "Credit Invoicing Settings"
INVOICE = "Sales Invoice"


def is_installed() -> bool:
	return APP in frappe.get_installed_apps()


def settings() -> frappe._dict:
	return frappe.get_cached_doc(SETTINGS)


def is_enabled() -> bool:
	return is_installed() and bool(settings().enabled)


def order_placed(order: str) -> None:
	"""Make the order's invoice where that is switched on. A failure is kept on the order and tried again every hour."""
	if is_enabled():
		from support_credits.integrations.erpnext import invoices

		invoices.try_to_make(order)


def order_cancelled(order: str) -> None:
	"""Take back the invoice of an order that was cancelled: a draft is deleted, an unpaid one cancelled."""
	if is_enabled():
		from support_credits.integrations.erpnext import invoices

		invoices.try_to_withdraw(order)


def session_stopped(session: str) -> None:
	"""Put a stopped session on a draft where that is switched on. Commits the stop first: a failure is noted on the session
	and tried again every hour.
	"""
	if is_enabled():
		from support_credits.integrations.erpnext import session_bills

		session_bills.bill_now(session)


@recorded
def sweep() -> int:
	"""What no event has said: orders without an invoice, invoices paid or taken back, sessions that are not billed yet.
	Returns how many orders and sessions changed.
	"""
	if not is_enabled():
		return 0
	from support_credits.integrations.erpnext import session_bills, sweeping

	return sweeping.run() + session_bills.run()


def check_item(pack: CreditPack) -> None:
	"""Refuse an Item that a pack cannot be sold as; nothing is asked where ERPNext is absent."""
	pack.item_code = (pack.item_code or "").strip()
	if not (pack.item_code and is_installed()):
		return
	item = frappe.db.get_value(
		"Item",
		pack.item_code,
		["name", "disabled", "is_sales_item", "is_stock_item", "has_variants"],
		as_dict=True,
	)
	if not item:
		frappe.throw(
			_("Item {0} does not exist. Leave the field empty and one is made.").format(pack.item_code),
			SupportCreditsError,
		)
	if item.disabled or item.is_stock_item or item.has_variants or not item.is_sales_item:
		frappe.throw(
			_(
				"Item {0} cannot be a pack: it must be sold, enabled, not kept in stock and without variants."
			).format(item.name),
			SupportCreditsError,
		)
	other = frappe.db.get_value("Credit Pack", {"item_code": item.name, "name": ["!=", pack.name or ""]})
	if other:
		frappe.throw(
			_("Item {0} is pack {1} already. Each pack needs one of its own.").format(item.name, other),
			SupportCreditsError,
		)
