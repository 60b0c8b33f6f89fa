"""Prints what a deadline costs against Helpdesk's own arithmetic and two libraries, and what a holiday edit costs (design §6).

Run it on a site of a bench, with the bench's own Python, from the bench's folder; the libraries are optional:

    env/bin/pip install --target /tmp/others workclock businesstimedelta
    PYTHONPATH=/tmp/others env/bin/python apps/support_credits/tests/load/bench_hours.py --site t4.localhost

All sides are asked about the same calendar, which the host can express too: weekdays 08:00 to 18:00 UTC with the public
holidays of Portugal. ``right`` counts how often a side gives the instant that a walk through every minute finds. It never
asserts: a number is for a reader.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import frappe

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import load_hours
import load_site as site
from load_site import Place, seconds

UTC = timezone.utc
HOUR = timedelta(hours=1)
DISTANCES = {"an hour": 1, "a week": 50, "60 business days": 600}
YEARS = range(2025, 2029)
STARTS = [
	datetime(2026, 1, 5, 9, 17, tzinfo=UTC) + number * timedelta(hours=5, minutes=13) for number in range(200)
]
LISBON = ZoneInfo("Europe/Lisbon")

Add = Callable[[datetime, int], datetime]


def holidays() -> dict[date, str]:
	import holidays as library

	return dict(library.country_holidays("PT", years=list(YEARS)))


def ours(zone: ZoneInfo) -> Add:
	from support_credits.engine.covered_time import CoveredTime
	from support_credits.engine.support_calendar import SupportCalendar, window_of

	windows = (window_of(range(5), "08:00", "18:00"),)
	covered = CoveredTime(SupportCalendar("Benchmark", zone, windows, holidays()))
	return lambda start, hours: covered.add(start, hours * HOUR)


def stock(with_database: bool) -> Add:
	"""The host's own method on a real record; ``with_database`` False spares it the holiday list it reads every time."""
	doc = load_hours.stock_agreement(holidays(), DISTANCES)
	if not with_database:
		days = doc.get_holidays()
		doc.get_holidays = lambda: days

	def add(start: datetime, hours: int) -> datetime:
		return doc.calc_time(
			start.replace(tzinfo=None), load_hours.priority_of(hours), "response_time"
		).replace(tzinfo=UTC)

	return add


def workclock(zone: ZoneInfo) -> Add:
	from workclock import Holidays, Schedule, WorkDay

	schedule = Schedule([WorkDay(time(8), time(18)), Holidays(list(holidays()))], time_zone=zone)
	return lambda start, hours: schedule.add(start, hours=hours).astimezone(UTC)


def businesstimedelta(zone: ZoneInfo) -> Add:
	import businesstimedelta as library
	import pytz

	days = library.WorkDayRule(time(8), time(18), [0, 1, 2, 3, 4], tz=pytz.timezone(zone.key))
	rules = library.Rules([days, library.HolidayRule(holidays(), tz=pytz.timezone(zone.key))])

	def add(start: datetime, hours: int) -> datetime:
		return (start + library.BusinessTimeDelta(rules, hours=hours)).astimezone(UTC)

	return add


def minute_by_minute(zone: ZoneInfo) -> Add:
	"""The slow truth: each covered minute, one after another."""
	closed = set(holidays())

	def is_open(at: datetime) -> bool:
		local = at.astimezone(zone)
		return local.weekday() < 5 and 8 <= local.hour < 18 and local.date() not in closed

	def add(start: datetime, hours: int) -> datetime:
		at, left = start, hours * 60
		while left:
			left -= is_open(at)
			at += timedelta(minutes=1)
		return at

	return add


def sides(zone: ZoneInfo) -> Iterator[tuple[str, Add]]:
	yield "Support Credits", ours(zone)
	if zone.key == "UTC":
		yield "Helpdesk calc_time", stock(with_database=True)
		yield "Helpdesk, holidays in memory", stock(with_database=False)
	for name, make in (("workclock", workclock), ("businesstimedelta", businesstimedelta)):
		try:
			yield name, make(zone)
		except ImportError:
			print(f"{name}: not installed, left out", flush=True)


