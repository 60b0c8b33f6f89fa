"""PayPal: the request is named by the checkout's token; PayPal says which transaction it ended in, and what that brought."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from support_credits.integrations.payments.asking import post
from support_credits.integrations.payments.shapes import Charge, Request

if TYPE_CHECKING:
	from frappe.model.document import Document

TRANSACTION = ("PAYMENTREQUESTINFO_0_TRANSACTIONID", "PAYMENTREQUEST_0_TRANSACTIONID")


def charges(controller: Document, order: str, request: Request) -> list[Charge]:
	checkout = _ask(controller, "GetExpressCheckoutDetails", TOKEN=request.name)
	transaction = next((checkout[name] for name in TRANSACTION if checkout.get(name)), "")
	if checkout.get("TOKEN") != request.name or not transaction:
		return []
	said = _ask(controller, "GetTransactionDetails", TRANSACTIONID=transaction)
	# An eCheck is pending for days and may bounce; a refund or a reversal has a status of its own.
	if said.get("TRANSACTIONID") != transaction or said.get("PAYMENTSTATUS") != "Completed":
		return []
	return [Charge("PayPal", transaction, Decimal(said["AMT"]), said["CURRENCYCODE"].upper())]


def _ask(controller: Document, method: str, **fields: str) -> dict[str, str]:
	"""PayPal's answer; empty where it knows of nothing, as of a checkout that was left three hours ago."""
	params, url = controller.get_paypal_params_and_url()
	answer = parse_qs(post(url, data={**params, "METHOD": method, **fields}).text)
	said = {name: values[0] for name, values in answer.items()}
	return said if said.get("ACK") in ("Success", "SuccessWithWarning") else {}
