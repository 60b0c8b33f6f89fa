"""The payments app's Stripe controller, in real web workers: its page posts amount, currency and text from the browser."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import frappe

from sc_loopback_gateway.speech import STRIPE_SECRET
from sc_loopback_gateway.tests.case import GatewayCase, provider
from support_credits.integrations import payments
from support_credits.tests.compat import publish
from support_credits.tests.order_case import Shop
from support_credits.tests.server import Answer

PAGE = "payments.templates.pages.stripe_checkout.make_payment"


class StripeCase(GatewayCase):
	gateway = "Stripe-sc-live"

	@classmethod
	def make_gateway(cls) -> None:
		for name, secret in (("sc-live", STRIPE_SECRET), ("sc-test", "sk_test_loopback")):
			if frappe.db.exists("Stripe Settings", name):
				continue
			values = {"gateway_name": name, "publishable_key": "pk", "secret_key": secret}
			doc = frappe.get_doc({"doctype": "Stripe Settings", **values})
			doc.flags.ignore_mandatory = name == "sc-test"  # the real one's keys are tried at Stripe
			doc.insert(ignore_permissions=True)

	def pay(self, url: str, *, gateway: str = "", token: str = "tok_visa", **edited: object) -> Answer:
		"""Press the page's button, with what the payer has ``edited`` in his browser."""
		form = dict(parse_qsl(urlsplit(url).query)) | edited
		return self.guest().call(
			PAGE,
			stripe_token_id=token,
			data=json.dumps(form),
			reference_doctype="Credit Order",
			reference_docname=form["reference_docname"],
			payment_gateway=gateway or form["payment_gateway"],
		)

	def charge(self, order: str) -> dict:
		return [one for one in provider().find("stripe") if order in (one["description"] or "")][-1]


class TestHonest(StripeCase):
	def test_the_page_opens_and_its_button_pays_the_order_once(self) -> None:
		shop, order, url = self.walked()
		page = self.guest().open_page(f"/stripe_checkout?{urlsplit(url).query}")
		self.assertEqual(200, page.status_code)
		self.assertIn("120.00", page.text)
		said = self.assert_ok(self.pay(url)).value
		self.assertEqual("Completed", said["status"])
		self.assertIn(f"order%3D{order}", said["redirect_to"])
		row = self.assert_paid_once(shop, order)
		self.assertEqual(self.charge(order)["id"], row.payment_reference)
		self.assertEqual("Completed", self.requests(order)[0].status)

	def test_an_amount_that_floats_cut_short_is_charged_in_full(self) -> None:
		for price, hundredths in ((19.99, 1999), (8.2, 820), (1.15, 115), (4.35, 435), (99.9, 9990)):
			with self.subTest(price):
				shop, order, url = self.walked(price=price)
				self.assert_ok(self.pay(url))
				self.assertEqual(hundredths, self.charge(order)["amount"])
				self.assert_paid_once(shop, order)

	def test_a_declined_card_pays_nothing(self) -> None:
		shop, order, url = self.walked()
		said = self.pay(url, token="tok_declined")
		self.assertNotIn("Completed", said.text, said.text)
		self.assert_unpaid(shop, order)

	def test_the_button_pressed_twice_grants_once_and_tells_of_the_second_charge(self) -> None:
		shop, order, url = self.walked()
		for _time in range(2):
			self.assert_ok(self.pay(url))
		self.assert_paid_once(shop, order)
		self.assert_trouble_once(order, self.charge(order)["id"], "was paid already")

	def test_a_charge_whose_request_was_cut_off_is_found(self) -> None:
		shop, order, url = self.walked()
		self.cut_off(shop, order, url)
		self.assertEqual(1, payments.sweep_unanswered())
		self.assert_paid_once(shop, order)

	def test_it_is_found_behind_hundreds_of_other_charges_and_not_when_it_was_refunded(self) -> None:
		shop, order, url = self.walked()
		self.cut_off(shop, order, url)
		charge = self.charge(order)
		other = {name: value for name, value in charge.items() if name not in ("kind", "id")}
		for number in range(230):
			provider().take("stripe", "ch_", **{**other, "description": f"T-shirt {number}"})
		charge["amount_refunded"] = charge["amount"]
		self.assertEqual(0, payments.sweep_unanswered())
		self.assert_unpaid(shop, order)
		charge["amount_refunded"] = 0
		self.assertEqual(1, payments.sweep_unanswered())
		self.assert_paid_once(shop, order)

	def cut_off(self, shop: Shop, order: str, url: str) -> None:
		"""Stripe took the money, and the worker died before it wrote so: the request is there, Queued."""
		from frappe.integrations.utils import create_request_log

		form = dict(parse_qsl(urlsplit(url).query))
		create_request_log(form, service_name="Stripe")
		self.stripe_takes(form)
		publish()
		self.assertEqual(["Queued"], [one.status for one in self.requests(order)])

	def stripe_takes(self, form: dict) -> None:
		import requests

		requests.post(
			"https://api.stripe.com/v1/charges",
			auth=(STRIPE_SECRET, ""),
			data={
				"amount": 12000,
				"currency": "usd",
				"source": "tok_visa",
				"description": form["description"],
			},
			timeout=10,
		).raise_for_status()


