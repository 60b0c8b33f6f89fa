"""Nothing is granted on an error: it is kept, tried again, and granted once; also when the site dies in the middle, or many ask at once."""

from __future__ import annotations

from datetime import timedelta

import frappe

from support_credits.engine.model import parse_stamp
from support_credits.engine.order_numbers import asked_for
from support_credits.engine.redemption import TRIES
from support_credits.integrations.open_collective import jobs
from support_credits.ledger import clock
from support_credits.ledger import external_orders as records
from support_credits.tests import factories as make
from support_credits.tests import oc_server
from support_credits.tests.compat import publish
from support_credits.tests.dying import killed_after
from support_credits.tests.factories import PASSWORD
from support_credits.tests.http_case import kinds
from support_credits.tests.oc_case import API, Buyer, OpenCollectiveCase, charge, order
from support_credits.tests.race import Shot
from support_credits.tests.server import manager
from support_credits.tests.test_race_last_credit import RaceCase, outcomes

PATH = f"/api/method/{API}redeem_order"


class TestFailing(OpenCollectiveCase):
	def test_whatever_fails_it_is_kept_nothing_is_granted_and_the_next_try_grants_once(self) -> None:
		for fault in (
			oc_server.status(500), oc_server.status(502), oc_server.rate_limited(1), oc_server.malformed, oc_server.page,
			oc_server.silent, oc_server.hung_up, oc_server.status(302, Location="https://example.com/"),
			oc_server.answer(oc_server.graphql_error("InternalServerError", "boom")),
		):  # fmt: skip
			buyer = self.buyer()
			paid = self.shop.add(order(buyer.email))
			self.shop.faults.append(fault)
			with self.subTest(fault):
				said = self.assert_ok(self.redeem(buyer, paid["publicId"])).value
				self.assertEqual(("Later", 0), (said["state"], said["credits"]))
				row = self.row_of(buyer)
				self.assertEqual(("Pending", 1, True), (row.state, row.tries, bool(row.trouble)))
				self.assertEqual([], kinds(buyer.company.account))
				frappe.cache.delete_keys("sc_oc_reset")
				self.run_jobs(buyer)
				self.run_jobs(buyer)
				self.assertEqual([("Grant", 1)], kinds(buyer.company.account))
				self.assertEqual(("Granted", ""), (self.row_of(buyer).state, self.row_of(buyer).trouble))

	def test_after_429_nobody_calls_before_the_reset_and_what_waits_is_tried_after_it(self) -> None:
		buyer, other = self.buyer(), self.buyer()
		paid, own = self.shop.add(order(buyer.email)), self.shop.add(order(other.email))
		self.shop.faults.append(oc_server.rate_limited(600))
		self.assert_ok(self.redeem(buyer, paid["publicId"]))
		self.assertEqual("Later", self.assert_ok(self.redeem(other, own["publicId"])).value["state"])
		self.assertEqual(1, len(self.shop.calls))
		for one in (buyer, other):
			left = parse_stamp(self.row_of(one).next_try_at_utc) - clock.now()
			self.assertAlmostEqual(600, left.total_seconds(), delta=15)
		jobs.run_due()
		self.assertEqual(1, len(self.shop.calls))

	def test_a_token_that_is_refused_is_told_to_those_who_can_change_it_once_a_day(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		admin = make.person("system", ("System Manager",))
		publish()
		self.shop.faults += [oc_server.status(401)] * 2
		for _time in range(2):
			self.assertEqual("Later", self.assert_ok(self.redeem(buyer, paid["publicId"])).value["state"])
		about = {"for_user": admin.email, "document_type": "Open Collective Settings"}
		told = frappe.get_all("Notification Log", about, pluck="subject")
		self.assertEqual(1, len(told))
		self.assertNotIn(oc_server.TOKEN, told[0])

	def test_it_is_tried_later_each_time_and_in_the_end_a_person_looks_at_it(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		self.shop.faults += [oc_server.status(503)] * 3
		self.redeem(buyer, paid["publicId"])
		pauses = []
		for _time in range(2):
			self.run_jobs(buyer)
			pauses.append(parse_stamp(self.row_of(buyer).next_try_at_utc) - clock.now())
		self.assertLess(pauses[0] + timedelta(minutes=1), pauses[1])
		frappe.db.set_value("Order Redemption", self.row_of(buyer).name, "tries", TRIES - 1)
		publish()
		self.shop.faults.append(oc_server.status(503))
		self.run_jobs(buyer)
		self.assertEqual(("Manual", "HTTP 503"), (self.row_of(buyer).state, self.row_of(buyer).reason))
		about = {"document_name": self.row_of(buyer).name, "for_user": manager().user}
		self.assertEqual(1, frappe.db.count("Notification Log", about))

	def test_an_order_that_is_not_paid_yet_is_granted_when_it_is(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email, status="PENDING", transactions=[]))
		self.assertEqual("Waiting", self.assert_ok(self.redeem(buyer, paid["publicId"])).value["state"])
		self.run_jobs(buyer)
		self.assertEqual("Pending", self.row_of(buyer).state)
		paid |= {"status": "PAID", "transactions": charge(0)}
		self.run_jobs(buyer)
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_a_try_that_comes_after_the_offers_end_grants_nothing(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email, transactions=charge(days_ago=364)))
		self.shop.faults.append(oc_server.status(500))
		self.redeem(buyer, paid["publicId"])
		for row in paid["transactions"]:
			row["createdAt"] = charge(days_ago=367)[0]["createdAt"]
		self.run_jobs(buyer)
		row = self.row_of(buyer)
		self.assertEqual(("Refused", "it was paid too long ago"), (row.state, row.reason))
		self.assertEqual([], kinds(buyer.company.account))

	def test_a_pack_that_is_no_longer_on_sale_still_brings_what_was_paid_for(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		frappe.db.set_value("Credit Pack", self.pack, "on_sale", 0)
		publish()
		self.redeemed(buyer, paid["publicId"])

	def test_three_failures_in_a_row_leave_the_rest_for_the_next_run(self) -> None:
		buyer = self.buyer()
		with make.rate_factor(10):
			numbers = [self.shop.add(order(buyer.email))["publicId"] for _number in range(5)]
			self.shop.faults += [oc_server.status(500)] * 5
			for number in numbers:
				self.redeem(buyer, number)
		self.shop.faults += [oc_server.status(500)] * 3
		self.make_due(buyer)
		self.assertEqual(3, jobs.run_due())
		self.run_jobs(buyer)
		self.assert_balance(buyer.company.account, 5)


class TestCrash(OpenCollectiveCase):
	def waiting(self) -> tuple[Buyer, str]:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		wish = records.Claim(asked_for(paid["publicId"]), buyer.company.name, buyer.email)
		name = records.claim(wish)
		publish()
		return buyer, name

	def test_killed_between_payment_and_grant_the_wish_is_kept_and_granted_once(self) -> None:
		buyer, name = self.waiting()
		killed_after("support_credits.integrations.open_collective.redemption.look_up", name=name)
		frappe.db.rollback()
		self.assertEqual("Pending", self.row_of(buyer).state)
		self.assertEqual([], kinds(buyer.company.account))
		self.run_jobs(buyer)
		self.run_jobs(buyer)
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_killed_in_a_renewal_nothing_of_it_is_there_and_the_next_look_grants_once(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(
			order(buyer.email, status="ACTIVE", frequency="YEARLY", transactions=charge(300))
		)
		self.redeemed(buyer, paid["publicId"])
		paid["transactions"] += charge(1)
		killed_after(
			"support_credits.integrations.open_collective.recheck.look_again", order_id=paid["publicId"]
		)
		frappe.db.rollback()
		self.assertEqual(1, len(self.rows_of(buyer)))
		self.run_jobs(buyer)
		self.assertEqual([("Grant", 1), ("Grant", 1)], kinds(buyer.company.account))

	def test_killed_after_its_commit_the_job_grants_nothing_more(self) -> None:
		buyer, name = self.waiting()
		self.make_due(buyer)
		killed_after("support_credits.integrations.open_collective.jobs.run_due")
		self.run_jobs(buyer)
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))
		self.assertEqual("Granted", frappe.db.get_value("Order Redemption", name, "state"))


