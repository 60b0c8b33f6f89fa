"""Which gateway orders are paid through, and how its provider is asked what it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.exceptions import SupportCreditsError
from support_credits.integrations.payments.providers import paypal, paytm, razorpay, stripe
from support_credits.integrations.payments.shapes import Charge, Request

Reader = Callable[[Document, str, Request], list[Charge]]  # controller, order, request

# A gateway of another app names its own in this hook: {"Service": "dotted.function"}.
HOOK = "support_credits_gateway_charges"
READERS: dict[str, Reader] = {
	"Stripe": stripe.charges,
	"Razorpay": razorpay.charges,
	"PayPal": paypal.charges,
	"Paytm": paytm.charges,
}


@dataclass(frozen=True)
class Gateway:
	"""``service`` is what the controller writes into its Integration Requests."""

	name: str
	service: str
	controller: Document
	read: Reader


def usable(name: str) -> Gateway:
	"""A gateway by its name. SupportCreditsError where it does not exist, or its provider cannot be asked."""
	from payments.utils import get_payment_gateway_controller

	if not frappe.db.exists("Payment Gateway", name):
		frappe.throw(
			_("Payment gateway {0} does not exist. Choose another one in Support Credits Settings.").format(
				frappe.utils.escape_html(name)
			),
			SupportCreditsError,
		)
	service = service_of(name)
	read = _reader(service)
	return Gateway(name, service, get_payment_gateway_controller(name), read)


def service_of(name: str) -> str:
	"""What a gateway's controller writes into its requests: the name of its settings, which may be several."""
	settings = frappe.db.get_value("Payment Gateway", name, "gateway_settings")
	return (settings or name).removesuffix(" Settings")


def _reader(service: str) -> Reader:
	named = frappe.get_hooks(HOOK).get(service)
	if named:
		return frappe.get_attr(named[-1])
	if service not in READERS:
		frappe.throw(
			_(
				"Orders cannot be paid through {0}: it cannot be asked what it took. Choose one of {1}."
			).format(service, ", ".join(sorted({*READERS, *frappe.get_hooks(HOOK)}))),
			SupportCreditsError,
		)
	return READERS[service]
