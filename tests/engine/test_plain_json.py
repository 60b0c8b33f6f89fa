"""A document from elsewhere is looked at before it is read: how deep, how long, and whether a text is markup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.plain_json import DEPTH_MAX, ITEMS_MAX, PROBLEMS_MAX, TEXT_MAX, problems

FIXTURES = Path(__file__).parents[2] / "fixtures"
plain = st.recursive(
	st.none() | st.booleans() | st.integers() | st.text("abc <2&\n\té€", max_size=20),
	lambda inner: st.lists(inner, max_size=4)
	| st.dictionaries(st.text("abc", max_size=5), inner, max_size=4),
	max_leaves=20,
)


def nested(levels: int) -> object:
	value: object = "x"
	for _level in range(levels):
		value = [value]
	return value


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.json")), ids=lambda file: file.stem)
def test_the_providers_catalogues_are_harmless(file: Path) -> None:
	assert problems(json.loads(file.read_text(encoding="utf-8"))) == []


@given(document=plain)
def test_plain_texts_numbers_and_lists_are_harmless(document: object) -> None:
	deep = json.dumps(document)
	if (
		deep.count("[") + deep.count("{") < DEPTH_MAX
		and "<a" not in deep
		and "<b" not in deep
		and "<c" not in deep
	):
		assert [said for said in problems(document) if "HTML" not in said] == []


@pytest.mark.parametrize(
	("document", "said"),
	[
		({"packs": [{"name": "<img src=x onerror=alert(1)>"}]}, "packs[0].name: cannot hold HTML"),
		({"packs": [{"name": "< SCRIPT>"}]}, "packs[0].name: cannot hold HTML"),
		({"<b>": 1}, "catalogue: key: cannot hold HTML"),
		({"texts": {"terms": "a" * (TEXT_MAX + 1)}}, f"texts.terms: a text of {TEXT_MAX + 1} characters"),
		({"name": "a\0b"}, "name: holds characters"),
		({"name": "\ud800"}, "name: holds characters"),
		({"name": "safe \u202e gpj.exe"}, "name: holds characters"),
		({"packs": [0] * (ITEMS_MAX + 1)}, f"packs: has {ITEMS_MAX + 1} entries"),
		({str(number): 0 for number in range(ITEMS_MAX + 1)}, f"catalogue: has {ITEMS_MAX + 1} entries"),
		(nested(DEPTH_MAX + 1), "nested too deeply"),
	],
)
def test_what_is_not_harmless_is_named_with_its_place(document: object, said: str) -> None:
	found = problems(document)
	assert len(found) == 1
	assert said in found[0]


def test_the_deepest_that_is_taken_is_taken() -> None:
	assert problems(nested(DEPTH_MAX)) == []


def test_less_than_a_day_is_no_markup() -> None:
	assert problems({"name": "Answer in <24 h, R&D"}) == []


def test_they_come_in_the_order_of_the_document_and_not_without_end() -> None:
	found = problems({"packs": [{"name": "<b>"} for _number in range(ITEMS_MAX)]})
	assert len(found) == PROBLEMS_MAX
	assert found[0].startswith("packs[0].name")
	assert found[1].startswith("packs[1].name")


def test_a_document_deeper_than_the_stack_is_refused_all_the_same() -> None:
	assert "nested too deeply" in problems(nested(100_000))[0]
