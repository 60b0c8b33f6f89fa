"""Credit Orders: customers order and pay packs, agents raise orders for them, managers mark them paid or reverse them."""

from decimal import Decimal

import frappe
from frappe import _
from helpdesk.utils import is_agent

from support_credits.api import access
from support_credits.api.account import MANAGERS, READERS, event_of, guarded
from support_credits.api.arguments import amount_of, plain_text, whole_number
from support_credits.api.limits import HOUR, limited
from support_credits.api.order_shapes import (
	OrderEnded,
	OrderLine,
	OrderPaid,
	OrderReversed,
	Orders,
	ToPay,
)
from support_credits.api.wording import from_stamp
from support_credits.engine.order import State
from support_credits.exceptions import NotMember, SupportCreditsError
from support_credits.integrations import erpnext, payments
from support_credits.integrations.notices import MANAGERS as TOLD
from support_credits.integrations.notices import notify_each, people_of
from support_credits.ledger import order_payment, queries
from support_credits.ledger import orders as records
from support_credits.ledger import settings as site
from support_credits.ledger.order_payment import Payment
from support_credits.ledger.orders import Wish
from support_credits.mail.orders import instructions
from support_credits.offer.wording import money_text
from support_credits.overrides.identity import Membership, memberships

ORDERS_AN_HOUR = 30
READS_A_MINUTE = 120
NEWEST = 50
NOTE_LENGTH = 140


@frappe.whitelist(methods=["POST"])
@limited(ORDERS_AN_HOUR, HOUR)
def order(
	pack: str,
	customer: str = "",
	quantity: int | bool = 1,
	accept_terms: bool = False,
	key: str = "",
	terms: str = "",
	total: str = "",
	currency: str = "",
) -> ToPay:
	"""Order ``quantity`` packs for ``customer`` (the caller's only one when he names none), with its terms accepted.

	``terms`` are the words he has read, and ``total`` in ``currency`` is what he saw that it costs, where he was shown them: he is
	told when they are others by now. ``key`` makes it happen once: the same key again is the same order. Nothing is granted
	before it is paid. Raises NotMember where he may not act for the customer.
	"""
	if not site.settings().customers_may_order:
		frappe.throw(_("Orders are not taken here. Ask us for the pack you want."), SupportCreditsError)
	member = access.buyer_for(customer)
	if not accept_terms:
		_refuse_terms(site.settings().terms)
	_check_same_terms(terms)
	quantity = whole_number(quantity, _("Quantity"))
	request_key = event_of("order", f"{member.customer}\n{key}") if key else None
	shown = amount_of(total, _("The total")) if total else None
	wish = Wish(
		member.customer,
		pack,
		quantity,
		request_key=request_key,
		accepts_terms=True,
		total=shown,
		currency=currency,
	)
	return _to_pay(guarded(lambda: _place(wish)), member, "")


def _place(wish: Wish) -> str:
	earlier = records.placed_before(wish)
	if earlier:
		return earlier
	name = records.place_new(wish)
	erpnext.order_placed(name)
	if wish.door == "Customer" and not payments.gateway() and not erpnext.is_enabled():
		_tell_managers(name)
	return name


def _tell_managers(order: str) -> None:
	"""Nothing else leads a payment to it: one of them has to mark it paid."""
	row = records.order_row(order)

	def subject() -> str:
		total = money_text(Decimal(str(row.total)), row.currency)
		said = _("{0} has ordered {1} × {2} for {3}: order {4}. Mark it paid when the money is there.")
		named = said.format(row.customer, row.quantity, _(row.pack_name), total, order)
		return str(frappe.utils.escape_html(named))

	notify_each(people_of(*TOLD), records.DOCTYPE, order, subject)


def _refuse_terms(terms: str | None) -> None:
	frappe.throw(
		_("Read the terms and accept them first: {0}").format(_(terms or "")),
		SupportCreditsError,
	)


def _check_same_terms(read: str) -> None:
	now = _(site.settings().terms or "")
	if read and " ".join(read.split()) != " ".join(now.split()):
		frappe.throw(
			_("The terms have changed. Load the page again, read them and accept them: {0}").format(now),
			SupportCreditsError,
		)


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def orders(customer: str = "") -> Orders:
	"""The orders of ``customer``, or of all the caller's customers; agents name one."""
	own = memberships()
	if customer and customer not in own:
		access.check_readable(customer)
		own = {customer: Membership(customer, None, is_manager=False, is_member=False)}
	elif customer:
		own = {customer: own[customer]}
	if not own:
		return {"orders": []}
	found = frappe.get_all(
		records.DOCTYPE,
		filters={"customer": ["in", list(own)]},
		fields=list(records.COLUMNS),
		order_by="creation desc, name desc",
		limit=NEWEST,
	)
	last_days = _last_days(found)
	return {"orders": [_line(row, own[row.customer], last_days.get(row.lot)) for row in found]}


def _last_days(found: list[frappe._dict]) -> dict[str, object]:
	"""Until when the lots of these orders can be used."""
	lots = [row.lot for row in found if row.lot]
	if not lots:
		return {}
	fields = ["name", "expires_on"]
	return dict(frappe.get_all("Credit Lot", filters={"name": ["in", lots]}, fields=fields, as_list=True))


