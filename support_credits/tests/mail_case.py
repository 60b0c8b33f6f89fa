"""The base of the mail tests: mailboxes that the site pulls, customers who write, and what became of a mail."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import frappe

from support_credits.tests import factories as make
from support_credits.tests import mail_corpus, mail_rig, mail_worker
from support_credits.tests.compat import look_again, publish
from support_credits.tests.factories import Person
from support_credits.tests.http_case import HttpTestCase
from support_credits.tests.mail_corpus import Letter
from support_credits.tests.mail_worker import Outcome

PULL = "frappe.email.doctype.email_account.email_account.pull_from_email_account"
FLUSH = "frappe.email.queue.flush"
TICKET = "HD Ticket"


@dataclass(frozen=True)
class Mailbox:
	"""An Email Account of the site and the box it is pulled from."""

	account: str
	address: str
	box: str


@dataclass(frozen=True)
class Writers:
	"""A customer whose people write mails: every sender of the corpus at ``domain`` is a contact of it."""

	domain: str
	customer: str
	account: str

	@property
	def address(self) -> str:
		return f"mara.lindqvist@{self.domain}"


class MailTestCase(HttpTestCase):
	"""One mailbox for the class, which receives and sends; a test may open more."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.rig = mail_rig.running()
		cls.mailboxes: list[Mailbox] = []
		cls.addClassCleanup(cls._close_mailboxes)
		_forget_unsent()
		_empty_spool()
		cls.worker = mail_worker.running()
		cls.mailbox = cls.open_mailbox(default_outgoing=1)

	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(_empty_spool)

	# Mailboxes

	@classmethod
	def open_mailbox(cls, box: str = "", **fields: object) -> Mailbox:
		"""An Email Account, read by IMAP unless ``fields`` say otherwise; ``box``: where it reads, its own by default."""
		code = make.unique_code("support")
		address = f"{code}@provider.test"
		doc = {
			"doctype": "Email Account",
			"email_account_name": code,
			"email_id": address,
			"login_id_is_different": 1,
			"login_id": box or address,
			"password": mail_rig.PASSWORD,
			"imap_folder": [{"folder_name": "INBOX", "append_to": TICKET}],
			**cls._incoming(),
			**cls._outgoing(),
			**fields,
		}
		account = frappe.get_doc(doc).insert(ignore_permissions=True).name
		publish()
		found = Mailbox(account, address, box or address)
		cls.mailboxes.append(found)
		cls.pull(found)  # the first pull of a mailbox is its own case for the host: it has to be over
		return found

	@classmethod
	def _incoming(cls) -> dict[str, object]:
		return {
			"enable_incoming": 1,
			"use_imap": 1,
			"email_server": "127.0.0.1",
			"incoming_port": cls.rig.imap_port,
			"email_sync_option": "UNSEEN",
			"initial_sync_count": "100",
		}

	@classmethod
	def _outgoing(cls) -> dict[str, object]:
		return {
			"enable_outgoing": 1,
			"smtp_server": "127.0.0.1",
			"smtp_port": cls.rig.submission_port,
		}

	@classmethod
	def change_mailbox(cls, mailbox: Mailbox, **fields: object) -> None:
		"""Change an Email Account the way an admin does, without the host trying the connection."""
		look_again()
		frappe.db.set_value("Email Account", mailbox.account, fields)
		publish()

	@classmethod
	def by_pop3(cls, mailbox: Mailbox) -> None:
		"""From now on by POP3, where the host looks for a ticket by sender and subject, too."""
		cls.change_mailbox(mailbox, use_imap=0, incoming_port=cls.rig.pop3_port, append_to=TICKET)

	@classmethod
	def _close_mailboxes(cls) -> None:
		look_again()
		for mailbox in cls.mailboxes:
			# Their tickets name them, so they stay; they neither pull nor send any more.
			cls.change_mailbox(mailbox, enable_incoming=0, enable_outgoing=0, default_outgoing=0)
		_forget_unsent()
		publish()

	# Customers and their mails

	def writers(self, credits: int = 0, files: Iterable[str] = ("plain.eml",), **fields: object) -> Writers:
		"""A customer with an account, whose contacts are the senders of these files."""
		domain = f"{make.unique_code('firm')}.test"
		senders = {mail_corpus.letter(file, domain, "support@provider.test").sender for file in files}
		members = [contact(address) for address in sorted(senders | {f"mara.lindqvist@{domain}"})]
		customer = make.customer(*members)
		found = Writers(domain, customer, make.account(customer, credits, **fields))
		self.verified.append(found.account)
		publish()
		return found

	def letter(self, writers: Writers, file: str = "plain.eml", mailbox: Mailbox | None = None) -> Letter:
		return mail_corpus.letter(file, writers.domain, (mailbox or self.mailbox).address)

	def deliver(self, *letters: Letter, mailbox: Mailbox | None = None) -> None:
		"""Send by SMTP; what has no Message-ID or no date is stored as it is: the server would add one."""
		box = (mailbox or self.mailbox).box
		self.rig.send([(one.raw, one.envelope) for one in letters if one.is_complete], box)
		for one in letters:
			if not one.is_complete:
				self.rig.store(one.raw, box)

	# Jobs

	@classmethod
	def pull(cls, mailbox: Mailbox | None = None, lock_wait: int | None = None) -> None:
		"""The job that the scheduler enqueues for an account. It never fails because of us."""
		cls.succeed(PULL, lock_wait, email_account=(mailbox or cls.mailbox).account)

	@classmethod
	def succeed(cls, method: str, lock_wait: int | None = None, **kwargs: object) -> object:
		"""Run a job that must not raise; returns its value."""
		return cls.checked(cls.worker.run(method, lock_wait, **kwargs))

	@staticmethod
	def checked(outcome: Outcome) -> object:
		if outcome.error:
			raise AssertionError(f"the job raised:\n{outcome.error}")
		look_again()
		return outcome.value

	def take_in(self, *letters: Letter, mailbox: Mailbox | None = None) -> None:
		self.deliver(*letters, mailbox=mailbox)
		self.pull(mailbox)

	def send_answers(self) -> None:
		"""What the scheduler does until the answers are out."""
		self.succeed(scheduled("send_due_answers"))
		self.succeed(FLUSH)

	# What became of a mail

	def communications(self, letter: Letter) -> list[frappe._dict]:
		"""What the host stored of a mail; one without Message-ID is known by its sender and subject."""
		look_again()
		known = {"message_id": letter.message_id}
		if not letter.message_id:
			known = {"sender": letter.sender, "subject": letter.subject}
		return frappe.get_all(
			"Communication",
			filters={"sent_or_received": "Received", **known},
			fields=["name", "reference_doctype", "reference_name", "subject", "content", "has_attachment"],
		)

	def ticket_of(self, letter: Letter) -> str:
		"""The one ticket a mail belongs to; the mail is stored once."""
		found = self.communications(letter)
		self.assertEqual([TICKET], [one.reference_doctype for one in found], letter.message_id)
		self.assertTrue(found[0].reference_name, letter.message_id)
		return found[0].reference_name

	def assert_charged(self, letter: Letter, credits: int = 1) -> str:
		ticket = self.ticket_of(letter)
		self.assert_incident(ticket, "Charged", credits, door="mail")
		return ticket

	def assert_parked(self, letter: Letter) -> str:
		ticket = self.ticket_of(letter)
		self.assert_incident(ticket, "Parked", 0, door="mail")
		self.assertEqual("Waiting for credits", frappe.db.get_value(TICKET, ticket, "status"))
		return ticket

	def tickets_of(self, writers: Writers) -> list[str]:
		"""All tickets of the customer's people, oldest first."""
		look_again()
		raised = ["like", f"%@%{writers.domain}"]
		return frappe.get_all(TICKET, filters={"raised_by": raised}, pluck="name", order_by="name asc")

	def answers(self, address: str) -> list[EmailMessage]:
		"""The mails that this site has sent to ``address`` and that are in its box."""
		self.send_answers()
		end, found = time.monotonic() + mail_rig.WAIT_SECONDS, self.rig.mails(address)
		while len(found) < _sent_to(address) and time.monotonic() < end:  # delivered side by side
			found = self.rig.mails(address)
		self.assertEqual(len(found), _sent_to(address), f"what was sent to {address} and what arrived")
		return found

	def assert_answered(self, letter: Letter) -> EmailMessage:
		"""One answer, to the sender, to this mail."""
		found = [one for one in self.answers(letter.sender) if one["In-Reply-To"] == f"<{letter.message_id}>"]
		self.assertEqual(1, len(found), letter.message_id)
		return found[0]

	def assert_nothing_lost(self, mailbox: Mailbox | None = None) -> None:
		"""No mail is set aside by the host, and none waits to be tried again."""
		look_again()
		account = (mailbox or self.mailbox).account
		self.assertEqual([], frappe.get_all("Unhandled Email", {"email_account": account}, pluck="reason"))
		self.assertEqual([], [path.name for path in spooled()])


