"""Emergency sessions as rows of the customer's next invoice (rule 17). Called with what a session came to; keeps no record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import escape_html, flt

from support_credits.engine.emergency import amount, billed_minutes, comes_in_hours
from support_credits.exceptions import AlreadyPosted, SupportCreditsError
from support_credits.integrations.erpnext import INVOICE, customers, invoices, is_enabled, items, settings
from support_credits.integrations.erpnext.fields import ROW
from support_credits.ledger.orders import decimals_of

OPEN_ROW = f"""SELECT i.name, i.docstatus, r.amount FROM `tab{ROW}` r JOIN `tabSales Invoice` i ON i.name = r.parent
	WHERE r.sc_session = %s AND i.docstatus < 2 FOR UPDATE"""
DRAFT = f"""SELECT i.name FROM `tabSales Invoice` i WHERE i.customer = %s AND i.company = %s AND i.currency = %s
	AND i.docstatus = 0 AND i.is_return = 0 AND COALESCE(i.sc_credit_order, '') = ''
	AND EXISTS (SELECT 1 FROM `tab{ROW}` r WHERE r.parent = i.name AND r.sc_session IS NOT NULL AND r.sc_session != '')
	ORDER BY i.creation DESC LIMIT 1 FOR UPDATE"""


@dataclass(frozen=True)
class SessionCharge:
	"""``worked`` as it was; it is billed by the engine's rounding, at ``rate`` an hour."""

	customer: str
	worked: timedelta
	rate: Decimal
	currency: str
	text: str
	step_minutes: int = 60
	least_minutes: int = 60


@dataclass(frozen=True)
class Line:
	"""The draft a session is on; ``replayed`` when it was there before."""

	invoice: str
	minutes: int
	amount: Decimal
	replayed: bool = False


def line_for(session: SessionCharge, key: str) -> Line | None:
	"""Put a session on the customer's draft of sessions, or on a new one, once per ``key``; None where invoicing is off.

	Never on a draft that an accountant began, nor on an order's invoice, whose amount pays the order. A draft that was
	cancelled or deleted frees the key. AlreadyPosted where the key stands for another amount. The caller commits, and tries
	the whole again after a deadlock (``retry_whole``).
	"""
	if not is_enabled():
		return None
	if not key:
		raise ValueError("a session needs a key")
	minutes = billed_minutes(session.worked, session.step_minutes, session.least_minutes)
	cost = amount(minutes, session.rate, decimals_of(session.currency))
	customer = customers.customer_of(session.customer)  # locks the customer: one session after the other
	earlier = frappe.db.sql(OPEN_ROW, key, as_dict=True)
	if earlier:
		return _same(earlier[0], key, minutes, cost, session)
	found = frappe.db.sql(DRAFT, (customer, settings().company, session.currency), pluck=True)
	doc = (
		frappe.get_doc(INVOICE, found[0], for_update=True)
		if found
		else invoices.new(customer, session.currency)
	)
	doc.flags.ignore_permissions = True
	row = doc.append("items", _row(session, key, minutes, cost))
	invoices.complete(doc)
	doc.save()
	if Decimal(str(row.amount)) != cost:
		frappe.throw(
			_("ERPNext bills {0} for the session, {1} was agreed.").format(row.amount, cost),
			SupportCreditsError,
		)
	return Line(doc.name, minutes, cost)


def _row(session: SessionCharge, key: str, minutes: int, cost: Decimal) -> dict[str, object]:
	"""Hours at the rate; one piece at the whole amount where those would not come to it, or only as ERPNext rounds."""
	whole = comes_in_hours(minutes, session.rate, decimals_of(session.currency))
	rate = flt(session.rate) if whole else flt(cost)
	return {
		"item_code": items.session_item(),
		"qty": minutes / 60 if whole else 1,
		"rate": rate,
		"price_list_rate": rate,
		"description": escape_html(
			session.text if whole else _("{0} ({1} minutes)").format(session.text, minutes)
		),
		"sc_session": key,
		**({"income_account": settings().income_account} if settings().income_account else {}),
	}


def _same(row: frappe._dict, key: str, minutes: int, cost: Decimal, session: SessionCharge) -> Line:
	if Decimal(str(row.amount)).quantize(cost) != cost:
		frappe.throw(
			_("Session {0} is on invoice {1} already, with {2}; {3} {4} is another amount.").format(
				key, row.name, row.amount, cost, session.currency
			),
			AlreadyPosted,
		)
	return Line(row.name, minutes, cost, replayed=True)
