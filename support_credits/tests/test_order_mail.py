"""Receipts and requests to pay: each once, to whom it concerns, and nothing is lost while no mail can be sent."""

from __future__ import annotations

import frappe

from support_credits.mail import orders as letters
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.mailbox import SendingCase
from support_credits.tests.order_case import API, OrderCase, Shop
from support_credits.tests.server import agent, manager


class LetterCase(SendingCase, OrderCase):
	def deliver(self, order: str) -> None:
		"""Have it sent; a worker of the bench may have been quicker."""
		letters.send(order, self.sender)
		publish()

	def sent(self, order: str) -> list[frappe._dict]:
		about = {"message": ["like", f"%{order}%"]}
		return frappe.get_all("Email Queue", filters=about, fields=["name", "message"], order_by="creation")

	def to(self, queue: str) -> set[str]:
		return set(frappe.get_all("Email Queue Recipient", {"parent": queue}, pluck="recipient"))

	def text(self, queue: frappe._dict) -> str:
		from email import message_from_string

		mail = message_from_string(queue.message)
		parts = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
		return f"{mail['Subject']} {parts[0].get_payload(decode=True).decode()}"

	def due(self, order: str) -> str:
		return frappe.db.get_value("Credit Order", order, "mail_due") or ""


class TestReceipts(LetterCase):
	def paid(self) -> tuple[Shop, str]:
		shop = self.shop(tax_note="plus VAT")
		order = self.ordered(shop, quantity=2)
		self.assert_ok(self.mark_paid(order))
		return shop, order

	def test_whoever_ordered_gets_one_receipt_with_what_he_paid_and_until_when(self) -> None:
		shop, order = self.paid()
		self.assertEqual("Receipt", self.due(order))
		self.deliver(order)
		self.assertFalse(letters.send(order, self.sender))
		[mail] = self.sent(order)
		self.assertEqual({shop.boss.user}, self.to(mail.name))
		text = self.text(mail)
		for said in (
			f"Receipt for order {order}",
			"US$240.00",
			"plus VAT",
			"Bank 4711",
			"usable until",
			order,
		):
			self.assertIn(said, text)

	def test_while_nothing_can_be_sent_it_stays_due(self) -> None:
		_shop, order = self.paid()
		# This process mutes mails, and the host then sends with an account that does not exist.
		before, frappe.flags.mute_emails = frappe.flags.mute_emails, False
		try:
			frappe.db.sql("UPDATE `tabEmail Account` SET enable_outgoing = 0")
			self.assertEqual(0, letters.send_due())
		finally:
			frappe.flags.mute_emails = before
		self.assertEqual("Receipt", self.due(order))

	def test_a_machine_wrote_it_and_says_so(self) -> None:
		_shop, order = self.paid()
		self.deliver(order)
		self.assertIn("X-Auto-Generated: support-credits", self.sent(order)[0].message)

	def test_after_the_money_went_back_nobody_is_thanked_for_it(self) -> None:
		_shop, order = self.paid()
		self.assert_ok(manager().call(f"{API}reverse", order=order, reason="Charged back"))
		self.assertFalse(letters.send(order, self.sender))

	def test_whoever_has_left_gets_none_and_the_managers_do(self) -> None:
		shop, order = self.paid()
		successor = make.portal_user("successor")
		doc = frappe.get_doc("HD Customer", shop.company.name)
		doc.set("contacts", [{"contact_name": successor.contact, "is_manager": 1}])
		doc.save()
		publish()
		self.deliver(order)
		self.assertEqual({successor.email}, self.to(self.sent(order)[0].name))

	def test_it_is_written_in_the_readers_language(self) -> None:
		shop, order = self.paid()
		frappe.db.set_value("User", shop.boss.user, "language", "pt")
		self.deliver(order)
		self.assertNotIn("Receipt for order", self.text(self.sent(order)[0]))


class TestRequests(LetterCase):
	def raised(self, shop: Shop) -> str:
		said = agent().call(f"{API}raise_order", customer=shop.company.name, pack=shop.pack)
		return self.assert_ok(said).value["order"]

	def test_the_customers_managers_are_asked_and_told_how_to_pay(self) -> None:
		shop = self.shop()
		with self.site_settings(payment_instructions="IBAN X, reference {0}"):
			order = self.raised(shop)
			self.deliver(order)
		[mail] = self.sent(order)
		self.assertEqual({shop.boss.user}, self.to(mail.name))
		text = self.text(mail)
		for said in (
			f"Order {order} waits for you",
			f"IBAN X, reference {order}",
			"Nothing is bought unless",
		):
			self.assertIn(said, text)

	def test_a_customer_without_managers_is_asked_by_all_his_members(self) -> None:
		company, pack = self.company(), make.pack()
		publish()
		said = agent().call(f"{API}raise_order", customer=company.name, pack=pack)
		order = self.assert_ok(said).value["order"]
		self.deliver(order)
		self.assertEqual({company.person.email}, self.to(self.sent(order)[0].name))

	def test_what_was_cancelled_meanwhile_is_not_asked_for(self) -> None:
		shop = self.shop()
		order = self.raised(shop)
		self.assert_ok(agent().call(f"{API}cancel", order=order))
		self.assertFalse(letters.send(order, self.sender))
		self.assertEqual([], self.sent(order))

	def test_whoever_orders_himself_gets_the_order_and_how_to_pay_it(self) -> None:
		shop = self.shop()
		with self.site_settings(payment_instructions="Bank A\nIBAN B"):
			order = self.ordered(shop)
			self.deliver(order)
		[mail] = self.sent(order)
		self.assertEqual({shop.boss.user}, self.to(mail.name))
		self.assertIn("Thank you for your order", self.text(mail))
		self.assertIn("pre-line", mail.message)

	def test_the_answer_to_one_becomes_a_ticket_because_it_refers_to_nothing(self) -> None:
		order = self.ordered(self.shop())
		self.deliver(order)
		[mail] = self.sent(order)
		refers = frappe.db.get_value("Email Queue", mail.name, ["reference_doctype", "reference_name"])
		self.assertEqual((None, None), refers)

	def test_what_is_over_before_it_could_be_sent_is_not_asked_for(self) -> None:
		order = self.ordered(self.shop())
		self.end(order)
		self.assertFalse(letters.send(order, self.sender))
		self.assertEqual([], self.sent(order))

	def test_a_customer_without_an_address_is_noted_on_the_order(self) -> None:
		customer, pack = make.customer(), make.pack()
		publish()
		said = agent().call(f"{API}raise_order", customer=customer, pack=pack)
		order = self.assert_ok(said).value["order"]
		self.assertFalse(letters.send(order, self.sender))
		self.assertIn(
			f"Nobody of {customer} has an e-mail", frappe.db.get_value("Credit Order", order, "trouble")
		)
