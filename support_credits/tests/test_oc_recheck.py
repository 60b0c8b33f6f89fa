"""What becomes of an order after it was redeemed: renewals, refunds, disputes; looked up every day or after a hint."""

from __future__ import annotations

import json

import frappe
import requests
from frappe.utils.background_jobs import get_job

from support_credits.engine.external_answer import STATUSES
from support_credits.engine.external_order import GONE
from support_credits.integrations.open_collective import jobs, throttle, webhook
from support_credits.ledger import clock
from support_credits.support_credits.doctype.open_collective_settings.open_collective_settings import WEBHOOK
from support_credits.tests import factories as make
from support_credits.tests import oc_server
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.oc_case import (
	SETTINGS,
	Buyer,
	OpenCollectiveCase,
	charge,
	not_over_the_hour,
	order,
)
from support_credits.tests.server import agent, manager, running


class RecheckCase(OpenCollectiveCase):
	def bought(self, **fields: object) -> tuple[Buyer, dict]:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email, **fields))
		self.redeemed(buyer, paid["publicId"])
		return buyer, paid

	def yearly(self, *days_ago: float) -> tuple[Buyer, dict]:
		transactions = [row for days in days_ago for row in charge(days)]
		return self.bought(status="ACTIVE", frequency="YEARLY", transactions=transactions)


class TestRenewals(RecheckCase):
	def test_each_new_charge_is_granted_once_and_from_its_own_date(self) -> None:
		buyer, paid = self.yearly(300)
		self.run_jobs(buyer)
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))
		paid["transactions"] += charge(2)
		for _time in range(2):
			self.run_jobs(buyer)
		self.assertEqual([("Grant", 1), ("Grant", 1)], kinds(buyer.company.account))
		first, second = self.rows_of(buyer)
		self.assertEqual(second.charge, paid["transactions"][4]["publicId"])
		self.assertEqual(
			(f"Renewal of {first.name}", "Granted", 0), (second.bound_by, second.state, second.renews)
		)
		ends = [frappe.utils.getdate(row.expires_at_utc[:10]) for row in (first, second)]
		self.assertAlmostEqual(298, (ends[1] - ends[0]).days, delta=2)

	def test_all_charges_in_their_term_are_granted_at_the_first_redeeming(self) -> None:
		buyer, _paid = self.yearly(800, 300, 5)
		self.assertEqual([("Grant", 1), ("Grant", 1)], kinds(buyer.company.account))
		self.assertEqual(2, len(self.rows_of(buyer)))

	def test_the_last_charge_before_a_cancellation_is_granted_and_then_it_is_over(self) -> None:
		buyer, paid = self.yearly(300)
		paid["transactions"] += charge(1)
		paid["status"] = "CANCELLED"
		self.run_jobs(buyer)
		self.assert_balance(buyer.company.account, 2)
		self.assertEqual([0, 0], [row.renews for row in self.rows_of(buyer)])

	def test_a_renewal_that_is_too_cheap_or_went_back_brings_nothing(self) -> None:
		buyer, paid = self.yearly(300)
		paid["transactions"] += charge(3, cents=100) + charge(2, isRefunded=True) + charge(1, currency="USD")
		self.run_jobs(buyer)
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_it_follows_the_customer_whatever_he_is_called(self) -> None:
		buyer, paid = self.yearly(300)
		new_name = frappe.rename_doc("HD Customer", buyer.company.name, make.unique("Renamed"))
		publish()
		paid["transactions"] += charge(1)
		look_again()
		frappe.db.sql(
			"UPDATE `tabOrder Redemption` SET checked_at_utc = '2026-01-01T00:00:00.000000Z' WHERE customer = %s",
			new_name,
		)
		publish()
		jobs.look_again_at_all()
		self.assert_balance(buyer.company.account, 2)

	def test_the_site_looks_by_itself(self) -> None:
		events = frappe.get_hooks("scheduler_events", app_name="support_credits")
		place = "support_credits.integrations.open_collective.jobs."
		self.assertIn(f"{place}run_due", events["all"])
		self.assertIn(f"{place}look_again_at_all", events["hourly_long"])

	def test_once_a_day_is_enough_and_switched_off_nobody_asks(self) -> None:
		buyer, _paid = self.yearly(300)
		calls = len(self.shop.calls)
		self.assertEqual(0, jobs.look_again_at_all())
		self.switch(enabled=0)
		try:
			self.make_due(buyer)
			self.assertEqual((0, 0), (jobs.look_again_at_all(), jobs.run_due()))
		finally:
			self.switch()
		self.assertEqual(calls, len(self.shop.calls))


