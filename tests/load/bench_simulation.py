"""Prints how fast a simulation plays 1,000 and 100,000 tickets, and the peak memory of both, in one run.

Run it on a site of a bench, with the bench's own Python, from the bench's folder:

    env/bin/python apps/support_credits/tests/load/bench_simulation.py --site t3.localhost

The tickets are rows of years long past, so that they are nobody else's: each with its incident, a lot and a grant for every
customer. They are deleted at the end. It never asserts: a number is for a reader.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import frappe

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import load_site as site
from load_hours import memory, reset_peak
from load_site import Place

SIZES = (1_000, 100_000)
PER_CUSTOMER = 200
PREFIX = "LSIM-"
QUARTER = timedelta(days=90)
BATCH = 5_000
FIRSTS = (date(2011, 1, 1), date(2012, 1, 1))


@dataclass(frozen=True)
class Quarter:
	"""A quarter of its own year with so many tickets, all of them ``prefix``-ed."""

	tickets: int
	first: date

	@property
	def prefix(self) -> str:
		return f"{PREFIX}{self.first.year}-"

	@property
	def last(self) -> date:
		return self.first + QUARTER - timedelta(days=1)


@dataclass(frozen=True)
class Measured:
	tickets: int
	seconds: float
	before: float
	peak: float


def make(quarter: Quarter) -> None:
	"""Rows of customers with an account, a lot that pays for two thirds of their tickets, and the tickets."""
	start = datetime.combine(quarter.first, datetime.min.time(), timezone.utc)
	waiting: dict[str, list[dict]] = {name: [] for name in TABLES}
	for doctype, row in rows(quarter, start):
		waiting[doctype].append(row)
		if len(waiting[doctype]) == BATCH:
			insert(doctype, waiting[doctype])
			waiting[doctype].clear()
	for doctype, left in waiting.items():
		if left:
			insert(doctype, left)
	frappe.db.commit()


TABLES = ("Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident", "HD Ticket")


def rows(quarter: Quarter, start: datetime) -> Iterator[tuple[str, dict]]:
	from support_credits.engine.model import stamp_text
	from support_credits.ledger import settings

	customers = -(-quarter.tickets // PER_CUSTOMER)
	step = QUARTER / (quarter.tickets + 1)
	granted = stamp_text(start - timedelta(days=1))
	old = {"creation": settings.on_site_wall(start - timedelta(days=1))}
	for number in range(customers):
		customer = f"{quarter.prefix}{number:05d}"
		credits = PER_CUSTOMER * 2 // 3
		yield "Credit Account", {"name": customer, "customer": customer, "seq": 1, "lot_count": 1, **old}
		yield (
			"Credit Lot",
			{
				"name": f"{customer}-L1", "account": customer, "lot_no": 1, "source": "Manual",
				"credits_granted": credits, "remaining": credits, "granted_at_utc": granted, **old,
			},
		)  # fmt: skip
		yield (
			"Credit Ledger Entry",
			{
				"name": f"{customer}-E1", "account": customer, "seq": 1, "kind": "Grant", "credits": credits,
				"lot": f"{customer}-L1", "posted_at_utc": granted, "effective_at_utc": granted,
				"event_key": f"load:{customer}/1", **old,
			},
		)  # fmt: skip
	for number in range(quarter.tickets):
		name, at = f"{quarter.prefix}T{number:06d}", start + (number + 1) * step
		customer = f"{quarter.prefix}{number % customers:05d}"
		answered = at + timedelta(hours=number % 40)
		yield (
			"HD Ticket",
			{
				"name": name, "key": name, "customer": customer, "subject": "Load", "status": "Closed",
				"status_category": "Resolved", "priority": ("Low", "Medium", "High", "Urgent")[number % 4],
				"creation": settings.on_site_wall(at), "first_responded_on": settings.on_site_wall(answered),
			},
		)  # fmt: skip
		yield (
			"Support Incident",
			{
				"name": name, "ticket": name, "ticket_no": name, "ticket_key": name, "account": customer,
				"customer": customer, "door": ("portal", "mail", "agent")[number % 3], "state": "Charged",
				"opened_at_utc": stamp_text(at), **old,
			},
		)  # fmt: skip


def insert(doctype: str, found: list[dict]) -> None:
	"""By the driver's own executemany: through documents it would take hours."""
	standard = {"owner": "Administrator", "modified_by": "Administrator", "docstatus": 0, "idx": 0}
	every = [{**standard, "modified": row["creation"], **row} for row in found]
	names = ", ".join(f"`{column}`" for column in every[0])
	marks = ", ".join(["%s"] * len(every[0]))
	values = [tuple(row.values()) for row in every]
	frappe.db._cursor.executemany(f"INSERT INTO `tab{doctype}` ({names}) VALUES ({marks})", values)


def remove() -> None:
	for doctype in TABLES:
		frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE name LIKE %s", f"{PREFIX}%")
	frappe.db.commit()


def measure(quarter: Quarter) -> Measured:
	from support_credits.simulation import run

	fixture = os.path.join(frappe.get_app_path("support_credits"), "..", "fixtures", "extremeshok.json")
	with open(fixture, encoding="utf-8") as file:
		wish = run.Wish(json.load(file), quarter.first, quarter.last)
	reset_peak()
	before, started = memory("VmRSS"), time.perf_counter()
	outcome = run.simulate(wish)
	return Measured(outcome.tickets, time.perf_counter() - started, before, memory("VmHWM"))


def show(measured: Measured, smallest: Measured) -> None:
	print(
		f"{measured.tickets:>9,} tickets{measured.tickets / measured.seconds:>10,.0f} tickets/s{measured.seconds:>8.1f} s"
		f"   peak {measured.peak:6.1f} MB ({measured.before:.1f} before), {measured.peak / smallest.peak:.2f} x the smallest",
		flush=True,
	)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--site", required=True)
	parser.add_argument("--sites-path", default="sites")
	parser.add_argument("--sizes", type=int, nargs=2, default=SIZES)
	asked = parser.parse_args()
	os.chdir(asked.sites_path)  # as bench does: log files and site folders are found from here
	place = Place(asked.site, ".")
	frappe.init(place.site, sites_path=place.sites_path)
	site.fresh(place)
	quarters = [Quarter(size, first) for size, first in zip(asked.sizes, FIRSTS, strict=True)]
	try:
		remove()
		for quarter in quarters:
			make(quarter)
		measure(quarters[0])  # the first run loads the code
		measured = [measure(quarter) for quarter in quarters]
		for one in measured:
			show(one, measured[0])
	finally:
		frappe.db.rollback()
		remove()
		frappe.destroy()


if __name__ == "__main__":
	main()
