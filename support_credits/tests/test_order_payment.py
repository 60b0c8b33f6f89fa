"""A payment pays one order once: repeated, at once, cut off by a crash, wrong, late; and the money that goes back."""

from __future__ import annotations

from decimal import Decimal

import frappe

from support_credits.exceptions import AlreadyPaid, PaymentMismatch, WrongState
from support_credits.ledger import order_payment, orders, queries
from support_credits.ledger.order_payment import Payment
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.dying import killed_after
from support_credits.tests.factories import PASSWORD
from support_credits.tests.http_case import kinds
from support_credits.tests.order_case import API, OrderCase, Shop
from support_credits.tests.race import Shot
from support_credits.tests.server import Portal, manager
from support_credits.tests.test_race_last_credit import RaceCase, outcomes


def arrived(order: str, amount: object = "120", currency: str = "USD", key: str = "") -> Payment:
	"""What a gateway proves."""
	return Payment("Gateway", "pi_1", key or f"gateway:{order}", Decimal(str(amount)), currency)


class PaymentCase(OrderCase):
	def placed(self) -> tuple[Shop, str]:
		shop = self.shop()
		return shop, self.ordered(shop)

	def assert_unpaid(self, shop: Shop, order: str, state: str = "Open") -> None:
		frappe.db.rollback()
		self.assert_state(order, state)
		self.assertEqual([], kinds(shop.company.account))


class TestOnce(PaymentCase):
	def test_marked_paid_twice_it_grants_once_and_says_the_same(self) -> None:
		shop, order = self.placed()
		first = self.assert_ok(self.mark_paid(order)).value
		with self.nothing_written():
			again = self.assert_ok(self.mark_paid(order, "Bank 4712")).value
		self.assertEqual({**first, "replayed": True}, again)
		self.assertEqual([("Grant", 2)], kinds(shop.company.account))

	def test_the_same_payment_delivered_again_pays_nothing_new(self) -> None:
		shop, order = self.placed()
		for replayed in (False, True, True):
			self.assertEqual(replayed, order_payment.pay(order, arrived(order)).replayed)
			publish()
		self.assertEqual([("Grant", 2)], kinds(shop.company.account))

	def test_another_payment_for_a_paid_order_is_told_and_grants_nothing(self) -> None:
		shop, order = self.placed()
		self.assert_ok(self.mark_paid(order))
		with self.assertRaisesRegex(AlreadyPaid, f"Order {order} was paid already, with Bank 4711"):
			order_payment.pay(order, arrived(order))
		self.assertEqual([("Grant", 2)], kinds(shop.company.account))

	def test_one_payment_does_not_pay_two_orders(self) -> None:
		shop, order = self.placed()
		other = self.ordered(shop)
		key = make.unique_code("gateway")
		order_payment.pay(order, arrived(order, key=key))
		publish()
		with self.assertRaisesRegex(PaymentMismatch, f"has paid order {order}. It cannot pay {other} too"):
			order_payment.pay(other, arrived(other, key=key))
		frappe.db.rollback()
		self.assert_state(other, "Open")
		self.assertEqual([("Grant", 2)], kinds(shop.company.account))


