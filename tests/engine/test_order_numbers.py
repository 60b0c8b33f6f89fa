"""Order numbers, typed and in mails: three forms and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.order_numbers import LEGACY_MAX, Asked, asked_for, find_numbers

HASH = "dgm9bnk8-0437xqry-ejpvzeol-jdayw5re"


@pytest.mark.parametrize(
	("typed", "kind", "value"),
	[
		("or_1a2B3c4D", "id", "or_1a2B3c4D"),
		(" OR_1a2B3c4D\n", "id", "or_1a2B3c4D"),
		(HASH, "id", HASH),
		(HASH.upper(), "id", HASH),
		("12345", "legacyId", "12345"),
		("#12345", "legacyId", "12345"),
		("# 012345", "legacyId", "12345"),
		(str(LEGACY_MAX), "legacyId", str(LEGACY_MAX)),
	],
)
def test_the_three_forms_are_read(typed, kind, value):
	assert asked_for(typed) == Asked(kind, value)


@pytest.mark.parametrize(
	"typed",
	[
		"", " ", "0", "#0", "-1", "1.5", "1e5", str(LEGACY_MAX + 1), "or_", "or_ab", "or-1a2b3c4d", "or_1a2b 3c4d", "ör_1a2b3c4d",
		"12345; DROP", "１２３４５", '{"id": 1}', "or_" + "a" * 41, HASH[:-1], HASH + "-", "ti_1a2b3c4d", "12345\x00", "##1",
	],
)  # fmt: skip
def test_everything_else_is_refused_with_an_example(typed):
	with pytest.raises(EngineError, match="or_1a2b3c4d"):
		asked_for(typed)


@given(st.text(max_size=60))
def test_whatever_is_typed_what_is_asked_for_reads_as_itself(typed):
	try:
		asked = asked_for(typed)
	except EngineError:
		return
	assert asked_for(asked.value) == asked
	assert asked.variables == {asked.kind: int(asked.value) if asked.kind == "legacyId" else asked.value}


@pytest.mark.parametrize(
	("text", "values"),
	[
		("My order number is or_1a2b3c4d, please help.", ["or_1a2b3c4d"]),
		("my order number is 12345", ["12345"]),
		("Order #12345.", ["12345"]),
		("Open Collective order no. 12345 and order 67890", ["12345", "67890"]),
		(f"It is {HASH}.", [HASH]),
		("https://opencollective.com/rockstor/orders/12345", ["12345"]),
		("https://opencollective.com/dashboard/ana/contributions/12345?x=1", ["12345"]),
		("order 12345 ... order 12345", ["12345"]),
		("My Open Collective order number is: #12345", ["12345"]),
		("Bestellung Nr. 12345", ["12345"]),
		("o número do pedido é 12345, pedido número 4567", ["12345", "4567"]),
		("In order to fix 12345 files", []),
		("We border 12345", []),
		("version 4.12345, 2026-11-25, call 555-12345", []),
		("order on 2026-11-25", []),
		("the invoice 12345", []),
		("", []),
	],
)
def test_a_mail_names_what_it_names(text, values):
	assert [asked.value for asked in find_numbers(text)] == values


def test_five_are_enough_of_one_mail():
	assert len(find_numbers(" ".join(f"order {number}" for number in range(100, 200)))) == 5


@given(st.text(max_size=2_000))
def test_whatever_a_mail_holds_what_is_found_can_be_asked_for(text):
	for asked in find_numbers(text):
		assert asked_for(asked.value) == asked
