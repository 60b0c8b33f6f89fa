"""Integration Requests of the payments app that are about an order.

Their columns are set when they are made; guests can make them, and rewrite their ``data``.
"""

from __future__ import annotations

import json
from datetime import timedelta

import frappe
from frappe.utils import now_datetime

from support_credits.integrations.payments.shapes import Request
from support_credits.ledger import orders
from support_credits.ledger import settings as site

DOCTYPE = "Integration Request"
ANSWERED = ("Completed", "Authorized")
LOOKED_BACK = timedelta(days=2)


def of_order(order: str, service: str, most: int) -> list[Request]:
	"""The newest ``most``; those whose gateway has said yes come first, since it takes money to get there."""
	found = frappe.db.sql(
		"""SELECT name, status, creation, data FROM `tabIntegration Request`
		WHERE reference_doctype = %s AND reference_docname = %s AND integration_request_service = %s
		ORDER BY status IN %s DESC, creation DESC, name LIMIT %s""",
		(orders.DOCTYPE, order, service, ANSWERED, most),
		as_dict=True,
	)
	return [Request(row.name, row.status, site.site_time(row.creation), _data(row.data)) for row in found]


def _data(text: str | None) -> dict[str, object]:
	try:
		found = json.loads(text or "{}")
	except ValueError:
		return {}
	return found if isinstance(found, dict) else {}


def other_services(order: str, service: str) -> list[str]:
	"""Services other than ``service`` whose request for the order says that it was paid."""
	about = {
		"reference_doctype": orders.DOCTYPE,
		"reference_docname": order,
		"integration_request_service": ["not in", (service, "")],
		"status": "Completed",
	}
	return frappe.get_all(DOCTYPE, filters=about, pluck="integration_request_service", distinct=True)


def unpaid_orders(statuses: tuple[str, ...], with_trouble: bool, most: int) -> list[str]:
	"""Orders that are not paid and have a request of the last days in one of ``statuses``; the newest request first."""
	return frappe.db.sql(
		"""SELECT r.reference_docname FROM `tabIntegration Request` r
		JOIN `tabCredit Order` o ON o.name = r.reference_docname
		WHERE r.modified > %s AND r.reference_doctype = %s AND r.status IN %s AND o.payment_key IS NULL
		AND (%s OR COALESCE(o.trouble, '') = '')
		GROUP BY r.reference_docname ORDER BY MAX(r.modified) DESC LIMIT %s""",
		(now_datetime() - LOOKED_BACK, orders.DOCTYPE, statuses, with_trouble, most),
		pluck=True,
	)


def orders_paid_twice(most: int) -> list[str]:
	"""Paid orders of which several requests of the last days say so."""
	return frappe.db.sql(
		"""SELECT r.reference_docname FROM `tabIntegration Request` r
		JOIN `tabCredit Order` o ON o.name = r.reference_docname
		WHERE r.modified > %s AND r.reference_doctype = %s AND r.status = 'Completed' AND o.payment_key IS NOT NULL
		GROUP BY r.reference_docname HAVING COUNT(*) > 1 OR MAX(o.paid_by_way) != 'Gateway'
		ORDER BY MAX(r.modified) DESC LIMIT %s""",
		(now_datetime() - LOOKED_BACK, orders.DOCTYPE, most),
		pluck=True,
	)
