"""Opening balances: what a file's rows mean, whatever program wrote it, and what makes a row happen once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.csv_rows import Problem, Raw
from support_credits.engine.opening_balances import (
	COLUMNS,
	Opening,
	PackTerms,
	Row,
	column_of,
	columns_of,
	content_of,
	event_key,
	identity_of,
	is_over,
	opening_of,
	row_from,
	texts_of,
)

TODAY = date(2026, 11, 22)
GOOD = {"customer": "Acme", "credits": "2", "granted_on": "2026-01-31", "months": "12"}
PACK = PackTerms("FOUR", 4, 6, "USD")

names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
	lambda text: text.strip() and "<" not in text
)


def messages(problems: list[Problem]) -> list[tuple[str, str]]:
	return [(problem.column, str(problem.message)) for problem in problems]


def parsed(**cells: str) -> tuple[Row | None, list[tuple[str, str]]]:
	row, problems = row_from(7, {**GOOD, **cells}, TODAY)
	assert {problem.line for problem in problems} <= {7}
	return row, messages(problems)


# Columns


@pytest.mark.parametrize(
	("title", "column"),
	[("Granted On", "granted_on"), ("E-Mail", "person"), ("VALID-UNTIL", "expires_on"), (" credits ", "credits"),
	("Valid for (months)", "months"), ("colour", None), ("", None)],
)  # fmt: skip
def test_a_column_is_known_by_the_names_people_give_it(title, column):
	assert column_of(title) == column


def test_no_name_stands_for_two_columns():
	every = [name for column, aliases in COLUMNS.items() for name in (column, *aliases)]
	assert len(every) == len(set(every))
	assert all(column_of(name) for name in every)


def test_an_unknown_a_double_and_a_missing_column_are_all_told_at_once():
	_columns, problems = columns_of(1, ["customer", "Company", "expirs_on", "months"])
	assert [column for column, _text in messages(problems)] == [
		"Company",
		"expirs_on",
		"credits",
		"granted_on",
	]
	assert columns_of(1, ["company", "pack", "date"]) == (["customer", "pack", "granted_on"], [])


def test_more_cells_than_the_header_has_are_refused_and_empty_ones_are_not():
	columns = ["customer", "credits"]
	assert isinstance(texts_of(columns, Raw(2, ("Acme", "1", "329", "00"))), Problem)
	assert texts_of(columns, Raw(2, ("Acme", "1", "", " "))) == {"customer": "Acme", "credits": "1"}
	assert texts_of(columns, Raw(2, ("Acme",))) == {"customer": "Acme"}


# Values


@pytest.mark.parametrize(
	("cells", "column", "said"),
	[
		({"credits": "1.5"}, "credits", "whole number from 1 to 1000000"),
		({"credits": "0"}, "credits", "whole number"),
		({"credits": "-2"}, "credits", "whole number"),
		({"credits": "1000001"}, "credits", "whole number"),
		({"credits": "٣"}, "credits", "whole number"),
		({"credits": ""}, "credits", "a number of credits, or a pack"),
		({"granted_on": ""}, "granted_on", "is missing"),
		({"granted_on": "31.01.2026"}, "granted_on", "is not a day. Write it as 2026-11-22"),
		({"granted_on": "2026-02-31"}, "granted_on", "is not a day"),
		({"granted_on": "2026-11-23"}, "granted_on", "not after today"),
		({"granted_on": "1066-10-14"}, "granted_on", "last 50 years"),
		({"expires_on": "2027-01-01"}, "months", "either until which day or for how many months"),
		({"months": ""}, "expires_on", "say until when"),
		({"months": "601"}, "months", "whole number from 1 to 600"),
		({"months": "", "expires_on": "2026-01-30"}, "expires_on", "before the day"),
		({"months": "", "expires_on": "9999-12-31"}, "expires_on", "more than 50 years"),
		({"price": "329,00", "currency": "EUR"}, "price", "is not an amount. Write it as 329.00"),
		({"price": "-1", "currency": "EUR"}, "price", "is not an amount"),
		({"price": "1e3", "currency": "EUR"}, "price", "is not an amount"),
		({"price": "329.00"}, "currency", "go together"),
		({"currency": "EUR"}, "currency", "go together"),
		({"price": "1", "currency": "Euro"}, "currency", "is not a currency"),
		({"person": "a@example.com"}, "customer", "either a customer or a person"),
		({"customer": ""}, "customer", "either a customer or a person"),
		({"reason": "<script>alert(1)</script>"}, "reason", "cannot hold HTML"),
		({"customer": "A\0B"}, "customer", "cannot hold HTML"),
		({"reference": "x" * 141}, "reference", "at most 140"),
		({"if_expired": "yes"}, "if_expired", "skip, keep, or nothing"),
	],
)  # fmt: skip
def test_a_value_that_is_no_good_is_named_with_its_column(cells, column, said):
	row, problems = parsed(**cells)
	assert row is None
	assert any(where == column and said in text for where, text in problems), problems


def test_every_problem_of_a_row_is_told_not_the_first_one_alone():
	_row, problems = parsed(credits="x", granted_on="y", price="z")
	assert [column for column, _text in problems] == ["granted_on", "credits", "price"]


@given(names, st.integers(1, 1_000_000), st.dates(date(1980, 1, 1), TODAY), st.integers(1, 600))
def test_a_good_row_is_what_was_written_with_the_blanks_around_it_gone(name, credits, day, months):
	row, problems = row_from(
		2, {"customer": f" {name} ", "credits": f"{credits} ", "granted_on": day.isoformat(), "months": str(months)}, TODAY
	)  # fmt: skip
	assert problems == []
	assert (row.customer, row.credits, row.granted_on, row.months) == (name.strip(), credits, day, months)


def test_a_cell_that_looks_like_a_formula_is_text_here():
	row, problems = parsed(customer="=1+1", reference="@SUM(A1)")
	assert (row.customer, row.reference, problems) == ("=1+1", "@SUM(A1)", [])


# Effect


def settled(terms: PackTerms | None = None, **cells: str) -> Opening:
	row, problems = row_from(2, {**GOOD, **cells}, TODAY)
	assert problems == []
	opening, problem = opening_of(row, terms, TODAY)
	assert problem is None
	return opening


def test_months_end_on_the_same_day_of_the_month_or_the_last_one_there_is():
	assert settled(months="3").until == date(2026, 4, 30)
	assert settled(months="13").until == date(2027, 2, 28)


def test_a_row_of_a_pack_has_the_packs_credits_and_validity_unless_it_says_its_own():
	opening = settled(PACK, credits="", months="", pack="FOUR")
	assert (opening.credits, opening.until) == (4, date(2026, 7, 31))
	opening = settled(PACK, credits="1", months="", pack="FOUR", expires_on="2027-01-01")
	assert (opening.credits, opening.until) == (1, date(2027, 1, 1))


def test_never_is_for_ever():
	assert settled(months="", expires_on="Never") == Opening(2, date(2026, 1, 31), None, over=False)


def test_another_currency_than_the_packs_is_refused_with_the_way_on():
	row, _problems = row_from(2, {**GOOD, "pack": "FOUR", "price": "1", "currency": "EUR"}, TODAY)
	opening, problem = opening_of(row, PACK, TODAY)
	assert (opening, problem.column) == (None, "currency")
	assert str(problem.message).startswith("pack FOUR is sold in USD, not in EUR. Leave the pack out")


@given(st.dates(date(2026, 2, 1), date(2027, 12, 31)))
def test_a_lot_can_be_spent_on_its_last_day_and_is_over_on_the_next(until):
	cells = {**GOOD, "months": "", "expires_on": until.isoformat()}
	row, _problems = row_from(2, cells, TODAY)
	for today, over in ((until, False), (until + timedelta(days=1), True)):
		opening, _problem = opening_of(row, None, today)
		assert (opening.over, is_over(row, opening) is not None) == (over, over)


@pytest.mark.parametrize("word", ["skip", "keep", "KEEP"])
def test_a_row_that_is_over_is_refused_unless_it_says_what_to_do(word):
	row, _problems = row_from(2, {**GOOD, "granted_on": "2025-01-01", "months": "1"}, TODAY)
	opening, _problem = opening_of(row, None, TODAY)
	assert "already over on 2025-02-01: nothing to spend" in str(is_over(row, opening).message)
	said, _problems = row_from(
		2, {**GOOD, "granted_on": "2025-01-01", "months": "1", "if_expired": word}, TODAY
	)
	assert is_over(said, opening) is None


# Once


def one(**fields: object) -> tuple[Row, Opening]:
	row = Row(2, date(2026, 1, 31), **fields)
	return row, Opening(2, row.granted_on, date(2026, 12, 31), over=False)


@given(names, st.integers(1, 9), st.dates(date(2020, 1, 1), TODAY))
def test_a_row_without_reference_is_its_account_credits_and_days(name, credits, day):
	row, opening = one(customer=name)
	same = identity_of(
		Row(99, row.granted_on, customer="Other name", reason="Other", price=None), "CA-1", opening
	)
	assert identity_of(row, "CA-1", opening) == same
	assert identity_of(row, "CA-2", opening) != same
	changed = Opening(credits, day, date(2026, 12, 31), over=False)
	assert (identity_of(row, "CA-1", changed) == same) == (changed == opening)


def test_a_row_with_a_reference_is_its_reference_whatever_its_case():
	row, opening = one(reference="INV-1")
	other, _opening = one(reference="inv-1", customer="Another")
	assert identity_of(row, "CA-1", opening) == identity_of(other, "CA-2", opening)
	assert identity_of(one(reference="INV-2")[0], "CA-1", opening) != identity_of(row, "CA-1", opening)


def test_the_content_of_a_reference_is_all_that_it_grants_and_not_how_it_is_written():
	row, opening = (
		row_from(2, {**GOOD, "price": "329.00", "currency": "EUR", "reference": "R"}, TODAY)[0],
		one()[1],
	)
	again = row_from(9, {**GOOD, "price": "329", "currency": "eur", "reference": "R", "reason": "x"}, TODAY)[
		0
	]
	assert content_of(row, opening) == content_of(again, opening)
	for other in ({"price": "330"}, {"currency": "USD"}, {"pack": "FOUR"}):
		cells = {**GOOD, "price": "329.00", "currency": "EUR", **other}
		assert content_of(row_from(2, cells, TODAY)[0], opening) != content_of(row, opening)


def test_keys_fit_the_ledgers_column_and_count_equal_rows_apart():
	row, opening = one(reference="x" * 140)
	keys = {event_key(identity_of(row, "CA-00001", opening), number) for number in range(1, 100_000, 9_999)}
	assert len(keys) == 11
	assert max(map(len, keys)) < 100
