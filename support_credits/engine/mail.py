"""What kind of mail this is, from its headers alone: a person's, or a machine's that costs nobody a credit (rule 12).

A header proves little: anybody can write it. So a wrong "automatic" is put right by the first word of a person on such a
ticket, or by an agent who charges it, and a wrong "person" by an exemption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import getaddresses
from enum import Enum

_YES = re.compile(r"\s*yes\b", re.IGNORECASE)
_RESULT = re.compile(r"\b(dmarc|spf|dkim)\s*=\s*([a-z]+)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"<([^<>\s]+)>")
_ADDRESS = re.compile(r"[^@\s\"<>,]+@[^@\s\"<>,]+")
_COMMENT = re.compile(r"\([^()]*\)")
_CALENDAR_ANSWER = re.compile(r"method\s*=\s*\"?(reply|counter|refresh)\b", re.IGNORECASE)
_REPORT = re.compile(r"report-type\s*=\s*\"?([\w-]+)", re.IGNORECASE)


class MailKind(str, Enum):
	"""Whose mail it is. Everything but PERSON is automatic: never charged, never answered."""

	PERSON = "person"
	AUTO_REPLY = "auto_reply"  # out of office, vacation
	MACHINE = "machine"  # a monitor's alert, another system's notification
	BOUNCE = "bounce"  # could not be delivered, or is late
	RECEIPT = "receipt"  # it was read, or an invitation answered
	LIST = "list"
	BULK = "bulk"  # a newsletter
	SPAM = "spam"  # says the mail server that took it in
	OWN = "own"  # this site's own, coming back


class Headers:
	"""The header fields of a mail, found by name whatever its case; values as they were sent."""

	def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
		self._fields = [(name.lower(), str(value)) for name, value in fields]

	def all(self, name: str) -> list[str]:
		return [value for field, value in self._fields if field == name.lower()]

	def get(self, name: str) -> str:
		"""The first such field, without the white space around it; empty where there is none."""
		return next(iter(self.all(name)), "").strip()

	def __contains__(self, name: str) -> bool:
		return any(field == name.lower() for field, _value in self._fields)


def kind_of(headers: Headers, own_lists: Iterable[str] = (), own_site: str = "") -> MailKind:
	"""The kind of a mail. ``own_lists`` are List-Ids through which people's mails come; ``own_site`` is what
	this site writes into X-Frappe-Site.

	Fields after RFC 3834 (Auto-Submitted), RFC 3464 and 8098 (multipart/report), RFC 2919 and 2369 (List-*), and what
	Exchange, vacation(1), qmail, SpamAssassin and rspamd write instead.
	"""
	return _ours(headers, own_site) or _report(headers) or _machine(headers) or _many(headers, own_lists)


def is_answerable(headers: Headers) -> bool:
	"""Whether the sender's system wants no automatic answer, though a person wrote."""
	wishes = {wish.strip().lower() for wish in headers.get("X-Auto-Response-Suppress").split(",")}
	return not wishes & {"all", "autoreply"}


def is_forged(headers: Headers, server: str) -> bool:
	"""Whether ``server``, the provider's own mail server, found the sender to be somebody else (RFC 8601).

	Only fields in its name count, and of those the topmost: it is the last that was added. Without one, or without
	a ``server``, nothing is known and the sender is taken at his word, as the host does.
	"""
	server = _host(server)
	if not server:
		return False
	for field in headers.all("Authentication-Results"):
		name, _sep, results = _COMMENT.sub(" ", field).partition(";")
		if [_host(word) for word in name.split()[:1]] == [server]:
			found = {method.lower(): result.lower() for method, result in reversed(_RESULT.findall(results))}
			return _says_forged(found)
	return False


def speaks_for_another(headers: Headers, sender: str, own_lists: Iterable[str] = ()) -> bool:
	"""Whether ``sender``, whom the host takes a mail for, is not the one who is named in From.

	The host believes Reply-To and X-Original-From before From (helpdesk facts 1.4), and of several senders the first: a
	stranger with a good name of his own would write in anybody's. A list of the provider's own puts the person's
	address there and one of its own domain into From.
	"""
	if not sender:
		return False
	found = writers(headers)
	ours = _through(headers) & _lists(own_lists)
	if ours and all(any(_is_within(name, _domain(writer)) for name in ours) for writer in found):
		return False
	return sender.lower() not in found or len({_domain(writer) for writer in found}) > 1


