"""A mail that cannot be taken in is kept and taken in later; the pull goes on, and no mail is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import frappe

from support_credits import uninstall
from support_credits.mail import jobs, spool
from support_credits.tests import factories as make
from support_credits.tests import mail_worker
from support_credits.tests.compat import look_again, publish
from support_credits.tests.http_case import kinds
from support_credits.tests.ledger_case import elsewhere
from support_credits.tests.mail_case import PULL, TICKET, Mailbox, MailTestCase, Writers, scheduled, spooled
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

	def test_a_mail_kept_for_an_account_that_is_gone_stays_kept_and_waits_longer_each_time(self) -> None:
		box = self.open_mailbox()
		writers = self.writers(1)
		letter = self.letter(writers, mailbox=box)
		self.deliver(letter, mailbox=box)
		self.pull_while_locked(writers, box)
		self.rename(box.account, f"{box.account}-gone", email_id=f"gone-{box.address}")
		before = self.failures()
		self.retry()
		self.assertEqual(before + 1, self.failures())
		self.rename(f"{box.account}-gone", box.account, email_id=box.address)
		self.retry()
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost(box)

	def test_a_mail_kept_for_an_account_that_was_renamed_is_taken_in_by_it(self) -> None:
		box = self.open_mailbox()
		writers = self.writers(1)
		letter = self.letter(writers, mailbox=box)
		self.deliver(letter, mailbox=box)
		self.pull_while_locked(writers, box)
		self.rename(box.account, f"{box.account}-new")
		self.retry()
		self.rename(f"{box.account}-new", box.account)
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost(box)

	def rename(self, old: str, new: str, **fields: object) -> None:
		look_again()
		frappe.db.set_value("Email Account", old, {"name": new, **fields})
		frappe.db.set_value("IMAP Folder", {"parent": old}, "parent", new)
		publish()

	def failures(self) -> int:
		"""How often the one kept mail could not be taken in."""
		[kept] = spooled()
		return json.loads(kept.read_bytes().partition(b"\n")[0])["failures"]


class TestKeptFiles(TroubleCase):
	"""What lies in the folder, whatever has happened to it there."""

	def keep_one(self) -> tuple[Writers, Letter, Path]:
		writers = self.writers(1)
		letter = self.letter(writers)
		self.deliver(letter)
		before = set(spooled())
		self.pull_while_locked(writers)
		[kept] = set(spooled()) - before
		return writers, letter, kept

	def test_one_that_cannot_be_read_is_told_once_and_keeps_no_other_waiting(self) -> None:
		writers, letter, kept = self.keep_one()
		broken = {
			"no-json": b"no JSON\nFrom: a@b.test\n\n.",
			"unknown-key": b'{"account": "x", "uid": "1", "seen_status": "", "append_to": null, "later": 1}\n.',
			"empty": b"",
			"locked-up": kept.read_bytes(),
		}
		paths = [kept.with_name(f"0-{make.unique_code(name)}.mail") for name in broken]
		for path, content in zip(paths, broken.values(), strict=True):
			path.write_bytes(content)
		paths[-1].chmod(0)
		for _time in range(2):
			self.retry()
		self.assert_taken_in_once(writers, letter)
		self.assertEqual(sorted(paths), spooled())
		for path in paths:
			with self.subTest(path.name):
				told = {"method": f"Support Credits: a kept mail cannot be read: {path.name}"}
				self.assertEqual(1, frappe.db.count("Error Log", told))

	def test_one_whose_failure_cannot_be_noted_fails_no_job_and_is_taken_in_later(self) -> None:
		"""A full disk says no like a file that may not be written."""
		writers, letter, kept = self.keep_one()
		kept.chmod(0o400)
		with self.locked(writers.account):
			self.checked(self.worker.run(scheduled("take_in_kept"), AT_ONCE, at_once=True))
		self.assertEqual([kept], spooled())
		self.retry()
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost()

	def test_a_failure_is_counted_without_writing_the_mail_again(self) -> None:
		_writers, _letter, kept = self.keep_one()
		content, file = spool.content_of(kept), kept.stat().st_ino
		for count in range(2, 1200):
			self.assertEqual(count, spool.failed(kept))
		self.assertEqual(file, kept.stat().st_ino)
		self.assertEqual(1199, spool.origin_of(kept).failures)
		self.assertEqual(content, spool.content_of(kept))

	def test_one_of_an_earlier_version_without_room_for_the_count_is_counted_too(self) -> None:
		_writers, _letter, kept = self.keep_one()
		old = {"account": "x", "uid": "1", "seen_status": "", "append_to": TICKET, "failures": 9}
		kept.write_bytes(json.dumps(old).encode() + b"\nFrom: a@b.test\n\nHello\n")
		self.assertEqual([10, 11], [spool.failed(kept), spool.failed(kept)])
		self.assertEqual(b"From: a@b.test\n\nHello\n", spool.content_of(kept))

	def test_nobody_but_the_sites_own_user_reads_them(self) -> None:
		_writers, _letter, kept = self.keep_one()
		kept.parent.chmod(0o755)  # as an earlier version has made it
		self.retry()
		self.assertEqual(0o700, kept.parent.stat().st_mode & 0o777)
		_writers, _letter, kept = self.keep_one()
		self.assertEqual(0o600, kept.stat().st_mode & 0o777)

	def test_what_a_crash_has_left_half_written_is_removed_a_day_later(self) -> None:
		folder = spool.folder()
		old, young = folder / "1-a.1.tmp", folder / "2-b.2.tmp"
		for path in (old, young):
			path.write_bytes(b"{")
		os.utime(old, (0, time.time() - 86_401))
		self.succeed(scheduled("take_in_kept"))
		self.assertEqual([young], spooled())

	def test_a_run_of_the_job_tries_so_many_of_the_oldest_and_the_next_run_the_others(self) -> None:
		writers, letter, kept = self.keep_one()
		origin, content = spool.origin_of(kept), spool.content_of(kept)
		for number in range(jobs.AT_A_TIME):
			copy = kept.with_name(f"0-{number:032d}.mail")
			copy.write_bytes(json.dumps(asdict(origin)).encode() + b"\n" + content)
		for path in spooled():
			os.utime(path, (0, 0))
		self.assertEqual(jobs.AT_A_TIME, self.succeed(scheduled("take_in_kept")))
		self.assertEqual([kept], spooled())
		self.assertEqual(1, self.succeed(scheduled("take_in_kept")))
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost()


class TestReadMails(TroubleCase):
	def test_what_was_read_before_the_first_pull_of_a_box_makes_no_ticket_then_or_later(self) -> None:
		writers = self.writers(2)
		address = f"{make.unique_code('old')}@provider.test"
		read, unread = self.letter(writers), self.letter(writers)
		self.rig.store(read.raw, address, r"(\Seen)")
		self.rig.store(unread.raw, address)
		box = self.open_mailbox(box=address)
		self.assertEqual([], spooled())
		self.retry()
		self.assertEqual([self.assert_charged(unread)], self.tickets_of(writers))
		self.assertEqual([], self.communications(read))
		self.assert_balance(writers.account, 1)
		self.assert_nothing_lost(box)

	def test_nor_when_the_server_has_numbered_the_box_anew(self) -> None:
		box = self.open_mailbox()
		writers = self.writers(1)
		letter = self.letter(writers, mailbox=box)
		self.rig.store(letter.raw, box.box, r"(\Seen)")
		look_again()
		frappe.db.set_value("IMAP Folder", {"parent": box.account}, "uidvalidity", "1")
		publish()
		self.pull(box)
		self.assertEqual([], spooled())
		self.retry()
		self.assertEqual([], self.tickets_of(writers))
		self.assert_balance(writers.account, 1)


class TestUninstalling(TroubleCase):
	"""Afterwards nobody looks into the folder any more."""

	BEFORE = "support_credits.uninstall.before_uninstall"

	def setUp(self) -> None:
		super().setUp()
		folder = Path(frappe.get_site_path("private", "files"))
		exports = set(folder.glob("support_credits-*"))
		self.addCleanup(lambda: [path.unlink() for path in set(folder.glob("support_credits-*")) - exports])

	def keep_one(self) -> tuple[Writers, Letter]:
		writers = self.writers(1)
		letter = self.letter(writers)
		self.deliver(letter)
		self.pull_while_locked(writers)
		self.assertEqual(1, len(spooled()))
		return writers, letter

	def said(self) -> str:
		with redirect_stdout(StringIO()) as out:
			uninstall.tell_of_kept()
		return out.getvalue()

	def test_what_is_kept_is_taken_in_before(self) -> None:
		writers, letter = self.keep_one()
		self.succeed(self.BEFORE)
		self.assert_taken_in_once(writers, letter)
		self.assert_nothing_lost()
		self.assertEqual("", self.said())

	def test_what_cannot_be_taken_in_stays_and_is_told(self) -> None:
		writers, _letter = self.keep_one()
		with self.locked(writers.account):
			self.checked(self.worker.run(self.BEFORE, AT_ONCE))
		[kept] = spooled()
		said = f"Support Credits: 1 mails that could not be taken in are left in {kept.parent.resolve()}.\n"
		self.assertEqual(said, self.said())

	def test_a_folder_that_cannot_be_read_does_not_stop_it(self) -> None:
		folder = spool.folder()
		folder.rmdir()
		folder.touch()
		self.addCleanup(folder.unlink)
		self.succeed(self.BEFORE)
		self.assertEqual("", self.said())

	def test_a_dry_run_takes_nothing_in(self) -> None:
		writers, letter = self.keep_one()
		args = ["--site", frappe.local.site, "uninstall-app", "support_credits", "--dry-run"]
		done = subprocess.run(
			[sys.executable, "-m", "frappe.utils.bench_helper", "frappe", *args],
			cwd=Path(frappe.utils.get_bench_path(), "sites"),
			capture_output=True,
			text=True,
			check=False,
		)
		self.assertEqual(0, done.returncode, done.stderr)
		self.assertIn("rows of the ledger were written", done.stdout)
		self.assertEqual([], self.tickets_of(writers))
		self.assertEqual(1, len(spooled()))
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
