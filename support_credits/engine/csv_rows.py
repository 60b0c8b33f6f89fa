"""Rows of a CSV file as people's programs write them, one at a time: comma, semicolon or tab, quoted line breaks, CRLF.

Owns the text and the form of single values; what a column means is its caller's. Only the row that is being read is held.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain

from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _
from support_credits.engine.model import Message

LINE_BYTES_MAX = 1 << 16  # what a caller reads at once; a longer line is no table of ours
DELIMITERS = (",", ";", "\t")
TEXT_LENGTH = 140  # as the database has names
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_PRICE = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")
_TAG = re.compile(r"<\s*[a-z!/?]", re.IGNORECASE)  # Desk shows texts as HTML
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ESCAPED = range(0xDC80, 0xDD00)  # what Python makes of bytes that are no UTF-8


@dataclass(frozen=True, slots=True)
class Problem:
	"""What is wrong with a row of a file, at the line it starts on; ``column`` is empty where it is the row itself."""

	line: int
	column: str
	message: Message


@dataclass(frozen=True, slots=True)
class Raw:
	"""A row as it is written. ``line`` is the one it starts on, counted from 1."""

	line: int
	cells: tuple[str, ...]


class NotReadable(EngineError):
	"""The file cannot be read beyond this line at all."""


def read(lines: Iterable[bytes], known: Callable[[str], object]) -> Iterator[Raw | Problem]:
	"""The rows of a file, its header first. Of the delimiters the one counts that gives the most ``known`` columns.

	``lines`` are those of the file with their ends, each cut at :data:`LINE_BYTES_MAX`. Blank rows are left out. A row
	that breaks the form is a Problem, and reading goes on with the next. Raises NotReadable where it cannot.
	"""
	texts = _texts(lines)
	first = next(texts, "")
	reader = csv.reader(chain([first], texts), delimiter=_delimiter(first, known), strict=True)
	while True:
		line = reader.line_num + 1
		try:
			cells = next(reader, None)
		except csv.Error as error:
			yield Problem(line, "", Message(_("this is no row of a CSV file: {what}"), {"what": str(error)}))
			continue
		if cells is None:
			return
		if any(cell.strip() for cell in cells):
			yield Raw(line, tuple(cells))


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
	for number, line in enumerate(lines, start=1):
		if number == 1 and line.startswith(_UTF16_MARKS):
			raise NotReadable(
				_("Line {line}: the file is in UTF-16. Save it as CSV in UTF-8 and upload it again."), line=1
			)
		if len(line) >= LINE_BYTES_MAX and not line.endswith(b"\n"):
			raise NotReadable(
				_("Line {line} is longer than {most} bytes. Is this a CSV file, with an end to every line?"),
				line=number,
				most=LINE_BYTES_MAX,
			)
		text = line.removeprefix(_UTF8_MARK) if number == 1 else line
		yield text.decode("utf-8", "surrogateescape")


def _delimiter(header: str, known: Callable[[str], object]) -> str:
	return max(DELIMITERS, key=lambda delimiter: _recognised(header, delimiter, known))


def _recognised(header: str, delimiter: str, known: Callable[[str], object]) -> int:
	try:
		cells: Sequence[str] = next(csv.reader([header], delimiter=delimiter), [])
	except csv.Error:
		return 0
	return sum(1 for cell in cells if known(cell))


def bad_byte(text: str) -> int | None:
	"""The first byte of a cell that was not UTF-8; None when all were."""
	return next((ord(letter) - 0xDC00 for letter in text if ord(letter) in _ESCAPED), None)


@dataclass
class Cells:
	"""The cells of one row by column, and what was found wrong with them."""

	line: int
	texts: Mapping[str, str]
	problems: list[Problem] = field(default_factory=list)

	def wrong(self, column: str, template: str, **values: object) -> None:
		self.problems.append(Problem(self.line, column, Message(template, values)))

	def text(self, column: str, most: int = TEXT_LENGTH) -> str:
		text = self.texts.get(column, "").strip()
		byte = bad_byte(text)
		if byte is not None:
			self.wrong(
				column, _("the byte {byte} is not UTF-8. Save the file in UTF-8."), byte=f"0x{byte:02X}"
			)
			return ""
		if "\0" in text or _TAG.search(text):
			self.wrong(column, _("this cannot hold HTML. Write it as plain text."))
			return ""
		if len(text) > most:
			self.wrong(column, _("this is too long: at most {most} characters"), most=most)
			return ""
		return text

	def whole(self, column: str, most: int) -> int:
		text = self.text(column)
		if not text:
			return 0
		if not _WHOLE.fullmatch(text) or not 0 < int(text) <= most:
			self.wrong(
				column, _("this must be a whole number from 1 to {most}: {found}"), most=most, found=text
			)
			return 0
		return int(text)

	def day(self, column: str) -> date | None:
		text = self.text(column)
		if not text:
			return None
		try:
			if _DAY.fullmatch(text):
				return date.fromisoformat(text)
		except ValueError:
			pass  # the 31st of February: said below
		self.wrong(
			column, _("{found} is not a day. Write it as {example}."), found=text, example="2026-11-22"
		)
		return None

	def price(self) -> Decimal | None:
		text = self.text("price")
		if text and not _PRICE.fullmatch(text):
			self.wrong(
				"price", _("{found} is not an amount. Write it as {example}."), found=text, example="329.00"
			)
			return None
		return Decimal(text) if text else None
