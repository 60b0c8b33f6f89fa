"""Nobody but the provider says what was paid: not a guest, not a customer, not a signed lie."""

from __future__ import annotations

import json

import frappe

from sc_loopback_gateway.tests.case import GatewayCase, provider
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.server import agent, manager


class TestForged(GatewayCase):
	def test_a_wrong_signature_is_refused_and_changes_nothing(self) -> None:
		shop, order, url = self.walked()
		event = {**provider().event(provider().pay(url)), "signature": "0" * 64}
		self.assertEqual(403, provider().notify(event).status_code)
		self.assertEqual("Queued", self.requests(order)[0].status)
		self.assert_unpaid(shop, order)

	def test_a_callback_that_the_provider_knows_nothing_of_pays_nothing(self) -> None:
		shop, order, _url = self.walked()
		[request] = self.requests(order)
		provider().notify(provider().event({"reference": request.name, "status": "taken"}))
		self.assertEqual("Completed", self.requests(order)[0].status)
		self.assert_unpaid(shop, order)
		self.assertEqual([], self.trouble(order))

	def test_statuses_that_are_no_payment_are_not_believed_even_when_there_is_one(self) -> None:
		shop, order, url = self.walked()
		provider().pay(url)
		for status in ("Failed", "Cancelled", "Verified", "Queued", "completed", "", None):
			with self.subTest(status):
				frappe.get_doc("Credit Order", order).on_payment_authorized(status)
				self.assert_unpaid(shop, order)

	def test_nobody_calls_the_orders_callback_over_http(self) -> None:
		shop, order, url = self.walked()
		provider().pay(url)
		v2 = f"/api/v2/document/Credit Order/{order}/method/on_payment_authorized"
		for who in (self.guest(), shop.boss, agent(), manager()):
			for answer in (
				who.call(
					"run_doc_method",
					dt="Credit Order",
					dn=order,
					method="on_payment_authorized",
					args={"status": "Completed"},
				),
				who.request("POST", v2, {"status": "Completed"}),
				who.call("support_credits.integrations.payments.authorised", order=order, status="Completed"),
				who.call("support_credits.integrations.payments.settling.settle", order=order, most=9),
				who.call("support_credits.integrations.payments.sweep"),
			):
				with self.subTest(f"{who.user} {answer.error}"):
					self.assertIn(answer.status, (403, 404), answer)
		self.assert_unpaid(shop, order)

	def test_no_customer_and_no_agent_makes_or_changes_an_integration_request(self) -> None:
		shop, order, _url = self.walked()
		[request] = self.requests(order)
		forged = {
			"doctype": "Integration Request",
			"integration_request_service": "Loopback",
			"status": "Completed",
			"reference_doctype": "Credit Order",
			"reference_docname": order,
			"data": json.dumps({"amount": 120, "currency": "USD"}),
		}
		path = f"/api/resource/Integration Request/{request.name}"
		for who in (self.guest(), shop.boss, agent(), manager()):
			for answer in (
				who.request("POST", "/api/resource/Integration Request", forged),
				who.call("frappe.client.insert", doc=forged),
				who.request("PUT", path, {"status": "Completed"}),
				who.call(
					"frappe.client.set_value",
					doctype="Integration Request",
					name=request.name,
					fieldname="status",
					value="Completed",
				),
			):
				with self.subTest(f"{who.user} {answer.error}"):
					self.assertEqual(403, answer.status, answer)
		self.assertEqual([request], self.requests(order))
		self.assert_unpaid(shop, order)

	def test_what_a_guest_rewrites_in_a_request_pays_nothing(self) -> None:
		"""The payments app lets guests rewrite the data of any request whose name they know, as a payer does."""
		shop, order, url = self.walked(price=5)
		dear = self.ordered(shop, pack=self.dear_pack())
		[request] = self.requests(order)
		for data in ({"amount": 5000, "currency": "USD", "reference_docname": dear}, {"amount": 1}):
			answer = self.guest().call(
				"payments.payment_gateways.doctype.razorpay_settings.razorpay_settings.order_payment_failure",
				integration_request=request.name,
				params=json.dumps(data),
			)
			self.assert_ok(answer)
			self.assertEqual(data["amount"], json.loads(self.requests(order)[0].data)["amount"])
		provider().notify(provider().event(provider().pay(url)))
		self.assert_state(dear, "Open")
		self.assert_paid_once(shop, order)

	def dear_pack(self) -> str:
		pack = make.pack(credits=50, price=5000)
		publish()
		return pack
