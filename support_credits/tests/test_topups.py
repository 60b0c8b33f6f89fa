"""Auto top-up: at the threshold an order is raised and the customer is asked; nothing is bought silently."""

from __future__ import annotations

import frappe

from support_credits.ledger import jobs
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.dying import killed_after
from support_credits.tests.http_case import kinds
from support_credits.tests.order_case import API, OrderCase, Shop
from support_credits.tests.server import Portal


class TopupCase(OrderCase):
	def topped(self, credits: int = 2, at: int = 1) -> Shop:
		shop = self.shop(credits)
		doc = frappe.get_doc("Credit Account", shop.company.account)
		doc.update({"topup_pack": shop.pack, "topup_at": at}).save()
		publish()
		return shop

	def orders_of(self, shop: Shop) -> list[frappe._dict]:
		filters = {"customer": shop.company.name}
		return frappe.get_all("Credit Order", filters=filters, fields=["name", "state", "door", "mail_due"])

	def spend(self, shop: Shop) -> None:
		self.assert_ok(Portal(shop.company.person).new())

	def run_job(self) -> None:
		publish()
		jobs.raise_topups()


class TestTopup(TopupCase):
	def test_above_the_threshold_nobody_is_asked(self) -> None:
		shop = self.topped()
		self.run_job()
		self.assertEqual([], self.orders_of(shop))

	def test_at_the_threshold_one_order_is_raised_and_nothing_is_bought(self) -> None:
		shop = self.topped()
		self.spend(shop)
		for _time in range(2):
			self.run_job()
		[order] = self.orders_of(shop)
		self.assertEqual(("Open", "Top-up", "Request"), (order.state, order.door, order.mail_due))
		self.assertEqual([("Grant", 2), ("Charge", -1)], kinds(shop.company.account))
		listed = self.assert_ok(shop.boss.call(f"{API}orders")).value["orders"]
		self.assertEqual([(order.name, False)], [(line["order"], line["terms_accepted"]) for line in listed])

	def test_whoever_cancels_it_is_not_asked_again_until_other_credits_have_come(self) -> None:
		shop = self.topped()
		self.spend(shop)
		self.run_job()
		self.assert_ok(shop.boss.call(f"{API}cancel", order=self.orders_of(shop)[0].name))
		self.run_job()
		self.assertEqual(["Cancelled"], [order.state for order in self.orders_of(shop)])
		self.grant(shop.company.account, 1)
		self.spend(shop)
		self.run_job()
		self.assertEqual(["Cancelled", "Open"], sorted(order.state for order in self.orders_of(shop)))

	def test_whoever_has_an_order_to_pay_is_not_asked_for_another(self) -> None:
		shop = self.topped(credits=1)
		self.ordered(shop)
		self.run_job()
		self.assertEqual(["Customer"], [order.door for order in self.orders_of(shop)])

	def test_paid_it_brings_the_pack_and_asks_no_more(self) -> None:
		shop = self.topped()
		self.spend(shop)
		self.run_job()
		self.assert_ok(self.mark_paid(self.orders_of(shop)[0].name))
		self.run_job()
		self.assertEqual(["Paid"], [order.state for order in self.orders_of(shop)])
		self.assert_balance(shop.company.account, 3)

	def test_a_pack_that_is_no_longer_on_sale_is_not_ordered(self) -> None:
		shop = self.topped(credits=1)
		frappe.get_doc("Credit Pack", shop.pack).update({"on_sale": 0}).save()
		self.run_job()
		self.assertEqual([], self.orders_of(shop))

	def test_an_account_can_still_be_edited_when_its_pack_is_no_longer_on_sale(self) -> None:
		shop = self.topped(credits=5)
		frappe.get_doc("Credit Pack", shop.pack).update({"on_sale": 0}).save()
		frappe.get_doc("Credit Account", shop.company.account).update({"portal_policy": "Park"}).save()

	def test_only_a_pack_on_sale_can_be_chosen(self) -> None:
		shop, hidden = self.shop(), make.pack(on_sale=0)
		doc = frappe.get_doc("Credit Account", shop.company.account)
		with self.assertRaisesRegex(frappe.ValidationError, f"Pack {hidden} is not on sale"):
			doc.update({"topup_pack": hidden}).save()

	def test_killed_in_the_middle_the_next_run_asks_once(self) -> None:
		shop = self.topped(credits=1)
		publish()
		killed_after("support_credits.tests.test_topups.raise_uncommitted", customer=shop.company.name)
		self.assertEqual([], self.orders_of(shop))
		self.run_job()
		self.assertEqual(1, len(self.orders_of(shop)))


def raise_uncommitted(customer: str) -> None:
	"""What the job does for one account, up to its commit."""
	from support_credits.ledger import orders

	account = frappe.get_doc("Credit Account", {"customer": customer})
	key = f"topup:{account.name}:{account.lot_count}"
	orders.place(orders.Wish(customer, account.topup_pack, door="Top-up", request_key=key))
