"""Catalogues: both providers' files are read, and every mistake is reported with its path and value."""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal

import pytest
from engine_factories import CHECKOUT
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.catalogue import CatalogueError, Emergency, Target, parse
from support_credits.engine.decision import Door, Policy

FIXTURES = {
	path.stem: json.loads(path.read_text()) for path in sorted((CHECKOUT / "fixtures").glob("*.json"))
}
EXTREMESHOK = FIXTURES["extremeshok"]
ROCKSTOR = FIXTURES["rockstor"]
REMOVED = object()


def changed(data, path, value):
	"""A copy of the document with one value put in or removed; ``path`` like ``packs.1.price``."""
	data = copy.deepcopy(data)
	*way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
	inner = data
	for step in way:
		inner = inner[step]
	if value is REMOVED:
		del inner[last]
	else:
		inner[last] = value
	return data


def errors_of(data):
	with pytest.raises(CatalogueError) as refusal:
		parse(data)
	assert str(refusal.value) == "\n".join(refusal.value.errors)
	return list(refusal.value.errors)


@pytest.mark.parametrize("name", FIXTURES)
def test_a_providers_own_file_is_read(name):
	assert parse(FIXTURES[name]).provider.code == name


def test_extremeshok_sells_what_its_page_says():
	catalogue = parse(EXTREMESHOK)
	on_sale = [(pack.credits, pack.price, pack.validity_months) for pack in catalogue.packs if pack.on_sale]
	assert on_sale == [(2, Decimal(329), 3), (4, Decimal(599), 6), (8, Decimal(999), 12)]
	tiers = [(tier.promise, tier.credits_per_month) for tier in catalogue.tiers]
	assert tiers == [
		(Target(hours, "covered_hours"), cost) for hours, cost in ((24, 0), (12, 2), (6, 4), (3, 8))
	]
	assert catalogue.base_tier.aim == Target(4, "covered_hours")
	assert catalogue.emergency == Emergency(Decimal(329), "USD", 60, 60)
	assert catalogue.after_hours == Emergency(Decimal(329), "USD", 60, 60)
	hours = catalogue.calendars[0]
	assert (hours.zone, hours.windows[0].start, hours.windows[0].end) == ("Etc/UTC", "08:00", "24:00")
	assert (hours.holiday_windows[0].start, hours.holiday_windows[0].min_severity) == ("09:00", "Urgent")


def test_rockstor_sells_what_its_page_says():
	catalogue = parse(ROCKSTOR)
	pack = catalogue.packs[0]
	assert (pack.credits, pack.price, pack.currency, pack.validity_months) == (1, Decimal(240), "EUR", 12)
	assert pack.tax_note == "+ tax (if applicable)"
	assert (catalogue.base_tier.promise, catalogue.base_tier.aim) == (
		Target(2, "business_days"),
		Target(12, "clock_hours"),
	)
	hours = catalogue.calendars[0]
	assert (hours.zone, hours.holidays.country, hours.holiday_windows) == ("Europe/Lisbon", "PT", ())
	bug = catalogue.exemptions[0]
	assert (bug.raises_priority, bug.carries_url, bug.automatic) == (True, True, False)


def test_defaults_are_those_of_the_design_when_a_file_says_nothing():
	defaults = parse(changed(EXTREMESHOK, "defaults", {})).defaults
	assert (defaults.grace_days, defaults.deployment_days, defaults.reopen_days) == (30, 7, 7)
	assert (defaults.deployment_credits, defaults.deployment_months) == (0, 12)
	registered = parse(EXTREMESHOK).defaults
	assert (registered.deployment_credits, registered.deployment_months) == (2, 12)
	assert not defaults.everyone_must_have_credits
	assert (defaults.policies[Door.PORTAL], defaults.policies[Door.MAIL]) == (Policy.REFUSE, Policy.PARK)


