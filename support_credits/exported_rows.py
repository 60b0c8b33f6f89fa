"""Rows of the app's tables on their way into a file, a page at a time: memory does not grow with the ledger."""

from __future__ import annotations

from collections.abc import Iterator

import frappe
from pypika.terms import Criterion

PAGE = 5_000


def rows_of(doctype: str, condition: Criterion | None = None) -> Iterator[dict[str, object]]:
	"""Every column of the rows of ``doctype`` for which ``condition`` holds, in the order of their names."""
	if frappe.get_meta(doctype).issingle:
		yield frappe.get_doc(doctype).as_dict(no_nulls=True)
		return
	table, last = frappe.qb.DocType(doctype), ""
	while True:
		query = frappe.qb.from_(table).select("*").where(table.name > last).orderby(table.name).limit(PAGE)
		page = (query.where(condition) if condition else query).run(as_dict=True)
		yield from page
		if len(page) < PAGE:
			return
		last = page[-1]["name"]