def contact(address: str) -> Person:
	"""A contact without a login: who writes mails needs none."""
	doc = frappe.get_doc({"doctype": "Contact", "first_name": make.unique("Writer")})
	doc.add_email(address, is_primary=True)
	return Person(address, doc.insert(ignore_permissions=True).name)


def spooled() -> list[Path]:
	"""Mails the site has set aside until it can take them in."""
	folder = Path(frappe.get_site_path("private", "support_credits", "mail"))
	return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def _empty_spool() -> None:
	for path in spooled():
		path.unlink(missing_ok=True)


def scheduled(job: str) -> str:
	"""The dotted path of a scheduled job of ours; a job that nobody schedules does not exist."""
	jobs = [path for paths in frappe.get_hooks("scheduler_events").values() for path in paths]
	[found] = [path for path in jobs if path.startswith("support_credits.") and path.endswith(f".{job}")]
	return found


def _sent_to(address: str) -> int:
	look_again()
	return frappe.db.count("Email Queue Recipient", {"recipient": address, "status": "Sent"})


def _forget_unsent() -> None:
	"""Mails that other tests have queued stay unsent: the site had nothing to send them with."""
	frappe.db.sql(
		"UPDATE `tabEmail Queue` SET status = 'Error' WHERE status IN ('Not Sent', 'Partially Sent', 'Sending')"
	)
	publish()