@pytest.mark.parametrize(
	("path", "value", "error"),
	[
		("packs.1.price", "abc", 'packs[1].price: "abc" is not an amount, such as "329.00"'),
		("packs.1.price", 599.0, 'packs[1].price: 599.0 is not an amount, such as "329.00"'),
		("packs.1.price", "-5", 'packs[1].price: "-5" is not an amount, such as "329.00"'),
		("packs.0.credits", 0, "packs[0].credits: 0 is not a whole number from 1 to 1000000"),
		("packs.0.credits", True, "packs[0].credits: true is not a whole number from 1 to 1000000"),
		("packs.0.credits", REMOVED, "packs[0].credits: missing; expected: a whole number from 1 to 1000000"),
		("packs.0.validity_months", 601, "packs[0].validity_months: 601 is not a whole number from 1 to 600"),
		("packs.0.on_sale", "yes", 'packs[0].on_sale: "yes" is not true or false'),
		("packs.0.currency", "usd", 'packs[0].currency: "usd" is not a currency code, such as "EUR"'),
		("packs.0.tier", "GOLD", 'packs[0].tier: "GOLD" is not the code of a tier'),
		("packs.2.code", "INCIDENT-2", 'packs: the code "INCIDENT-2" is used 2 times; a code names one'),
		("packs", {}, "packs: {} is not a list"),
		("packs.0", 7, "packs[0]: 7 is not an object"),
		("provider.time_zone", "Mars/Olympus", 'provider.time_zone: "Mars/Olympus" is not a time zone'),
		("provider.time_zone", "../etc/passwd", 'provider.time_zone: "../etc/passwd" is not a time zone'),
		("provider", REMOVED, "provider: missing; expected: an object"),
		("schema", 2, "schema: 2 is not a whole number from 1 to 1"),
		("tiers.0.promise.unit", "hours", 'tiers[0].promise.unit: "hours" is not one of covered_hours,'),
		("tiers.0.promise", 24, "tiers[0].promise: 24 is not an object"),
		("tiers.0.calendar", "NIGHT", 'tiers[0].calendar: "NIGHT" is not the code of a calendar'),
		("tiers.1.is_base", True, "tiers: 2 of them have is_base true; exactly one must be the base tier"),
		("tiers.0.is_base", False, "tiers: 0 of them have is_base true; exactly one must be the base tier"),
		(
			"exemption_reasons.0.set_by",
			"customer",
			'exemption_reasons[0].set_by: "customer" is not one of agent,',
		),
		(
			"exemption_reasons.2.trigger",
			REMOVED,
			"exemption_reasons[2].trigger: null is not one of deployment_window",
		),
		("calendars.0.windows.0.to", "25:00", 'calendars[0].windows[0].to: "25:00" is not a time of day'),
		(
			"calendars.0.windows.0.to",
			"08:00",
			'calendars[0].windows[0].to: "08:00" is not an end for a window',
		),
		(
			"calendars.0.windows.0.days",
			["monday"],
			'calendars[0].windows[0].days: ["monday"] is not a list of mon,',
		),
		("calendars.0.windows", [], "calendars[0].windows: [] is not a list with at least one window"),
		(
			"calendars.0.holidays.country",
			"Portugal",
			'calendars[0].holidays.country: "Portugal" is not a country code',
		),
		("calendars.0.holidays.added", ["24.12."], 'calendars[0].holidays.added[0]: "24.12." is not a date'),
		(
			"emergency.rounding_minutes",
			0,
			"emergency.rounding_minutes: 0 is not a whole number from 1 to 1440",
		),
		("after_hours.rate", 400, "after_hours.rate: 400 is not an amount"),
		("defaults.policies.mail", "refuse", 'defaults.policies.mail: "refuse" is not possible for mail'),
		("defaults.policies.portal", "ask", 'defaults.policies.portal: "ask" is not one of refuse, park,'),
		("links.buy", "javascript:alert(1)", 'links.buy: "javascript:alert(1)" is not a web address'),
		("texts.response", "", 'texts.response: "" is not a text'),
		("not_charged", ["a", 1], 'not_charged: ["a", 1] is not a list of texts'),
		("packs.0.pirce", "1", "packs[0].pirce: unknown key; known are code, covers, credits, currency,"),
		("defaults.grace", 1, "defaults.grace: unknown key; known are deployment_credits, deployment_days,"),
	],
)
def test_one_mistake_is_one_error_that_names_path_value_and_what_is_expected(path, value, error):
	errors = errors_of(changed(EXTREMESHOK, path, value))
	assert len(errors) == 1, errors
	assert errors[0].startswith(error)


def test_all_mistakes_are_reported_at_once():
	data = changed(changed(ROCKSTOR, "packs.0.price", 240), "calendars.0.zone", "Lisbon")
	assert [error.split(":")[0] for error in errors_of(changed(data, "colour", "blue"))] == [
		"packs[0].price",
		"calendars[0].zone",
		"colour",
	]


@given(
	st.recursive(
		st.none() | st.booleans() | st.integers() | st.text(max_size=5),
		lambda inner: (
			st.lists(inner, max_size=3)
			| st.dictionaries(
				st.sampled_from(["schema", "provider", "packs", "tiers", "code"]), inner, max_size=4
			)
		),
		max_leaves=12,
	)
)
def test_whatever_is_read_is_a_catalogue_error_and_never_a_crash(data):
	with pytest.raises(CatalogueError):
		parse(data)


def test_a_third_provider_is_a_file_and_no_line_of_code():
	for path in (CHECKOUT / "support_credits" / "engine").glob("*.py"):
		assert not re.search("rockstor|extremeshok", path.read_text(), re.IGNORECASE), path.name


def schema_keys(schema, path=""):
	"""Path of every object in the JSON schema with the keys it allows."""
	for branch in schema.get("anyOf", []):
		yield from schema_keys(branch, path)
	if "properties" in schema:
		yield path, set(schema["properties"])
		for key, inner in schema["properties"].items():
			yield from schema_keys(inner, f"{path}.{key}" if path else key)
	if "items" in schema:
		yield from schema_keys(schema["items"], f"{path}[0]")


def with_unknown_keys(value):
	if isinstance(value, dict):
		return {key: with_unknown_keys(inner) for key, inner in value.items()} | {"zzz": 1}
	return [with_unknown_keys(inner) for inner in value] if isinstance(value, list) else value


def test_the_published_json_schema_knows_exactly_the_keys_the_reader_knows():
	schema = json.loads((CHECKOUT / "docs" / "catalogue.schema.json").read_text())
	known = {}
	for error in errors_of(with_unknown_keys(EXTREMESHOK)):
		path, _, keys = error.partition(": unknown key; known are ")
		known[path.removesuffix("zzz").removesuffix(".")] = set(keys.split(", "))
	published = dict(schema_keys(schema))
	assert {path: known.get(path) for path in published} == published


def test_every_key_of_the_fixtures_is_documented():
	text = (CHECKOUT / "docs" / "catalogue.md").read_text()

	def keys(value):
		if isinstance(value, dict):
			for key, inner in value.items():
				yield key
				yield from keys(inner)
		elif isinstance(value, list):
			for inner in value:
				yield from keys(inner)

	undocumented = {key for data in FIXTURES.values() for key in keys(data) if f"`{key}`" not in text}
	assert undocumented == set()
