"""The same mail twice, by whatever way: one ticket, one charge, one answer."""

from __future__ import annotations

import frappe

from support_credits.tests import mail_worker
from support_credits.tests.compat import publish
from support_credits.tests.http_case import kinds
from support_credits.tests.mail_case import PULL, Mailbox, MailTestCase, Writers
from support_credits.tests.mail_corpus import Letter


class TwiceCase(MailTestCase):
	"""Every mail exists in two editions: one that is paid for, and one that waits and is answered."""

	def pair(self, mailbox: Mailbox, file: str = "plain.eml") -> list[tuple[Writers, Letter]]:
		found = []
		for credits in (1, 0):
			writers = self.writers(credits)
			found.append((writers, self.letter(writers, file, mailbox)))
		return found

	def assert_once(self, paid: tuple[Writers, Letter], waiting: tuple[Writers, Letter]) -> None:
		"""One ticket each, one charge, one answer, and both mails are stored once."""
		writers, letter = paid
		self.assertEqual([self.assert_charged(letter)], self.tickets_of(writers))
		self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(writers.account))
		writers, letter = waiting
		self.assertEqual([self.assert_parked(letter)], self.tickets_of(writers))
		self.assertEqual([], kinds(writers.account))
		self.assertEqual(1, len(self.answers(writers.address)))

	def by_two_workers(self, first: Mailbox, second: Mailbox) -> None:
		"""Two processes pull at the same moment."""
		workers = (self.worker, mail_worker.running("2"))
		for worker, mailbox in zip(workers, (first, second), strict=True):
			worker.start(PULL, email_account=mailbox.account)
		for worker in workers:
			self.checked(worker.finish())


class TestFetchedTwice(TwiceCase):
	def test_by_imap_unseen_then_all_then_by_pop3(self) -> None:
		box = self.open_mailbox()
		paid, waiting = self.pair(box)
		self.take_in(paid[1], waiting[1], mailbox=box)
		for fields in ({"email_sync_option": "ALL"}, {"email_sync_option": "UNSEEN"}):
			self.change_mailbox(box, **fields)
			self.pull(box)
		self.by_pop3(box)
		self.pull(box)
		self.assertEqual(0, self.rig.count(box.box))
		self.assert_once(paid, waiting)
		self.assert_nothing_lost(box)

	def test_marked_unread_again_by_somebody(self) -> None:
		box = self.open_mailbox()
		paid, waiting = self.pair(box)
		self.take_in(paid[1], waiting[1], mailbox=box)
		with self.rig.opened(box.box) as imap:
			imap.store("1:*", "-FLAGS", r"(\Seen)")
		self.assertEqual(2, self.rig.count(box.box, "UNSEEN"))
		self.pull(box)
		self.assertEqual(0, self.rig.count(box.box, "UNSEEN"))
		self.assert_once(paid, waiting)

	def test_the_raw_mail_delivered_twice_has_two_numbers_and_is_one_mail(self) -> None:
		box = self.open_mailbox()
		paid, waiting = self.pair(box)
		self.deliver(paid[1], paid[1], waiting[1], waiting[1], mailbox=box)
		self.assertEqual(4, self.rig.count(box.box))
		self.pull(box)
		self.deliver(paid[1], waiting[1], mailbox=box)
		self.pull(box)
		self.assert_once(paid, waiting)

	def test_sent_to_two_addresses_of_ours(self) -> None:
		first, second = self.open_mailbox(), self.open_mailbox()
		paid, waiting = self.pair(first)
		for box in (first, second):
			self.take_in(paid[1], waiting[1], mailbox=box)
		self.assert_once(paid, waiting)

	def test_an_id_that_another_sender_has_used_is_not_his_mail(self) -> None:
		"""Each is charged for his own; by POP3 the second one would be gone."""
		box = self.open_mailbox()
		self.by_pop3(box)
		writers, others = self.writers(1), self.writers(1)
		first = self.letter(writers, mailbox=box)
		copy = self.letter(others, "html-gmail.eml", box).with_header("Message-ID", f"<{first.message_id}>")
		self.take_in(first, mailbox=box)
		for _time in range(2):
			self.take_in(copy, mailbox=box)
		for one in (writers, others):
			[ticket] = self.tickets_of(one)
			self.assert_incident(ticket, "Charged", 1, door="mail")
			self.assert_balance(one.account, 0)
		self.assertEqual(0, self.rig.count(box.box))
		self.assert_nothing_lost(box)

	def test_answers_to_the_first_sender_do_not_come_to_one_who_used_his_id(self) -> None:
		writers, others = self.writers(1), self.writers(1)
		first = self.letter(writers)
		copy = self.letter(others, "html-gmail.eml").with_header("Message-ID", f"<{first.message_id}>")
		self.take_in(first)
		self.take_in(copy)
		reply = self.letter(writers, "html-gmail.eml").with_header("In-Reply-To", f"<{first.message_id}>")
		self.take_in(reply)
		self.assertEqual([self.assert_charged(first)], self.tickets_of(writers))
		self.assertEqual(self.ticket_of(first), self.ticket_of(reply))

	def test_one_whose_ticket_was_deleted_opens_no_other_and_is_not_answered_again(self) -> None:
		"""Without the ticket the host no longer knows the mail."""
		box = self.open_mailbox(email_sync_option="ALL")
		writers = self.writers()
		letter = self.letter(writers, mailbox=box)
		self.take_in(letter, mailbox=box)
		ticket = self.assert_parked(letter)
		self.assert_answered(letter)
		frappe.get_doc("HD Ticket", ticket).update({"status": "Closed"}).save()
		publish()
		for one in self.communications(letter):
			frappe.delete_doc("Communication", one.name, ignore_permissions=True, force=True)
		frappe.delete_doc("HD Ticket", ticket, ignore_permissions=True, force=True)
		publish()
		self.pull(box)
		self.assertEqual([], self.tickets_of(writers))
		self.assertEqual(1, len(self.answers(writers.address)))
		self.assert_nothing_lost(box)


