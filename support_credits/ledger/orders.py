"""Credit Orders: raised, cancelled, over. What is paid for them is in ``order_payment``.

An order holds its price, its terms and what they bring as they were when it was raised: what becomes of the pack later
changes nothing. No account is opened for it: enforcement begins with what was paid, not with what was asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import frappe
from babel.numbers import get_currency_precision
from frappe import _
from frappe.model.naming import make_autoname

from support_credits.engine.errors import NotAllowed
from support_credits.engine.grants import days_after
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.engine.order import Event, State, next_state, order_credits, order_total, state_at
from support_credits.exceptions import AlreadyPosted, SupportCreditsError, WrongState
from support_credits.ledger import clock, order_mail, rows
from support_credits.ledger import settings as site

DOCTYPE = "Credit Order"
SERIES = "CO-.YYYY.-.#####"
BATCH = 1_000
MOST_OPEN = 40
COLUMNS = (
	"name", "customer", "account", "state", "door", "pack", "pack_name", "quantity", "credits", "months", "price", "total",
	"currency", "tax_note", "terms", "terms_accepted_by", "terms_accepted_at_utc", "ordered_by", "ordered_at_utc",
	"stands_until_utc", "paid_by_way", "payment_reference", "payment_key", "paid_at_utc", "lot", "invoice", "trouble", "voided",
	"spent", "request_key",
)  # fmt: skip
READ = f"SELECT {', '.join(COLUMNS)} FROM `tabCredit Order` FORCE INDEX (PRIMARY) WHERE name = %s"


@dataclass(frozen=True)
class Wish:
	"""What is ordered. ``door`` is Customer, Agent or Top-up; the same ``request_key`` again is the same order.

	``total`` and ``currency`` are what he was shown that it costs, where he was shown something.
	"""

	customer: str
	pack: str
	quantity: int = 1
	door: str = "Customer"
	request_key: str | None = None
	accepts_terms: bool = False
	note: str = ""
	total: Decimal | None = None
	currency: str = ""


def place(wish: Wish) -> str:
	"""Raise an order; returns its name. Nothing is charged and nothing granted.

	Raises SupportCreditsError for a pack that is not on sale, has no price or another one than he was shown, and for too many
	open orders of a customer's own; EngineError for a quantity out of bounds, AlreadyPosted where the key stands for another order.
	"""
	return placed_before(wish) or place_new(wish)


def place_new(wish: Wish) -> str:
	"""The same for a wish whose key stands for no order yet."""
	wish = replace(wish, customer=_customer(wish.customer))
	if wish.door == "Customer":
		_check_open_orders(wish.customer)
	values = _values(wish, _pack_on_sale(wish.pack))
	_check_same_price(wish, values)
	try:
		rows.insert_rows(DOCTYPE, [values])
	except Exception as error:
		if not (rows.is_duplicate(error) and "request_key" in str(error)):
			raise
		# Another request with this key was committed since this transaction began: begun again, it is seen.
		raise frappe.QueryDeadlockError(_("Order placed twice at once")) from error
	order_mail.send_soon()
	return str(values["name"])


def _customer(customer: str) -> str:
	"""The customer as the database calls it: for its comparisons a name in other capitals is the same."""
	found = frappe.db.get_value("HD Customer", customer)
	if not found:
		frappe.throw(
			_("Customer {0} does not exist.").format(frappe.utils.escape_html(customer)),
			frappe.DoesNotExistError,
		)
	return str(found)


def placed_before(wish: Wish) -> str | None:
	"""The order that this wish's key stands for already. AlreadyPosted where it stands for another wish."""
	if not wish.request_key:
		return None
	found = frappe.db.get_value(
		DOCTYPE, {"request_key": wish.request_key}, ["name", "customer", "pack", "quantity"], order_by=None
	)
	if not found:
		return None
	name, *asked = found
	if asked != [_customer(wish.customer), wish.pack, wish.quantity]:
		frappe.throw(
			_("This key was used for order {0}. Use another key for another order.").format(name),
			AlreadyPosted,
		)
	return str(name)


def _check_open_orders(customer: str) -> None:
	"""All of them fit into the list that the customer sees, and nobody fills it without end."""
	waiting = {
		"customer": customer,
		"state": State.OPEN.value,
		"stands_until_utc": [">", stamp_text(clock.now())],
	}
	if frappe.db.count(DOCTYPE, waiting) >= MOST_OPEN:
		frappe.throw(
			_("{0} has {1} orders that are not paid. Pay or cancel one of them first.").format(
				customer, MOST_OPEN
			),
			SupportCreditsError,
		)


def _check_same_price(wish: Wish, values: dict[str, object]) -> None:
	if wish.total is None or (wish.total, wish.currency) == (values["total"], values["currency"]):
		return
	frappe.throw(
		_("The price has changed: {0} × {1} is {2} {3} now. Look at it again, then order.").format(
			wish.quantity, _(str(values["pack_name"])), values["currency"], values["total"]
		),
		SupportCreditsError,
	)


def _pack_on_sale(pack: str) -> frappe._dict:
	fields = ["name", "pack_name", "credits", "validity_months", "price", "currency", "tax_note", "on_sale"]
	found = frappe.db.get_value("Credit Pack", pack, fields, as_dict=True)
	if not found or not found.on_sale:
		frappe.throw(
			_("Pack {0} is not on sale. Choose another one.").format(frappe.utils.escape_html(pack)),
			SupportCreditsError,
		)
	if not Decimal(str(found.price or 0)) > 0:
		frappe.throw(
			_("Pack {0} has no price, so that nobody could pay it. Grant it instead.").format(found.name),
			SupportCreditsError,
		)
	return found


