"""The address of a gateway's checkout for one order."""

from __future__ import annotations

from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import get_fullname, get_url

from support_credits.engine.order import State
from support_credits.exceptions import SupportCreditsError
from support_credits.integrations.payments import gateway as chosen
from support_credits.integrations.payments import gateways
from support_credits.ledger import orders

PAGE = "/helpdesk/credits"
# Their pages charge the amount times a hundred, cut off at a whole number, in every currency.
CUT_OFF = ("Stripe", "Razorpay")
# A thousandth of a hundredth: lost again when the amount is cut off or shown.
HAIR = 0.00001


def page_of(order: str) -> str:
	"""Where whoever paid goes next."""
	return get_url(f"{PAGE}?order={order}")


def url_of(order: str) -> str:
	"""The checkout's address. SupportCreditsError where the order cannot be paid there."""
	row = orders.order_row(order)
	state = orders.state_of(row)
	if state is not State.OPEN:
		frappe.throw(
			_("Order {0} is {1} and cannot be paid. Order again.").format(row.name, _(state.value).lower()),
			SupportCreditsError,
		)
	total = Decimal(str(row.total))
	gateway = gateways.usable(chosen() or "")
	_check_charge(gateway, row.currency, total)
	return _address(gateway, _details(gateway, row, total))


def _check_charge(gateway: gateways.Gateway, currency: str, total: Decimal) -> None:
	"""The controller's own rules first; then the one it does not know of."""
	gateway.controller.validate_transaction_currency(currency)
	if hasattr(gateway.controller, "validate_minimum_transaction_amount"):
		gateway.controller.validate_minimum_transaction_amount(currency, total)
	if gateway.service in CUT_OFF and orders.decimals_of(currency) != 2:
		frappe.throw(
			_(
				"{0} cannot take {1} here: it would charge another amount. Ask us for another way to pay."
			).format(gateway.service, currency),
			SupportCreditsError,
		)


def _details(gateway: gateways.Gateway, row: frappe._dict, total: Decimal) -> dict[str, object]:
	payer = frappe.session.user
	what = _("Order {0}: {1} × {2}").format(row.name, int(row.quantity), _(row.pack_name))
	return {
		"amount": asked_amount(total) if gateway.service in CUT_OFF else float(total),
		"currency": row.currency,
		"title": _("Order {0}").format(row.name),
		"description": what,
		"reference_doctype": orders.DOCTYPE,
		"reference_docname": row.name,
		"payer_email": frappe.db.get_value("User", payer, "email") or payer,
		"payer_name": get_fullname(payer),
		"order_id": row.name,
		"payment_gateway": gateway.name,
		"redirect_to": page_of(row.name),
	}


def asked_amount(total: Decimal) -> float:
	"""An amount that is still the total when it was multiplied by a hundred, as floats are, and cut off: 19.99 is not."""
	amount = float(total)
	return amount if int(amount * 100) == int(total * 100) else amount + HAIR


def _address(gateway: gateways.Gateway, details: dict[str, object]) -> str:
	try:
		return gateway.controller.get_payment_url(**details)
	except frappe.ValidationError:
		raise
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Support Credits: {gateway.service} gave no checkout")
		frappe.db.commit()  # the refusal below undoes the request
		frappe.throw(
			_("The payment page cannot be opened now. Try again later, or ask us for another way to pay."),
			SupportCreditsError,
		)
