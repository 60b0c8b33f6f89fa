"""Invoices that an accountant writes by hand with a pack's Item: paid, each such row raises an order and pays it. A setting."""

from __future__ import annotations

from collections.abc import Iterator

import frappe
from frappe import _
from frappe.utils import getdate

from support_credits.exceptions import SupportCreditsError
from support_credits.integrations.erpnext import customers, items, settings, telling
from support_credits.integrations.erpnext.matching import Claim
from support_credits.integrations.erpnext.records import LESS_THAN_A_COIN, UNPAID, Invoice, Row
from support_credits.ledger import orders
from support_credits.ledger.orders import Wish


def claims(invoice: Invoice, due: bool) -> Iterator[Claim]:
	"""The orders of its rows: those there are, and where it is ``due`` those that are raised now."""
	if invoice.order:
		return
	packs = items.packs_by_item()
	for row in invoice.rows:
		if row.item not in packs:
			continue
		key = f"invoice:{invoice.name}:{row.name}"
		order = frappe.db.get_value(orders.DOCTYPE, {"request_key": key}, "name", order_by=None)
		if not order and due and _is_sold(invoice):
			order = _raise(invoice, row, packs[row.item], key)
		if order:
			yield Claim(order, key, (row,))


def _is_sold(invoice: Invoice) -> bool:
	"""From the day on which it was switched on: who was invoiced earlier has had what he paid for."""
	config = settings()
	since = config.invoices_from
	return bool(config.sell_by_invoice) and (not since or getdate(invoice.posting_date) >= getdate(since))


def _raise(invoice: Invoice, row: Row, pack: str, key: str) -> str | None:
	"""The row's order; None, with the managers told, where the row cannot be one."""
	wrong = _refusal(invoice, row)
	if wrong:
		_tell(invoice, row, wrong)
		return None
	[customer] = customers.hd_customers_of(invoice.customer)
	wish = Wish(
		customer,
		pack,
		int(row.quantity),
		door="Agent",
		request_key=key,
		note=_("Invoice {0}").format(invoice.name),
	)
	try:
		order = orders.place(wish)
	except SupportCreditsError as error:
		_tell(invoice, row, telling.reason_of(error))
		return None
	orders.note_invoice(order, invoice.name)
	return order


def _refusal(invoice: Invoice, row: Row) -> str:
	found = customers.hd_customers_of(invoice.customer)
	if len(found) != 1:
		text = _("customer {0} is linked with {1} customers of Helpdesk, and must be with one")
		return text.format(invoice.customer, len(found))
	if row.quantity != int(row.quantity) or row.quantity <= 0:
		return _("{0} is no number of packs").format(f"{row.quantity.normalize():f}")
	earlier = invoice.amended_from and _orders_of(invoice.amended_from)
	if earlier:
		return _("it replaces {0}, which order {1} was raised for").format(invoice.amended_from, earlier)
	return ""


def _orders_of(invoice: str) -> str:
	key = {"request_key": ["like", f"invoice:{invoice}:%"]}
	return ", ".join(frappe.get_all(orders.DOCTYPE, filters=key, pluck="name", order_by="name asc"))


def _tell(invoice: Invoice, row: Row, wrong: str) -> None:
	text = _("Row {0} of invoice {1} brings no credits: {2}. Raise an order or grant them by hand.")
	telling.invoice_trouble(invoice.name, text.format(row.idx, invoice.name, wrong.rstrip(".")))


def due_sql() -> str:
	"""Whether the credits of an invoice ``i`` are due."""
	if settings().grant_when == "Submitted":
		return "i.docstatus = 1"
	return (
		f"i.docstatus = 1 AND ({UNPAID.format(invoice='i.name', account='i.debit_to')}) < {LESS_THAN_A_COIN}"
	)


def unsold(since: object) -> list[str]:
	"""Invoices with a pack's Item that an event may have missed: due, changed ``since``, and written by hand."""
	packs = items.packs_by_item()
	if not packs or not settings().sell_by_invoice:
		return []
	return frappe.db.sql(
		f"""SELECT DISTINCT i.name FROM `tabSales Invoice` i
		JOIN `tabSales Invoice Item` r ON r.parent = i.name AND r.item_code IN %s
		LEFT JOIN `tabCredit Order` o ON o.request_key = CONCAT('invoice:', i.name, ':', r.name)
		WHERE i.docstatus = 1 AND i.is_return = 0 AND COALESCE(i.sc_credit_order, '') = '' AND i.modified >= %s
			AND i.posting_date >= COALESCE(%s, i.posting_date) AND o.name IS NULL AND ({due_sql()})
		ORDER BY i.name""",
		(tuple(packs), since, settings().invoices_from),
		pluck=True,
	)
