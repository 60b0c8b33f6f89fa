"""An order number becomes credits: all that is checked, on the real site against a server that speaks the schema."""

from __future__ import annotations

from datetime import timedelta

import frappe

from support_credits.engine.external_answer import STATUSES
from support_credits.engine.external_order import NOT_YET, PAID
from support_credits.engine.model import stamp_text
from support_credits.ledger import clock
from support_credits.ledger import jobs as ledger_jobs
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.http_case import kinds
from support_credits.tests.oc_case import API, OpenCollectiveCase, charge, not_over_the_hour, order, stamp
from support_credits.tests.server import Portal


class TestGranting(OpenCollectiveCase):
	def test_a_paid_order_of_ones_own_is_granted_at_once(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email.upper()))
		said = self.redeemed(buyer, paid["publicId"])
		row = self.row_of(buyer)
		self.assertEqual(
			(1, 1, False, [row.lot]), (said["credits"], said["balance"], said["replayed"], said["lots"])
		)
		self.assertIn("Redeemed: 1 credit(s), usable until", said["message"])
		self.assertEqual(
			("Granted", paid["publicId"], "ONETIME", f"oc:{paid['publicId']}:ONETIME", "E-mail", "240 EUR"),
			(row.state, row.order_id, row.charge, row.grant_key, row.bound_by, row.paid.replace(".00", "")),
		)
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))
		lot = frappe.get_doc("Credit Lot", row.lot)
		self.assertEqual(
			("Open Collective", self.pack, 240, "EUR"), (lot.source, lot.pack, lot.price, lot.currency)
		)

	def test_it_is_found_by_both_ids_and_the_old_number(self) -> None:
		for name in ("publicId", "id", "legacyId"):
			buyer = self.buyer()
			paid = self.shop.add(order(buyer.email))
			with self.subTest(name):
				self.redeemed(buyer, paid[name])
				self.assertEqual(paid["publicId"], self.row_of(buyer).order_id)

	def test_credits_end_a_year_after_the_purchase_not_after_redeeming(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email, transactions=charge(days_ago=100)))
		self.redeemed(buyer, paid["publicId"])
		lot = frappe.get_doc("Credit Lot", self.row_of(buyer).lot)
		bought = clock.now() - timedelta(days=100)
		self.assertEqual(stamp_text(bought)[:10], lot.granted_at_utc[:10])
		months_left = (bought + timedelta(days=365) - clock.now()).days
		self.assertAlmostEqual(
			months_left, (frappe.utils.getdate(lot.expires_on) - clock.now().date()).days, delta=2
		)

	def test_a_quantity_of_three_with_tax_and_tip_brings_three(self) -> None:
		buyer = self.buyer()
		tax = {"valueInCents": 16_560, "currency": "EUR"}
		paid = self.shop.add(order(buyer.email, cents=88_560, quantity=3, taxAmount=tax))
		self.assertEqual(3, self.redeemed(buyer, paid["publicId"])["credits"])

	def test_one_of_several_addresses_of_an_organisation_is_enough_and_so_is_an_incognito_ones(self) -> None:
		for kind, incognito in (("ORGANIZATION", False), ("INDIVIDUAL", True)):
			buyer = self.buyer()
			paid = order("boss@firm.example", buyer.email)
			paid["fromAccount"] |= {"type": kind, "isIncognito": incognito}
			self.shop.add(paid)
			with self.subTest(kind):
				self.redeemed(buyer, paid["publicId"])

	def test_a_customer_without_an_account_gets_one(self) -> None:
		boss = make.portal_user("boss")
		customer = make.customer(managers=(boss,))
		publish()
		paid = self.shop.add(order(boss.email))
		said = self.assert_ok(Portal(boss).call(f"{API}redeem_order", number=paid["publicId"])).value
		self.assertEqual((customer, 1), (said["customer"], said["balance"]))
		self.verified.append(frappe.db.get_value("Credit Account", {"customer": customer}))

	def test_a_ticket_that_waits_goes_on(self) -> None:
		buyer = self.buyer()
		with self.site_settings(portal_policy="Park"):
			ticket = self.assert_ok(buyer.portal.new(customer=buyer.company.name)).ticket
			self.assert_incident(ticket, "Parked", 0)
			paid = self.shop.add(order(buyer.email))
			self.redeemed(buyer, paid["publicId"])
			ledger_jobs.finish_releases()
		self.assert_incident(ticket, "Charged", 1)


