"""File: attached to what its owner may write, and to a field that holds files.

The host writes a file's new address straight into ``attached_to_field`` of the record it is attached to when it is made
private or public, whoever owns that record and whatever the field holds: a customer could overwrite any column of any
row of the ledger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.model import child_table_fields, default_fields, optional_fields

from support_credits.exceptions import LedgerImmutableError

if TYPE_CHECKING:
	from frappe.core.doctype.file.file import File

HOLDS_FILES = frozenset({"Attach", "Attach Image"})
HOLDS_PICTURES = HOLDS_FILES | {
	"Text Editor",
	"HTML Editor",
	"Markdown Editor",
}  # the host attaches inline ones there
_NAME = re.compile(r"[a-z][a-z0-9_]*")
STANDARD_COLUMNS = frozenset([*default_fields, *optional_fields, *child_table_fields])


def before_validate(doc: File, method: str | None = None) -> None:
	target = doc.attached_to_doctype
	if not target:
		return
	ours = frappe.get_cached_value("DocType", target, "module") == "Support Credits"
	if ours and not frappe.has_permission(target, "write", doc.attached_to_name or None):
		_refuse(doc)
	if doc.attached_to_field and not _holds(doc, HOLDS_FILES if ours else HOLDS_PICTURES):
		_refuse(doc)


def _holds(doc: File, kinds: frozenset[str]) -> bool:
	"""Whether the field may hold a file. One the record has not got is only where an editor put the picture."""
	name = doc.attached_to_field.lower()  # for the database a column has no case
	if not _NAME.fullmatch(name):
		return False
	meta = frappe.get_meta(doc.attached_to_doctype)
	fields = {field.fieldname.lower(): field.fieldtype for field in meta.fields}
	if name in fields:
		return fields[name] in kinds
	return name not in STANDARD_COLUMNS


def _refuse(doc: File) -> None:
	frappe.throw(
		_("Nothing can be attached to {0} of {1} {2}.").format(
			doc.attached_to_field or _("the record"), _(doc.attached_to_doctype), doc.attached_to_name or ""
		),
		LedgerImmutableError,
	)
