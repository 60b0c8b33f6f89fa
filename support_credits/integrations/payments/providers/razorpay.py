"""Razorpay: the payment's id comes from the browser, so that it must itself name the request it was made for.

Its checkout page puts the request's name into the payment's notes. Paid is what was captured; what is only authorised
may still be given back, and is looked at again when the app's job has captured it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support_credits.integrations.payments.asking import from_hundredths, get
from support_credits.integrations.payments.shapes import Charge, Request

if TYPE_CHECKING:
	from frappe.model.document import Document

ADDRESS = "https://api.razorpay.com/v1/payments/"
UNKNOWN = (400, 404)  # no such payment: anybody can invent an id
PAYMENT = re.compile(r"pay_[A-Za-z0-9]{1,40}")


def charges(controller: Document, order: str, request: Request) -> list[Charge]:
	payment = str(request.data.get("razorpay_payment_id") or "")
	if not PAYMENT.fullmatch(payment):
		return []
	# Not the sandbox's keys, which a request may ask for.
	said = get(f"{ADDRESS}{payment}", (controller.api_key, controller.get_password("api_secret")), UNKNOWN)
	if said.get("id") != payment or not _is_taken(said) or not _is_for(said, request):
		return []
	return [Charge("Razorpay", payment, from_hundredths(said["amount"]), str(said["currency"]).upper())]


def _is_taken(payment: dict) -> bool:
	return bool(
		payment.get("entity") == "payment"
		and payment.get("status") == "captured"
		and not payment.get("amount_refunded")
	)


def _is_for(payment: dict, request: Request) -> bool:
	notes = payment.get("notes")
	return isinstance(notes, dict) and notes.get("token") == request.name
