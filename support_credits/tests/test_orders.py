"""A pack is ordered in the portal, paid, granted once; what was not paid can be cancelled (design rule 18)."""

from __future__ import annotations

import unittest.mock

import frappe
from frappe.utils import getdate

from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import jobs
from support_credits.ledger import orders as records
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.order_case import API, OrderCase
from support_credits.tests.server import Portal, agent, manager

SHOWN = ("state", "quantity", "credits", "total", "currency", "tax_note", "terms", "terms_accepted")


class TestOrdering(OrderCase):
	def test_an_order_says_what_it_costs_and_grants_nothing(self) -> None:
		shop = self.shop(tax_note="plus VAT")
		with self.site_settings(payment_instructions="Bank IE12, reference {0}", terms="No refunds."):
			said = self.assert_ok(self.order(shop, quantity=3)).value
		line = said["order"]
		self.assertEqual(
			("Open", 3, 6, "360.00", "USD", "plus VAT", "No refunds.", True),
			tuple(line[key] for key in SHOWN),
		)
		self.assertRegex(line["order"], r"^CO-\d{4}-\d{5}$")
		self.assertEqual(f"Bank IE12, reference {line['order']}", said["instructions"])
		self.assertFalse(said["online"])
		self.assertIn("Your credits come as soon as it is paid", said["message"])
		self.assertEqual([], kinds(shop.company.account))
		row = self.row(line["order"])
		self.assertEqual((shop.boss.user, shop.boss.user), (row.ordered_by, row.terms_accepted_by))

	def test_paid_it_brings_one_lot_with_its_price_and_waiting_tickets_go_on(self) -> None:
		shop = self.shop(tier=None)
		frappe.get_doc("Credit Account", shop.company.account).update({"portal_policy": "Park"}).save()
		publish()
		ticket = self.assert_ok(Portal(shop.company.person).new()).ticket
		order = self.ordered(shop, quantity=2)
		paid = self.assert_ok(self.mark_paid(order)).value
		self.assertEqual((4, 3, False), (paid["credits"], paid["balance"], paid["replayed"]))
		lot = frappe.get_doc("Credit Lot", paid["lot"])
		self.assertEqual(
			("Order", shop.pack, 240, "USD", 4),
			(lot.source, lot.pack, lot.price, lot.currency, lot.credits_granted),
		)
		self.assertGreater((lot.expires_on - getdate()).days, 85)
		jobs.finish_releases()
		self.assert_incident(ticket, "Charged", 1)
		row = self.assert_state(order, "Paid")
		self.assertEqual(
			("Manager", "Bank 4711", manager().user),
			(row.paid_by_way, row.payment_reference, row.marked_paid_by),
		)

	def test_a_customer_without_an_account_gets_one_when_he_has_paid_and_not_before(self) -> None:
		boss = make.portal_user("boss")
		customer, pack = make.customer(managers=(boss,)), make.pack()
		publish()
		said = Portal(boss).call(f"{API}order", pack=pack, accept_terms=True)
		order = self.assert_ok(said).value["order"]["order"]
		self.assertFalse(frappe.db.exists("Credit Account", {"customer": customer}))
		self.assert_ok(self.mark_paid(order))
		account = frappe.db.get_value("Credit Account", {"customer": customer})
		self.verified.append(account)
		self.assert_balance(account, 2)

	def test_price_and_validity_are_those_of_the_order_whatever_becomes_of_the_pack(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		frappe.get_doc("Credit Pack", shop.pack).update(
			{"credits": 9, "validity_months": 1, "price": 5, "on_sale": 0}
		).save()
		publish()
		lot = frappe.get_doc("Credit Lot", self.assert_ok(self.mark_paid(order)).value["lot"])
		self.assertEqual((2, 120), (lot.credits_granted, lot.price))
		self.assertGreater((lot.expires_on - getdate()).days, 85)

	def test_managers_are_told_of_it_once_and_what_to_do_each_in_his_language(self) -> None:
		shop, reader = self.shop(), make.person("gestor", ("Agent Manager",))
		frappe.db.set_value("User", reader.email, "language", "pt")
		publish()
		order = self.ordered(shop, key="told", quantity=3)
		self.ordered(shop, key="told", quantity=3)
		look_again()
		about = {"document_type": "Credit Order", "document_name": order}
		told = dict(
			frappe.get_all("Notification Log", filters=about, fields=["for_user", "subject"], as_list=True)
		)
		self.assertEqual(len(told), frappe.db.count("Notification Log", about), "once each")
		self.assertNotIn(agent().user, told)
		name = frappe.db.get_value("Credit Pack", shop.pack, "pack_name")
		said = told[manager().user]
		self.assertIn(f"{shop.company.name} has ordered 3 × {name} for ", said)
		self.assertIn(f"360.00: order {order}. Mark it paid when the money is there.", said)
		self.assertIn(f"{shop.company.name} encomendou 3 × {name} por ", told[reader.email])

	def test_the_same_key_again_is_the_same_order(self) -> None:
		shop = self.shop()
		first, again = (self.ordered(shop, key="K 1 é") for _time in range(2))
		self.assertEqual(first, again)
		self.assertNotEqual(first, self.ordered(shop, key="K 2"))
		with self.nothing_written():
			refused = self.order(shop, key="K 1 é", quantity=2)
			self.assert_refused(refused, f"This key was used for order {first}", "AlreadyPosted", 409)

	def test_a_key_of_one_customer_says_nothing_to_another(self) -> None:
		one, other = self.shop(), self.shop()
		self.assertNotEqual(self.ordered(one, key="mine"), self.ordered(other, key="mine"))


class TestRefusals(OrderCase):
	def test_without_the_terms_nothing_is_ordered_and_they_are_told(self) -> None:
		shop = self.shop()
		with self.nothing_written():
			refused = self.order(shop, accept_terms=False)
			self.assert_refused(refused, "accept them first: Credits are not refunded", "SupportCreditsError")

	def test_terms_that_have_changed_since_he_read_them_are_told_and_nothing_is_ordered(self) -> None:
		shop = self.shop()
		with self.site_settings(terms="No refunds at all."):
			with self.nothing_written():
				refused = self.order(shop, terms="Credits are refunded.")
				self.assert_refused(
					refused, "The terms have changed. Load the page again", "SupportCreditsError"
				)
			self.assert_ok(self.order(shop, terms="No  refunds\nat all."))

	def test_a_price_that_has_changed_since_he_saw_it_is_told_and_nothing_is_ordered(self) -> None:
		shop = self.shop()
		key, seen = "once", {"total": "240.00", "currency": "USD", "quantity": 2}
		order = self.ordered(shop, key=key, **seen)
		frappe.db.set_value("Credit Pack", shop.pack, "price", 130)
		publish()
		said = "The price has changed: 2 × "
		with self.nothing_written():
			refused = self.order(shop, **seen)
			self.assert_refused(refused, said, "SupportCreditsError")
			self.assertIn(" is USD 260.00 now. Look at it again, then order.", refused.messages)
			other = self.order(shop, **seen | {"total": "260.00", "currency": "EUR"})
			self.assert_refused(other, said, "SupportCreditsError")
			none = self.order(shop, total="cheap", currency="USD")
			self.assert_refused(none, "The total is not an amount of money: cheap", "ValidationError")
			self.assertEqual(order, self.ordered(shop, key=key, **seen), "the lost answer of the first")
		self.assertNotEqual(order, self.ordered(shop, **seen | {"total": "260"}))

	def test_the_total_is_that_of_the_price_list_also_where_a_price_has_fractions_of_a_cent(self) -> None:
		shop = self.shop(price=10.005)
		listed = self.assert_ok(Portal(shop.company.person).call("support_credits.api.offer.packs")).value
		[price] = [pack["price"] for pack in listed["packs"] if pack["pack"] == shop.pack]
		self.assertEqual("10.01", price)
		self.ordered(shop, quantity=3, total="30.03", currency="USD")

	def test_who_has_many_unpaid_orders_pays_or_cancels_one_first(self) -> None:
		shop = self.shop()
		first = self.ordered(shop)
		with unittest.mock.patch.object(records, "MOST_OPEN", 1):
			wish = records.Wish(shop.company.name, shop.pack)
			with self.assertRaisesRegex(
				SupportCreditsError, "has 1 orders that are not paid. Pay or cancel one"
			):
				records.place(wish)
			records.place(records.Wish(shop.company.name, shop.pack, door="Agent"))
			for name in frappe.get_all("Credit Order", filters={"customer": shop.company.name}, pluck="name"):
				records.cancel(name)
			self.assertNotEqual(first, records.place(wish))
		publish()

	def test_a_pack_that_is_not_on_sale_or_unknown_is_refused_by_name(self) -> None:
		shop, hidden = self.shop(), make.pack(on_sale=0)
		publish()
		for pack in (hidden, "no-such-pack", "<b>x</b>"):
			with self.subTest(pack), self.nothing_written():
				refused = self.order(shop, pack=pack)
				self.assert_refused(refused, "is not on sale. Choose another one", "SupportCreditsError")

	def test_a_pack_without_a_price_cannot_be_ordered(self) -> None:
		shop = self.shop(price=0)
		with self.nothing_written():
			self.assert_refused(self.order(shop), "has no price", "SupportCreditsError")

	def test_a_quantity_out_of_bounds_is_refused(self) -> None:
		shop = self.shop()
		for quantity in (0, -1, 101):
			with self.subTest(quantity), self.nothing_written():
				refused = self.order(shop, quantity=quantity)
				self.assert_refused(refused, "an order is for 1 to 100 packs", "SupportCreditsError")

	def test_members_see_and_managers_buy(self) -> None:
		shop = self.shop()
		member = Portal(shop.company.person)
		with self.nothing_written():
			refused = self.order(shop, member)
			self.assert_refused(refused, f"Only a manager of {shop.company.name}", "NotMember", 403)
		order = self.ordered(shop)
		listed = self.assert_ok(member.call(f"{API}orders")).value["orders"]
		self.assertEqual([(order, False)], [(line["order"], line["may_act"]) for line in listed])

	def test_nobody_orders_cancels_or_pays_for_another_customer(self) -> None:
		mine, other = self.shop(), self.shop()
		order = self.ordered(other)
		for who in (mine.boss, Portal()):
			with self.nothing_written():
				self.assertEqual(403, self.order(other, who).status)
				for act in ("cancel", "pay"):
					self.assertEqual(403, who.call(f"{API}{act}", order=order).status)
		self.assertNotIn(order, mine.boss.call(f"{API}orders").text)
		with self.nothing_written():
			refused = mine.boss.call(f"{API}orders", customer=other.company.name)
			self.assertEqual(403, refused.status)

	def test_an_order_that_is_not_his_and_one_that_is_none_get_one_answer(self) -> None:
		mine, other = self.shop(), self.shop()
		order = self.ordered(other)
		answers = [mine.boss.call(f"{API}pay", order=name) for name in (order, "CO-2026-99999")]
		texts = {answer.messages.replace(order, "X").replace("CO-2026-99999", "X") for answer in answers}
		self.assertEqual({"Order X is not yours."}, texts)

	def test_where_customers_may_not_order_they_are_told_to_ask(self) -> None:
		shop = self.shop()
		with self.site_settings(customers_may_order=0), self.nothing_written():
			self.assert_refused(self.order(shop), "Orders are not taken here", "SupportCreditsError")

	def test_nobody_writes_an_order_past_the_ledger(self) -> None:
		order = self.ordered(self.shop())
		for who in (manager(), agent()):
			with self.nothing_written():
				answer = who.request("PUT", f"/api/resource/Credit Order/{order}", {"state": "Paid"})
				self.assertIn(answer.status, (403, 417))
		self.assert_state(order, "Open")


class TestEnding(OrderCase):
	def test_it_is_cancelled_while_it_is_unpaid_and_cannot_be_paid_then(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		self.assert_ok(shop.boss.call(f"{API}cancel", order=order, reason="Wrong pack"))
		row = self.assert_state(order, "Cancelled")
		self.assertEqual((shop.boss.user, "Wrong pack"), (row.cancelled_by, row.cancel_reason))
		with self.nothing_written():
			refused = self.mark_paid(order)
			self.assert_refused(
				refused, f"Order {order} cannot be changed: this order is cancelled", "WrongState"
			)
			refused = shop.boss.call(f"{API}pay", order=order)
			self.assert_refused(refused, "is cancelled and cannot be paid", "SupportCreditsError")

	def test_what_was_paid_cannot_be_cancelled(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		self.assert_ok(self.mark_paid(order))
		for who in (shop.boss, agent()):
			with self.nothing_written():
				refused = who.call(f"{API}cancel", order=order)
				self.assert_refused(refused, "this order is paid", "WrongState")

	def test_after_its_time_it_is_over_without_any_job_and_the_job_says_so(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		self.end(order)
		listed = self.assert_ok(shop.boss.call(f"{API}orders")).value["orders"]
		self.assertEqual(["Expired"], [line["state"] for line in listed])
		with self.nothing_written():
			refused = shop.boss.call(f"{API}pay", order=order)
			self.assert_refused(refused, "is expired and cannot be paid", "SupportCreditsError")
		jobs.expire_orders()
		self.assert_state(order, "Expired")

	def test_money_that_came_after_its_time_is_not_lost(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		self.end(order)
		jobs.expire_orders()
		self.assert_ok(self.mark_paid(order))
		self.assert_state(order, "Paid")
		self.assert_balance(shop.company.account, 2)


class TestAgents(OrderCase):
	def raised(self, customer: str, pack: str, **fields: object) -> str:
		said = agent().call(f"{API}raise_order", customer=customer, pack=pack, **fields)
		return self.assert_ok(said).value["order"]

	def test_an_agent_raises_one_and_the_customer_accepts_its_terms_before_he_pays(self) -> None:
		shop = self.shop()
		order = self.raised(shop.company.name, shop.pack, note="As agreed")
		row = self.row(order)
		self.assertEqual(("Agent", None, "As agreed"), (row.door, row.terms_accepted_by, row.note))
		with self.nothing_written():
			refused = shop.boss.call(f"{API}pay", order=order)
			self.assert_refused(refused, "accept them first: Credits are not refunded", "SupportCreditsError")
		self.assert_ok(shop.boss.call(f"{API}pay", order=order, accept_terms=True))
		self.assertEqual(shop.boss.user, self.row(order).terms_accepted_by)

	def test_a_customer_named_in_other_capitals_is_the_same(self) -> None:
		shop = self.shop()
		order = self.raised(shop.company.name.upper(), shop.pack)
		self.assertEqual(shop.company.name, self.row(order).customer)
		self.assertIn(order, self.assert_ok(shop.boss.call(f"{API}orders")).text)

	def test_the_same_key_again_is_the_same_order(self) -> None:
		shop = self.shop()
		orders = {self.raised(shop.company.name, shop.pack, key="K1") for _time in range(2)}
		self.assertEqual(1, len(orders))

	def test_customers_and_agents_do_not_mark_paid_and_do_not_reverse(self) -> None:
		shop = self.shop()
		order = self.ordered(shop)
		for who in (shop.boss, agent(), Portal()):
			for act, said in (("mark_paid", {"reference": "x"}), ("reverse", {"reason": "x"})):
				with self.subTest(f"{who.user} {act}"), self.nothing_written():
					self.assertEqual(403, who.call(f"{API}{act}", order=order, **said).status)

	def test_no_customer_raises_an_order_as_an_agent(self) -> None:
		shop = self.shop()
		with self.nothing_written():
			said = shop.boss.call(f"{API}raise_order", customer=shop.company.name, pack=shop.pack)
			self.assertEqual(403, said.status)
