"""A deadline as it is stored: read back as it was written, and nothing else taken for one."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from calendar_oracle import PLACES
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.catalogue_model import UNITS, Target
from support_credits.engine.errors import EngineError
from support_credits.engine.explanation import (
	Change,
	ClosedDay,
	Deadline,
	as_json,
	from_json,
	sentences,
	text_of,
)

instants = st.datetimes(datetime(1902, 1, 1), datetime(2399, 12, 31), timezones=st.just(timezone.utc))
texts = st.text(st.characters(codec="utf-8"), max_size=12)
deadlines = st.builds(
	Deadline,
	start=instants,
	due=instants,
	target=st.builds(Target, st.integers(1, 10_000), st.sampled_from(UNITS)),
	calendar=texts,
	zone=st.sampled_from([ZoneInfo(name) for name, _day in PLACES]),
	severity=texts,
	opening=st.none() | instants,
	closed=st.lists(st.builds(ClosedDay, st.dates(), texts), max_size=4).map(tuple),
	changes=st.lists(st.builds(Change, instants, texts, instants, texts), max_size=3).map(tuple),
)


@given(deadlines)
def test_a_deadline_is_read_back_as_it_was_stored(deadline):
	stored = json.loads(json.dumps(as_json(deadline)))
	assert from_json(stored) == deadline
	assert text_of(from_json(stored)) == text_of(deadline)


@given(deadlines)
def test_each_sentence_has_every_value_its_template_names(deadline):
	assert "; ".join(part.template.format(**part.values) for part in sentences(deadline)) == text_of(deadline)


STORED = {
	"start": "2026-12-04T16:30:00.000000Z",
	"due": "2026-12-06T19:30:00.000000Z",
	"value": 20,
	"unit": "covered_hours",
	"calendar": "Office hours",
	"zone": "Europe/Lisbon",
	"severity": "Urgent",
	"opening": None,
	"closed": [["2026-12-08", "Imaculada Conceição"]],
	"changes": [["2026-12-05T12:00:00.000000Z", "Urgent", "2026-12-06T19:30:00.000000Z", "Low"]],
}


def test_what_is_stored_keeps_its_form():
	assert as_json(from_json(STORED)) == STORED
	unchanged = {key: value for key, value in STORED.items() if key != "changes"}
	assert as_json(from_json(unchanged)) == unchanged


@pytest.mark.parametrize("key", [key for key in STORED if key != "changes"])
def test_a_stored_deadline_without_one_of_them_is_refused(key):
	rest = {name: value for name, value in STORED.items() if name != key}
	with pytest.raises(EngineError, match=r"^not a stored deadline: \{'"):
		from_json(rest)


@pytest.mark.parametrize(
	("key", "value"),
	[
		("start", "2026-12-04 16:30:00"),
		("start", None),
		("due", "2026-12-04T16:30:00Z"),
		("value", "many"),
		("value", None),
		("value", 1.5),
		("unit", "weeks"),
		("zone", "Europe/Nowhere"),
		("zone", ""),
		("zone", "../etc"),
		("opening", "soon"),
		("closed", None),
		("closed", "2026-12-04"),
		("closed", ["2026-12-04"]),
		("closed", [["2026-12-32", ""]]),
		("closed", [[4, ""]]),
		("changes", "2026"),
		("changes", [["2026-12-05T12:00:00.000000Z", "Urgent"]]),
		("changes", [["noon", "Urgent", "2026-12-05T12:00:00.000000Z", "Low"]]),
	],
)
def test_a_stored_deadline_with_nonsense_in_it_is_refused(key, value):
	with pytest.raises(EngineError, match=r"^not a stored deadline: \{'"):
		from_json({**STORED, key: value})


@pytest.mark.parametrize("stored", [None, [], "text", 7])
def test_what_is_no_object_is_no_deadline(stored):
	with pytest.raises(EngineError, match=r"^not a stored deadline: "):
		from_json(stored)