def _line(row: frappe._dict, member: Membership, expires_on: object) -> OrderLine:
	state = records.state_of(row)
	total = Decimal(str(row.total))
	return {
		"order": row.name,
		"customer": row.customer,
		"state": state.value,
		"state_text": _(state.value),
		"pack": row.pack,
		"pack_name": _(row.pack_name),
		"quantity": int(row.quantity),
		"credits": int(row.credits),
		"validity_months": int(row.months),
		"total": f"{total:.{records.decimals_of(row.currency)}f}",
		"currency": row.currency,
		"total_text": money_text(total, row.currency),
		"tax_note": _(row.tax_note or ""),
		"terms": _(row.terms or ""),
		"terms_accepted": bool(row.terms_accepted_by),
		"ordered_at": from_stamp(row.ordered_at_utc) or "",
		"stands_until": from_stamp(row.stands_until_utc),
		"paid_at": from_stamp(row.paid_at_utc),
		"payment_reference": row.payment_reference or "",
		"expires_on": str(expires_on) if expires_on else None,
		"may_act": member.may_act,
		"door": row.door,
	}


@frappe.whitelist(methods=["POST"])
@limited(READS_A_MINUTE)
def pay(order: str, accept_terms: bool = False) -> ToPay:
	"""Where and how the caller pays an open order. One that was raised for him has terms to accept first."""
	row, member = _own_order(order)
	state = records.state_of(row)
	if state is not State.OPEN:
		frappe.throw(
			_("Order {0} is {1} and cannot be paid. Order again.").format(row.name, _(state.value).lower()),
			SupportCreditsError,
		)
	if not row.terms_accepted_by:
		if not accept_terms:
			_refuse_terms(row.terms)
		guarded(lambda: records.accept_terms(row.name))
		frappe.db.commit()  # a fact of its own; and the row is not held while a gateway is asked
	return _to_pay(row.name, member, payments.checkout_url(row.name) or "")


def _own_order(order: str) -> tuple[frappe._dict, Membership]:
	"""An order of the caller's customer, and for which he may act. Whether another one exists is not said."""
	row = frappe.db.get_value(records.DOCTYPE, order, ["name", "customer"], as_dict=True)
	member = memberships().get(row.customer) if row else None
	if not row or not member:
		frappe.throw(_("Order {0} is not yours.").format(frappe.utils.escape_html(order)), NotMember)
	access.check_may_act(member)
	return records.order_row(row.name), member


def _to_pay(order: str, member: Membership, url: str) -> ToPay:
	row = records.order_row(order)
	line, said = _line(row, member, _last_days([row]).get(row.lot)), instructions(order)
	online = bool(payments.gateway())
	if line["state"] != State.OPEN.value:
		message = _("Order {0}: {1}. It is not open any more; order again if you still want it.")
	elif online:
		message = _("Order {0}: {1}. Pay it now; your credits come at once.")
	elif said:
		message = _("Order {0}: {1}. Your credits come as soon as it is paid.")
	else:
		message = _(
			"Order {0}: {1}. We will write to you how to pay; your credits come as soon as it is paid."
		)
	return {
		"order": line,
		"online": online,
		"url": url,
		"instructions": said,
		"message": message.format(order, line["total_text"]),
	}


@frappe.whitelist(methods=["POST"])
@limited(READS_A_MINUTE)
def cancel(order: str, reason: str = "") -> OrderEnded:
	"""Cancel an order that was not paid: the customer's people their own, agents any. Raises WrongState when it was paid."""
	reason = plain_text(reason, _("The reason"), most=NOTE_LENGTH)
	name = records.order_row(order).name if is_agent() else _own_order(order)[0].name

	def whole() -> None:
		records.cancel(name, reason)
		erpnext.order_cancelled(name)

	guarded(whole)
	return {"order": name, "state": State.CANCELLED.value}


@frappe.whitelist(methods=["POST"])
def raise_order(
	customer: str, pack: str, quantity: int | bool = 1, note: str = "", key: str = ""
) -> OrderEnded:
	"""Raise an order for a customer, who is asked by mail to accept its terms and pay it. Agents only."""
	frappe.only_for(READERS)
	note = plain_text(note, _("The note"), most=NOTE_LENGTH)
	request_key = event_of("raised", f"{customer}\n{key}") if key else None
	quantity = whole_number(quantity, _("Quantity"))
	wish = Wish(customer, pack, quantity, door="Agent", request_key=request_key, note=note)
	return {"order": guarded(lambda: _place(wish)), "state": State.OPEN.value}


@frappe.whitelist(methods=["POST"])
def mark_paid(order: str, reference: str) -> OrderPaid:
	"""Say that an order was paid, with what proves it (``reference``). Managers only; the same order again grants nothing."""
	frappe.only_for(MANAGERS)
	reference = plain_text(reference, _("The reference"), required=True, most=NOTE_LENGTH)

	name = records.order_row(order).name
	payment = Payment("Manager", reference, f"manual:{name}")

	def whole() -> OrderPaid:
		paid = order_payment.pay(name, payment)
		if paid.replayed:
			frappe.db.rollback()  # nothing was written, and this snapshot may be from before it was paid
			paid = order_payment.pay(name, payment)
		account = frappe.db.get_value("Credit Lot", paid.lot, "account")
		return {
			"order": paid.order,
			"lot": paid.lot,
			"credits": paid.credits,
			"balance": queries.balance(account),
			"expires_on": paid.expires_on,
			"replayed": paid.replayed,
		}

	return guarded(whole)


@frappe.whitelist(methods=["POST"])
def reverse(order: str, reason: str) -> OrderReversed:
	"""The money of a paid order went back: what is unspent is void, what was spent is reported. Managers only."""
	frappe.only_for(MANAGERS)
	reason = plain_text(reason, _("The reason"), required=True, most=NOTE_LENGTH)
	done = guarded(lambda: order_payment.reverse(order, reason))
	message = _("{0} credit(s) voided; {1} were gone before and are not taken back.").format(
		done.voided, done.spent
	)
	return {**done.__dict__, "message": message}  # type: ignore[typeddict-item]
