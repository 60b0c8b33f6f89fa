"""The rig itself: mails go through real servers, and the corpus is what its table says."""

from __future__ import annotations

import poplib

from support_credits.tests import factories as make
from support_credits.tests import mail_corpus, mail_rig
from support_credits.tests.compat import TestCase


class TestMailRig(TestCase):
	def test_a_mail_sent_by_smtp_is_in_the_box_by_imap_and_by_pop3(self) -> None:
		rig, box = mail_rig.running(), f"{make.unique_code('somebody')}@customer.test"
		letter = mail_corpus.letter("plain.eml", "customer.test", box)
		rig.send([(letter.raw, letter.envelope)], box)
		[found] = rig.mails(box)
		self.assertEqual(f"<{letter.message_id}>", found["Message-ID"])
		self.assertEqual(f"<{letter.sender}>", found["Return-Path"])
		pop3 = poplib.POP3("127.0.0.1", rig.pop3_port)
		pop3.user(box)
		pop3.pass_(mail_rig.PASSWORD)
		self.assertEqual(1, len(pop3.list()[1]))
		pop3.quit()

	def test_a_stored_mail_is_left_as_it_is(self) -> None:
		rig, box = mail_rig.running(), f"{make.unique_code('somebody')}@customer.test"
		rig.store(mail_corpus.letter("no-message-id.eml", "customer.test", box).raw, box)
		self.assertEqual([None], [found["Message-ID"] for found in rig.mails(box)])


class TestMailCorpus(TestCase):
	def test_every_file_is_in_the_table_and_every_row_has_its_file(self) -> None:
		files = {path.name for path in mail_corpus.folder().glob("*.eml")}
		self.assertEqual(files, set(mail_corpus.samples()))

	def test_every_mail_begins_with_real_headers_and_names_one_customer_only(self) -> None:
		for file in mail_corpus.samples():
			with self.subTest(file):
				raw = (mail_corpus.folder() / file).read_bytes()
				self.assertTrue(raw.startswith(b"Return-Path: <"))
				self.assertIn(b"\nReceived: from ", raw)
				self.assertNotIn(b"nordlicht.test", mail_corpus.letter(file, "customer.test", "a@b.test").raw)

	def test_two_letters_of_one_file_are_two_mails(self) -> None:
		first, second = (mail_corpus.letter("html-outlook.eml", "customer.test", "a@b.test") for _ in "12")
		self.assertNotEqual(first.message_id, second.message_id)
