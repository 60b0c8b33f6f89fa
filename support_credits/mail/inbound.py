"""One mail taken in: recognised, made a ticket or a reply, answered where it has to wait, and never lost.

A subclass of Helpdesk's own mail, which does the work; see ticket-flow facts 4 for why a hook cannot do this.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import frappe
from frappe.email.receive import SentEmailInInboxError
from helpdesk.overrides.email_account import CustomInboundMail

from support_credits.engine import mail as rules
from support_credits.exceptions import AlreadyServed, TicketNotStored
from support_credits.ledger import incidents
from support_credits.ledger import settings as site
from support_credits.ledger.retry import retry_whole
from support_credits.mail import answers, spool
from support_credits.mail.context import MailContext, current, taking_in

if TYPE_CHECKING:
	from frappe.core.doctype.communication.communication import Communication

TICKET = "HD Ticket"


class CreditsInboundMail(CustomInboundMail):
	"""A mail whose kind, sender and Message-ID are known to the ticket's handlers."""

	kept: Path | None = None

	def __init__(self, *args: Any, **kwargs: Any) -> None:
		super().__init__(*args, **kwargs)
		if not self.message_id:
			# Without one the host cannot know the mail again: fetched twice, it would be charged twice.
			self.message_id = f"{sha256(self._lines()).hexdigest()}@without-message-id"

	def _lines(self) -> bytes:
		"""The mail with the same ends of lines whichever way it was fetched: POP3 brings others than IMAP."""
		raw = self.raw_message
		content = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogateescape")
		return content.replace(b"\r\n", b"\n").rstrip(b"\n")

	@property
	def becomes_ticket(self) -> bool:
		found = self.append_to if self.email_account.use_imap else self.email_account.append_to
		return found == TICKET

	def process(self) -> Communication | None:
		"""As the host does, but what fails is kept and tried again: the pull goes on and nothing is lost."""
		if self.kept is None:
			return self._once()
		try:
			with spool.claimed(self.kept):
				return self._kept_process(self.kept)
		except spool.Taken:
			self.flags.is_new_communication = False
			return None

	def _kept_process(self, path: Path) -> Communication | None:
		try:
			communication = retry_whole(self._once)
			self._commit()
			spool.done(path)  # only now: a mail whose transaction is undone is still there
		except SentEmailInInboxError:
			spool.done(path)
			raise
		except AlreadyServed as error:
			frappe.db.rollback()
			if not incidents.was_deleted(self._request_key()):
				self._keep_for_later(path, error)
				return None
			spool.done(path)  # it was served, and its ticket has been deleted since
			return None
		except Exception as error:
			self._keep_for_later(path, error)
			return None
		return communication

	def _commit(self) -> None:
		"""Commit what was taken in. The host may send its acknowledgement only then: it fails, and the mail is stored."""
		try:
			frappe.db.commit()
		except Exception:
			frappe.db.rollback()
			if not self.is_exist_in_system():
				raise
			frappe.log_error(title="Support Credits: a mail was stored, but what follows it failed")

	def _keep_for_later(self, path: Path, error: Exception) -> None:
		self.flags.is_new_communication = False
		trace = frappe.get_traceback()
		with suppress(Exception):  # the database itself may be what failed
			frappe.db.rollback()
		count: int | str = "?"
		with suppress(Exception):  # or the disk
			count = spool.failed(path)
		with suppress(Exception):
			frappe.log_error(
				title=f"Support Credits: a mail could not be taken in (attempt {count}); it is kept",
				message=f"{path.name}\n{self.from_email}: {self.subject}\n{error}\n\n{trace}",
			)

	def _once(self) -> Communication | None:
		try:
			return self._whole()
		except AlreadyServed:
			# Another process took the same mail in meanwhile; once its commit is seen the host knows the mail.
			frappe.db.rollback()
			return self._whole()

	def _whole(self) -> Communication | None:
		self._parent_email_queue = self._parent_communication = self._reference_document = None
		self.flags.is_new_communication = False  # an attempt before this one was undone
		with taking_in(self._context()) as mail:
			communication = super().process()
			for incident in sorted(mail.parked) if communication else ():
				answers.answer(incident, mail.sender)
			return communication

	def _context(self) -> MailContext:
		headers = rules.Headers(self.mail.items())
		settings = site.settings()
		own_lists = (settings.own_lists or "").splitlines()
		forged = rules.is_forged(headers, settings.authentication_server or "")
		return MailContext(
			request_key=self._request_key(),
			sender=self.from_email,
			kind=rules.kind_of(headers, own_lists, frappe.utils.get_url()),
			forged=forged or self._speaks_for_stranger(headers, own_lists),
			answerable=rules.is_answerable(headers),
		)

	def _request_key(self) -> str:
		"""A mail is its sender's with this Message-ID: anybody can write an id that somebody else has used."""
		key = f"mail\0{self.from_email}\0{self.message_id}"
		return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()

	def is_exist_in_system(self) -> Communication | None:
		"""As the host, but of the same sender; another's mail with the same Message-ID is not his."""
		return self._stored(sender=self.from_email) or self._stored(message_id=self._own_id())

	def _stored(self, **filters: object) -> Communication | None:
		from frappe.core.doctype.communication.communication import Communication

		about = {"message_id": self.message_id, "sent_or_received": "Received", **filters}
		return Communication.find_one_by_filters(**about, order_by="creation DESC")

	def _own_id(self) -> str:
		return f"{self._request_key()}@with-a-used-message-id"

	def as_dict(self) -> dict[str, Any]:
		"""As the host; but under another id where somebody else has used this one: answers to him stay his."""
		found: dict[str, Any] = super().as_dict()
		if self._stored(sender=["!=", self.from_email]):
			found["message_id"] = self._own_id()
		return found

	@staticmethod
	def decode_email(email: str) -> str | None:
		"""As the host, and as it stands where it names a charset that nobody knows."""
		try:
			return CustomInboundMail.decode_email(email)
		except LookupError:
			return str(email)

	def _speaks_for_stranger(self, headers: rules.Headers, own_lists: list[str]) -> bool:
		"""Whether the mail is in the name of somebody its writer has nothing to do with. A colleague may have it so."""
		sender = self.from_email or ""
		if not rules.speaks_for_another(headers, sender, own_lists):
			return False
		return not all(are_colleagues(writer, sender) for writer in rules.writers(headers) or {""})

	def reference_document(self) -> Any:
		"""As the host finds it; but a person's mail to a ticket that cannot be reopened is a new ticket."""
		from support_credits.overrides import reopening

		found, mail = super().reference_document(), current()
		if not (found and mail and self.becomes_ticket and found.doctype == TICKET) or mail.is_automatic:
			return found
		if reopening.needs_new_ticket(found, mail):
			self._reference_document = ""
		return self._reference_document

	def _create_reference_document(self, doctype: str) -> str | None:
		mail = current()
		if doctype != TICKET or mail is None:
			return super()._create_reference_document(doctype)
		served = incidents.ticket_of_request(mail.request_key)
		if served:
			return served  # stored by an attempt that failed after the host had committed it
		try:
			name = super()._create_reference_document(doctype)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			raise
		except Exception:
			return _stored_before_it_failed(mail)
		if mail.ticket is not None and mail.ticket.get("__islocal"):
			# The host takes any duplicate name for this sender's own earlier ticket, without undoing what was entered.
			raise TicketNotStored(f"ticket {mail.ticket.name} exists already")
		return name


def are_colleagues(one: str, other: str) -> bool:
	"""Whether both addresses are of members of the same customer."""
	return bool(
		frappe.db.sql(
			"""SELECT 1 FROM `tabHD Customer Member` m JOIN `tabContact Email` e ON e.parent = m.contact_name
			JOIN `tabHD Customer Member` n ON n.parent = m.parent AND n.parenttype = m.parenttype
			JOIN `tabContact Email` f ON f.parent = n.contact_name
			WHERE m.parenttype = 'HD Customer' AND e.email_id = %s AND f.email_id = %s LIMIT 1""",
			(one, other),
		)
	)


def _stored_before_it_failed(mail: MailContext) -> str:
	"""The ticket, when the host committed it before the failure: its acknowledgement commits, and may not go out."""
	frappe.db.rollback()
	doc = mail.ticket
	if doc is None or not frappe.db.exists(TICKET, {"name": doc.name, "key": doc.key}):
		raise
	frappe.log_error(title=f"Support Credits: ticket {doc.name} was stored, but what follows it failed")
	return doc.name