class TestWrong(PaymentCase):
	def test_another_amount_or_currency_pays_nothing_and_is_named(self) -> None:
		shop, order = self.placed()
		for amount, currency, why in (
			("119.99", "USD", "119.99 USD came, the order's total is 120.00"),
			("120.01", "USD", "120.01 USD came"),
			("120", "EUR", "120 EUR came, the order is in USD"),
			("NaN", "USD", "NaN USD came"),
			("-120", "USD", "-120 USD came"),
		):
			with self.subTest(f"{amount} {currency}"):
				with self.assertRaisesRegex(PaymentMismatch, why):
					order_payment.pay(order, arrived(order, amount, currency))
				self.assert_unpaid(shop, order)

	def test_a_reference_that_is_too_long_does_not_stop_the_money(self) -> None:
		_shop, order = self.placed()
		order_payment.pay(order, Payment("Gateway", "x" * 300, f"gateway:{order}", Decimal(120), "USD"))
		publish()
		self.assertEqual("x" * 140, self.row(order).payment_reference)

	def test_what_went_wrong_is_kept_on_the_order(self) -> None:
		_shop, order = self.placed()
		for text in ("first", "second"):
			orders.note_trouble(order, text)
		kept = frappe.db.get_value("Credit Order", order, "trouble").splitlines()
		self.assertEqual(["second", "first"], [line.partition(" ")[2] for line in kept])

	def test_a_late_payment_is_granted_after_cancelling_and_after_the_end(self) -> None:
		for end in ("cancelled", "over"):
			shop, order = self.placed()
			if end == "cancelled":
				orders.cancel(order)
				publish()
			else:
				self.end(order)
			with self.subTest(end):
				order_payment.pay(order, arrived(order))
				publish()
				self.assert_state(order, "Paid")
				self.assert_balance(shop.company.account, 2)


class TestCrash(PaymentCase):
	def test_killed_between_payment_and_commit_all_is_open_and_the_next_try_pays(self) -> None:
		shop, order = self.placed()
		killed_after("support_credits.api.orders.mark_paid", order=order, reference="Bank 1")
		self.assert_unpaid(shop, order)
		self.assert_ok(self.mark_paid(order))
		self.assertEqual([("Grant", 2)], kinds(shop.company.account))

	def test_an_order_cut_off_is_not_half_there_and_its_key_is_free(self) -> None:
		shop = self.shop()
		killed_after(
			"support_credits.api.orders.raise_order", customer=shop.company.name, pack=shop.pack, key="K9"
		)
		self.assertEqual(0, frappe.db.count("Credit Order", {"customer": shop.company.name}))


class TestAtOnce(RaceCase, PaymentCase):
	def test_eight_managers_mark_it_paid_at_once_and_it_grants_once(self) -> None:
		shop, order = self.placed()
		path, body = f"/api/method/{API}mark_paid", {"order": order, "reference": "Bank"}
		hits = self.start([Shot(manager().user, PASSWORD, path, body, {})] * 8).fire()
		self.assertEqual({(200, ""): 8}, outcomes(hits))
		self.assertEqual(7, sum(hit.value["replayed"] for hit in hits))
		said = [{**hit.value, "replayed": True} for hit in hits]
		self.assertEqual([said[0]] * 8, said)
		self.assertEqual(2, said[0]["balance"])
		self.assertEqual([("Grant", 2)], kinds(shop.company.account))

	def test_paying_and_cancelling_at_once_ends_in_one_state_with_its_credits(self) -> None:
		shop, order = self.placed()
		pay = Shot(
			manager().user, PASSWORD, f"/api/method/{API}mark_paid", {"order": order, "reference": "B"}, {}
		)
		cancel = Shot(shop.boss.user, PASSWORD, f"/api/method/{API}cancel", {"order": order}, {})
		hits = self.start([pay, cancel] * 3).fire()
		self.assertLessEqual(set(outcomes(hits)), {(200, ""), (417, "WrongState")})
		state = self.row(order).state
		self.assertIn(state, ("Paid", "Cancelled"))
		self.assert_balance(shop.company.account, 2 if state == "Paid" else 0)

	def test_one_key_at_once_is_one_order(self) -> None:
		shop = self.shop()
		body = {"pack": shop.pack, "customer": shop.company.name, "accept_terms": True, "key": "at once"}
		shot = Shot(shop.boss.user, PASSWORD, f"/api/method/{API}order", body, {})
		hits = self.start([shot] * 6).fire()
		self.assertEqual({(200, ""): 6}, outcomes(hits))
		self.assertEqual(1, len({hit.value["order"]["order"] for hit in hits}))
		self.assertEqual(1, frappe.db.count("Credit Order", {"customer": shop.company.name}))

	def test_two_orders_of_a_customer_without_account_paid_at_once_open_one_account(self) -> None:
		boss = make.portal_user("boss")
		customer, pack = make.customer(managers=(boss,)), make.pack()
		publish()
		buyer = Portal(boss)
		orders_made = [
			self.assert_ok(buyer.call(f"{API}order", pack=pack, accept_terms=True)).value["order"]["order"]
			for _time in range(4)
		]
		path = f"/api/method/{API}mark_paid"
		shots = [
			Shot(manager().user, PASSWORD, path, {"order": order, "reference": "B"}, {})
			for order in orders_made
		]
		self.assertEqual({(200, ""): 4}, outcomes(self.start(shots).fire()))
		[account] = frappe.get_all("Credit Account", {"customer": customer}, pluck="name")
		self.verified.append(account)
		self.assert_balance(account, 8)


