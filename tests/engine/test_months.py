"""Months of a provider's zone: one after the other without a gap, whatever the clocks do at midnight."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.calendar_days import local_day
from support_credits.engine.errors import EngineError
from support_credits.engine.model import UTC
from support_credits.engine.months import months_until

LISBON = ZoneInfo("Europe/Lisbon")
zones = st.sampled_from(
	["Etc/UTC", "Europe/Lisbon", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"]
).map(ZoneInfo)
instants = st.datetimes(datetime(1995, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def test_a_month_begins_at_midnight_on_the_providers_wall() -> None:
	october, november = months_until(datetime(2026, 11, 15, tzinfo=UTC), 2, LISBON)
	assert (october.first, november.first) == (date(2026, 10, 1), date(2026, 11, 1))
	assert (october.last, november.last) == (date(2026, 10, 31), date(2026, 11, 30))
	assert october.begins == datetime(2026, 9, 30, 23, tzinfo=UTC)  # summer time
	assert october.ends == november.begins == datetime(2026, 11, 1, tzinfo=UTC)


def test_the_last_hour_of_a_month_there_is_not_yet_the_next_one_here() -> None:
	assert months_until(datetime(2026, 6, 30, 22, 59, tzinfo=UTC), 1, LISBON)[0].first == date(2026, 6, 1)
	assert months_until(datetime(2026, 6, 30, 23, tzinfo=UTC), 1, LISBON)[0].first == date(2026, 7, 1)


@given(at=instants, count=st.integers(1, 24), zone=zones)
def test_months_follow_each_other_and_the_last_one_holds_the_moment(
	at: datetime, count: int, zone: ZoneInfo
) -> None:
	months = months_until(at, count, zone)
	assert len(months) == count
	assert all(one.ends == other.begins for one, other in pairwise(months))
	assert months[-1].begins <= at < months[-1].ends
	assert all(local_day(one.begins, zone) == one.first for one in months)
	assert all(
		local_day(one.ends - timedelta(microseconds=1), zone).month == one.first.month for one in months
	)


@pytest.mark.parametrize("count", [0, 121])
def test_no_month_and_too_many_are_refused(count: int) -> None:
	with pytest.raises(EngineError, match="months must be from 1 to 120"):
		months_until(datetime(2026, 1, 1, tzinfo=UTC), count, LISBON)
