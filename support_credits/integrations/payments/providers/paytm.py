"""Paytm: its order's number is the request's name. It takes rupees, whatever currency the request speaks of."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from support_credits.integrations.payments.asking import post
from support_credits.integrations.payments.shapes import Charge, Request

if TYPE_CHECKING:
	from frappe.model.document import Document

CURRENCY = "INR"


def charges(controller: Document, order: str, request: Request) -> list[Charge]:
	from payments.payment_gateways.doctype.paytm_settings.paytm_settings import get_paytm_config

	config = get_paytm_config()
	said = _ask(config, request.name)
	if not _is_taken(said, config.merchant_id, request.name):
		return []
	return [Charge("Paytm", said["TXNID"], Decimal(said["TXNAMOUNT"]), CURRENCY)]


def _ask(config: dict, request: str) -> dict[str, str]:
	from paytmchecksum import generateSignature

	asked = {"MID": config["merchant_id"], "ORDERID": request}
	asked["CHECKSUMHASH"] = generateSignature(asked, config["merchant_key"])
	headers = {"Content-Type": "application/json"}
	return post(config["transaction_status_url"], data=json.dumps(asked), headers=headers).json()


def _is_taken(answer: dict[str, str], merchant: str, request: str) -> bool:
	return (
		answer.get("STATUS") == "TXN_SUCCESS"
		and answer.get("MID") == merchant
		and answer.get("ORDERID") == request
		and not Decimal(answer.get("REFUNDAMT") or 0)
	)
