"""A site whose orders are paid through a gateway, with the provider on loopback and people who order."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import frappe

from sc_loopback_gateway import wires
from sc_loopback_gateway.provider import SECRET, Provider
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import site_config
from support_credits.tests.http_case import kinds
from support_credits.tests.order_case import API, OrderCase, Shop
from support_credits.tests.server import Answer, Portal, manager, running

SETTINGS = "Support Credits Settings"


@cache
def provider() -> Provider:
	"""One for the run: its ids are unique in it."""
	return Provider(frappe.local.site, running().url)


class GatewayCase(OrderCase):
	"""``gateway`` is the one that orders are paid through; ``make_gateway`` sees that it exists."""

	gateway: ClassVar[str] = "Loopback"

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.enterClassContext(site_config(**{wires.SETTING: provider().url}))
		wires.lay()
		cls.make_gateway()
		before = frappe.db.get_single_value(SETTINGS, "payment_gateway")
		cls.choose(cls.gateway)
		cls.addClassCleanup(cls.choose, before)

	@classmethod
	def make_gateway(cls) -> None:
		values = {"provider": provider().url, "secret": SECRET}
		frappe.get_doc("Loopback Settings").update(values).save(ignore_permissions=True)

	@classmethod
	def choose(cls, gateway: str | None) -> None:
		frappe.db.set_single_value(SETTINGS, "payment_gateway", gateway)
		publish()

	# A customer

	def placed(self, **pack: object) -> tuple[Shop, str]:
		shop = self.shop(**pack)
		return shop, self.ordered(shop)

	def asked(self, shop: Shop, order: str) -> Answer:
		return shop.boss.call(f"{API}pay", order=order)

	def checkout(self, shop: Shop, order: str) -> str:
		"""The address where the order is paid."""
		return self.assert_ok(self.asked(shop, order)).value["url"]

	def walked(self, **pack: object) -> tuple[Shop, str, str]:
		"""A shop, its order, and the address of its checkout."""
		shop, order = self.placed(**pack)
		return shop, order, self.checkout(shop, order)

	def guest(self) -> Portal:
		return Portal()

	# What is there

	def requests(self, order: str) -> list[frappe._dict]:
		look_again()
		about = {"reference_doctype": "Credit Order", "reference_docname": order}
		fields = ["name", "status", "integration_request_service", "data"]
		return frappe.get_all("Integration Request", filters=about, fields=fields, order_by="creation")

	def assert_paid_once(self, shop: Shop, order: str, credits: int = 2) -> frappe._dict:
		row = self.assert_state(order, "Paid")
		self.assertEqual([("Grant", credits)], kinds(shop.company.account))
		return row

	def assert_unpaid(self, shop: Shop, order: str, state: str = "Open") -> None:
		row = self.assert_state(order, state)
		self.assertIsNone(row.payment_key)
		self.assertEqual([], kinds(shop.company.account))

	def trouble(self, order: str) -> list[str]:
		"""The lines without their times, newest first."""
		return [line.partition(" ")[2] for line in (self.row(order).trouble or "").splitlines()]

	def told(self, order: str) -> list[str]:
		"""What a manager was told about the order."""
		look_again()
		about = {"document_type": "Credit Order", "document_name": order, "for_user": manager().user}
		return frappe.get_all("Notification Log", filters=about, pluck="subject")

	def assert_trouble_once(self, order: str, *parts: str) -> None:
		[line], [told] = self.trouble(order), self.told(order)
		for part in parts:
			self.assertIn(part, line)
			self.assertIn(part, told)
