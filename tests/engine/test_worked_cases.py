"""The worked cases of docs/deadlines.md, which were worked out by hand: the bare rules give each of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

import holidays as library
import pytest
from engine_factories import CHECKOUT

from support_credits.engine.catalogue import Target, parse
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.explanation import changed, deadline_of
from support_credits.engine.support_calendar import of_catalogue

PAGE = (CHECKOUT / "docs" / "deadlines.md").read_text()
FIXTURES = {"eXtremeSHOK": "extremeshok", "eXtremeSHOK with holidays": "extremeshok", "Rockstor": "rockstor"}
SEVERITIES = {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}
YEARS = range(2025, 2030)
INSTANT = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]*[+-]\d\d:\d\d)")
SEVERITY = re.compile(r"(\w+)(?:, (\w+) from (.+))?")
UNITS = {"business day": "business_days", "clock hours": "clock_hours", "covered hours": "covered_hours"}


@dataclass(frozen=True)
class Case:
	"""A row of the table. ``said`` and ``said_at``: the severity that an agent set later, and when."""

	number: str
	provider: str
	opened: datetime
	severity: str
	said: str | None
	said_at: datetime | None
	target: str
	due: datetime
	why: str


def instant(text):
	"""The instant a cell writes; its weekday has to be right."""
	weekday, iso = INSTANT.fullmatch(text).groups()
	at = datetime.fromisoformat(iso)
	assert f"{at:%a}" == weekday, text
	return at


def case_of(line):
	number, provider, opened, severity, target, due, why = (
		cell.strip() for cell in line.strip().strip("|").split("|")
	)
	first, said, at = SEVERITY.fullmatch(severity).groups()
	return Case(
		number, provider, instant(opened), first, said, instant(at) if at else None, target, instant(due), why
	)


CASES = [case_of(line) for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]


@cache
def terms(provider):
	"""The provider's calendar as the page describes it, and its tiers' promises by their codes."""
	catalogue = parse(json.loads((CHECKOUT / "fixtures" / f"{FIXTURES[provider]}.json").read_text()))
	calendar = catalogue.calendars[0]
	if provider.endswith("with holidays"):
		line = next(line for line in PAGE.splitlines() if line.startswith(f"| {provider} |"))
		added = tuple(date.fromisoformat(day) for day in re.findall(r"\d{4}-\d\d-\d\d", line))
		calendar = replace(calendar, holidays=replace(calendar.holidays, added=added))
	country = calendar.holidays.country
	public = dict(library.country_holidays(country, years=YEARS)) if country else {}
	promises = {tier.code: tier.promise for tier in catalogue.tiers}
	return of_catalogue(calendar, public, SEVERITIES.__getitem__), promises


def target_of(case):
	promises = terms(case.provider)[1]
	if case.target in promises:
		return promises[case.target]
	value, unit = case.target.split(" ", 1)
	return Target(int(value), UNITS[unit])


def worked_out(case):
	calendar = terms(case.provider)[0]
	time = CoveredTime(calendar, SEVERITIES[case.severity])
	found = deadline_of(target_of(case), case.opened, time, case.severity)
	if case.said:
		then = CoveredTime(calendar, SEVERITIES[case.said])
		found = changed(found, case.said_at, time, then, case.said)
	return found


@pytest.mark.parametrize("case", CASES, ids=[case.number for case in CASES])
def test_a_ticket_is_due_when_the_row_says(case):
	assert worked_out(case).due == case.due, case.why


def test_every_row_is_written_on_the_wall_of_its_providers_zone():
	for case in CASES:
		zone = terms(case.provider)[0].zone
		for at in filter(None, (case.opened, case.said_at, case.due)):
			assert at.utcoffset() == at.astimezone(zone).utcoffset(), case.number


def test_there_are_at_least_forty_rows_numbered_from_one_and_none_twice():
	assert len(CASES) >= 40
	assert [case.number for case in CASES] == [str(number) for number in range(1, len(CASES) + 1)]
	asked = Counter(replace(case, number="", due=case.opened, why="") for case in CASES)
	assert [case for case, times in asked.items() if times > 1] == []


def test_every_row_of_the_table_is_read_and_says_why():
	table = PAGE.split("| # | Provider |")[1].splitlines()[2:]
	assert len(table) == len(CASES)
	assert all(len(case.why) > 10 for case in CASES)


def test_both_providers_and_all_their_tiers_and_all_severities_appear():
	for provider in FIXTURES:
		_calendar, promises = terms(provider)
		there = {case.target for case in CASES if case.provider == provider}
		assert promises.keys() <= there, provider
	assert {case.severity for case in CASES} == SEVERITIES.keys()


def test_what_the_pages_promise_or_aim_for_besides_their_tiers_appears():
	others = {case.target for case in CASES} - terms("eXtremeSHOK")[1].keys() - terms("Rockstor")[1].keys()
	assert others >= {"1 business day", "24 clock hours", "4 covered hours", "12 clock hours"}


def test_the_holidays_of_the_variant_are_read_from_the_page():
	holidays = terms("eXtremeSHOK with holidays")[0].holidays
	assert sorted(map(str, holidays)) == ["2026-12-25", "2026-12-28", "2027-01-01"]
	assert terms("eXtremeSHOK")[0].holidays == {}