def _values(wish: Wish, pack: frappe._dict) -> dict[str, object]:
	at = clock.now()
	price = Decimal(str(pack.price or 0))
	total = order_total(price, wish.quantity, decimals_of(pack.currency))
	accepted = wish.accepts_terms
	return {
		"name": make_autoname(SERIES),
		"customer": wish.customer,
		"state": State.OPEN.value,
		"door": wish.door,
		"pack": pack.name,
		"pack_name": pack.pack_name,
		"quantity": wish.quantity,
		"credits": order_credits(int(pack.credits), wish.quantity),
		"months": int(pack.validity_months),
		"price": price,
		"total": total,
		"currency": pack.currency,
		"tax_note": pack.tax_note,
		"terms": site.settings().terms or "",
		"terms_accepted_by": frappe.session.user if accepted else None,
		"terms_accepted_at_utc": stamp_text(at) if accepted else None,
		"ordered_by": frappe.session.user,
		"ordered_at_utc": stamp_text(at),
		"note": wish.note,
		"stands_until_utc": stamp_text(days_after(at, site.order_days(), site.provider_zone())),
		"request_key": wish.request_key,
		"mail_due": order_mail.REQUEST,
	}


def decimals_of(currency: str) -> int:
	"""Decimal places of a currency's smallest unit."""
	return int(get_currency_precision(currency))


def lock(order: str) -> frappe._dict:
	"""The order's row, locked and fresh. Taken before any account's lock. DoesNotExistError where there is none."""
	found = frappe.db.sql(f"{READ} FOR UPDATE", order, as_dict=True)
	return found[0] if found else _unknown(order)


def order_row(order: str) -> frappe._dict:
	"""The same by a plain read."""
	found = frappe.db.sql(READ, order, as_dict=True)
	return found[0] if found else _unknown(order)


def _unknown(order: str) -> frappe._dict:
	frappe.throw(
		_("Order {0} does not exist.").format(frappe.utils.escape_html(order)), frappe.DoesNotExistError
	)


def state_of(row: frappe._dict, at: datetime | None = None) -> State:
	"""Its state now: an open one is over at its end, whether or not the job has said so."""
	until = parse_stamp(row.stands_until_utc) if row.stands_until_utc else None
	return state_at(State(row.state), until, at or clock.now())


def after(row: frappe._dict, event: Event) -> State:
	"""The state after ``event``. WrongState, naming order and state, when that cannot happen."""
	try:
		return next_state(state_of(row), event)
	except NotAllowed as error:
		frappe.throw(
			_("Order {0} cannot be changed: {1}.").format(
				row.name, _(error.template).format(state=_(str(error.values["state"])))
			),
			WrongState,
		)


def cancel(order: str, reason: str = "") -> None:
	"""End an order that was not paid. WrongState for any other."""
	row = lock(order)
	values = {
		"state": after(row, Event.CANCEL).value,
		"cancelled_by": frappe.session.user,
		"cancelled_at_utc": stamp_text(clock.now()),
		"mail_due": "",
	}
	write(row, values | {"cancel_reason": reason})


def accept_terms(order: str) -> None:
	"""Keep who accepted the order's terms and when; the first time stands."""
	row = lock(order)
	if not row.terms_accepted_by:
		write(
			row,
			{
				"terms_accepted_by": frappe.session.user,
				"terms_accepted_at_utc": stamp_text(clock.now()),
			},
		)


def note_trouble(order: str, text: str) -> None:
	"""Keep what went wrong with a payment, the newest first. The caller has rolled back what failed, and commits this."""
	_add_trouble(lock(order), text)


def note_trouble_once(order: str, text: str, mark: str) -> bool:
	"""The same unless ``mark`` stands there already; whether it was new."""
	row = lock(order)
	if mark in (row.trouble or ""):
		return False
	_add_trouble(row, text)
	return True


def _add_trouble(row: frappe._dict, text: str) -> None:
	lines = [f"{stamp_text(clock.now())[:16]} {text}", *(row.trouble or "").splitlines()]
	write(row, {"trouble": "\n".join(lines[:20])})


def note_invoice(order: str, invoice: str | None) -> None:
	"""Keep the invoice that an order is paid by; None where it is gone."""
	write(lock(order), {"invoice": invoice})


def write(row: frappe._dict, values: dict[str, object]) -> None:
	frappe.db.set_value(DOCTYPE, row.name, values)


def expire_due() -> int:
	"""Note of every open order whose time is over that it is; returns how many."""
	overdue = {"state": State.OPEN.value, "stands_until_utc": ["<=", stamp_text(clock.now())]}
	names = frappe.get_all(DOCTYPE, filters=overdue, pluck="name", limit=BATCH, order_by="name asc")
	for name in names:
		# By primary key: whoever pays one of them holds its row, and no other.
		frappe.db.sql(
			"UPDATE `tabCredit Order` SET state = %s, mail_due = '' WHERE name = %s AND state = %s",
			(State.EXPIRED.value, name, State.OPEN.value),
		)
	return len(names)
