"""A gateway's callback pays the order once, whatever is repeated, reordered, late or forged."""

from __future__ import annotations

import json

import frappe

from sc_loopback_gateway.tests.case import GatewayCase, provider
from support_credits.ledger import orders
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import kinds
from support_credits.tests.order_case import API
from support_credits.tests.server import Portal, manager


class TestPaying(GatewayCase):
	def test_an_order_is_paid_at_the_checkout_and_its_credits_are_there_when_the_payer_is_back(self) -> None:
		shop, order, url = self.walked()
		payment = provider().pay(url)
		said = provider().notify(provider().event(payment))
		self.assertEqual(200, said.status_code, said.text)
		self.assertTrue(said.json()["message"].endswith(f"/helpdesk/credits?order={order}"))
		row = self.assert_paid_once(shop, order)
		self.assertEqual(
			("Gateway", payment["id"], f"gateway:Loopback:{payment['id']}", "Receipt", "Guest"),
			(row.paid_by_way, row.payment_reference, row.payment_key, row.mail_due, row.marked_paid_by),
		)
		self.assertEqual([], self.told(order))

	def test_the_checkout_is_told_amount_currency_and_what_it_is_for(self) -> None:
		shop, order = self.placed(price=99.9)
		url = self.checkout(shop, order)
		asked = provider().checkouts[url.rsplit("/", 1)[1]]
		self.assertEqual(
			(99.9, "USD", f"Order {order}"), (asked["amount"], asked["currency"], asked["title"])
		)
		data = json.loads(self.requests(order)[0].data)
		self.assertEqual(shop.boss.user, data["payer_email"])
		self.assertTrue(data["redirect_to"].endswith(f"/helpdesk/credits?order={order}"))

	def test_tickets_that_waited_go_on_though_the_callback_comes_from_nobody(self) -> None:
		from support_credits.ledger import jobs
		from support_credits.tests.compat import start_clean

		shop, _order, url = self.walked()
		frappe.get_doc("Credit Account", shop.company.account).update({"portal_policy": "Park"}).save()
		publish()
		ticket = self.assert_ok(Portal(shop.company.person).new()).ticket
		self.assert_incident(ticket, "Parked")
		provider().notify(provider().event(provider().pay(url)))
		publish()
		jobs.finish_releases()
		start_clean()
		self.assert_incident(ticket, "Charged", 1)
		self.assert_balance(shop.company.account, 1)


class TestRepeated(GatewayCase):
	def test_the_same_callback_three_times_grants_once(self) -> None:
		shop, order, url = self.walked()
		event = provider().event(provider().pay(url))
		self.assertEqual([200] * 3, [provider().notify(event).status_code for _time in range(3)])
		self.assert_paid_once(shop, order)
		self.assertEqual(([], []), (self.trouble(order), self.told(order)))

	def test_eight_callbacks_at_once_grant_once(self) -> None:
		shop, order, url = self.walked()
		event = provider().event(provider().pay(url))
		self.assertEqual([200] * 8, provider().notify_at_once(*[event] * 8))
		self.assert_paid_once(shop, order)
		self.assertEqual([], self.trouble(order))

	def test_two_payments_at_once_grant_once_and_one_is_told(self) -> None:
		shop, order, first = self.walked()
		second = self.checkout(shop, order)
		events = [provider().event(provider().pay(url)) for url in (first, second)]
		self.assertEqual([200] * 4, provider().notify_at_once(*events * 2))
		self.assert_paid_once(shop, order)
		self.assert_trouble_once(order, "was paid already", "give the money back")


class TestReordered(GatewayCase):
	def test_a_failure_that_arrives_after_the_success_changes_nothing(self) -> None:
		shop, order, url = self.walked()
		payment = provider().pay(url)
		for status in ("taken", "failed", "taken"):
			provider().notify(provider().event(payment, status=status))
		self.assert_paid_once(shop, order)

	def test_a_failure_and_then_a_success_pay_it(self) -> None:
		shop, order, url = self.walked()
		failed = provider().pay(url, status="failed")
		provider().notify(provider().event(failed))
		self.assert_unpaid(shop, order)
		provider().notify(provider().event(provider().pay(url)))
		self.assert_paid_once(shop, order)

	def test_money_that_is_only_reserved_pays_nothing_until_it_is_taken(self) -> None:
		from support_credits.integrations import payments

		shop, order, url = self.walked()
		payment = provider().pay(url, status="reserved")
		provider().notify(provider().event(payment))
		self.assertEqual("Authorized", self.requests(order)[0].status)
		payments.sweep()
		self.assert_unpaid(shop, order)
		payment["status"] = "taken"
		self.assertEqual(1, payments.sweep())
		self.assert_paid_once(shop, order)


