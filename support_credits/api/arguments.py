"""What callers send, made safe before it is kept: the ledger writes rows, so the host's own cleaning never runs.

No module of this package may import ``annotations`` from ``__future__``: the host checks and converts the arguments of
whitelisted functions by their annotations, and passes over those that are text.
"""

import re
from decimal import Decimal, InvalidOperation

import frappe
from frappe import _

TEXT_LENGTH = 1_000
# Desk shows small texts as HTML. The host's sanitizer is no help: it lets through whatever happens to be valid JSON.
_TAG = re.compile(r"<\s*[a-z!/?]", re.IGNORECASE)
_NOT_IN_URL = re.compile(r"[\s\"'<>\\]")


def plain_text(text: str, label: str, required: bool = False, most: int = TEXT_LENGTH) -> str:
	"""``text`` without white space around it; refuses HTML, broken characters and what is too long to be kept."""
	text = text.strip()
	if required and not text:
		frappe.throw(_("Say why: {0} is missing, and it stays in the ledger.").format(label))
	if len(text) > most:
		frappe.throw(_("{0} is too long: at most {1} characters.").format(label, most))
	if _TAG.search(text) or "\0" in text:
		frappe.throw(_("{0} cannot hold HTML. Write it as plain text.").format(label))
	try:
		text.encode()
	except UnicodeEncodeError:
		frappe.throw(_("{0} holds characters that cannot be stored.").format(label))
	return text


def web_address(url: str, label: str) -> str:
	"""``url`` when it is an http or https address that is safe wherever it is shown."""
	url = plain_text(url, label)
	if url:
		if _NOT_IN_URL.search(url):
			frappe.throw(_("{0} is not a web address: {1}").format(label, frappe.utils.escape_html(url)))
		frappe.utils.validate_url(url, throw=True, valid_schemes=["http", "https"])
	return url


def whole_number(number: int | bool, label: str) -> int:
	"""``number``; true and false are none, though the host would take them for 1 and 0."""
	if isinstance(number, bool):
		frappe.throw(_("{0} is not a whole number.").format(label))
	return number


def amount_of(text: str, label: str) -> Decimal:
	"""``text`` as an amount of money: a decimal number with a point, as the endpoints answer it."""
	try:
		amount = Decimal(text.strip())
	except InvalidOperation:
		amount = Decimal("NaN")
	if not amount.is_finite():
		frappe.throw(_("{0} is not an amount of money: {1}").format(label, frappe.utils.escape_html(text)))
	return amount