class TestGone(RecheckCase):
	def test_of_all_statuses_only_those_whose_money_is_gone_take_something_back(self) -> None:
		for status in sorted(STATUSES):
			buyer, paid = self.bought()
			paid["status"] = status
			with self.subTest(status):
				self.run_jobs(buyer)
				gone = status in GONE
				self.assertEqual("Frozen" if gone else "Granted", self.row_of(buyer).state)
				self.assert_balance(buyer.company.account, 0 if gone else 1)

	def test_what_is_unspent_is_void_what_was_spent_is_told_and_nothing_goes_below_zero(self) -> None:
		buyer, paid = self.bought(cents=72_000, quantity=3)
		ticket = self.assert_ok(buyer.portal.new(customer=buyer.company.name)).ticket
		for row in paid["transactions"]:
			row["isRefunded"] = True
		for _time in range(2):
			self.run_jobs(buyer)
		self.assertEqual([("Grant", 3), ("Charge", -1), ("Void", -2)], kinds(buyer.company.account))
		row = self.row_of(buyer)
		self.assertEqual(
			("Frozen", 2, 1, "the payment was refunded"), (row.state, row.voided, row.spent, row.reason)
		)
		about = {"document_name": row.name, "for_user": manager().user}
		[told] = frappe.get_all("Notification Log", about, pluck="subject")
		self.assertIn("2 credit(s) were voided, 1 were spent before and stay spent", told)
		self.assert_incident(ticket, "Charged", 1)

	def test_of_a_recurring_order_the_disputed_charge_alone_is_frozen(self) -> None:
		buyer, paid = self.yearly(300, 2)
		paid["transactions"][0]["isDisputed"] = True
		paid["status"] = "DISPUTED"
		self.run_jobs(buyer)
		self.assertEqual(["Frozen", "Granted"], [row.state for row in self.rows_of(buyer)])
		self.assert_balance(buyer.company.account, 1)

	def test_a_refund_of_credits_whose_customer_was_merged_meanwhile_is_followed(self) -> None:
		buyer, paid = self.bought()
		other = self.company(4)
		frappe.rename_doc("HD Customer", buyer.company.name, other.name, merge=True)
		publish()
		paid["status"] = "REFUNDED"
		frappe.db.sql(
			"UPDATE `tabOrder Redemption` SET checked_at_utc = '2026-01-01T00:00:00.000000Z' WHERE order_id = %s",
			paid["publicId"],
		)
		publish()
		jobs.look_again_at_all()
		self.assert_balance(other.account, 4)

	def test_what_ended_long_ago_is_not_asked_for_any_more(self) -> None:
		buyer, _paid = self.bought()
		frappe.db.set_value(
			"Order Redemption", self.row_of(buyer).name, "expires_at_utc", "2026-01-01T00:00:00.000000Z"
		)
		publish()
		calls = len(self.shop.calls)
		self.run_jobs(buyer)
		self.assertEqual(calls, len(self.shop.calls))

	def test_an_error_or_an_order_that_vanished_takes_nothing(self) -> None:
		buyer, paid = self.bought()
		self.shop.faults.append(oc_server.status(500))
		self.run_jobs(buyer)
		self.shop.orders.remove(paid)
		self.run_jobs(buyer)
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))
		about = {"document_name": self.row_of(buyer).name, "for_user": manager().user}
		[told] = frappe.get_all("Notification Log", about, pluck="subject")
		self.assertIn("no longer shown", told)