class TestWrong(GatewayCase):
	def test_another_amount_or_currency_pays_nothing_and_managers_are_told_once(self) -> None:
		from support_credits.integrations import payments

		for amount, currency, why in (
			("1", None, "1 USD came, the order's total is 120.00"),
			("120.01", None, "120.01 USD came"),
			(None, "EUR", "EUR came, the order is in USD"),
			("NaN", None, "NaN USD came"),
			("-120", None, "-120 USD came"),
		):
			with self.subTest(f"{amount} {currency}"):
				shop, order, url = self.walked()
				event = provider().event(provider().pay(url, amount, currency))
				for _time in range(2):
					provider().notify(event)
				payments.sweep_unanswered()
				self.assert_unpaid(shop, order)
				self.assert_trouble_once(order, why, "Nothing was granted")

	def test_the_right_payment_after_a_wrong_one_pays(self) -> None:
		shop, order, url = self.walked()
		for amount in ("60", None):
			provider().notify(provider().event(provider().pay(url, amount)))
		self.assert_paid_once(shop, order)
		self.assert_trouble_once(order, "60 USD came")

	def test_a_cheap_orders_payment_replayed_for_a_dear_one_pays_the_cheap_one_alone(self) -> None:
		shop, cheap, url = self.walked(price=5)
		dear_pack = make.pack(credits=50, price=5000)
		publish()
		dear = self.ordered(shop, pack=dear_pack)
		dear_url = self.checkout(shop, dear)
		event = provider().event(provider().pay(url))
		provider().notify(event)
		# The same payment, said to be of the other request: the signature is the provider's, the money is not.
		[request] = self.requests(dear)
		provider().notify(provider().event({"reference": request.name, "status": "taken"}))
		self.assert_state(dear, "Open")
		self.assert_state(cheap, "Paid")
		self.assertEqual([("Grant", 2)], kinds(shop.company.account))
		self.assertTrue(dear_url)

	def test_whoever_pays_another_customers_order_gives_him_its_credits(self) -> None:
		shop, order, url = self.walked()
		other = self.shop()
		self.assert_refused(self.asked(other, order), f"Order {order} is not yours", "NotMember", 403)
		provider().notify(provider().event(provider().pay(url)))
		self.assert_paid_once(shop, order)
		self.assertEqual([], kinds(other.company.account))


class TestLate(GatewayCase):
	def test_a_payment_after_the_orders_end_or_after_cancelling_is_never_lost(self) -> None:
		for end in ("over", "noted", "cancelled"):
			with self.subTest(end):
				shop, order, url = self.walked()
				payment = provider().pay(url)
				if end == "cancelled":
					self.assert_ok(shop.boss.call(f"{API}cancel", order=order))
				else:
					self.end(order)
				if end == "noted":
					orders.expire_due()
					publish()
				provider().notify(provider().event(payment))
				self.assert_paid_once(shop, order)

	def test_an_order_that_is_over_gets_no_checkout(self) -> None:
		shop, order = self.placed()
		self.end(order)
		self.assert_refused(
			self.asked(shop, order), f"Order {order} is expired and cannot be paid", "SupportCreditsError"
		)
		self.assertEqual([], self.requests(order))

	def test_a_second_payment_is_not_granted_twice_and_managers_are_told_once(self) -> None:
		shop, order, first = self.walked()
		second = self.checkout(shop, order)
		for url in (first, second):
			event = provider().event(provider().pay(url))
			provider().notify(event)
			provider().notify(event)
		self.assert_paid_once(shop, order)
		self.assert_trouble_once(order, "was paid already")

	def test_a_payment_of_an_order_that_was_marked_paid_is_told(self) -> None:
		shop, order, url = self.walked()
		self.assert_ok(self.mark_paid(order))
		provider().notify(provider().event(provider().pay(url)))
		self.assert_paid_once(shop, order)
		self.assert_trouble_once(order, "was paid already, with Bank 4711")

	def test_a_reversed_order_is_not_granted_again_by_its_old_callback(self) -> None:
		shop, order, url = self.walked()
		event = provider().event(provider().pay(url))
		provider().notify(event)
		self.assert_ok(manager().call(f"{API}reverse", order=order, reason="Charged back"))
		provider().notify(event)
		self.assert_state(order, "Reversed")
		self.assertEqual([("Grant", 2), ("Void", -2)], kinds(shop.company.account))
		self.assertEqual([], self.trouble(order))
