"""What an admin may enter: numbers that are whole and have a limit, and addresses that are safe as links.

Asked before the host converts values: it stores 0 for "x" and 1 for 1.5, and a price of 0 is a gift.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import frappe
from frappe import _
from frappe.model.document import Document

from support_credits.engine.allocation import MAX_CREDITS
from support_credits.engine.calendar_days import DAYS_MAX, MONTHS_MAX
from support_credits.engine.errors import EngineError
from support_credits.engine.notice import numbers as listed_numbers

Range = tuple[int, int]

CREDITS: Range = (0, MAX_CREDITS)
DAYS: Range = (0, DAYS_MAX)
MONTHS: Range = (1, MONTHS_MAX)
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_PATH = re.compile(r"/(?!/)[^\s\"'<>\\]*")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)


def whole_numbers(doc: Document, ranges: Mapping[str, Range]) -> None:
	"""Refuse, naming the field, what is not a whole number within its range; an empty field is its default."""
	for fieldname, (low, high) in ranges.items():
		value = doc.get(fieldname)
		if value in (None, ""):
			continue
		if not _is_whole(value) or not low <= int(value) <= high:
			frappe.throw(
				_("{0} must be a whole number from {1} to {2}.").format(
					_(doc.meta.get_label(fieldname)), low, high
				)
			)


def _is_whole(value: object) -> bool:
	if isinstance(value, float):
		return value.is_integer()
	return _WHOLE.fullmatch(str(value).strip()) is not None and not isinstance(value, bool)


def numbers(doc: Document, most: Mapping[str, int]) -> None:
	"""Refuse, naming the field, a list such as ``30, 7, 1`` that holds anything but whole numbers up to its most."""
	for fieldname, highest in most.items():
		try:
			found = listed_numbers(doc.get(fieldname) or "", highest)
		except EngineError as error:
			frappe.throw(
				_("{0}: {1}. Write whole numbers with commas between them, such as 30, 7, 1.").format(
					_(doc.meta.get_label(fieldname)), _(error.template).format(**error.values)
				)
			)
		doc.set(fieldname, ", ".join(map(str, found)))


def links(doc: Document, *fieldnames: str) -> None:
	"""Refuse an address that is neither a path on this site nor a web address: every customer gets it as a link."""
	for fieldname in fieldnames:
		value = (doc.get(fieldname) or "").strip()
		if value and not (_PATH.fullmatch(value) or _ADDRESS.fullmatch(value)):
			frappe.throw(
				_("{0} must be a web address or a path on this site, such as /buy.").format(
					_(doc.meta.get_label(fieldname))
				)
			)
