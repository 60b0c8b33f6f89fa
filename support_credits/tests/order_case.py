"""What tests of Credit Orders begin with: a pack on sale, a company whose manager orders, and its orders."""

from __future__ import annotations

from dataclasses import dataclass

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, manager

API = "support_credits.api.orders."


@dataclass(frozen=True)
class Shop:
	"""A company, its manager at the portal, and a pack of two credits for three months at 120 USD."""

	company: Company
	boss: Portal
	pack: str


class OrderCase(HttpTestCase):
	def shop(self, credits: int = 0, price: float = 120, **pack: object) -> Shop:
		company = self.company(credits)
		boss = make.manager_of(company.name)
		name = make.pack(price=price, **pack)
		publish()
		return Shop(company, Portal(boss), name)

	def order(self, shop: Shop, who: Portal | None = None, **fields: object) -> Answer:
		values = {"pack": shop.pack, "customer": shop.company.name, "accept_terms": True, **fields}
		return (who or shop.boss).call(f"{API}order", **values)

	def ordered(self, shop: Shop, **fields: object) -> str:
		return self.assert_ok(self.order(shop, **fields)).value["order"]["order"]

	def mark_paid(self, order: str, reference: str = "Bank 4711") -> Answer:
		return manager().call(f"{API}mark_paid", order=order, reference=reference)

	def row(self, order: str) -> frappe._dict:
		look_again()
		return frappe.db.get_value("Credit Order", order, "*", as_dict=True)

	def assert_state(self, order: str, state: str) -> frappe._dict:
		row = self.row(order)
		self.assertEqual(state, row.state)
		return row

	def end(self, order: str) -> None:
		"""Let the order's time be over."""
		frappe.db.set_value("Credit Order", order, "stands_until_utc", "2026-01-01T00:00:00.000000Z")
		publish()