class TestWithoutMessageId(TwiceCase):
	def test_fetched_twice_by_imap(self) -> None:
		box = self.open_mailbox()
		paid, waiting = self.pair(box, "no-message-id.eml")
		self.take_in(paid[1], waiting[1], mailbox=box)
		self.change_mailbox(box, email_sync_option="ALL", uidvalidity="0")
		self.pull(box)
		with self.rig.opened(box.box) as imap:
			imap.store("1:*", "-FLAGS", r"(\Seen)")
		self.change_mailbox(box, email_sync_option="UNSEEN")
		self.pull(box)
		self.assert_once_without_id(paid, waiting)

	def test_fetched_by_imap_then_by_pop3(self) -> None:
		box = self.open_mailbox()
		paid, waiting = self.pair(box, "no-message-id.eml")
		self.take_in(paid[1], waiting[1], mailbox=box)
		self.by_pop3(box)
		self.pull(box)
		self.assertEqual(0, self.rig.count(box.box))
		self.assert_once_without_id(paid, waiting)

	def test_the_same_words_on_another_day_are_another_mail(self) -> None:
		box = self.open_mailbox()
		writers = self.writers(2)
		letter = self.letter(writers, "no-message-id.eml", box)
		self.take_in(letter, letter.with_header("Date", "Sat, 22 Nov 2025 18:00:08 +0100"), mailbox=box)
		self.assertEqual(2, len(self.tickets_of(writers)))
		self.assert_balance(writers.account, 0)

	def assert_once_without_id(self, paid: tuple[Writers, Letter], waiting: tuple[Writers, Letter]) -> None:
		for writers, letter in (paid, waiting):
			self.assertEqual([self.ticket_of(letter)], self.tickets_of(writers))
		self.assert_charged(paid[1])
		self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(paid[0].account))
		self.assert_parked(waiting[1])
		self.assertEqual(1, len(self.answers(waiting[0].address)))


class TestPulledByTwoProcesses(TwiceCase):
	def test_the_same_account_at_the_same_time(self) -> None:
		"""All mails, so that both processes do fetch them."""
		for protocol in ("ALL", "UNSEEN"):
			with self.subTest(protocol):
				box = self.open_mailbox(email_sync_option=protocol)
				paid, waiting = self.pair(box)
				self.deliver(paid[1], waiting[1], mailbox=box)
				self.by_two_workers(box, box)
				self.pull(box)
				self.assert_once(paid, waiting)
				self.assert_nothing_lost(box)

	def test_two_accounts_that_read_one_box(self) -> None:
		first = self.open_mailbox(email_sync_option="ALL")
		second = self.open_mailbox(box=first.box, email_sync_option="ALL")
		paid, waiting = self.pair(first)
		self.deliver(paid[1], waiting[1], mailbox=first)
		self.by_two_workers(first, second)
		self.assert_once(paid, waiting)
		self.assert_nothing_lost(first)

	def test_the_same_mail_in_two_boxes(self) -> None:
		first, second = self.open_mailbox(), self.open_mailbox()
		paid, waiting = self.pair(first)
		for box in (first, second):
			self.deliver(paid[1], waiting[1], mailbox=box)
		self.by_two_workers(first, second)
		self.assert_once(paid, waiting)
		self.assert_nothing_lost(first)


class TestLastCredit(TwiceCase):
	def test_two_mails_racing_for_it_one_is_charged_and_one_waits_and_is_answered(self) -> None:
		first, second = self.open_mailbox(), self.open_mailbox()
		for round_number in range(2):
			with self.subTest(round=round_number):
				writers = self.writers(1)
				letters = {box: self.letter(writers, mailbox=box) for box in (first, second)}
				for box, letter in letters.items():
					self.deliver(letter, mailbox=box)
				self.by_two_workers(first, second)
				self.assert_one_of_each(writers, list(letters.values()))

	def assert_one_of_each(self, writers: Writers, letters: list[Letter]) -> None:
		states = {}
		for letter in letters:
			ticket = self.ticket_of(letter)
			states[frappe.db.get_value("Support Incident", {"ticket": ticket}, "state")] = letter
		self.assertEqual({"Charged", "Parked"}, set(states))
		self.assert_charged(states["Charged"])
		self.assert_parked(states["Parked"])
		self.assert_balance(writers.account, 0)
		answers = [one["In-Reply-To"] for one in self.answers(writers.address)]
		self.assertEqual([f"<{states['Parked'].message_id}>"], answers)
