"""What the suites about the public page share: the page of this process, with whatever it has written and not committed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import frappe
from frappe.utils import set_request, strip_html
from frappe.website.serve import get_response

from support_credits.ledger import settings as site
from support_credits.tests.compat import TestCase

PAGE = "/support-credits"
SETTINGS = "Support Credits Settings"


def rendered(lang: str = "en", **asked: str) -> str:
	"""The page's HTML for a visitor of that language."""
	before = frappe.local.lang, frappe.local.form_dict
	set_request(method="GET", path=PAGE)
	frappe.local.lang, frappe.local.form_dict = lang, frappe._dict(asked)
	frappe.flags.sc_offer_page = None
	try:
		answer = get_response(PAGE)
	finally:
		frappe.local.lang, frappe.local.form_dict = before
		frappe.local.request = None
	assert answer.status_code == 200, answer.data[-3_000:]
	return answer.data.decode()


def section(html: str, anchor: str) -> str:
	"""What a reader sees between an anchor and the next section, as one line of text."""
	start = html.index(f'id="{anchor}"')
	end = html.find("</section>", start)
	return text_of(html[html.rindex("<", 0, start) : end])


def text_of(html: str) -> str:
	return re.sub(r"\s+", " ", unescape(strip_html(re.sub(r"<(?=\w|/)", " <", html)))).strip()


def read_again() -> None:
	"""The settings as this transaction has them. At once, before another process puts what is committed into the cache."""
	frappe.clear_document_cache(SETTINGS, SETTINGS)
	site.settings()


class OfferCase(TestCase):
	"""Assertions about the page of this process."""

	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(frappe.clear_document_cache, SETTINGS, SETTINGS)

	@contextmanager
	def settings(self, **values: object) -> Iterator[None]:
		"""Settings as stored, without their checks; undone with the test."""
		frappe.db.set_single_value(SETTINGS, values)
		read_again()
		yield
