"""A mail that has to wait is answered, once, to the person who wrote it; nobody else ever is (design rules 7 and 8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import frappe

from support_credits.tests import factories as make
from support_credits.tests import mail_rig
from support_credits.tests.compat import publish
from support_credits.tests.mail_case import FLUSH, MailTestCase, Writers, contact, scheduled
from support_credits.tests.mail_corpus import Letter

WAYS = {
	"buy_url": "https://provider.test/buy",
	"redeem_url": "https://provider.test/redeem",
	"emergency_url": "https://provider.test/emergency",
}


def text_of(mail: EmailMessage) -> str:
	"""What the reader of an HTML mail has: text and links."""
	return mail.get_body(("html",)).get_content()


class TestAnswer(MailTestCase):
	def parked(self, file: str = "plain.eml") -> tuple[Writers, Letter, str]:
		writers = self.writers()
		letter = self.letter(writers, file)
		self.take_in(letter)
		return writers, letter, self.assert_parked(letter)

	def test_it_names_the_balance_and_the_three_ways_on(self) -> None:
		with self.site_settings(**WAYS):
			_writers, letter, _ticket = self.parked()
			answer = self.assert_answered(letter)
		text = text_of(answer)
		for url in WAYS.values():
			self.assertIn(f'href="{url}"', text)
		self.assertIn("balance is 0", frappe.utils.strip_html(text).lower())

	def test_it_is_a_reply_that_says_a_machine_wrote_it(self) -> None:
		_writers, letter, _ticket = self.parked()
		answer = self.assert_answered(letter)
		self.assertEqual("auto-replied", answer["Auto-Submitted"])
		self.assertEqual("support-credits", answer["X-Auto-Generated"])
		self.assertEqual(f"<{letter.message_id}>", answer["In-Reply-To"])
		self.assertIn("Nightly replication stops at 40 percent", answer["Subject"])
		self.assertIn(letter.sender, answer["To"])
		self.assertIn(self.mailbox.address, answer["From"])

	def test_it_is_sent_once_however_often_the_jobs_run(self) -> None:
		writers, letter, _ticket = self.parked()
		self.assert_answered(letter)
		self.pull()
		self.assertEqual(1, len(self.answers(writers.address)))
		self.assertEqual(1, len(self.answers(writers.address)))

	def test_every_mail_that_waits_is_answered_by_itself(self) -> None:
		writers = self.writers()
		letters = [self.letter(writers, file) for file in ("plain.eml", "html-gmail.eml", "html-outlook.eml")]
		self.take_in(*letters)
		for letter in letters:
			self.assert_parked(letter)
			self.assert_answered(letter)
		self.assertEqual(3, len(self.answers(writers.address)))

	def test_our_answer_coming_back_makes_no_ticket(self) -> None:
		writers, letter, ticket = self.parked()
		answer = self.assert_answered(letter)
		self.rig.store(answer.as_bytes(), self.mailbox.box)
		self.pull()
		self.assertEqual([ticket], self.tickets_of(writers))
		self.assertEqual(1, len(self.answers(writers.address)))

	def test_an_out_of_office_reply_to_it_is_not_answered_again(self) -> None:
		writers, letter, ticket = self.parked()
		answer = self.assert_answered(letter)
		reply = self.letter(writers, "out-of-office-gmail.eml")
		reply = reply.with_header("In-Reply-To", answer["Message-ID"]).with_header(
			"References", answer["Message-ID"]
		)
		self.take_in(reply)
		self.assertEqual(1, len(self.answers(writers.address)))
		self.assert_parked(letter)
		for other in set(self.tickets_of(writers)) - {ticket}:
			self.assert_incident(other, "Automatic", 0)

	def test_a_persons_reply_to_it_stays_on_the_ticket_that_waits(self) -> None:
		writers, letter, ticket = self.parked()
		answer = self.assert_answered(letter)
		reply = self.letter(writers, "reply.eml").with_header("In-Reply-To", answer["Message-ID"])
		self.take_in(reply)
		self.assertEqual(ticket, self.ticket_of(reply))
		self.assert_parked(letter)
		self.assertEqual(1, len(self.answers(writers.address)))

	def test_a_sender_whose_system_wants_no_answer_gets_none(self) -> None:
		writers = self.writers()
		letter = self.letter(writers).with_header("X-Auto-Response-Suppress", "All")
		self.take_in(letter)
		self.assert_parked(letter)
		self.assertEqual([], self.answers(writers.address))

	def test_no_answer_follows_when_the_ticket_was_charged(self) -> None:
		writers = self.writers(1)
		letter = self.letter(writers)
		self.take_in(letter)
		self.assert_charged(letter)
		self.assertEqual([], self.answers(writers.address))


class TestWhoIsNotAnswered(MailTestCase):
	def assert_unidentified(self, letter: Letter) -> str:
		ticket = self.ticket_of(letter)
		self.assert_incident(ticket, "Unidentified", 0, door="mail")
		self.assertEqual([], self.answers(letter.sender))
		return ticket

	def test_a_first_time_sender_is_unidentified(self) -> None:
		self.writers(1)  # somebody pays here
		domain = f"{make.unique_code('stranger')}.test"
		letter = self.letter(Writers(domain, "", ""))
		self.take_in(letter)
		self.assert_unidentified(letter)

	def test_a_contact_of_two_customers_is_unidentified(self) -> None:
		writers = self.writers(1)
		[member] = frappe.get_doc("HD Customer", writers.customer).contacts
		second = make.customer(make.Person(writers.address, member.contact_name))
		other = make.account(second, 1)
		publish()
		letter = self.letter(writers)
		self.take_in(letter)
		self.assert_unidentified(letter)
		self.assert_balance(writers.account, 1)
		self.assert_balance(other, 1)

	def test_a_customer_without_an_account_is_none_of_our_business(self) -> None:
		address = f"mara.lindqvist@{make.unique_code('free')}.test"
		make.customer(contact(address))
		publish()
		letter = self.letter(Writers(address.partition("@")[2], "", ""))
		self.take_in(letter)
		self.assert_untouched(self.ticket_of(letter))
		self.assertEqual([], self.answers(address))


class TestNothingToSendWith(MailTestCase):
	@contextmanager
	def outgoing(self, **fields: object) -> Iterator[None]:
		"""The mailbox's outgoing half with these values; it is the site's only one."""
		columns = ["enable_outgoing", "default_outgoing", "smtp_port"]
		before = frappe.db.get_value("Email Account", self.mailbox.account, columns, as_dict=True)
		self.change_mailbox(self.mailbox, **fields)
		try:
			yield
		finally:
			self.change_mailbox(self.mailbox, **before)

	def test_without_an_outgoing_account_the_answer_is_sent_when_there_is_one(self) -> None:
		writers = self.writers()
		letter = self.letter(writers)
		with self.outgoing(enable_outgoing=0, default_outgoing=0):
			self.take_in(letter)
			self.assert_parked(letter)
			self.assertEqual([], self.answers(writers.address))
		self.assert_answered(letter)
		self.assertEqual(1, len(self.answers(writers.address)))
		self.assert_nothing_lost()

	def test_while_the_mail_server_is_down_the_ticket_waits_and_its_answer_follows(self) -> None:
		writers = self.writers()
		letter = self.letter(writers)
		with self.outgoing(smtp_port=mail_rig.closed_port()):
			self.take_in(letter)
			self.assert_parked(letter)
			self.worker.run(FLUSH)
			self.assertEqual(0, self.rig.count(writers.address))
		self.assert_answered(letter)
		self.assert_nothing_lost()

	def test_an_answer_is_no_longer_due_once_the_ticket_was_released(self) -> None:
		writers = self.writers()
		letter = self.letter(writers)
		with self.outgoing(enable_outgoing=0, default_outgoing=0):
			self.take_in(letter)
			ticket = self.assert_parked(letter)
			self.grant(writers.account, 1)
			self.succeed("support_credits.ledger.jobs.finish_releases")
		self.assertEqual([], self.answers(writers.address))
		self.assert_incident(ticket, "Charged", 1)

	def test_with_acknowledgements_on_and_the_mail_server_down_nothing_is_lost(self) -> None:
		"""The host commits the ticket before it fails to send, and alone it would lose the message."""
		writers = self.writers(2)
		letter, next_letter = self.letter(writers), self.letter(writers, "html-gmail.eml")
		with (
			self.host_settings(send_acknowledgement_email=1),
			self.outgoing(smtp_port=mail_rig.closed_port()),
		):
			self.take_in(letter, next_letter)
			self.succeed(scheduled("take_in_kept"), at_once=True)
		for one in (letter, next_letter):
			self.assert_charged(one)
		self.assertEqual(2, len(self.tickets_of(writers)))
		self.assert_balance(writers.account, 0)
		self.assert_nothing_lost()

	def test_acknowledgement_and_answer_are_two_mails_and_each_is_sent_once(self) -> None:
		writers = self.writers()
		letter = self.letter(writers)
		with self.host_settings(send_acknowledgement_email=1):
			self.take_in(letter)
		self.assert_parked(letter)
		ours = [one for one in self.answers(writers.address) if one["X-Auto-Generated"] == "support-credits"]
		self.assertEqual(1, len(ours))
