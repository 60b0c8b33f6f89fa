"""A mail that cannot be taken in is kept and taken in later; the pull goes on, and no mail is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from support_credits.tests import mail_worker
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.ledger_case import elsewhere
from support_credits.tests.mail_case import PULL, Mailbox, MailTestCase, Writers, scheduled, spooled
from support_credits.tests.mail_corpus import Letter
from support_credits.tests.mail_rig import WAIT_SECONDS
from support_credits.tests.mail_worker import Worker

AT_ONCE = 0  # seconds until the worker gives a locked row up: any lock is held longer than that


class TroubleCase(MailTestCase):
	@contextmanager
	def locked(self, *accounts: str) -> Iterator[None]:
		"""Another connection holds these accounts, longer than anybody waits."""
		with elsewhere():
			for account in accounts:
				frappe.db.get_value("Credit Account", account, "name", for_update=True)
			yield

	def pull_while_locked(self, writers: Writers, mailbox: Mailbox | None = None) -> None:
		with self.locked(writers.account):
			self.checked(self.worker.run(PULL, AT_ONCE, email_account=(mailbox or self.mailbox).account))

	def retry(self) -> None:
		self.succeed(scheduled("take_in_kept"), at_once=True)

	def assert_taken_in_once(self, writers: Writers, letter: Letter) -> None:
		self.assertEqual([self.assert_charged(letter)], self.tickets_of(writers))
		self.assertEqual([("Grant", 1), ("Charge", -1)], kinds(writers.account))


class TestLockedAccount(TroubleCase):
	def test_the_mail_is_kept_and_taken_in_later(self) -> None:
		writers = self.writers(1)
		letter = self.letter(writers)
		self.deliver(letter)
		self.pull_while_locked(writers)
		look_again()
		self.assertEqual([], self.tickets_of(writers))
		self.assertEqual([], self.communications(letter))
		[kept] = spooled()
		self.assertIn(letter.message_id.encode(), kept.read_bytes())
		self.assert_balance(writers.account, 1)
		self.retry()
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost()

	def test_other_customers_mails_of_the_same_pull_are_taken_in(self) -> None:
		locked, before, after = self.writers(1), self.writers(1), self.writers()
		letters = [self.letter(one) for one in (before, locked, after)]
		self.deliver(*letters)
		self.pull_while_locked(locked)
		self.assert_taken_in_once(before, letters[0])
		self.assert_parked(letters[2])
		self.assert_answered(letters[2])
		self.assertEqual(1, len(spooled()))
		self.retry()
		self.assert_taken_in_once(locked, letters[1])

	def test_by_pop3_the_mail_is_gone_from_the_server_and_not_lost(self) -> None:
		box = self.open_mailbox()
		self.by_pop3(box)
		writers = self.writers(1)
		letter = self.letter(writers, mailbox=box)
		self.deliver(letter, mailbox=box)
		self.pull_while_locked(writers, box)
		self.assertEqual(0, self.rig.count(box.box))
		self.assertEqual(1, len(spooled()))
		self.retry()
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost(box)

	def test_it_is_kept_once_however_often_it_is_fetched(self) -> None:
		box = self.open_mailbox(email_sync_option="ALL")
		writers = self.writers(1)
		letter = self.letter(writers, mailbox=box)
		self.deliver(letter, mailbox=box)
		for _pull in range(3):
			self.pull_while_locked(writers, box)
		self.assertEqual(1, len(spooled()))
		self.pull(box)
		self.retry()
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost(box)

	def test_still_locked_at_the_retry_it_stays_kept(self) -> None:
		writers = self.writers(1)
		letter = self.letter(writers)
		self.deliver(letter)
		self.pull_while_locked(writers)
		with self.locked(writers.account):
			self.checked(self.worker.run(scheduled("take_in_kept"), AT_ONCE, at_once=True))
		self.assertEqual(1, len(spooled()))
		self.retry()
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost()

	def test_a_mail_that_waits_is_parked_and_answered_when_it_is_taken_in(self) -> None:
		writers = self.writers()
		letter = self.letter(writers)
		self.deliver(letter)
		self.pull_while_locked(writers)
		self.assertEqual([], self.answers(writers.address))
		self.retry()
		self.assert_parked(letter)
		self.assert_answered(letter)

	def test_a_mail_kept_for_an_account_that_is_gone_stays_kept(self) -> None:
		box = self.open_mailbox()
		writers = self.writers(1)
		letter = self.letter(writers, mailbox=box)
		self.deliver(letter, mailbox=box)
		self.pull_while_locked(writers, box)
		frappe.db.set_value("Email Account", box.account, "name", f"{box.account}-gone")
		publish()
		self.retry()
		self.assertEqual(1, len(spooled()))
		frappe.db.set_value("Email Account", f"{box.account}-gone", "name", box.account)
		publish()
		self.retry()
		self.assert_taken_in_once(writers, letter)


class TestKilledWorker(TroubleCase):
	def test_killed_while_it_takes_mails_in_it_loses_none_of_them(self) -> None:
		"""By POP3. Whether the server has let go of them yet or not: they are kept, and a later pull brings none twice."""
		box = self.open_mailbox()
		self.by_pop3(box)
		writers = self.writers(3)
		files = ("plain.eml", "html-gmail.eml", "attachment-pdf.eml")
		letters = [self.letter(writers, file, box) for file in files]
		self.deliver(*letters, mailbox=box)
		doomed = Worker("doomed")
		with self.locked(writers.account):
			doomed.start(PULL, email_account=box.account)
			self.wait_until_kept(3)
			doomed.process.kill()
			doomed.stop()
		self.assertEqual([], self.tickets_of(writers))
		self.retry()
		self.pull(box)
		self.assertEqual(0, self.rig.count(box.box))
		for letter in letters:
			self.assert_charged(letter)
		self.assert_balance(writers.account, 0)
		self.assert_nothing_lost(box)

	def wait_until_kept(self, count: int) -> None:
		end = time.monotonic() + WAIT_SECONDS
		while len([path for path in spooled() if path.suffix == ".mail"]) < count:
			self.assertLess(time.monotonic(), end, spooled())
			time.sleep(0.02)

	def test_killed_after_the_mail_was_stored_it_is_not_stored_again(self) -> None:
		writers = self.writers(2)
		letter = self.letter(writers)
		self.deliver(letter)
		self.pull_while_locked(writers)
		[kept] = spooled()
		content = kept.read_bytes()
		self.retry()
		self.assertEqual([], spooled())
		kept.write_bytes(content)  # as a kill between the commit and the file's end leaves it
		self.retry()
		self.assertEqual([self.assert_charged(letter)], self.tickets_of(writers))
		self.assert_balance(writers.account, 1)
		self.assert_nothing_lost()

	def test_two_workers_that_try_the_same_kept_mails_take_each_in_once(self) -> None:
		paid, waiting = self.writers(1), self.writers()
		letters = [self.letter(paid), self.letter(waiting)]
		self.deliver(*letters)
		with self.locked(paid.account, waiting.account):
			self.checked(self.worker.run(PULL, AT_ONCE, email_account=self.mailbox.account))
		self.assertEqual(2, len(spooled()))
		workers = (self.worker, mail_worker.running("2"))
		for worker in workers:
			worker.start(scheduled("take_in_kept"), at_once=True)
		for worker in workers:
			self.checked(worker.finish())
		self.assert_taken_in_once(paid, letters[0])
		self.assertEqual([self.assert_parked(letters[1])], self.tickets_of(waiting))
		self.assertEqual(1, len(self.answers(waiting.address)))
		self.assert_nothing_lost()


class TestPull(MailTestCase):
	def test_the_scheduled_pull_of_all_accounts_takes_in_what_every_box_holds(self) -> None:
		boxes = [self.mailbox, self.open_mailbox()]
		self.by_pop3(boxes[1])
		writers = self.writers(2)
		letters = [self.letter(writers, mailbox=box) for box in boxes]
		for box, letter in zip(boxes, letters, strict=True):
			self.deliver(letter, mailbox=box)
		self.succeed("frappe.email.doctype.email_account.email_account.pull", now=True)
		for letter in letters:
			self.assert_charged(letter)
		self.assert_nothing_lost()

	def test_a_mail_the_host_cannot_store_is_kept_and_does_not_stop_the_others(self) -> None:
		"""One without a sender; the host fails on it with or without us."""
		writers = self.writers(2)
		first, broken, last = (self.letter(writers) for _mail in range(3))
		self.deliver(first)
		self.rig.store(broken.raw.replace(b"\nFrom:", b"\nX-From:"), self.mailbox.box)
		self.deliver(last)
		self.pull()
		for letter in (first, last):
			self.assert_charged(letter)
		[kept] = spooled()
		self.assertIn(broken.message_id.encode(), kept.read_bytes())
		self.succeed(scheduled("take_in_kept"), at_once=True)
		self.assertEqual([kept], spooled())
