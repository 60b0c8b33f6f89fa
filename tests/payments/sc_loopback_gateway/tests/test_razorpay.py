"""The payments app's Razorpay controller: the payment's id, and whatever else is in the request, comes from the browser."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlsplit

import frappe

from sc_loopback_gateway.speech import RAZORPAY_KEY, RAZORPAY_SECRET
from sc_loopback_gateway.tests.case import GatewayCase, provider
from support_credits.integrations import payments
from support_credits.tests.compat import publish
from support_credits.tests.server import Answer

PAGE = "payments.templates.pages.razorpay_checkout.make_payment"
SETTINGS = "payments.payment_gateways.doctype.razorpay_settings.razorpay_settings."


class RazorpayCase(GatewayCase):
	gateway = "Razorpay"

	@classmethod
	def make_gateway(cls) -> None:
		values = {"api_key": RAZORPAY_KEY, "api_secret": RAZORPAY_SECRET}
		frappe.get_doc("Razorpay Settings").update(values).save(ignore_permissions=True)

	def token(self, url: str) -> str:
		return parse_qs(urlsplit(url).query)["token"][0]

	def taken(self, url: str, amount: int = 12000, **facts: object) -> dict:
		"""What Razorpay's script makes of the checkout's page, which puts the token into the notes."""
		payment = {
			"entity": "payment",
			"amount": amount,
			"currency": "USD",
			"status": "captured",
			"captured": True,
			"amount_refunded": 0,
			"notes": {"token": self.token(url)},
		}
		return provider().take("razorpay", "pay_", **{**payment, **facts})

	def come_back(self, url: str, order: str, payment: str, **edited: object) -> Answer:
		"""What the page posts when Razorpay's script is done."""
		options = {"key": RAZORPAY_KEY, "amount": 12000, "currency": "USD", **edited}
		return self.guest().call(
			PAGE,
			razorpay_payment_id=payment,
			options=json.dumps(options),
			reference_doctype="Credit Order",
			reference_docname=order,
			token=self.token(url),
		)


class TestHonest(RazorpayCase):
	def test_the_page_opens_and_a_captured_payment_pays_once(self) -> None:
		shop, order, url = self.walked()
		page = self.guest().open_page(f"/razorpay_checkout?token={self.token(url)}")
		self.assertEqual(200, page.status_code)
		self.assertIn("120.0", page.text)
		payment = self.taken(url)
		for _time in range(2):
			self.assert_ok(self.come_back(url, order, payment["id"]))
		row = self.assert_paid_once(shop, order)
		self.assertEqual(payment["id"], row.payment_reference)
		self.assertEqual([], self.trouble(order))

	def test_an_authorised_payment_pays_when_the_apps_job_has_captured_it(self) -> None:
		from payments.payment_gateways.doctype.razorpay_settings.razorpay_settings import capture_payment

		shop, order, url = self.walked()
		payment = self.taken(url, status="authorized", captured=False)
		self.assert_ok(self.come_back(url, order, payment["id"]))
		self.assertEqual("Authorized", self.requests(order)[0].status)
		self.assert_unpaid(shop, order)
		capture_payment()
		publish()
		self.assertEqual("Completed", self.requests(order)[0].status)
		self.assertEqual(1, payments.sweep())
		self.assert_paid_once(shop, order)

	def test_the_amount_the_page_multiplies_and_cuts_off_is_the_orders(self) -> None:
		_shop, order, _url = self.walked(price=19.99)
		amount = json.loads(self.requests(order)[0].data)["amount"]
		self.assertEqual(1999, int(amount * 100))

	def test_the_controllers_signature_check_knows_a_true_one_from_a_false_one(self) -> None:
		controller = frappe.get_doc("Razorpay Settings")
		body, key = '{"event": "payment.captured"}', "hook-secret"
		true = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
		self.assertTrue(controller.verify_signature(body, true, key))
		with self.assertRaisesRegex(frappe.PermissionError, "Signature Verification Failed"):
			controller.verify_signature(body + " ", true, key)


class TestDishonest(RazorpayCase):
	def test_a_payment_of_one_unit_pays_nothing_though_the_app_calls_it_completed(self) -> None:
		shop, order, url = self.walked()
		payment = self.taken(url, amount=100)
		self.assert_ok(self.come_back(url, order, payment["id"], amount=120))
		self.assertEqual("Completed", self.requests(order)[0].status)
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "1 USD came, the order's total is 120.00")

	def test_another_currency_pays_nothing(self) -> None:
		shop, order, url = self.walked()
		self.assert_ok(self.come_back(url, order, self.taken(url, currency="INR")["id"]))
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "120 INR came, the order is in USD")

	def test_a_payment_for_another_request_pays_nothing(self) -> None:
		shop, order, url = self.walked()
		other = self.ordered(shop)
		other_url = self.checkout(shop, other)
		payment = self.taken(url)
		self.assert_ok(self.come_back(other_url, other, payment["id"]))
		self.assert_state(other, "Open")
		self.assert_ok(self.come_back(url, order, payment["id"]))
		self.assert_paid_once(shop, order)
		self.assert_ok(self.come_back(other_url, other, payment["id"]))
		self.assert_state(other, "Open")

	def test_payments_without_notes_refunded_ones_and_sandbox_ones_pay_nothing(self) -> None:
		shop, order, url = self.walked()
		for facts in (
			{"notes": []},
			{"notes": {"token": "other"}},
			{"amount_refunded": 12000},
			{"status": "failed", "captured": False},
			{"entity": "refund"},
		):
			with self.subTest(facts):
				self.come_back(url, order, self.taken(url, **facts)["id"])
				self.assert_unpaid(shop, order)
		self.come_back(url, order, "pay_nowhere", use_sandbox=1)
		self.assert_unpaid(shop, order)

	def test_an_id_that_is_a_path_is_not_asked_for(self) -> None:
		shop, order, url = self.walked()
		payment = self.taken(url)
		for name in (f"{payment['id']}?x=1", f"x/../{payment['id']}", f"{payment['id']}/", "", " "):
			with self.subTest(name):
				self.come_back(url, order, name)
				self.assert_unpaid(shop, order)

	def test_requests_that_a_guest_makes_up_for_somebodys_order_do_not_stand_before_his(self) -> None:
		shop, order, url = self.walked()
		for number in range(12):
			self.assert_ok(
				self.guest().call(
					"payments.utils.utils.get_checkout_url",
					payment_gateway="Razorpay",
					amount=1,
					currency="USD",
					reference_doctype="Credit Order",
					reference_docname=order,
					razorpay_payment_id=f"pay_junk{number}",
				)
			)
		self.assertEqual(13, len(self.requests(order)))
		self.assert_ok(self.come_back(url, order, self.taken(url)["id"]))
		self.assert_paid_once(shop, order)
		self.assertEqual([], self.trouble(order))

	def test_the_other_callback_pays_no_other_order(self) -> None:
		shop, order, url = self.walked()
		dear = self.ordered(shop, quantity=5)
		params = {"razorpay_payment_id": self.taken(url)["id"], "reference_docname": dear, "amount": 60000}
		params["reference_doctype"] = "Credit Order"
		self.guest().call(
			f"{SETTINGS}order_payment_success",
			integration_request=self.token(url),
			params=json.dumps(params),
		)
		self.assert_state(dear, "Open")
		payments.sweep()
		self.assert_paid_once(shop, order)
