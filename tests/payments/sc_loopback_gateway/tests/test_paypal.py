"""The payments app's PayPal controller: guests make its checkouts and rewrite what it is to charge."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import frappe
import requests

from sc_loopback_gateway.speech import PAYPAL_USER
from sc_loopback_gateway.tests.case import GatewayCase, provider
from support_credits.integrations import payments

API = "/api/method/payments.payment_gateways.doctype.paypal_settings.paypal_settings."
RAZORPAY = "payments.payment_gateways.doctype.razorpay_settings.razorpay_settings."


class PayPalCase(GatewayCase):
	gateway = "PayPal"

	@classmethod
	def make_gateway(cls) -> None:
		values = {"api_username": PAYPAL_USER, "api_password": "p", "signature": "s"}
		frappe.get_doc("PayPal Settings").update(values).save(ignore_permissions=True)

	def token(self, url: str) -> str:
		return parse_qs(urlsplit(url).query)["token"][0]

	def visit(self, page: str, **query: str) -> requests.Response:
		"""The payer's browser, sent there by PayPal."""
		guest = self.guest()
		return guest.http.get(f"{guest.url}{API}{page}", params=query, allow_redirects=False, timeout=60)

	def come_back(self, token: str) -> requests.Response:
		self.visit("get_express_checkout_details", token=token)
		return self.visit("confirm_payment", token=token)

	def rewrite(self, token: str, **data: object) -> None:
		"""What any guest can do to a request whose name he knows; the payer knows his token."""
		self.guest().call(
			f"{RAZORPAY}order_payment_failure", integration_request=token, params=json.dumps(data)
		)


class TestHonest(PayPalCase):
	def test_it_pays_once_however_often_the_browser_comes_back(self) -> None:
		shop, order, url = self.walked()
		token = self.token(url)
		self.assertEqual("120.0", provider().checkouts[token]["PAYMENTREQUEST_0_AMT"])
		for _time in range(2):
			said = self.come_back(token)
			self.assertIn(f"order%3D{order}", said.headers["Location"])
		row = self.assert_paid_once(shop, order)
		self.assertEqual(provider().find("paypal", token=token)[0]["id"], row.payment_reference)
		self.assertEqual([], self.trouble(order))

	def test_an_echeck_pays_when_it_has_cleared(self) -> None:
		shop, order, url = self.walked()
		token = self.token(url)
		self.visit("get_express_checkout_details", token=token)
		payment = provider().take(
			"paypal", "TX", token=token, amount="120.00", currency="USD", status="Pending"
		)
		self.come_back(token)
		self.assertEqual("Completed", self.requests(order)[0].status)
		self.assert_unpaid(shop, order)
		payment["status"] = "Completed"
		self.assertEqual(1, payments.sweep())
		self.assert_paid_once(shop, order)


class TestDishonest(PayPalCase):
	def test_an_amount_rewritten_before_and_back_after_the_charge_pays_nothing(self) -> None:
		shop, order, url = self.walked()
		token = self.token(url)
		self.rewrite(token, amount=1)
		self.come_back(token)
		self.rewrite(token, amount=120)
		self.assertEqual("1", provider().find("paypal", token=token)[0]["amount"])
		payments.sweep_unanswered()
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "1 USD came")

	def test_a_currency_rewritten_pays_nothing(self) -> None:
		shop, order, url = self.walked()
		token = self.token(url)
		self.rewrite(token, currency="HUF")
		self.come_back(token)
		self.rewrite(token, currency="USD")
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "120.0 HUF came")

	def test_a_checkout_of_the_payers_own_making_pays_only_what_it_charged(self) -> None:
		shop, order = self.placed()
		self.assert_ok(
			self.guest().call(
				"payments.utils.utils.get_checkout_url",
				payment_gateway="PayPal",
				amount="1",
				currency="USD",
				reference_doctype="Credit Order",
				reference_docname=order,
			)
		)
		self.come_back(self.requests(order)[0].name)
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "1 USD came")

	def test_a_transaction_written_into_the_request_is_not_believed(self) -> None:
		shop, order, url = self.walked()
		other, other_url = self.walked_again(shop)
		self.come_back(self.token(other_url))
		transaction = provider().find("paypal", token=self.token(other_url))[0]["id"]
		self.rewrite(self.token(url), transaction_id=transaction, payerid="P1")
		frappe.db.set_value("Integration Request", self.token(url), "status", "Completed")
		frappe.db.commit()
		payments.sweep()
		self.assert_state(other, "Paid")
		self.assertIsNone(self.assert_state(order, "Open").payment_key)

	def walked_again(self, shop: object) -> tuple[str, str]:
		order = self.ordered(shop)
		return order, self.checkout(shop, order)
