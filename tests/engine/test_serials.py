"""Serial numbers: however one is typed it names the same thing, and two things never share a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.errors import EngineError
from support_credits.engine.serials import SERIAL_LENGTH, checked_serial, serial_key, shown_serial

plain = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=30)


@given(plain, st.integers(0, 30))
def test_letters_hyphens_and_blanks_do_not_matter(serial, place):
	typed = f" {serial[:place].lower()} -\u2013{serial[place:]}\t"
	assert serial_key("NAS 4", typed) == serial_key("nas  4", serial)


@given(plain, plain)
def test_different_serials_have_different_keys(one, other):
	assert (serial_key("NAS", one) == serial_key("NAS", other)) == (one == other)


@given(plain, plain, plain, plain)
def test_a_serial_of_another_product_is_another_thing(product, serial, second, third):
	assert (serial_key(product, serial) == serial_key(second, third)) == (
		(product, serial) == (second, third)
	)


@given(st.text())
def test_any_text_has_a_key_of_one_length(typed):
	assert len(serial_key(typed, typed)) == 64


@given(plain)
def test_a_card_shows_at_most_half_of_a_serial(serial):
	shown = shown_serial(serial).lstrip("…")
	assert serial.endswith(shown)
	assert 2 * len(shown) <= len(serial)


@pytest.mark.parametrize(
	("typed", "text"),
	[
		("", "has letters or digits"),
		(" - ", "has letters or digits"),
		("9" * (SERIAL_LENGTH + 1), "at most 100 characters"),
		("AB\x07C", "can be printed"),
		("AB\nC", "can be printed"),
		("AB\u202eC", "can be printed"),
	],
)
def test_what_can_be_no_serial_is_refused_with_its_reason(typed, text):
	with pytest.raises(EngineError, match=text):
		checked_serial(typed)


def test_a_serial_is_kept_as_it_was_typed():
	assert checked_serial("  SN-00 42a ") == "SN-00 42a"
