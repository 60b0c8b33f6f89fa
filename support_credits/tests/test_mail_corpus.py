"""Every kind of mail that comes in, from senders whose customer pays: persons' cost a credit, machines' never do."""

from __future__ import annotations

import frappe

from support_credits.tests import mail_corpus
from support_credits.tests.compat import publish
from support_credits.tests.http_case import kinds, rows
from support_credits.tests.mail_case import TICKET, MailTestCase, Writers, spooled
from support_credits.tests.mail_corpus import Letter

CREDITS = 100
# What the host makes of a charset: the subject, and a word of the text.
READABLE = {
	"charset-iso-8859-1.eml": ('Sicherung schlägt fehl: "Gerät nicht gefunden"', "Mit freundlichen Grüßen"),
	"charset-iso-2022-jp.eml": ("レプリケーションが途中で止まります", "再起動しても変わりません"),
	"charset-gb18030.eml": ("控制台无法登录：会话存储不可用", "会话存储不可用"),
	"charset-utf-8-subject.eml": ("Η κονσόλα δεν ανοίγει πια", "σφάλμα 503"),
}


class CorpusCase(MailTestCase):
	"""The corpus, sent by SMTP to one mailbox and pulled once by IMAP."""

	credits = 0
	machines: tuple[str, ...] = ()  # machines' mails that come, besides every person's

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		case = cls()  # its methods make what all tests of the class look at
		case.verified = []
		files = [*mail_corpus.files("person"), *cls.machines]
		cls.writers_of_all: Writers = case.writers(cls.credits, files)
		files += mail_corpus.files("unknown")
		cls.letters: dict[str, Letter] = {file: case.letter(cls.writers_of_all, file) for file in files}
		case.deliver(*cls.letters.values())
		cls.pull()

	def setUp(self) -> None:
		super().setUp()
		self.verified.append(self.writers_of_all.account)

	def letters_of(self, whose: str) -> dict[str, Letter]:
		return {file: self.letters[file] for file in mail_corpus.files(whose) if file in self.letters}

	def assert_automatic_costs_nothing(self) -> None:
		for file, letter in self.letters_of("automatic").items():
			with self.subTest(file):
				self.assert_incident(self.ticket_of(letter), "Automatic", 0, decision="automatic")

	def assert_unknown_costs_nothing(self) -> None:
		for file, letter in self.letters_of("unknown").items():
			with self.subTest(file):
				self.assert_incident(self.ticket_of(letter), "Unidentified", 0)

	def communication(self, file: str) -> frappe._dict:
		[found] = self.communications(self.letters[file])
		return found


