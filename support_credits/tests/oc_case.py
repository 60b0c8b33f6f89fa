"""What tests of Open Collective begin with: the server, the settings, a tier's pack, and orders in the shape they were recorded in."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe

from support_credits.integrations.open_collective import jobs
from support_credits.ledger import clock
from support_credits.tests import factories as make
from support_credits.tests import oc_server
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Company
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.server import Answer, Portal, manager

API = "support_credits.api.external_orders."
SETTINGS = "Open Collective Settings"
COLLECTIVE = "the-rockstor-project"
TIER = "incident-based-support"
_numbers = itertools.count(int(frappe.generate_hash(length=6), 16) * 100)


def not_over_the_hour(seconds: int) -> None:
	"""Tries are counted by the hour of the clock: wait for the next one where this would be over in so many seconds."""
	left = 3_600 - clock.now().timestamp() % 3_600
	if left < seconds:
		time.sleep(left)


@dataclass(frozen=True)
class Buyer:
	"""A company whose manager redeems in the portal. ``email`` is his login."""

	company: Company
	portal: Portal
	email: str


def stamp(days_ago: float = 1) -> str:
	at: datetime = clock.now() - timedelta(days=days_ago)
	return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def charge(days_ago: float = 1, cents: int = 24_000, currency: str = "EUR", **flags: bool) -> list[dict]:
	"""The transactions of one payment: both sides of the contribution, the tip, and the processor's fee."""
	name = make.unique_code("tx").replace("-", "_")
	both = {"isRefund": False, "isRefunded": False, "isDisputed": False, "isInReview": False}
	rows = [("", "CONTRIBUTION", "CREDIT", cents), ("d", "CONTRIBUTION", "DEBIT", -cents)]
	rows += [("t", "PLATFORM_TIP", "CREDIT", 2_400), ("f", "PAYMENT_PROCESSOR_FEE", "DEBIT", -200)]
	return [
		{
			"publicId": name + suffix, "kind": kind, "type": side, "createdAt": stamp(days_ago), **both, **flags,
			"amount": {"value": sum_ / 100, "valueInCents": sum_, "currency": currency},
		}
		for suffix, kind, side, sum_ in rows
	]  # fmt: skip


def order(*emails: str, **fields: object) -> dict:
	"""A paid one-time order of one incident at 240 EUR, as the API answers it to an administrator of the collective."""
	number = next(_numbers)
	code = f"{number:08x}"[-8:]
	cents = fields.pop("cents", 24_000)
	return {
		"id": f"{code}-0437xqry-ejpvzeol-jdayw5re",
		"publicId": f"or_{code}",
		"legacyId": number % 2**31,
		"status": "PAID",
		"frequency": "ONETIME",
		"createdAt": stamp(1),
		"lastChargedAt": None,
		"nextChargeDate": None,
		"quantity": 1,
		"amount": {"value": cents / 100, "valueInCents": cents, "currency": "EUR"},
		"taxAmount": None,
		"tier": {"id": "zxv3dm0e-incident", "publicId": "ti_incident1", "legacyId": 51_000, "slug": TIER, "type": "SERVICE"},
		"toAccount": {"slug": COLLECTIVE, "type": "COLLECTIVE"},
		"fromAccount": {"slug": "ana", "type": "INDIVIDUAL", "isIncognito": False, "emails": list(emails) or None},
		"transactions": charge(1, cents),
		**fields,
	}  # fmt: skip


class OpenCollectiveCase(HttpTestCase):
	"""The site with the shop switched on. One server for the class; orders are every test's own."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.shop = oc_server.OpenCollective()
		cls.addClassCleanup(cls.shop.stop)
		cls.pack = make.pack(credits=1, validity_months=12, price=240, currency="EUR")
		publish()
		cls.switch()
		cls.addClassCleanup(cls.switch, enabled=0, age_days=0)
		jobs.PAUSE_SECONDS = 0

	def setUp(self) -> None:
		super().setUp()
		frappe.cache.delete_keys("sc_oc_")
		self.shop.faults.clear()
		self.shop.calls.clear()
		self.addCleanup(self.give_up_pending)

	@classmethod
	def switch(cls, enabled: int = 1, **fields: object) -> None:
		look_again()
		values = {
			"endpoint": cls.shop.url,
			"collective": COLLECTIVE,
			"token": oc_server.TOKEN,
			"timeout": 20,
			**fields,
		}
		doc = frappe.get_doc(SETTINGS).update({"enabled": enabled, **values})
		doc.set("tiers", [{"tier": TIER, "pack": cls.pack}])
		doc.save(ignore_permissions=True)
		publish()
		frappe.clear_document_cache(SETTINGS, SETTINGS)

	@staticmethod
	def give_up_pending() -> None:
		"""What a test leaves waiting would be looked up by the jobs of the next."""
		look_again()
		frappe.db.sql(
			"UPDATE `tabOrder Redemption` SET state = 'Refused', claim_key = NULL, link_hash = NULL WHERE state IN"
			" ('Pending', 'Link Sent', 'Manual', 'Found in Mail')"
		)
		frappe.db.sql("UPDATE `tabOrder Redemption` SET renews = 0, checked_at_utc = ''")
		publish()

	def buyer(self, credits: int = 0) -> Buyer:
		company = self.company(credits)
		boss = make.manager_of(company.name)
		publish()
		return Buyer(company, Portal(boss), boss.email)

	def redeem(self, buyer: Buyer, number: object, **fields: object) -> Answer:
		return buyer.portal.call(f"{API}redeem_order", number=str(number), **fields)

	def redeemed(self, buyer: Buyer, number: object) -> dict:
		value = self.assert_ok(self.redeem(buyer, number)).value
		self.assertEqual("Granted", value["state"], value)
		return value

	def assert_received(self, answer: Answer) -> None:
		"""The one answer that says nothing of the order."""
		value = self.assert_ok(answer).value
		said = {key: found for key, found in value.items() if key not in ("message", "customer")}
		nothing = {"credits": 0, "lots": [], "balance": None, "expires_on": None, "replayed": False}
		self.assertEqual({"state": "Received", **nothing}, said)
		self.assertIn("its contributor has to agree", value["message"])

	def rows_of(self, buyer: Buyer) -> list[frappe._dict]:
		look_again()
		return frappe.get_all(
			"Order Redemption", {"customer": buyer.company.name}, ["*"], order_by="creation asc, name asc"
		)

	def row_of(self, buyer: Buyer) -> frappe._dict:
		return self.rows_of(buyer)[-1]

	def make_due(self, buyer: Buyer) -> None:
		look_again()
		frappe.db.sql(
			"UPDATE `tabOrder Redemption` SET next_try_at_utc = '2026-01-01T00:00:00.000000Z',"
			" checked_at_utc = '2026-01-01T00:00:00.000000Z' WHERE customer = %s",
			buyer.company.name,
		)
		publish()

	def run_jobs(self, buyer: Buyer) -> None:
		"""What the scheduler does when the buyer's redemptions are due."""
		self.make_due(buyer)
		jobs.run_due()
		jobs.look_again_at_all()
		frappe.set_user("Administrator")
		look_again()

	def approve(self, buyer: Buyer) -> Answer:
		return manager().call(f"{API}approve_redemption", redemption=self.row_of(buyer).name)