def writers(headers: Headers) -> set[str]:
	"""The addresses in From, in lower case."""
	fields = headers.all("From")
	# Names that ought to be quoted and are not lead the parser astray: what stands in angle brackets is the address.
	found = [address for _name, address in getaddresses(fields)]
	found += [address for field in fields for address in _IN_BRACKETS.findall(field)]
	return {address.lower() for address in found if _ADDRESS.fullmatch(address)}


def _host(name: str) -> str:
	"""A server's name as it is compared."""
	return name.strip().rstrip(".").lower()


def _domain(address: str) -> str:
	return address.rpartition("@")[2]


def _is_within(name: str, domain: str) -> bool:
	return bool(domain) and (name == domain or name.endswith(f".{domain}"))


def _says_forged(found: dict[str, str]) -> bool:
	if found.get("dmarc", "none") != "none":
		return found["dmarc"] == "fail"
	return found.get("spf") == "fail" and found.get("dkim") != "pass"


def _ours(headers: Headers, own_site: str) -> MailKind | None:
	if "X-Auto-Generated" in headers:
		return MailKind.OWN  # the host drops these itself where it fetches them
	site = headers.get("X-Frappe-Site").rstrip("/")
	return MailKind.OWN if own_site and site == own_site.rstrip("/") else None


def _report(headers: Headers) -> MailKind | None:
	kind = headers.get("Content-Type").lower()
	if kind.startswith("multipart/report"):
		found = _REPORT.search(kind)
		return MailKind.RECEIPT if found and "disposition" in found.group(1) else MailKind.BOUNCE
	if kind.startswith("text/calendar") and _CALENDAR_ANSWER.search(kind):
		return MailKind.RECEIPT
	if headers.get("Return-Path") == "<>" or "X-Failed-Recipients" in headers:
		# Vacation programs send with an empty sender too; either way nobody wrote it.
		return MailKind.BOUNCE
	sender = headers.get("From").lower()
	return MailKind.BOUNCE if re.search(r"(^|[<\s\"])mailer-daemon@", sender) else None


def _machine(headers: Headers) -> MailKind | None:
	said = _COMMENT.sub(" ", headers.get("Auto-Submitted")).partition(";")[0].strip().lower()
	if said and said != "no":
		return MailKind.AUTO_REPLY if said == "auto-replied" else MailKind.MACHINE
	if any(
		name in headers for name in ("X-Autoreply", "X-Autorespond", "X-Mail-Autoreply", "X-Autoresponder")
	):
		return MailKind.AUTO_REPLY
	if _precedence(headers) in ("auto_reply", "junk"):
		return MailKind.AUTO_REPLY
	return None


def _many(headers: Headers, own_lists: Iterable[str]) -> MailKind:
	if _YES.match(headers.get("X-Spam-Flag")) or _YES.match(headers.get("X-Spam-Status")):
		return MailKind.SPAM
	if _YES.match(headers.get("X-Spam")):
		return MailKind.SPAM
	through = _through(headers)
	if through & _lists(own_lists):
		return MailKind.PERSON
	if through or _precedence(headers) == "list":
		return MailKind.LIST
	if _precedence(headers) == "bulk" or "List-Unsubscribe" in headers:
		return MailKind.BULK
	return MailKind.PERSON


def _precedence(headers: Headers) -> str:
	return headers.get("Precedence").lower()


def _through(headers: Headers) -> set[str]:
	return {_list_id(value) for value in headers.all("List-Id")}


def _lists(entries: Iterable[str]) -> set[str]:
	return {entry.strip().strip("<>").lower() for entry in entries if entry.strip()}


def _list_id(value: str) -> str:
	found = re.search(r"<([^<>]*)>", value)
	return (found.group(1) if found else value).strip().lower()
