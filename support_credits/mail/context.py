"""The mail that is being taken in, for the handlers of the ticket it becomes or belongs to.

Known from the intake itself and never from the ticket's fields, which a sender or a request could forge.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import frappe

from support_credits.engine.mail import MailKind

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket


@dataclass
class MailContext:
	"""What is known of the mail before its ticket is looked at, and what became of it so far."""

	request_key: str  # digest of its sender and Message-ID: one decision per mail
	sender: str
	kind: MailKind = MailKind.PERSON
	forged: bool = False
	answerable: bool = True
	ticket: HDTicket | None = None  # the ticket that is being made of it
	parked: set[str] = field(default_factory=set)  # incidents it has parked: their sender is answered

	@property
	def is_automatic(self) -> bool:
		return self.kind is not MailKind.PERSON

	@property
	def counts(self) -> bool:
		"""Whether a person wrote it, as far as anybody knows."""
		return not (self.is_automatic or self.forged)


def current() -> MailContext | None:
	return frappe.flags.sc_mail


@contextmanager
def taking_in(mail: MailContext) -> Iterator[MailContext]:
	"""``mail`` is the one being taken in, for the block."""
	before, frappe.flags.sc_mail = frappe.flags.sc_mail, mail
	try:
		yield mail
	finally:
		frappe.flags.sc_mail = before
