"""Whoever is not the contributor: a one-time link to the address the shop has, else a manager's word."""

from __future__ import annotations

import email
import re

import frappe

from support_credits.integrations.open_collective import links
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.oc_case import API, Buyer, OpenCollectiveCase, charge, order
from support_credits.tests.oc_server import status
from support_credits.tests.server import Answer, Portal, agent, manager

TOKEN = re.compile(r"/support-credits/confirm-order#([\w-]{32})")

CSRF = re.compile(r'"X-Frappe-CSRF-Token": "(\w+)"')


class LinkCase(OpenCollectiveCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		code = make.unique_code("sends")
		account = {
			"doctype": "Email Account", "email_account_name": code, "email_id": f"{code}@provider.test", "enable_outgoing": 1,
			"default_outgoing": 1, "smtp_server": "127.0.0.1", "smtp_port": 25, "no_smtp_authentication": 1,
		}  # fmt: skip
		doc = frappe.get_doc(account)
		doc.db_insert()
		publish()
		cls.addClassCleanup(cls._forget, doc.name)

	@staticmethod
	def _forget(name: str) -> None:
		look_again()
		frappe.db.delete("Email Account", {"name": name})
		publish()

	def mails(self, address: str) -> list[str]:
		"""The texts of the mails to an address, as they are read."""
		look_again()
		names = frappe.get_all(
			"Email Queue Recipient", {"recipient": address}, pluck="parent", order_by="creation asc"
		)
		found = [
			email.message_from_string(frappe.db.get_value("Email Queue", name, "message")) for name in names
		]
		return [
			"".join(
				part.get_payload(decode=True).decode()
				for part in mail.walk()
				if part.get_content_maintype() == "text"
			)
			for mail in found
		]

	def token(self, address: str) -> str:
		return TOKEN.search(self.mails(address)[-1])[1]

	def confirm(self, buyer: Buyer | Portal, token: str) -> Answer:
		portal = buyer.portal if isinstance(buyer, Buyer) else buyer
		return portal.call(f"{API}confirm_order", token=token)

	def asked(self) -> tuple[Buyer, dict, str]:
		buyer, payer = self.buyer(), f"{make.unique_code('payer')}@example.com"
		paid = self.shop.add(order(payer))
		self.assert_received(self.redeem(buyer, paid["publicId"]))
		return buyer, paid, payer


class TestLink(LinkCase):
	def test_the_link_goes_to_the_address_the_shop_has_and_works_once(self) -> None:
		buyer, paid, payer = self.asked()
		[mail] = self.mails(payer)
		self.assertIn(buyer.company.name, mail)
		self.assertEqual([], self.mails(buyer.email))
		row = self.row_of(buyer)
		self.assertEqual("Link Sent", row.state)
		token = self.token(payer)
		self.assertEqual(links.digest_of(token), row.link_hash)
		self.assertNotIn(token, frappe.as_json(row))
		said = self.assert_ok(self.confirm(buyer, token)).value
		self.assertEqual(("Granted", 1, 1), (said["state"], said["credits"], said["balance"]))
		self.assertEqual(("Granted", "Link"), (self.row_of(buyer).state, self.row_of(buyer).bound_by))
		self.assert_refused(self.confirm(buyer, token), "This link cannot be used", "OrderRefused")
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))
		self.assertEqual(paid["publicId"], self.row_of(buyer).order_id)

	def test_wrong_used_over_and_somebody_elses_links_have_one_answer(self) -> None:
		buyer, _paid, payer = self.asked()
		token, stranger = self.token(payer), self.buyer()
		answers = [self.confirm(stranger, token), self.confirm(buyer, "x" * 32), self.confirm(buyer, "")]
		answers.append(self.confirm(buyer, "x" * 5_000))
		frappe.db.set_value(
			"Order Redemption", self.row_of(buyer).name, "link_expires_at_utc", "2026-01-01T00:00:00.000000Z"
		)
		publish()
		answers.append(self.confirm(buyer, token))
		for answer in answers:
			self.assert_refused(answer, "This link cannot be used", "OrderRefused")
		self.assertEqual(1, len({answer.messages for answer in answers}))
		self.assertEqual(403, self.confirm(Portal(), token).status)
		self.assertEqual([], kinds(buyer.company.account))

	def test_whoever_loads_the_page_or_sends_a_get_redeems_nothing(self) -> None:
		buyer, _paid, payer = self.asked()
		token = self.token(payer)
		for who in (Portal(), buyer.portal):
			page = who.open_page("/support-credits/confirm-order")
			self.assertEqual(200, page.status_code)
			self.assertNotIn(token, page.text)
			self.assertIn("no-referrer", page.text)
		got = buyer.portal.http.get(
			f"{buyer.portal.url}/api/method/{API}confirm_order?token={token}", timeout=60
		)
		self.assertEqual(403, got.status_code)
		self.assertEqual("Link Sent", self.row_of(buyer).state)
		buyer.portal.http.headers["X-Frappe-CSRF-Token"] = CSRF.search(page.text)[1]
		self.assert_ok(self.confirm(buyer, token))

	def test_a_link_that_nobody_opened_ends_and_may_be_asked_for_again(self) -> None:
		buyer, paid, payer = self.asked()
		frappe.db.set_value(
			"Order Redemption", self.row_of(buyer).name, "link_expires_at_utc", "2026-01-01T00:00:00.000000Z"
		)
		publish()
		self.run_jobs(buyer)
		row = self.row_of(buyer)
		self.assertEqual(
			("Refused", "Its link was not opened in time.", None), (row.state, row.reason, row.link_hash)
		)
		self.assert_received(self.redeem(buyer, paid["publicId"]))
		self.assertEqual(2, len(self.mails(payer)))

	def test_asking_again_sends_no_second_mail_and_nobody_fills_a_mailbox(self) -> None:
		buyer, paid, payer = self.asked()
		self.assert_received(self.redeem(buyer, paid["publicId"]))
		for _number in range(4):
			self.assert_received(self.redeem(self.buyer(), paid["publicId"]))
		self.assertEqual(links.MOST_LIVE, len(self.mails(payer)))

	def test_confirmed_while_the_shop_is_down_it_is_granted_later_and_without_another_link(self) -> None:
		buyer, _paid, payer = self.asked()
		self.shop.faults.append(status(503))
		self.assertEqual("Later", self.assert_ok(self.confirm(buyer, self.token(payer))).value["state"])
		self.assertEqual([], kinds(buyer.company.account))
		self.run_jobs(buyer)
		self.assertEqual(("Granted", "Link"), (self.row_of(buyer).state, self.row_of(buyer).bound_by))
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_refunded_between_mail_and_link_it_brings_nothing(self) -> None:
		buyer, paid, payer = self.asked()
		paid["status"], paid["transactions"] = "REFUNDED", charge(isRefunded=True)
		self.assert_refused(self.confirm(buyer, self.token(payer)), "its status is REFUNDED", "OrderRefused")
		self.assertEqual([], kinds(buyer.company.account))

	def test_who_may_not_act_for_the_customer_any_more_gets_nothing_for_it(self) -> None:
		buyer, _paid, payer = self.asked()
		doc = frappe.get_doc("HD Customer", buyer.company.name)
		doc.contacts = [row for row in doc.contacts if not row.is_manager]
		doc.save(ignore_permissions=True)
		publish()
		self.assert_refused(self.confirm(buyer, self.token(payer)), "may not act", "OrderRefused")
		self.assertEqual([], kinds(buyer.company.account))


