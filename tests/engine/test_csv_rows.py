"""Rows of a CSV file: whatever a program wrote is read back, and what cannot be read is named with its line."""

from __future__ import annotations

import csv
import io
from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.csv_rows import LINE_BYTES_MAX, NotReadable, Problem, Raw, read
from support_credits.engine.opening_balances import column_of, row_from, texts_of

TODAY = date(2026, 11, 22)


def raws(text: str | bytes) -> list[Raw | Problem]:
	data = text.encode() if isinstance(text, str) else text
	return list(read(io.BytesIO(data), column_of))


@given(
	st.lists(st.lists(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), max_size=30), min_size=2, max_size=4), max_size=8),
	st.sampled_from([",", ";", "\t"]),
	st.sampled_from(["\n", "\r\n"]),
	st.booleans(),
)  # fmt: skip
def test_whatever_a_program_wrote_is_read_back_cell_by_cell(rows, delimiter, ending, marked):
	file = io.StringIO()
	writer = csv.writer(file, delimiter=delimiter, lineterminator=ending)
	writer.writerow(["customer", "credits"])
	writer.writerows(rows)
	data = (b"\xef\xbb\xbf" if marked else b"") + file.getvalue().encode()
	found = raws(data)
	assert all(isinstance(raw, Raw) for raw in found)
	assert found[0].cells == ("customer", "credits")
	kept = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
	assert [raw.cells for raw in found[1:]] == kept


def test_a_row_is_known_by_the_line_it_starts_on_though_cells_have_line_breaks():
	found = raws('customer,reason\nA,"one\ntwo\nthree"\n\nB,x\n')
	assert [(raw.line, raw.cells[0]) for raw in found] == [(1, "customer"), (2, "A"), (6, "B")]


def test_a_row_that_breaks_the_form_is_a_problem_and_the_next_one_is_read():
	first, second, third = raws('customer,credits\n"A"x,1\nB,2\n')
	assert (second.line, isinstance(second, Problem)) == (2, True)
	assert "no row of a CSV file" in str(second.message)
	assert third == Raw(3, ("B", "2"))
	assert first.cells == ("customer", "credits")


def test_a_quote_that_never_ends_is_a_problem_where_it_begins():
	assert [raw.line for raw in raws('customer,credits\nA,"1\nB,2\n') if isinstance(raw, Problem)] == [2]


def test_a_byte_that_is_no_utf8_is_named_with_its_line_and_column():
	first, raw = raws(b"customer,credits\nCaf\xe9,1\n")
	row, problems = row_from(raw.line, texts_of(["customer", "credits"], raw), TODAY)
	assert row is None
	assert ("customer", "the byte 0xE9 is not UTF-8. Save the file in UTF-8.") in [
		(one.column, str(one.message)) for one in problems
	]
	assert (first.line, raw.line) == (1, 2)


@pytest.mark.parametrize(
	("data", "said"),
	[
		("customer,credits\nA,1\n".encode("utf-16"), "UTF-16"),
		(b"customer\n" + b"x" * LINE_BYTES_MAX, "longer than"),
	],
)
def test_what_cannot_be_read_says_so_and_does_not_go_on(data, said):
	lines = io.BytesIO(data)
	rows = read(iter(lambda: lines.readline(LINE_BYTES_MAX), b""), column_of)
	with pytest.raises(NotReadable, match=said):
		list(rows)


def test_reading_is_lazy_so_that_no_size_of_file_has_to_fit_into_memory():
	taken = count()

	def endless():
		yield b"customer,credits\n"
		while True:
			next(taken)
			yield b"Acme,1\n"

	rows = read(endless(), column_of)
	for _number in range(5_000):
		next(rows)
	assert next(taken) <= 5_001
