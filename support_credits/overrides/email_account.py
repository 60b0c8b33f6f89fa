"""Email Account: what a mail is, known at intake, and no mail lost between fetching and storing it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any

import frappe
from frappe.email.receive import EmailServer
from helpdesk.overrides.email_account import CustomEmailAccount

from support_credits.mail import spool
from support_credits.mail.inbound import TICKET, CreditsInboundMail


class KeepingServer(EmailServer):
	"""The host's connection to a mailbox; but a mail is kept on disk before it is marked as seen, or deleted, there."""

	account: CreditsEmailAccount
	kept: list[Path]
	_folder: str
	_fetched_before: int

	def retrieve_message(self, uid: Any, msg_num: int, folder: str) -> None:
		self._folder, self._fetched_before = (folder or "").strip('"'), len(self.latest_messages)
		super().retrieve_message(uid, msg_num, folder)

	def _post_retrieve_cleanup(self, uid: Any, msg_num: int) -> None:
		if len(self.latest_messages) <= self._fetched_before:
			return  # it could not be fetched: it stays there as it is, for the next pull
		append_to = self.account.destination_of(self._folder)
		if append_to == TICKET and not self._is_left_out(uid):
			origin = self.account.origin(frappe.safe_decode(uid) or "-1", "", append_to)
			self.kept.append(spool.keep(self.latest_messages[-1], origin))
		super()._post_retrieve_cleanup(uid, msg_num)

	def _is_left_out(self, uid: Any) -> bool:
		"""Whether the host hands this mail on to nobody: of a box that is new to it, it fetches what was read long ago."""
		if self.account.email_sync_option != "UNSEEN" or self.settings.email_sync_rule == "UNSEEN":
			return False
		if uid not in self.seen_status:
			self._ask_whether_seen(uid)
		return self.seen_status.get(uid) == "SEEN"

	def _ask_whether_seen(self, uid: Any) -> None:
		"""The host finds the flags only where the server sends them after the mail, which Dovecot does not."""
		with suppress(Exception):
			_status, [flags, *_others] = self.imap.uid("fetch", uid, "(FLAGS)")
			self.get_email_seen_status(uid, flags)


class CreditsEmailAccount(CustomEmailAccount):
	"""Helpdesk's account whose mails are ours. One of the two class overrides the facts force (design 4)."""

	def get_incoming_server(self, *args: Any, **kwargs: Any) -> EmailServer | None:
		server = super().get_incoming_server(*args, **kwargs)
		if type(server) is EmailServer:
			server.__class__ = KeepingServer
			server.account, server.kept = self, self.flags.setdefault("sc_fetched", [])
		return server

	def destination_of(self, folder: str) -> str | None:
		"""What mails of this folder become; of a POP3 account, of any."""
		if not self.use_imap:
			return self.append_to
		return next((row.append_to for row in self.imap_folder if row.folder_name == folder), None)

	def origin(self, uid: str, seen_status: str, append_to: str | None) -> spool.Origin:
		return spool.Origin(self.name, uid, seen_status, append_to, address=self.email_id or "")

	def get_inbound_mails(self) -> Iterable[CreditsInboundMail]:
		if self.flags.sc_kept is not None:
			return self.flags.sc_kept  # mails of an earlier pull, tried again
		mails = [
			CreditsInboundMail(mail.raw_message, self, mail.uid, mail.seen_status, mail.append_to)
			for mail in super().get_inbound_mails()
		]
		for mail in mails:
			if mail.becomes_ticket:
				origin = self.origin(str(mail.uid), str(mail.seen_status), mail.append_to)
				mail.kept = spool.keep(mail.raw_message, origin)
		_forget_dropped(set(self.flags.pop("sc_fetched", [])) - {mail.kept for mail in mails})
		# What the fetching noted of the mailbox is not undone with the first mail that fails.
		frappe.db.commit()
		return mails


def _forget_dropped(paths: set[Path]) -> None:
	"""Of what was fetched and not handed on, our own mails are dropped on purpose; the rest is tried again later."""
	for path in paths:
		with suppress(FileNotFoundError):  # another process has taken it in meanwhile
			if "X-Auto-Generated" in message_from_bytes(spool.content_of(path)):
				spool.done(path)