class TestTwice(OpenCollectiveCase):
	def test_the_same_number_again_in_any_form_grants_nothing_new_and_says_the_same(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		first = self.redeemed(buyer, paid["publicId"])
		for name in ("publicId", "id", "legacyId"):
			again = self.redeemed(buyer, paid[name])
			self.assertEqual((True, first["lots"], 1), (again["replayed"], again["lots"], again["balance"]))
			self.assertIn("redeemed before", again["message"])
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_for_another_customer_of_the_same_person_it_is_refused(self) -> None:
		buyer = self.buyer()
		other = self.company()
		make.add_member(other.name, make.Person(buyer.email, self.contact_of(buyer.email)), is_manager=True)
		publish()
		paid = self.shop.add(order(buyer.email))
		self.assert_ok(self.redeem(buyer, paid["publicId"], customer=buyer.company.name))
		answer = self.redeem(buyer, paid["publicId"], customer=other.name)
		self.assert_refused(answer, "It was redeemed before, for another customer", "OrderRefused")
		self.assertEqual([], kinds(other.account))

	@staticmethod
	def contact_of(email: str) -> str:
		return frappe.db.get_value("Contact", {"user": email})


class TestRefusing(OpenCollectiveCase):
	def test_of_every_status_only_paid_ones_bring_credits_and_unpaid_ones_wait(self) -> None:
		buyer = self.buyer()
		with make.rate_factor(10):
			for status in sorted(STATUSES):
				paid = self.shop.add(order(buyer.email, status=status))
				with self.subTest(status):
					before = kinds(buyer.company.account)
					answer = self.redeem(buyer, paid["publicId"])
					if status in PAID:
						self.assertEqual("Granted", self.assert_ok(answer).value["state"])
						continue
					self.assertEqual(before, kinds(buyer.company.account))
					if status in NOT_YET:
						self.assertEqual("Waiting", self.assert_ok(answer).value["state"])
						self.assertEqual("Pending", self.row_of(buyer).state)
					else:
						self.assert_refused(answer, f"its status is {status}", "OrderRefused")
						self.assertEqual("Refused", self.row_of(buyer).state)

	def test_ones_own_order_that_brings_nothing_is_refused_and_named(self) -> None:
		refunded, wrong_tier = (
			charge(isRefunded=True),
			{"id": "x", "publicId": "ti_2", "legacyId": 2, "slug": "backer"},
		)
		with make.rate_factor(10):
			for fields, why in (
				({"toAccount": {"slug": "somebody-else"}}, "another collective"),
				({"tier": wrong_tier}, "brings no support credits"),
				({"tier": None}, "brings no support credits"),
				({"cents": 23_999}, "239.99 EUR without tax and tip were paid, 240.00 are needed"),
				({"taxAmount": {"valueInCents": 1, "currency": "EUR"}}, "239.99 EUR"),
				({"quantity": 2}, "480.00 are needed"),
				({"amount": {"valueInCents": 24_000, "currency": "USD"}}, "it is in USD, the pack in EUR"),
				({"transactions": refunded}, "refunded or is disputed"),
				({"transactions": charge(isDisputed=True)}, "refunded or is disputed"),
				({"transactions": charge(days_ago=400)}, "paid too long ago"),
				({"transactions": charge(cents=100)}, "1.00 EUR"),
			):
				buyer = self.buyer()
				own = self.shop.add(order(buyer.email, **fields))
				with self.subTest(why):
					answer = self.redeem(buyer, own["publicId"])
					self.assert_refused(answer, "This order brings no credits: ", "OrderRefused")
					self.assertIn(why, answer.messages)
					self.assertEqual([], kinds(buyer.company.account))
					row = self.row_of(buyer)
					self.assertEqual(("Refused", None, None), (row.state, row.lot, row.claim_key))

	def test_unknown_and_somebody_elses_have_one_answer_and_grant_nothing(self) -> None:
		buyer = self.buyer()
		others = [
			self.shop.add(order("other@example.com", **fields))
			for fields in (
				{},
				{"toAccount": {"slug": "somebody-else"}},
				{"status": "PENDING"},
				{"status": "REFUNDED"},
			)
		]
		others += [self.shop.add(order()), {"publicId": "or_nothere1"}]
		answers = [self.redeem(buyer, one["publicId"]) for one in others]
		for answer in answers:
			self.assert_received(answer)
		self.assertEqual(1, len({answer.text for answer in answers}))
		self.assertEqual([], kinds(buyer.company.account))

	def test_an_order_redeemed_by_its_owner_is_somebody_elses_to_everybody_else(self) -> None:
		owner, thief = self.buyer(), self.buyer()
		paid = self.shop.add(order(owner.email))
		self.redeemed(owner, paid["publicId"])
		self.assert_received(self.redeem(thief, paid["publicId"]))
		self.assertEqual([], kinds(thief.company.account))

	def test_what_can_be_no_number_is_refused_without_a_call(self) -> None:
		buyer = self.buyer()
		with make.rate_factor(10), self.nothing_written():
			for number in ("", "0", "-5", "or_", "order", "' OR 1=1", "１２３４", "x" * 101, "<b>12345</b>"):
				with self.subTest(number):
					self.assertEqual(417, self.redeem(buyer, number).status)
		self.assertEqual([], self.shop.calls)
		self.assertEqual([], self.rows_of(buyer))

	def test_only_who_may_act_for_a_customer_redeems_for_it(self) -> None:
		buyer, other = self.buyer(), self.buyer()
		paid = self.shop.add(order(buyer.email, other.company.person.email))
		with self.nothing_written():
			answer = self.redeem(buyer, paid["publicId"], customer=other.company.name)
			self.assert_refused(answer, "not a member", "NotMember", 403)
			answer = Portal(other.company.person).call(f"{API}redeem_order", number=paid["publicId"])
			self.assert_refused(answer, "Only a manager of", "NotMember", 403)
			self.assertEqual(403, Portal().call(f"{API}redeem_order", number=paid["publicId"]).status)
		self.assertEqual([], self.shop.calls)

	def test_switched_off_nothing_is_asked_and_nothing_redeemed(self) -> None:
		buyer = self.buyer()
		paid = self.shop.add(order(buyer.email))
		self.switch(enabled=0)
		try:
			self.assert_refused(
				self.redeem(buyer, paid["publicId"]), "not redeemed here", "SupportCreditsError"
			)
		finally:
			self.switch()
		self.assertEqual(([], []), (self.shop.calls, self.rows_of(buyer)))

	def test_an_age_limit_of_the_providers_refuses_older_charges(self) -> None:
		buyer = self.buyer()
		old = self.shop.add(order(buyer.email, transactions=charge(days_ago=40), createdAt=stamp(40)))
		self.switch(age_days=30)
		try:
			self.assert_refused(self.redeem(buyer, old["publicId"]), "paid too long ago", "OrderRefused")
		finally:
			self.switch(age_days=0)

	def test_ten_an_hour_for_a_person_and_a_hundred_for_the_site_before_any_call(self) -> None:
		buyer, late = self.buyer(), self.buyer()
		not_over_the_hour(120)
		with make.rate_factor(1):
			for _time in range(10):
				self.assert_received(self.redeem(buyer, "or_nothere1"))
			self.assertEqual((429, 10), (self.redeem(buyer, "or_nothere1").status, len(self.shop.calls)))
			frappe.cache.set(frappe.cache.make_key(f"sc_oc_lookups:{clock.now():%Y%m%d%H}"), 100)
			# Whoever has not tried yet is not kept from it by others.
			self.assert_received(self.redeem(late, "or_nothere1"))
			with self.nothing_written():
				answer = self.redeem(late, "or_nothere1")
		self.assertEqual((429, 11), (answer.status, len(self.shop.calls)))
		self.assertIn("Too many orders were looked up", answer.messages)