class TestManager(LinkCase):
	def queued(self) -> tuple[Buyer, dict]:
		buyer, paid = self.buyer(), self.shop.add(order())
		self.assert_received(self.redeem(buyer, paid["publicId"]))
		self.assertEqual("Manual", self.row_of(buyer).state)
		return buyer, paid

	def test_an_order_whose_contributor_is_not_shown_waits_for_a_manager_who_is_told(self) -> None:
		buyer, _paid = self.queued()
		row = self.row_of(buyer)
		about = {"document_type": "Order Redemption", "document_name": row.name}
		told = frappe.get_all("Notification Log", {**about, "for_user": manager().user}, pluck="subject")
		self.assertEqual(1, len(told))
		self.assertIn(row.number, told[0])
		said = self.assert_ok(self.approve(buyer)).value
		self.assertEqual(("Granted", 1), (said["state"], said["credits"]))
		row = self.row_of(buyer)
		self.assertEqual(("Granted", "Manager", manager().user), (row.state, row.bound_by, row.decided_by))
		self.assert_refused(self.approve(buyer), "this redemption is Granted", "WrongState")
		self.assertEqual([("Grant", 1)], kinds(buyer.company.account))

	def test_a_manager_may_decline_and_a_declined_one_is_over(self) -> None:
		buyer, _paid = self.queued()
		name = self.row_of(buyer).name
		decline = {"redemption": name, "reason": "Not theirs"}
		self.assert_refused(agent().call(f"{API}decline_redemption", **decline), "", "PermissionError", 403)
		self.assertEqual("Manual", self.row_of(buyer).state)
		self.assertEqual(
			"Refused", self.assert_ok(manager().call(f"{API}decline_redemption", **decline)).value["state"]
		)
		self.assertEqual("Not theirs", self.row_of(buyer).reason)
		self.assert_refused(self.approve(buyer), "this redemption is Refused", "WrongState")
		self.assertEqual([], kinds(buyer.company.account))

	def test_a_managers_word_does_not_make_an_unpaid_order_paid(self) -> None:
		buyer, paid = self.queued()
		paid["status"] = "REJECTED"
		self.assert_refused(self.approve(buyer), "its status is REJECTED", "OrderRefused")
		self.assertEqual([], kinds(buyer.company.account))

	def test_approved_while_the_shop_is_down_it_is_granted_later(self) -> None:
		buyer, _paid = self.queued()
		self.shop.faults.append(status(500))
		self.assertEqual("Later", self.assert_ok(self.approve(buyer)).value["state"])
		self.run_jobs(buyer)
		self.assertEqual("Granted", self.row_of(buyer).state)

	def test_nobody_but_managers_approves(self) -> None:
		buyer, _paid = self.queued()
		for who in (Portal(), buyer.portal, agent()):
			answer = who.call(f"{API}approve_redemption", redemption=self.row_of(buyer).name)
			self.assertEqual(403, answer.status)
		self.assertEqual("Manual", self.row_of(buyer).state)

	def test_a_paid_order_without_a_payment_is_looked_at_by_a_person(self) -> None:
		buyer = self.buyer()
		own = self.shop.add(order(buyer.email, transactions=[]))
		said = self.assert_ok(self.redeem(buyer, own["publicId"])).value
		self.assertEqual("Review", said["state"])
		self.assertIn("no payment is shown", said["message"])
		self.assertEqual("Manual", self.row_of(buyer).state)
		said = self.assert_ok(self.approve(buyer)).value
		self.assertIn("grant the pack by hand", said["message"])
		self.assertEqual("Manual", self.row_of(buyer).state)
		self.assertEqual([], kinds(buyer.company.account))
