"""Everything the app holds for one customer, as one JSON file or as a zip of CSV files, one per table.

The tables are found by their links, so that one that comes later is in it too: what names the customer, one of his
accounts (also those that were joined into it), or one of his incidents. Times are UTC where a column says so. What
somebody could redeem or log in with is left out. Tickets and mails are the host's and stay there.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

import frappe
from frappe import _
from pypika.terms import Criterion

from support_credits import sheets
from support_credits.engine.model import stamp_text
from support_credits.exported_rows import rows_of
from support_credits.ledger import clock

MODULE = "Support Credits"
CUSTOMER, ACCOUNT, INCIDENT = "HD Customer", "Credit Account", "Support Incident"
SECRET = re.compile(r"(^|_)(password|secret|token)(_|$)|^(code|claim|link)_(hash|digest)$")
EXTRA = ("name", "owner", "creation", "modified", "modified_by")
TEXT = "utf-8"


def check_customer(customer: str) -> None:
	if not frappe.db.exists(CUSTOMER, customer):
		frappe.throw(
			_("Customer {0} does not exist.").format(frappe.utils.escape_html(customer)),
			frappe.DoesNotExistError,
		)


def write(customer: str, form: str, file: BinaryIO) -> dict[str, int]:
	"""Write all rows into ``file`` as ``json`` or ``csv`` (a zip); returns how many of each table. One snapshot."""
	return FORMS[form](customer, file)


def tables_of(customer: str) -> Iterator[tuple[str, Criterion]]:
	"""The app's tables that can hold something of a customer, with the condition under which a row is his."""
	accounts = family_of(customer)
	for doctype in sorted(
		frappe.get_all("DocType", {"module": MODULE, "issingle": 0, "istable": 0}, pluck="name")
	):
		condition = _condition(doctype, customer, accounts)
		if condition is not None:
			yield doctype, condition


def family_of(customer: str) -> list[str]:
	"""The customer's account and every one that was joined into it, at whatever remove."""
	found = frappe.get_all(ACCOUNT, {"customer": customer}, pluck="name")
	for account in found:  # grows while it is read
		found += frappe.get_all(ACCOUNT, {"merged_into": account}, pluck="name")
	return found


def _condition(doctype: str, customer: str, accounts: list[str]) -> Criterion | None:
	table, ways = frappe.qb.DocType(doctype), []
	for field in frappe.get_meta(doctype).fields:
		column = table[field.fieldname]
		if field.fieldtype == "Link" and field.options == CUSTOMER:
			ways.append(column == customer)
		elif field.fieldtype == "Link" and field.options == ACCOUNT and accounts:
			ways.append(column.isin(accounts))
		elif field.fieldname == "incident":
			ways.append(column.isin(_incidents(customer, accounts)))
	if doctype == ACCOUNT and accounts:
		ways.append(table.name.isin(accounts))
	return Criterion.any(ways) if ways else None


def _incidents(customer: str, accounts: list[str]) -> object:
	incident = frappe.qb.DocType(INCIDENT)
	his = incident.customer == customer
	return (
		frappe.qb.from_(incident)
		.select(incident.name)
		.where(his | incident.account.isin(accounts) if accounts else his)
	)


def columns_of(doctype: str) -> list[str]:
	"""What is exported of a table: its columns but for those that are worth something to a thief."""
	fields = [
		field.fieldname
		for field in frappe.get_meta(doctype).fields
		if field.fieldtype not in frappe.model.no_value_fields
		and field.fieldtype != "Password"
		and not field.get("is_virtual")
		and not SECRET.search(field.fieldname)
	]
	return [*EXTRA, *fields]


def _picked(doctype: str, condition: Criterion, columns: list[str]) -> Iterator[dict[str, object]]:
	return ({column: row.get(column) for column in columns} for row in rows_of(doctype, condition))


def _as_json(customer: str, file: BinaryIO) -> dict[str, int]:
	"""One object: who, when, and a list of rows for every table. Written row by row."""
	counts = {}
	head = json.dumps({"customer": customer, "made_at_utc": stamp_text(clock.now())}, ensure_ascii=False)
	file.write(f'{head[:-1]}, "tables": {{'.encode(TEXT))
	for doctype, condition in tables_of(customer):
		start = f"{',' if counts else ''}\n{json.dumps(doctype)}: ["
		file.write(start.encode(TEXT))
		counts[doctype] = 0
		for row in _picked(doctype, condition, columns_of(doctype)):
			text = json.dumps(row, default=str, ensure_ascii=False)
			file.write(f"{',' if counts[doctype] else ''}\n{text}".encode(TEXT))
			counts[doctype] += 1
		file.write(b"]")
	file.write(b"\n}}\n")
	return counts


def _as_csv(customer: str, file: BinaryIO) -> dict[str, int]:
	"""A zip with a CSV file for every table, an empty one too: who reads it sees that there is nothing."""
	counts = {}
	with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
		for doctype, condition in tables_of(customer):
			columns = columns_of(doctype)
			rows = _picked(doctype, condition, columns)
			with archive.open(f"{frappe.scrub(doctype)}.csv", "w") as member:
				counts[doctype] = sheets.write(member, columns, (list(row.values()) for row in rows))
	return counts


FORMS: dict[str, Callable[[str, BinaryIO], dict[str, int]]] = {"json": _as_json, "csv": _as_csv}