def measure(zone: ZoneInfo) -> None:
	"""All sides in turn for each distance, so that a busy moment of the machine meets all of them."""
	asked = list(sides(zone))
	truth = minute_by_minute(zone)
	for title, hours in DISTANCES.items():
		spent: dict[str, list[float]] = {name: [] for name, _add in asked}
		right = dict.fromkeys(spent, 0)
		for number, start in enumerate(STARTS):
			due = truth(start, hours) if number % 20 == 0 else None
			for name, add in asked:
				found: list[datetime] = []
				spent[name].append(seconds(partial(_answer, found, add, start, hours)))
				right[name] += due is not None and found[0] == due
		first = statistics.median(spent["Support Credits"])
		for name, times in spent.items():
			mine = statistics.median(times)
			checked = len(range(0, len(STARTS), 20))
			print(
				f"{title + ', ' + zone.key:<34}{name:<30}{mine * 1e6:>10.1f} us{mine / first:>10.1f} x"
				f"   right {right[name]} of {checked}",
				flush=True,
			)


def _answer(found: list[datetime], add: Add, start: datetime, hours: int) -> None:
	found.append(add(start, hours))


def measure_elapsed() -> None:
	"""The other direction, against the host's ``calc_elapsed_time``."""
	doc = load_hours.stock_agreement(holidays(), DISTANCES)
	from support_credits.engine.covered_time import CoveredTime
	from support_credits.engine.support_calendar import SupportCalendar, window_of

	windows = (window_of(range(5), "08:00", "18:00"),)
	covered = CoveredTime(SupportCalendar("Benchmark", ZoneInfo("UTC"), windows, holidays()))
	for title, days in (("an hour", 1 / 24), ("a week", 7), ("60 business days", 86)):
		later = timedelta(days=days)
		one: list[float] = []
		other: list[float] = []
		for start in STARTS:
			naive = start.replace(tzinfo=None)
			one.append(seconds(partial(covered.elapsed, start, start + later)))
			other.append(seconds(partial(doc.calc_elapsed_time, naive, naive + later)))
		mine, theirs = statistics.median(one), statistics.median(other)
		print(
			f"{'elapsed, ' + title:<34}{'Helpdesk / Support Credits':<30}{theirs / mine:>10.1f} x"
			f"   {theirs * 1e6:.1f} us / {mine * 1e6:.1f} us",
			flush=True,
		)


def measure_recompute(place: Place, count: int) -> None:
	"""A holiday edit that open tickets follow: ours for all of them, the host's own way for a few, in one run."""
	site.fresh(place)
	calendar = load_hours.grow_open_tickets(
		count, lambda done: print(f"\r{done} tickets", end="", file=sys.stderr)
	)
	site.fresh(place)
	from support_credits.hours import recompute

	ran = SimpleNamespace(moved=0)
	load_hours.toggle_holiday(calendar)
	load_hours.reset_peak()
	before = load_hours.memory("VmRSS")
	spent = seconds(lambda: setattr(ran, "moved", recompute.run(calendar)))
	peak = load_hours.memory("VmHWM")
	few = min(200, count)
	theirs = seconds(lambda: load_hours.save_as_the_host_does(calendar, few)) / few
	print(
		f"recompute of {count} open tickets: {spent:.1f} s, {ran.moved} moved, {spent / count * 1000:.2f} ms each;"
		f" the host's save of each: {theirs * 1000:.1f} ms, {theirs / (spent / count):.0f} x;"
		f" memory {before:.0f} MB before, {peak:.0f} MB at most",
		flush=True,
	)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--site", required=True)
	parser.add_argument("--sites-path", default="sites")
	parser.add_argument("--tickets", type=int, default=10_000)
	asked = parser.parse_args()
	os.chdir(asked.sites_path)  # as bench does: log files and site folders are found from here
	place = Place(asked.site, ".")
	frappe.init(place.site, sites_path=place.sites_path)
	site.fresh(place)
	measure(ZoneInfo("UTC"))
	measure(LISBON)
	measure_elapsed()
	frappe.db.rollback()
	if asked.tickets:
		measure_recompute(place, asked.tickets)
	frappe.destroy()


if __name__ == "__main__":
	main()
