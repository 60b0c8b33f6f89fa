"""Records for the permission table's calls about ways in: made anew for each call, known to the server."""

from __future__ import annotations

import frappe

from support_credits import opening_import
from support_credits.engine.order_numbers import asked_for
from support_credits.ledger import external_orders, order_payment, orders
from support_credits.tests import factories as make
from support_credits.tests.compat import publish

Arguments = dict[str, object]


def new_order(customer: str, pack: str, paid: bool = False) -> Arguments:
	name = orders.place(orders.Wish(customer, pack))
	if paid:
		order_payment.pay(name, order_payment.Payment("Manager", "Bank", f"manual:{name}"))
	publish()
	return {"order": name}


def new_import(customer: str, state: str) -> Arguments:
	"""An import with one row attached, in ``state``."""
	doc = frappe.get_doc({"doctype": opening_import.DOCTYPE, "file": "/private/files/none.csv"}).insert()
	upload = {
		"doctype": "File",
		"file_name": f"{make.unique_code('balances')}.csv",
		"content": f"customer,credits,granted_on,months\n{customer},1,2026-11-01,12\n",
		"is_private": 1,
		"attached_to_doctype": doc.doctype,
		"attached_to_name": doc.name,
		"attached_to_field": "file",
	}
	doc.file = frappe.get_doc(upload).insert().file_url
	doc.save()
	frappe.db.set_value(doc.doctype, doc.name, "state", state)
	publish()
	return {"name": doc.name}


def found_order(ticket: str) -> Arguments:
	"""An order number that a mail of the ticket has named; nobody has asked for it."""
	number = asked_for(f"or_{frappe.generate_hash(length=8)}")
	name = external_orders.note_found(number, ticket, "somebody@example.com", False)
	publish()
	return {"redemption": name}