class TestAtOnce(RaceCase, OpenCollectiveCase):
	def test_eight_ask_for_one_order_at_once_and_it_grants_once(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		body = {"number": paid["publicId"], "customer": buyer.company.name}
		hits = self.start([Shot(buyer.email, PASSWORD, PATH, body, {})] * 8).fire()
		self.assertEqual({(200, ""): 8}, outcomes(hits))
		self.assertEqual({"Granted"}, {hit.value["state"] for hit in hits})
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_by_three_names_at_once_it_is_one_order(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		shots = [
			Shot(buyer.email, PASSWORD, PATH, {"number": str(paid[name]), "customer": buyer.company.name}, {})
			for name in ("publicId", "id", "legacyId") * 2
		]
		self.assertEqual({(200, ""): 6}, outcomes(self.start(shots).fire()))
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_for_two_customers_at_once_one_of_them_gets_it(self) -> None:
		one, other = self.buyer(), self.buyer()
		paid = self.shop.add(order(one.email, other.email))
		shots = [
			Shot(
				buyer.email, PASSWORD, PATH, {"number": paid["publicId"], "customer": buyer.company.name}, {}
			)
			for buyer in (one, other) * 3
		]
		found = outcomes(self.start(shots).fire())
		self.assertEqual({(200, ""): 3, (417, "OrderRefused"): 3}, found)
		self.assertEqual([("Grant", 1)], kinds(one.company.account) + kinds(other.company.account))
