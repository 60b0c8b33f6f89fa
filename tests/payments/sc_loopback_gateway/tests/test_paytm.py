"""The payments app's Paytm controller: it calls back before it has written so, and takes rupees whatever was asked."""

from __future__ import annotations

import frappe
from paytmchecksum import generateSignature

from sc_loopback_gateway.speech import PAYTM_KEY, PAYTM_MERCHANT
from sc_loopback_gateway.tests.case import GatewayCase, provider
from support_credits.tests.order_case import Shop
from support_credits.tests.server import Answer

VERIFY = "payments.payment_gateways.doctype.paytm_settings.paytm_settings.verify_transaction"


class PaytmCase(GatewayCase):
	gateway = "Paytm"

	@classmethod
	def make_gateway(cls) -> None:
		values = {"merchant_id": PAYTM_MERCHANT, "merchant_key": PAYTM_KEY, "staging": 0}
		values |= {"website": "WEB", "industry_type_id": "RETAIL"}
		frappe.get_doc("Paytm Settings").update(values).save(ignore_permissions=True)

	def rupees(self) -> tuple[Shop, str, str]:
		"""A shop, its order in rupees, and the name of the request."""
		shop, order, _url = self.walked(currency="INR")
		return shop, order, self.requests(order)[0].name

	def taken(self, request: str, amount: str = "120.00", **facts: str) -> dict:
		values = {"order": request, "amount": amount, "status": "TXN_SUCCESS", "refunded": "0.00"}
		return provider().take("paytm", "PT", **{**values, **facts})

	def come_back(self, request: str, key: str = PAYTM_KEY, altered: dict[str, str] | None = None) -> Answer:
		"""The payer's browser posts what Paytm's page signed, or what was ``altered`` in it."""
		params = {"ORDERID": request, "MID": PAYTM_MERCHANT, "RESPCODE": "01", "TXNAMOUNT": "1.00"}
		signed = {**params, "CHECKSUMHASH": generateSignature(params, key), **(altered or {})}
		guest = self.guest()
		posted = guest.http.post(
			f"{guest.url}/api/method/{VERIFY}", data=signed, allow_redirects=False, timeout=60
		)
		return Answer(posted)


class TestPaytm(PaytmCase):
	def test_a_signed_callback_pays_once_before_the_request_says_so(self) -> None:
		shop, order, request = self.rupees()
		payment = self.taken(request)
		self.come_back(request)
		row = self.assert_paid_once(shop, order)
		self.assertEqual(payment["id"], row.payment_reference)
		self.assertEqual("Completed", self.requests(order)[0].status)
		self.come_back(request)
		self.assert_paid_once(shop, order)
		self.assertEqual([], self.trouble(order))

	def test_the_page_signs_the_orders_amount(self) -> None:
		_shop, _order, request = self.rupees()
		page = self.guest().open_page(f"/paytm_checkout?order_id={request}")
		self.assertEqual(200, page.status_code)
		self.assertIn("120.0", page.text)
		self.assertIn(request, page.text)

	def test_a_callback_that_was_altered_or_signed_with_another_key_pays_nothing(self) -> None:
		shop, order, request = self.rupees()
		self.taken(request)
		self.assertEqual(401, self.come_back(request, altered={"TXNAMOUNT": "120.00"}).status)
		self.assertNotEqual(200, self.come_back(request, key="anotherkey123456").status)
		self.assertEqual("Queued", self.requests(order)[0].status)
		self.assert_unpaid(shop, order)

	def test_another_amount_pays_nothing_and_a_refund_pays_nothing(self) -> None:
		shop, order, request = self.rupees()
		payment = self.taken(request, refunded="120.00")
		self.come_back(request)
		self.assert_unpaid(shop, order)
		payment.update(refunded="0.00", amount="1.00")
		self.come_back(request)
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "1.00 INR came, the order's total is 120.00")

	def test_an_order_in_dollars_gets_no_checkout_and_is_not_paid_in_rupees(self) -> None:
		shop, order = self.placed()
		answer = self.asked(shop, order)
		self.assertIn("Paytm does not support transactions in currency 'USD'", answer.messages)
		self.assert_ok(
			self.guest().call(
				"payments.utils.utils.get_checkout_url",
				payment_gateway="Paytm",
				amount="120",
				currency="USD",
				reference_doctype="Credit Order",
				reference_docname=order,
			)
		)
		[request] = self.requests(order)
		self.taken(request.name)
		self.come_back(request.name)
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "120.00 INR came, the order is in USD")
