"""What support_credits asks of this gateway: the checkout's payments, from the provider."""

from __future__ import annotations

from decimal import Decimal

import requests
from frappe.model.document import Document

from support_credits.integrations.payments.shapes import Charge, Request


def charges(controller: Document, order: str, request: Request) -> list[Charge]:
	answer = requests.get(
		f"{controller.provider}/loopback/payments",
		params={"reference": request.name},
		headers={"X-Secret": controller.get_password("secret")},
		timeout=10,
	)
	answer.raise_for_status()
	return [
		Charge("Loopback", one["id"], Decimal(one["amount"]), one["currency"])
		for one in answer.json()
		if one["status"] == "taken"
	]
