"""Activation codes: whatever a person makes of one while typing, it is the same code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.codes import ALPHABET, BYTES, code_from, code_of, digest_of, plain_code
from support_credits.engine.errors import EngineError

randoms = st.binary(min_size=BYTES, max_size=BYTES)


@given(randoms, randoms)
def test_different_random_bytes_are_different_codes(one, other):
	assert (code_from(one) == code_from(other)) == (one == other)
	assert (digest_of(code_from(one)) == digest_of(code_from(other))) == (one == other)


@given(randoms)
def test_typed_in_small_letters_with_blanks_and_the_letters_that_look_alike_it_is_the_same(random):
	code = code_from(random)
	typed = f" {code.lower().replace('-', ' ')}\t".replace("0", "o").replace("1", "l")
	assert digest_of(typed) == digest_of(code)
	assert digest_of(code.replace("-", "").replace("1", "I")) == digest_of(code)


@given(randoms)
def test_a_code_is_four_groups_of_four_letters_that_cannot_be_mistaken(random):
	groups = code_from(random).split("-")
	assert [len(group) for group in groups] == [4, 4, 4, 4]
	assert not set("".join(groups)) - set(ALPHABET)
	assert not set("ILOU") & set(ALPHABET)


@given(randoms)
def test_the_digest_does_not_hold_the_code(random):
	code = plain_code(code_from(random))
	assert code.lower() not in digest_of(code)
	assert len(digest_of(code)) == 64


@pytest.mark.parametrize(
	"typed", ["", "7K3M-PX2D-9QRT", "7K3M-PX2D-9QRT-W4HV-1", "7K3M-PX2D-9QRT-W4H!", "U" * 16, "é" * 16]
)
def test_what_cannot_be_a_code_is_refused_with_an_example(typed):
	with pytest.raises(EngineError, match="16 letters and digits, for example"):
		digest_of(typed)


def test_too_few_random_bytes_are_refused():
	with pytest.raises(EngineError):
		code_from(b"short")


@given(randoms)
def test_what_was_typed_is_printed_as_it_was_issued(random):
	code = code_from(random)
	assert code_of(f" {code.lower().replace('-', '')} ") == code