class TestHint(RecheckCase):
	def post(self, body: object, token: str = "", **headers: str) -> requests.Response:
		server = running()
		token = token or frappe.get_doc(SETTINGS).webhook_token
		content = body if isinstance(body, bytes) else json.dumps(body).encode()
		return requests.post(
			f"{server.url}{WEBHOOK}{token}",
			data=content,
			headers={**server.headers, "Content-Type": "application/json", **headers},
			timeout=60,
		)

	def hint(self, paid: dict) -> dict:
		cut = {
			"idV2": paid["id"],
			"publicId": paid["publicId"],
			"id": paid["legacyId"],
			"totalAmount": 1,
			"currency": "EUR",
		}
		return {"type": "order.processed", "data": {"order": {**cut, "status": "REFUNDED"}}}

	def test_the_right_token_and_any_other_get_one_answer(self) -> None:
		_buyer, paid = self.bought()
		answers = [
			self.post(self.hint(paid)),
			self.post(self.hint(paid), "wrong"),
			self.post(self.hint(paid), "wr\u00f6ng"),
		]
		answers += [
			self.post({"data": {"order": {"publicId": "or_nothere1"}}}),
			self.post({"x": "y" * 100_000}),
		]
		answers += [self.post({"data": []}), self.post({"data": {"order": {"publicId": ["or_1"]}}})]
		self.assertEqual({(200, "{}")}, {(one.status_code, one.text) for one in answers})

	def test_a_hint_is_queued_once_and_only_with_the_right_token(self) -> None:
		_buyer, paid = self.bought()
		job = f"sc-oc-{paid['publicId']}"
		self.post(self.hint(paid), "wrong")
		self.assertIsNone(get_job(job))
		for _time in range(2):
			self.post(self.hint(paid))
		found = get_job(job)
		self.assertIn("look_again_at", str(found.kwargs))
		found.delete()
		not_over_the_hour(10)
		with make.rate_factor(1):
			frappe.cache.set(frappe.cache.make_key(f"sc_oc_hints:{clock.now():%Y%m%d%H}"), 300)
			self.assertFalse(throttle.count_hint())

	def test_a_hint_is_believed_in_nothing_but_that_it_is_worth_a_look(self) -> None:
		buyer, paid = self.bought()
		webhook.take(frappe.get_doc(SETTINGS).webhook_token, json.dumps(self.hint(paid)).encode())
		jobs.look_again_at(paid["publicId"])
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))
		paid["status"] = "REFUNDED"
		jobs.look_again_at(paid["publicId"])
		self.assertEqual([("Grant", 1), ("Void", -1)], kinds(buyer.company.account))

	def test_only_orders_that_are_known_here_are_looked_up(self) -> None:
		_buyer, paid = self.bought()
		self.assertEqual([paid["publicId"]], webhook._known(paid["publicId"]))
		self.assertEqual([], webhook._known("or_nothere1"))
		self.assertEqual([], webhook._orders_in(b"no json"))
		self.assertEqual(
			[paid["publicId"], paid["id"]], webhook._orders_in(json.dumps(self.hint(paid)).encode())
		)

	def test_a_hint_for_an_order_that_somebody_waits_for_looks_it_up_at_once(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email, status="PENDING", transactions=[]))
		self.redeem(buyer, paid["publicId"])
		paid |= {"status": "PAID", "transactions": charge(0)}
		jobs.try_number(paid["publicId"])
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_an_agent_reads_redemptions_and_writes_none(self) -> None:
		buyer, _paid = self.bought()
		name = self.row_of(buyer).name
		self.assertEqual(200, agent().request("GET", f"/api/resource/Order Redemption/{name}").status)
		answer = agent().request("PUT", f"/api/resource/Order Redemption/{name}", {"state": "Refused"})
		self.assert_refused(answer, "kept by the ledger", "LedgerImmutableError")
		with self.assertRaisesRegex(frappe.ValidationError, "kept by the ledger"):
			frappe.get_doc("Order Redemption", name).save()


def webhook_path() -> str:
	from support_credits.support_credits.doctype.open_collective_settings.open_collective_settings import (
		WEBHOOK,
	)

	return WEBHOOK