class TestReversing(PaymentCase):
	def paid(self, credits: int = 2) -> tuple[Shop, str, str]:
		shop = self.shop(credits=credits)
		order = self.ordered(shop)
		return shop, order, self.assert_ok(self.mark_paid(order)).value["lot"]

	def reverse(self, order: str) -> dict[str, object]:
		said = manager().call(f"{API}reverse", order=order, reason="Charged back")
		return self.assert_ok(said).value

	def test_what_is_unspent_is_void_and_what_was_spent_is_told(self) -> None:
		shop = self.shop(credits=0)
		pack = make.pack(credits=3)
		publish()
		order = self.ordered(shop, pack=pack)
		self.assert_ok(self.mark_paid(order))
		self.assert_ok(Portal(shop.company.person).new())
		said = self.reverse(order)
		self.assertEqual((2, 1, False), (said["voided"], said["spent"], said["replayed"]))
		self.assertEqual("2 credit(s) voided; 1 were gone before and are not taken back.", said["message"])
		row = self.assert_state(order, "Reversed")
		self.assertEqual((2, 1, "Charged back"), (row.voided, row.spent, row.reverse_reason))
		self.assertEqual([("Grant", 3), ("Charge", -1), ("Void", -2)], kinds(shop.company.account))
		self.assert_balance(shop.company.account, 0)

	def test_reversed_twice_it_takes_once(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		self.assert_ok(self.mark_paid(order))
		self.reverse(order)
		with self.nothing_written():
			self.assertTrue(self.reverse(order)["replayed"])
		self.assertEqual([("Grant", 2), ("Void", -2)], kinds(shop.company.account))

	def test_what_was_never_paid_cannot_be_reversed(self) -> None:
		_shop, order = self.placed()
		with self.nothing_written(), self.assertRaisesRegex(WrongState, "this order is open"):
			order_payment.reverse(order, "Because")

	def test_a_lot_that_was_voided_by_hand_or_is_used_up_leaves_nothing_to_take(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		lot = self.assert_ok(self.mark_paid(order)).value["lot"]
		self.assert_ok(manager().account("void", lot=lot, reason="By hand"))
		said = self.reverse(order)
		self.assertEqual((0, 2), (said["voided"], said["spent"]))
		self.assertEqual([("Grant", 2), ("Void", -2)], kinds(shop.company.account))

	def test_after_the_customer_was_merged_the_credits_are_found_where_they_went(self) -> None:
		shop, into = self.shop(), self.company(1)
		order = self.ordered(shop)
		self.assert_ok(self.mark_paid(order))
		frappe.rename_doc("HD Customer", shop.company.name, into.name, merge=True, force=True)
		publish()
		self.assert_balance(into.account, 3)
		self.assertEqual(into.name, self.row(order).customer)
		self.assertEqual(2, self.reverse(order)["voided"])
		self.assert_balance(into.account, 1)

	def test_the_proof_is_whole_after_all_of_it(self) -> None:
		from support_credits.ledger.act_proof import act_findings

		shop = self.shop()
		order, other = self.ordered(shop), self.ordered(shop)
		self.assert_ok(self.mark_paid(order))
		self.assert_ok(self.mark_paid(other))
		self.reverse(other)
		look_again()
		self.assertEqual([], [found for found in act_findings() if found.row in (order, other)])
		self.assertEqual(2, queries.balance(shop.company.account))
