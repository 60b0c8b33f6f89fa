"""The mails of ``fixtures/mail``, made one customer's: addresses and Message-IDs that no other test has."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.utils import getaddresses
from functools import cache
from pathlib import Path

import frappe

from support_credits.tests import factories as make

CUSTOMER_DOMAIN = b"nordlicht.test"
SUPPORT = b"support@provider.test"
OWN_SITE = b"https://support.provider.test"
ROW = re.compile(r"^\| `([\w.-]+\.eml)` \| (.+) \| (person|automatic|unknown|dropped) \|$", re.MULTILINE)
MESSAGE_ID = re.compile(rb"^(Message-ID:\s*<)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Sample:
	"""A file of the corpus and what the table says of it."""

	file: str
	what: str
	whose: str


@dataclass(frozen=True)
class Letter:
	"""A mail as it is sent. ``message_id`` without its brackets, empty where it has none."""

	raw: bytes
	sender: str
	envelope: str  # its sender for the mail servers: nobody, for a bounce
	message_id: str
	subject: str
	is_complete: bool  # a mail server adds what is missing: Message-ID and date

	def with_header(self, name: str, value: str) -> Letter:
		"""The same mail with this header, in place of any it has."""
		return self.without_header(name)._prepended(name, value)

	def without_header(self, name: str) -> Letter:
		pattern = rb"^" + name.encode() + rb":.*\n(?:[ \t].*\n)*"
		head, blank, body = self.raw.partition(b"\n\n")
		head = re.sub(pattern, b"", head + b"\n", flags=re.IGNORECASE | re.MULTILINE)
		return _letter(head.removesuffix(b"\n") + blank + body)

	def _prepended(self, name: str, value: str) -> Letter:
		return _letter(f"{name}: {value}\n".encode() + self.raw)


@cache
def folder() -> Path:
	return Path(frappe.get_app_path("support_credits")).parent / "fixtures" / "mail"


@cache
def samples() -> dict[str, Sample]:
	"""The table, by file."""
	table = (folder() / "README.md").read_text()
	return {found[0]: Sample(*found) for found in ROW.findall(table)}


def files(whose: str) -> list[str]:
	return [sample.file for sample in samples().values() if sample.whose == whose]


def letter(file: str, domain: str, support: str) -> Letter:
	"""The mail of ``file``, written by somebody at ``domain`` to ``support``."""
	raw = (folder() / file).read_bytes()
	raw = raw.replace(CUSTOMER_DOMAIN, domain.encode()).replace(SUPPORT, support.encode())
	raw = raw.replace(OWN_SITE, frappe.utils.get_url().encode())
	head, blank, body = raw.partition(b"\n\n")
	head = MESSAGE_ID.sub(rb"\g<1>" + make.unique_code("m").encode() + b".", head, count=1)
	return _letter(_as_arriving(head) + blank + body)


def _as_arriving(head: bytes) -> bytes:
	"""Without what is added on delivery. OpenSMTPD adds no Return-Path for the empty sender: there it stays."""
	return re.sub(rb"\A(?:Return-Path: <[^>]+>\n|(Return-Path: <>\n))Delivered-To: .*\n", rb"\1", head)


def _letter(raw: bytes) -> Letter:
	mail = email.message_from_bytes(raw)
	[(_name, sender), *_others] = getaddresses([str(mail["From"])])
	message_id = str(mail["Message-ID"] or "").strip().strip("<>")
	envelope = "" if mail["Return-Path"] == "<>" else sender
	complete = bool(message_id and mail["Date"])
	return Letter(raw, sender, envelope, message_id, str(mail["Subject"] or ""), complete)
