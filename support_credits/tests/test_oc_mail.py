"""Order numbers in mails: offered to agents, redeemed by nobody but them, and only for whose order it is."""

from __future__ import annotations

import frappe

from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.mail_case import MailTestCase, Writers
from support_credits.tests.mail_corpus import Letter
from support_credits.tests.oc_case import API, OpenCollectiveCase, order
from support_credits.tests.oc_server import status
from support_credits.tests.server import Answer, Portal, agent, manager


class OrderMailCase(OpenCollectiveCase, MailTestCase):
	def naming(self, writers: Writers, *numbers: object) -> Letter:
		"""A mail of the customer's person that names these orders."""
		found = self.letter(writers, "plain.eml")
		said = "".join(f"My order number is {number}.\n" for number in numbers)
		head, blank, body = found.raw.partition(b"\n\n")
		return Letter(head + blank + said.encode() + body, *list(found.__dict__.values())[1:])

	def found(self, ticket: str) -> list[frappe._dict]:
		look_again()
		return frappe.get_all("Order Redemption", {"ticket": ticket}, ["*"], order_by="name asc")

	def take_up(self, redemption: str, who: Portal | None = None) -> Answer:
		return (who or agent()).call(f"{API}redeem_found", redemption=redemption)

	def arrived(self, *emails: str, **fields: object) -> tuple[Writers, dict, str]:
		"""A parked ticket of a customer whose mail names an order of these addresses (his own where none is named)."""
		writers = self.writers(0)
		paid = self.shop.add(order(*(emails or (writers.address,)), **fields))
		letter = self.naming(writers, paid["publicId"])
		self.take_in(letter)
		return writers, paid, self.assert_parked(letter)


class TestOffered(OrderMailCase):
	def test_a_mail_that_names_an_order_is_offered_to_agents_and_redeems_nothing(self) -> None:
		writers, paid, ticket = self.arrived()
		[row] = self.found(ticket)
		self.assertEqual(
			("Found in Mail", paid["publicId"], writers.address, None),
			(row.state, row.number, row.sender, row.lot),
		)
		self.assertEqual([], kinds(writers.account))
		self.assertEqual([], self.shop.calls)
		said = frappe.get_all("HD Ticket Activity", {"ticket": ticket}, pluck="action")
		self.assertTrue([one for one in said if paid["publicId"] in one and row.name in one], said)

	def test_an_agent_redeems_it_for_the_tickets_customer_and_the_ticket_goes_on(self) -> None:
		writers, _paid, ticket = self.arrived()
		[row] = self.found(ticket)
		said = self.assert_ok(self.take_up(row.name)).value
		self.assertEqual(("Granted", writers.customer, 1), (said["state"], said["customer"], said["credits"]))
		self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(writers.account))
		self.assertEqual("Charged", make.incident_of(ticket).state)
		self.assert_refused(self.take_up(row.name), "is Granted", "WrongState")

	def test_an_order_of_another_address_waits_for_a_manager(self) -> None:
		writers, _paid, ticket = self.arrived("payer@example.com")
		[row] = self.found(ticket)
		said = self.assert_ok(self.take_up(row.name)).value
		self.assertEqual("Received", said["state"])
		self.assertIn("is Manual", said["message"])
		self.assertEqual([], kinds(writers.account))
		said = self.assert_ok(manager().call(f"{API}approve_redemption", redemption=row.name)).value
		self.assertEqual("Granted", said["state"])
		self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(writers.account))

	def test_a_sender_whom_the_mail_server_found_false_is_bound_to_nothing(self) -> None:
		writers = self.writers(0)
		paid = self.shop.add(order(writers.address))
		letter = self.naming(writers, paid["publicId"])
		letter = letter.with_header("Authentication-Results", "mx.provider.test; dmarc=fail header.from=x")
		with self.site_settings(authentication_server="mx.provider.test"):
			self.take_in(letter)
		[row] = self.found(self.ticket_of(letter))
		self.assertEqual(1, row.sender_is_false)
		self.assert_refused(self.take_up(row.name), "Set the customer of ticket", "WrongState")
		agent().incident("set_customer", ticket=row.ticket, customer=writers.customer)
		self.assertEqual("Received", self.assert_ok(self.take_up(row.name)).value["state"])
		self.assertEqual([], kinds(writers.account))

	def test_an_address_of_two_customers_binds_to_neither(self) -> None:
		writers, _paid, ticket = self.arrived()
		contact = frappe.db.get_value("Contact Email", {"email_id": writers.address}, "parent")
		make.add_member(self.company().name, make.Person(writers.address, contact))
		publish()
		[row] = self.found(ticket)
		self.assertEqual("Received", self.assert_ok(self.take_up(row.name)).value["state"])
		self.assertEqual([], kinds(writers.account))

	def test_the_shop_down_it_is_tried_again_and_granted(self) -> None:
		writers, _paid, ticket = self.arrived()
		[row] = self.found(ticket)
		self.shop.faults.append(status(503))
		self.assertEqual("Later", self.assert_ok(self.take_up(row.name)).value["state"])
		frappe.db.set_value("Order Redemption", row.name, "next_try_at_utc", "2026-01-01T00:00:00.000000Z")
		publish()
		from support_credits.integrations.open_collective import jobs

		jobs.run_due()
		self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(writers.account))

	def test_a_reply_that_names_it_again_is_not_offered_again(self) -> None:
		writers, paid, ticket = self.arrived()
		again = self.naming(writers, paid["publicId"], 123_456)
		again = again.with_header("In-Reply-To", f"<{self.message_id_of(ticket)}>").with_header(
			"Message-ID", f"<{make.unique_code('again')}@x.test>"
		)
		self.take_in(again)
		self.assertEqual(ticket, self.ticket_of(again))
		self.assertEqual([paid["publicId"], "123456"], [row.number for row in self.found(ticket)])

	@staticmethod
	def message_id_of(ticket: str) -> str:
		about = {"reference_name": ticket, "sent_or_received": "Received"}
		return frappe.get_all("Communication", about, pluck="message_id", limit=1)[0]

	def test_an_automatic_mail_and_one_without_a_number_offer_nothing(self) -> None:
		writers = self.writers(0)
		automatic = self.naming(writers, "or_1a2b3c4d").with_header("Auto-Submitted", "auto-replied")
		plain = self.letter(writers, "plain.eml")
		self.take_in(automatic, plain)
		for letter in (automatic, plain):
			self.assertEqual([], self.found(self.ticket_of(letter)))
		self.assert_nothing_lost()

	def test_switched_off_no_mail_is_looked_at(self) -> None:
		writers = self.writers(0)
		letter = self.naming(writers, "or_1a2b3c4d")
		self.switch(enabled=0)
		try:
			self.take_in(letter)
		finally:
			self.switch()
		self.assertEqual([], self.found(self.ticket_of(letter)))

	def test_nobody_but_agents_takes_it_up_and_an_agent_may_decline_it(self) -> None:
		writers, _paid, ticket = self.arrived()
		[row] = self.found(ticket)
		for who in (Portal(), Portal(self.company().person)):
			self.assertEqual(403, self.take_up(row.name, who).status)
		decline = agent().call(f"{API}decline_redemption", redemption=row.name, reason="Spam")
		self.assertEqual("Refused", self.assert_ok(decline).value["state"])
		self.assert_refused(self.take_up(row.name), "is Refused", "WrongState")
		self.assertEqual([], kinds(writers.account))
