"""What the proofs behind :mod:`verification` share: a finding, and reading tables in windows of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import frappe

WINDOW = 1_000  # rows of one table looked at together

# Called with the account, what is being read ("entries", …), how much of it is done, and of how much (0: not known).
Progress = Callable[[str, str, int, int], None]
Bounds = tuple[
	str | None, str | None
]  # names after the first, up to and including the second; None: no bound


@dataclass(frozen=True)
class Finding:
	"""One thing that is not as it should be: a machine code, the row it is about, and a sentence."""

	code: str
	row: str
	message: str


def found(code: str, message: str, row: str, *values: object) -> Finding:
	"""A finding whose sentence, translated before, names ``row`` first and then ``values``."""
	return Finding(code, row, message.format(row, *values))


def no_progress(account: str, what: str, done: int, total: int) -> None:
	"""For callers that show none."""


@dataclass(frozen=True)
class Stream:
	"""Names in order: ``column`` of the rows of ``table`` for which ``condition`` holds with ``values``."""

	column: str
	table: str
	condition: str = "1 = 1"
	values: tuple[object, ...] = ()

	def within(self, bounds: Bounds, joined: str = "") -> tuple[str, tuple[object, ...]]:
		"""What follows FROM, and its values, for the rows of a window; ``joined`` are other tables."""
		text, values = f"{self.table} {joined} WHERE {self.condition}", self.values
		for sign, bound in zip((">", "<="), bounds, strict=True):
			if bound is not None:
				text, values = f"{text} AND {self.column} {sign} %s", (*values, bound)
		return text, values

	def end(self, after: str | None) -> tuple[str, tuple[object, ...]]:
		"""A SELECT of the name at which a window after ``after`` is full."""
		source, values = self.within((after, None))
		column = self.column
		return (
			f"(SELECT {column} AS name FROM {source} ORDER BY {column} LIMIT 1 OFFSET {WINDOW - 1})",
			values,
		)


def windows(streams: Sequence[Stream]) -> Iterator[Bounds]:
	"""Bounds of one window after another, in which no stream has more than :data:`WINDOW` different names.

	The database compares the names: its order is not Python's, and to it some different names are equal.
	"""
	after = None
	while True:
		ends = [stream.end(after) for stream in streams]
		text = " UNION ALL ".join(end for end, _values in ends)
		values = [value for _end, own in ends for value in own]
		until = frappe.db.sql(f"SELECT MIN(name) FROM ({text}) ends", values)[0][0] if ends else None
		yield after, until
		if until is None:
			return
		after = until


def names_of(stream: Stream) -> Iterator[str]:
	"""All names of one stream in order, a page at a time."""
	after = None
	while True:
		source, values = stream.within((after, None))
		column = stream.column
		page = frappe.db.sql(
			f"SELECT {column} FROM {source} ORDER BY {column} LIMIT {WINDOW}", values, pluck=True
		)
		yield from page
		if len(page) < WINDOW:
			return
		after = page[-1]
