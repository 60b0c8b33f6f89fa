"""The hourly look: whatever no event has said, and whatever failed, is settled here. Each invoice is a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import frappe
from frappe import _
from frappe.utils import add_days, now_datetime

from support_credits.engine.model import stamp_text
from support_credits.engine.order import State
from support_credits.integrations.erpnext import (
	INVOICE,
	attempts,
	invoices,
	selling,
	settling,
	telling,
)
from support_credits.ledger import clock, orders
from support_credits.ledger.retry import retry_whole

BATCH = 500
LOOK_BACK_DAYS = 3  # for invoices written by hand: an hour is missed when nobody runs the scheduler
# Orders whose invoice may say something else than they do; by their state, then by the invoice's primary key.
MOVED = """SELECT i.name FROM `tabCredit Order` o JOIN `tabSales Invoice` i ON i.name = o.invoice
	WHERE (o.state IN ('Open', 'Expired', 'Cancelled') AND i.docstatus = 1 AND ({due}))
		OR (o.state = 'Reversed' AND o.paid_by_way = 'Invoice' AND i.docstatus = 1 AND ({due}))
		OR (o.state = 'Paid' AND (i.docstatus = 2 OR (o.paid_by_way = 'Invoice' AND NOT ({due}))
			OR EXISTS (SELECT 1 FROM `tabSales Invoice` c WHERE c.return_against = i.name AND c.docstatus = 1)))
	ORDER BY i.name"""


def run() -> int:
	done = sum(
		in_a_transaction(lambda name=name: int(invoices.try_to_make(name))) for name in without_invoice()
	)
	names = dict.fromkeys(frappe.db.sql(MOVED.format(due=selling.due_sql()), pluck=True))
	names |= dict.fromkeys(selling.unsold(add_days(now_datetime(), -LOOK_BACK_DAYS)))
	return done + look_again(names)


def look_again(names: Iterable[str]) -> int:
	"""Settle invoices, each in a transaction of its own that sees all that was committed before it."""
	return sum(in_a_transaction(lambda name=name: settle_one(name).changed) for name in names)


def without_invoice() -> list[str]:
	"""Open orders that have none yet: a top-up's, and those whose invoice could not be made."""
	return frappe.get_all(
		orders.DOCTYPE,
		filters={
			"state": State.OPEN.value,
			"invoice": ["is", "not set"],
			"total": [">", 0],
			"stands_until_utc": [">", stamp_text(clock.now())],
		},
		pluck="name",
		order_by="name asc",
		limit=BATCH,
	)


def in_a_transaction(work: Callable[[], int]) -> int:
	frappe.db.commit()  # else the snapshot is older
	try:
		done = retry_whole(work)
		frappe.db.commit()
		return done
	except Exception:  # one that fails must not hold up the others
		frappe.db.rollback()
		frappe.log_error(title="Support Credits: an invoice was not settled; it is tried again")
		frappe.db.commit()
		return 0


def settle_one(name: str, fresh: bool = True) -> settling.Outcome:
	"""``settling.settle`` in the caller's transaction; what fails is undone alone and noted."""
	outcome = [settling.Outcome()]
	attempts.alone(lambda: outcome.append(settling.settle(name, fresh)), lambda error: _failed(name, error))
	return outcome[-1]


def _failed(name: str, error: Exception) -> None:
	if isinstance(error, frappe.QueryTimeoutError):
		return  # logged; whoever holds the lock would hold it against a note too
	text = _("The credits of invoice {0} could not be settled: {1} It is tried again every hour.").format(
		name, telling.reason_of(error)
	)
	order = frappe.db.get_value(INVOICE, name, "sc_credit_order")
	if order:
		telling.trouble(order, name, text)
	else:
		telling.invoice_trouble(name, text)
