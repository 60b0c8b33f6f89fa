"""A gateway's controller as those of the payments app are: a checkout at the provider, and its callback to the site."""

from __future__ import annotations

import hashlib
import hmac
import json

import frappe
import requests
from frappe import _
from frappe.integrations.utils import create_request_log
from frappe.model.document import Document
from frappe.utils import call_hook_method
from payments.utils import create_payment_gateway

CURRENCIES = ("EUR", "USD", "JPY")
STATUS = {"taken": "Completed", "reserved": "Authorized", "failed": "Failed"}


class LoopbackSettings(Document):
	def validate(self) -> None:
		create_payment_gateway("Loopback")
		call_hook_method("payment_gateway_enabled", gateway="Loopback")

	def validate_transaction_currency(self, currency: str) -> None:
		if currency not in CURRENCIES:
			frappe.throw(_("Loopback does not take {0}. Choose another payment method.").format(currency))

	def get_payment_url(self, **kwargs: object) -> str:
		request = create_request_log(kwargs, service_name="Loopback")
		checkout = {
			"amount": kwargs["amount"],
			"currency": kwargs["currency"],
			"title": kwargs["title"],
			"reference": request.name,
		}
		headers = {"X-Secret": self.get_password("secret")}
		answer = requests.post(
			f"{self.provider}/loopback/checkouts", json=checkout, headers=headers, timeout=10
		)
		answer.raise_for_status()
		return answer.json()["url"]


@frappe.whitelist(allow_guest=True, methods=["POST"])
def notify(event: str, signature: str) -> str | None:
	"""The provider's callback: ``event`` is JSON with reference and status, signed with the shared secret."""
	settings = frappe.get_doc("Loopback Settings")
	proof = hmac.new(settings.get_password("secret").encode(), event.encode(), hashlib.sha256).hexdigest()
	if not hmac.compare_digest(proof, signature):
		frappe.throw(_("Wrong signature"), frappe.PermissionError)
	said = json.loads(event)
	request = frappe.get_doc("Integration Request", said["reference"])
	status = STATUS[said["status"]]
	request.db_set("status", status, update_modified=False)
	if status == "Failed":
		return None
	order = frappe.get_doc(request.reference_doctype, request.reference_docname)
	return order.run_method("on_payment_authorized", status)
