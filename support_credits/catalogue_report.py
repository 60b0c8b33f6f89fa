"""What loading a catalogue did, or in a dry run would do: record by record, and field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import frappe
from frappe import _

from support_credits.hours.calendars import DAY_FIELDS

CREATED, CHANGED, KEPT, SAME = "created", "changed", "kept", "same"
ROW_FIELDS = (*DAY_FIELDS, "starts", "ends", "from_severity", "day", "kind", "description")


@dataclass(frozen=True)
class FieldChange:
	"""One field: what it says here, and what the catalogue has. Both as shown to a person."""

	fieldname: str
	label: str
	here: str
	catalogue: str


@dataclass(frozen=True)
class RecordEffect:
	"""One record: whether it is created, changed, kept as it was edited here, or the same; and which fields.

	A record may be changed in some fields and keep others. ``title`` is what people call it; ``new`` what a record that is
	created will say.
	"""

	doctype: str
	name: str
	effect: str
	title: str
	changed: tuple[FieldChange, ...] = ()
	kept: tuple[FieldChange, ...] = ()
	new: tuple[FieldChange, ...] = ()


@dataclass
class LoadReport:
	"""What loading did, record by record; ``kept`` names fields that were edited here and stay as they are."""

	created: list[str] = field(default_factory=list)
	updated: list[str] = field(default_factory=list)
	unchanged: list[str] = field(default_factory=list)
	kept: list[str] = field(default_factory=list)
	notes: list[str] = field(default_factory=list)
	records: list[RecordEffect] = field(default_factory=list)

	def as_dict(self) -> dict[str, object]:
		return asdict(self)

	def note(self, doc: object, changed: tuple[FieldChange, ...], kept: tuple[FieldChange, ...]) -> None:
		"""A record that was there before."""
		effect = CHANGED if changed else KEPT if kept else SAME
		self.records.append(RecordEffect(doc.doctype, doc.name, effect, _title(doc), changed, kept))

	def note_new(self, doc: object, values: Mapping[str, object]) -> None:
		"""A record that was not, and what the catalogue says of it."""
		self.created.append(f"{doc.doctype} {doc.name}")
		said = tuple(change(doc, fieldname, None, value) for fieldname, value in _worth_saying(doc, values))
		self.records.append(RecordEffect(doc.doctype, doc.name, CREATED, _title(doc), new=said))


def _title(doc: object) -> str:
	return str(_(doc.name) if doc.meta.issingle else doc.get_title() or doc.name)


def _worth_saying(doc: object, values: Mapping[str, object]) -> list[tuple[str, object]]:
	"""What is there, but for the name, which stands above, and units of nothing."""
	return [
		(fieldname, value)
		for fieldname, value in values.items()
		if value
		and value not in (doc.name, doc.get_title())
		and (not fieldname.endswith("_unit") or values.get(fieldname.replace("_unit", "_value")))
	]


def change(doc: object, fieldname: str, here: object, catalogue: object) -> FieldChange:
	field_type = doc.meta.get_field(fieldname).fieldtype
	said = (_said(field_type, value) for value in (here, catalogue))
	return FieldChange(fieldname, _(doc.meta.get_label(fieldname)), *said)


def _said(field_type: str, value: object) -> str:
	if field_type == "Check":
		return str(_("Yes") if value else _("No"))
	if value is None:
		return ""
	if field_type == "Currency":
		return f"{float(value):.2f}"
	return str(_(value) if field_type == "Select" else shown(value))


def shown(value: object) -> object:
	"""A value for a person; of a table, what its rows say."""
	if not isinstance(value, list):
		return value
	return "; ".join(" ".join(part for part in row if part) for row in _said_rows(value)) or _("nothing")


def _said_rows(table: list) -> list[tuple[str, ...]]:
	label = frappe.get_meta("Support Window").get_label
	days = [tuple(_(label(field)) for field in DAY_FIELDS if row.get(field)) for row in table]
	rest = ROW_FIELDS[len(DAY_FIELDS) :]
	said = [tuple(str(row.get(field) or "") for field in rest) for row in table]
	return [(", ".join(on), *texts) for on, texts in zip(days, said, strict=True)]