class TestDishonest(StripeCase):
	def test_an_amount_or_a_currency_edited_in_the_browser_pays_nothing(self) -> None:
		for edited, why in (
			({"amount": "1"}, "1 USD came"),
			({"amount": "119.999"}, "119.99 USD came"),
			({"currency": "JPY"}, "JPY came, the order is in USD"),
			({"currency": "mxn"}, "MXN came"),
		):
			with self.subTest(edited):
				shop, order, url = self.walked()
				self.assert_ok(self.pay(url, **edited))
				self.assert_unpaid(shop, order)
				self.assert_trouble_once(order, why)

	def test_a_payment_at_the_sites_test_account_pays_nothing(self) -> None:
		shop, order, url = self.walked()
		self.assertEqual("Completed", self.assert_ok(self.pay(url, gateway="Stripe-sc-test")).value["status"])
		self.assertEqual("sk_test_loopback", self.charge(order)["account"])
		payments.sweep_unanswered()
		self.assert_unpaid(shop, order)

	def test_a_charge_that_names_two_orders_pays_one(self) -> None:
		shop, order, url = self.walked()
		other = self.ordered(shop)
		self.checkout(shop, other)
		text = f"{order} and {other}"
		self.assert_ok(self.pay(url, description=text))
		self.assert_ok(self.pay(url, description="nothing", reference_docname=other, amount="1"))
		self.assert_paid_once(shop, order)
		self.assert_state(other, "Open")
		self.assert_trouble_once(other, f"has paid order {order}. It cannot pay {other} too")

	def test_a_cheap_charge_whose_callback_names_a_dear_order_pays_none(self) -> None:
		from support_credits.tests import factories as make

		shop, cheap, url = self.walked(price=5)
		pack = make.pack(credits=50, price=5000)
		publish()
		dear = self.ordered(shop, pack=pack)
		self.assert_ok(self.pay(url, reference_docname=dear))
		self.assert_unpaid(shop, dear)
		self.assert_state(cheap, "Open")

	def test_a_charge_that_names_no_order_pays_none(self) -> None:
		shop, order, url = self.walked()
		for text in ("", f"{order}9", f"x{order}", "something else"):
			self.assert_ok(self.pay(url, description=text))
			self.assert_unpaid(shop, order)


class TestRefused(StripeCase):
	def test_currencies_without_cents_and_amounts_below_the_least_get_no_checkout(self) -> None:
		for pack, why in (
			(
				{"price": 5000, "currency": "JPY"},
				"Stripe cannot take JPY here: it would charge another amount",
			),
			({"currency": "KWD"}, "Stripe does not support transactions in currency 'KWD'"),
			({"price": 0.2}, "the minimum transaction amount should be 0.5"),
		):
			with self.subTest(why):
				shop, order = self.placed(**pack)
				answer = self.asked(shop, order)
				self.assertEqual(417, answer.status, answer)
				self.assertIn(why, frappe.utils.strip_html(answer.messages))
