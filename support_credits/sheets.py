"""CSV files that people open in sheets: UTF-8 with its mark, and no text that a sheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

UTF8_MARK = b"\xef\xbb\xbf"  # without it sheets read the file as something else
# A sheet takes text that begins like this for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
	"""Text that no sheet runs: a subject is whatever a customer wrote."""
	return f"'{text}" if text.startswith(FORMULA) else text


def write(file: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
	"""Write a table into ``file`` row by row, texts made safe; returns how many rows."""
	file.write(UTF8_MARK)
	text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
	writer, count = csv.writer(text, lineterminator="\r\n"), 0
	writer.writerow(header)
	for row in rows:
		writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
		count += 1
	text.detach()
	return count
