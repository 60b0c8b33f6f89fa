"""What loading a catalogue did, or in a dry run would do: record by record, and field by field."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

CREATED, CHANGED, KEPT, SAME = "created", "changed", "kept", "same"


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

	A record may be changed in some fields and keep others.
	"""

	doctype: str
	name: str
	effect: str
	changed: tuple[FieldChange, ...] = ()
	kept: tuple[FieldChange, ...] = ()


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

	def note(
		self, doctype: str, name: str, changed: tuple[FieldChange, ...], kept: tuple[FieldChange, ...]
	) -> None:
		"""A record that was there before."""
		effect = CHANGED if changed else KEPT if kept else SAME
		self.records.append(RecordEffect(doctype, name, effect, changed, kept))