class TestCorpusOfACustomerWithCredits(CorpusCase):
	credits = CREDITS
	machines = (*mail_corpus.files("automatic"), *mail_corpus.files("dropped"))

	def test_every_mail_of_a_person_costs_one_credit(self) -> None:
		for file, letter in self.letters_of("person").items():
			with self.subTest(file):
				self.assert_charged(letter)

	def test_no_mail_of_a_machine_costs_anything(self) -> None:
		self.assert_automatic_costs_nothing()

	def test_no_mail_that_may_be_anybodys_costs_anything(self) -> None:
		self.assert_unknown_costs_nothing()

	def test_the_account_paid_for_the_persons_and_nothing_else(self) -> None:
		charges = [credits for kind, credits in kinds(self.writers_of_all.account) if kind == "Charge"]
		self.assertEqual([-1] * len(mail_corpus.files("person")), charges)

	def test_our_own_mails_coming_back_to_us_make_no_ticket(self) -> None:
		for file, letter in self.letters_of("dropped").items():
			with self.subTest(file):
				self.assertEqual([], self.communications(letter))

	def test_nobody_is_answered_and_nothing_is_lost(self) -> None:
		for address in sorted({letter.sender for letter in self.letters.values()} - {self.mailbox.address}):
			with self.subTest(address):
				self.assertEqual([], self.answers(address))
		self.assert_nothing_lost()

	def test_foreign_charsets_are_readable(self) -> None:
		for file, (subject, word) in READABLE.items():
			with self.subTest(file):
				found = self.communication(file)
				self.assertTrue(found.subject.startswith(subject), found.subject)
				self.assertIn(word, found.content)

	def test_what_was_attached_hangs_on_the_ticket(self) -> None:
		for file, name in {
			"attachment-pdf.eml": "Diagnosebericht Gerät NL-4411.pdf",
			"attachment-inline-image.eml": "image.png",
			"attachment-only.eml": "scan0007.pdf",
		}.items():
			with self.subTest(file):
				found = self.communication(file)
				attached = {"attached_to_doctype": "Communication", "attached_to_name": found.name}
				names = frappe.get_all("File", filters=attached, pluck="file_name")
				self.assertEqual(1, len(names))
				self.assertEqual(name.rpartition(".")[2], names[0].rpartition(".")[2])
		self.assertNotIn("cid:", self.communication("attachment-inline-image.eml").content)

	def test_the_sender_is_found_whatever_his_name_looks_like(self) -> None:
		for file in ("no-from-name.eml", "two-from-addresses.eml", "charset-gb18030.eml"):
			with self.subTest(file):
				ticket = self.ticket_of(self.letters[file])
				raised = frappe.db.get_value(TICKET, ticket, ["raised_by", "customer"])
				self.assertEqual((self.writers_of_all.address, self.writers_of_all.customer), raised)

	def test_a_sender_is_known_however_he_is_spelled(self) -> None:
		writers = self.writers(1)
		letter = self.letter(writers).with_header("From", f"MARA <{writers.address.upper()}>")
		self.take_in(letter)
		self.assert_charged(letter)

	def test_fetching_all_of_them_again_changes_nothing(self) -> None:
		before = rows()
		with self.subTest("IMAP, all mails"):
			self.change_mailbox(self.mailbox, email_sync_option="ALL")
			self.pull()
			self.assertEqual(before, rows())
		with self.subTest("IMAP, all mails, after the server has numbered them anew"):
			self.change_mailbox(self.mailbox, uidvalidity="0")
			frappe.db.set_value("IMAP Folder", {"parent": self.mailbox.account}, "uidvalidity", "1")
			publish()
			self.pull()
			self.assertEqual(before, rows())
		with self.subTest("POP3"):
			self.by_pop3(self.mailbox)
			self.pull()
			self.assertEqual(before, rows())
			self.assertEqual(0, self.rig.count(self.mailbox.box))
		self.assertEqual([], spooled())


class TestCorpusOfACustomerWithoutCredits(CorpusCase):
	"""What the answer says is in test_mail_answers."""

	machines = (
		"bounce-qmail.eml",
		"out-of-office-exchange.eml",
		"mailing-list.eml",
		"spam-flag.eml",
		"cron.eml",
	)

	def test_every_mail_of_a_person_is_parked_and_answered_once(self) -> None:
		answers = self.answers(self.writers_of_all.address)
		answered = [one["In-Reply-To"] for one in answers]
		for file, letter in self.letters_of("person").items():
			with self.subTest(file):
				self.assert_parked(letter)
				if letter.message_id:
					self.assertEqual(1, answered.count(f"<{letter.message_id}>"))
		self.assertEqual(len(mail_corpus.files("person")), len(answers))

	def test_no_mail_of_a_machine_and_none_that_may_be_anybodys_waits_for_credits(self) -> None:
		self.assert_automatic_costs_nothing()
		self.assert_unknown_costs_nothing()

	def test_no_machine_is_answered(self) -> None:
		machines = {letter.sender for letter in self.letters_of("automatic").values()}
		for address in sorted(machines - {self.writers_of_all.address}):
			with self.subTest(address):
				self.assertEqual([], self.answers(address))

	def test_they_wait_in_the_order_in_which_the_box_holds_them(self) -> None:
		by_id = {f"<{letter.message_id}>": letter for letter in self.letters_of("person").values()}
		mails = [mail["Message-ID"] for mail in self.rig.mails(self.mailbox.box)]
		in_box = [self.ticket_of(by_id[message_id]) for message_id in mails if message_id in by_id]
		queue = frappe.parse_json(
			frappe.db.get_value("Credit Account", self.writers_of_all.account, "parked")
		)
		tickets = dict(
			frappe.get_all("Support Incident", {"name": ["in", queue]}, ["name", "ticket"], as_list=True)
		)
		self.assertEqual(in_box, [tickets[name] for name in queue if tickets[name] in in_box])
		self.assertEqual(len(mail_corpus.files("person")), len(queue))
