"""Who reads what is written now: it is in his language, whatever the request's or the job's is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe


@contextmanager
def in_language_of(user: str) -> Iterator[None]:
	"""Translate into the language of ``user``; without one of his own, into the site's."""
	before = frappe.local.lang
	frappe.local.lang = (
		frappe.db.get_value("User", user, "language") or frappe.db.get_default("lang") or before
	)
	try:
		yield
	finally:
		frappe.local.lang = before
