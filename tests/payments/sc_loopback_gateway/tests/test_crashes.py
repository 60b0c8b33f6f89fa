"""What is cut off between the payer's money and his credits is found again; what has no gateway says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import frappe

from sc_loopback_gateway.tests.case import GatewayCase, provider
from support_credits.integrations import payments
from support_credits.tests.compat import publish
from support_credits.tests.dying import killed_after


class TestCrash(GatewayCase):
	def test_killed_between_payment_and_grant_nothing_is_half_there_and_the_sweep_pays(self) -> None:
		shop, order, url = self.walked()
		provider().pay(url)
		[request] = self.requests(order)
		frappe.db.set_value("Integration Request", request.name, "status", "Completed")
		publish()
		killed_after("sc_loopback_gateway.dying.callback", order=order)
		self.assert_unpaid(shop, order)
		self.assertEqual(1, payments.sweep())
		self.assert_paid_once(shop, order)
		self.assertEqual(0, payments.sweep())

	def test_killed_and_delivered_again_it_is_paid(self) -> None:
		shop, order, url = self.walked()
		event = provider().event(provider().pay(url))
		killed_after("sc_loopback_gateway.dying.callback", order=order)
		provider().notify(event)
		self.assert_paid_once(shop, order)

	def test_a_callback_that_never_came_is_found_by_the_hourly_sweep(self) -> None:
		shop, order, url = self.walked()
		provider().pay(url)
		self.assertEqual(0, payments.sweep())
		self.assert_unpaid(shop, order)
		self.assertEqual(1, payments.sweep_unanswered())
		self.assert_paid_once(shop, order)

	def test_a_provider_that_does_not_answer_is_asked_again(self) -> None:
		shop, order, url = self.walked()
		event = provider().event(provider().pay(url))
		provider().is_down = True
		try:
			self.assertEqual(200, provider().notify(event).status_code)
			self.assertEqual(0, payments.sweep())
			self.assert_unpaid(shop, order)
		finally:
			provider().is_down = False
		logged = {"method": ["like", f"%did not say what it took for {order}%"]}
		self.assertLessEqual(1, frappe.db.count("Error Log", logged))
		self.assertEqual(1, payments.sweep())
		self.assert_paid_once(shop, order)

	def test_a_second_payment_whose_callback_was_lost_is_told_by_the_sweep(self) -> None:
		shop, order, first = self.walked()
		second = self.checkout(shop, order)
		provider().notify(provider().event(provider().pay(first)))
		provider().pay(second)
		frappe.db.set_value("Integration Request", self.requests(order)[1].name, "status", "Completed")
		publish()
		for _time in range(2):
			self.assertEqual(0, payments.sweep_unanswered())
		self.assert_paid_once(shop, order)
		self.assert_trouble_once(order, "was paid already")

	def test_sweeps_and_callbacks_at_once_pay_once(self) -> None:
		shop, order, url = self.walked()
		event = provider().event(provider().pay(url))
		with ThreadPoolExecutor(1) as pool:
			delivered = pool.submit(provider().notify_at_once, *[event] * 4)
			while not delivered.done():
				payments.sweep()
				payments.sweep_unanswered()
				publish()
		self.assertEqual([200] * 4, delivered.result())
		self.assert_paid_once(shop, order)
		self.assertEqual([], self.trouble(order))


class TestGateways(GatewayCase):
	def test_a_currency_it_does_not_take_is_refused_and_named(self) -> None:
		shop, order = self.placed(currency="KES")
		self.assert_refused(self.asked(shop, order), "Loopback does not take KES", "ValidationError")
		self.assertEqual([], self.requests(order))

	def test_a_provider_that_is_down_is_said_so_and_the_order_stays(self) -> None:
		shop, order = self.placed()
		provider().is_down = True
		try:
			answer = self.asked(shop, order)
		finally:
			provider().is_down = False
		self.assert_refused(answer, "The payment page cannot be opened now", "SupportCreditsError")
		self.assert_unpaid(shop, order)

	def test_without_a_chosen_gateway_the_customer_gets_instructions(self) -> None:
		shop, order = self.placed()
		self.choose(None)
		try:
			said = self.assert_ok(self.asked(shop, order)).value
		finally:
			self.choose(self.gateway)
		self.assertEqual((False, ""), (said["online"], said["url"]))

	def test_a_payment_that_comes_when_no_gateway_is_chosen_any_more_is_told(self) -> None:
		shop, order, url = self.walked()
		event = provider().event(provider().pay(url))
		self.choose(None)
		try:
			self.assertEqual(200, provider().notify(event).status_code)
		finally:
			self.choose(self.gateway)
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "Loopback says that this order was paid", "paid through no gateway")

	def test_gateways_that_cannot_be_asked_or_do_not_exist_are_refused(self) -> None:
		from support_credits.exceptions import SupportCreditsError

		frappe.get_doc(
			{
				"doctype": "Payment Gateway",
				"gateway": "Braintree-sc",
				"gateway_settings": "Braintree Settings",
				"gateway_controller": "sc",
			}
		).insert(ignore_links=True, ignore_if_duplicate=True)
		for name, why in (
			("Braintree-sc", "cannot be paid through Braintree"),
			("Nowhere", "Payment gateway Nowhere does not exist"),
		):
			with self.subTest(name), self.assertRaisesRegex(SupportCreditsError, why):
				payments.check_gateway(name)
		payments.check_gateway("Loopback")

	def test_another_gateway_that_says_paid_is_told_and_not_believed(self) -> None:
		shop, order = self.placed()
		frappe.get_doc(
			{
				"doctype": "Integration Request",
				"integration_request_service": "Braintree",
				"status": "Completed",
				"reference_doctype": "Credit Order",
				"reference_docname": order,
				"data": '{"amount": 120, "currency": "USD"}',
			}
		).insert(ignore_permissions=True)
		publish()
		for _time in range(2):
			frappe.get_doc("Credit Order", order).on_payment_authorized("Completed")
		self.assert_unpaid(shop, order)
		self.assert_trouble_once(order, "Braintree says that this order was paid", "paid through Loopback")
