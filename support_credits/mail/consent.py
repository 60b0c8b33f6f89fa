"""The link by which somebody answers a proposal without a login: signed for one proposal and one person.

Nothing of it is stored: whoever reads the database cannot make one. It ends with the proposal, because that is answered once,
and it is worth nothing to whom the proposal is not, or is no longer, for him to answer.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from urllib.parse import urlencode

import frappe
from frappe.utils import get_url
from frappe.utils.password import get_encryption_key

from support_credits.mail import readers
from support_credits.mail.readers import Reader

PAGE = "/support-credits/proposal"
TOKEN_LENGTH = 43


def url_for(proposal: str, email: str) -> str:
	"""Where this person answers this proposal. The page itself changes nothing: programs follow links."""
	return f"{get_url(PAGE)}?{urlencode({'proposal': proposal, 'token': token_for(proposal, email)})}"


def token_for(proposal: str, email: str) -> str:
	text = f"support credits proposal\0{proposal}\0{email.lower()}"
	digest = hmac.new(get_encryption_key().encode(), text.encode(), sha256).digest()
	return urlsafe_b64encode(digest).decode().rstrip("=")


def person_of(row: frappe._dict, token: str) -> Reader | None:
	"""Whose link this is, of those who may answer the proposal now; None when it is nobody's."""
	if len(token) != TOKEN_LENGTH or not token.isascii():
		return None
	for reader in readers.who_may_accept(row.customer, row.ticket or ""):
		if hmac.compare_digest(token_for(row.name, reader.email), token):
			return reader
	return None


@contextmanager
def answering_as(person: Reader) -> Iterator[None]:
	"""The ledger notes the person whose link it is, not who happens to be logged in in that browser: his user, or the
	address where he has none.
	"""
	session = frappe.local.session
	before, session.user = session.user, person.user or person.email
	try:
		yield
	finally:
		session.user = before
