"""Prints how long each report takes over a ledger of very many entries, and the memory it needs, beside the host's own lists.

Run it on a site of a bench, with the bench's own Python, from the bench's folder:

    env/bin/python apps/support_credits/tests/load/bench_reports.py --site t3.localhost --entries 1000000

Every report is run as its page asks for it, through the host, with the days its filters begin with and over all years. The other side, in
turn in the same run, is a page of as many rows of the same DocType as the host's report view fetches it, with its count. It
never asserts: a number is for a reader. The rows are deleted at the end; ``--keep`` leaves them for a second run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

import frappe

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import load_reports
import load_site as site
from load_hours import memory, reset_peak
from load_site import Place

TODAY = date.today()
YEARS = {"from_date": str(TODAY - timedelta(days=1_080)), "to_date": str(TODAY)}


def since(days: int) -> dict[str, str]:
	return {"from_date": str(TODAY - timedelta(days=days)), "to_date": str(TODAY)}


LAST_YEAR = str(TODAY - timedelta(days=365))
ASKED: tuple[tuple[str, str, dict[str, object]], ...] = (
	("Credit Ledger", "a month", since(30)),
	("Credit Ledger", "all", YEARS),
	("Credit Ledger", "all, its page 150", {**YEARS, "page": 150}),
	("Credit Balances", "now", {}),
	("Credit Balances", "a year ago", {"as_at": LAST_YEAR}),
	("Expiring Lots", "90 days", {"from_date": str(TODAY), "to_date": str(TODAY + timedelta(days=90))}),
	("Outstanding Credits", "now", {}),
	("Outstanding Credits", "a year ago", {"as_at": LAST_YEAR}),
	("Breakage", "a year", since(335)),
	("Breakage", "all", YEARS),
	("Consumption", "by customer, a year", {**since(335), "by": "Customer"}),
	("Consumption", "by customer, all", {**YEARS, "by": "Customer"}),
	("Consumption", "by tier, all", {**YEARS, "by": "Tier"}),
	("Consumption", "by reason, all", {**YEARS, "by": "Reason"}),
	("Exemptions", "a quarter", since(90)),
	("Exemptions", "all", YEARS),
	("Response by Tier", "90 days", since(90)),
	("Response by Tier", "all", YEARS),
	("Emergency Hours", "all", {**YEARS, "by": "Customer"}),
)


def report(name: str, chosen: dict[str, object]) -> Callable[[], object]:
	from frappe.desk import query_report

	# The host makes a report that once took longer than 15 seconds one that is prepared in a job, and then answers with nothing.
	return lambda: query_report.run(name, filters=dict(chosen), ignore_prepared_report=True)


def plain(doctype: str) -> Callable[[], object]:
	"""What the host's own view of the DocType asks for: a page of rows, the newest first, and how many there are."""

	def work() -> None:
		fields = ["name", "account", "creation", "modified"]
		frappe.get_list(doctype, fields=fields, order_by="modified desc", page_length=5_000)
		frappe.get_list(doctype, fields=["count(name) as number"], order_by=None)

	return work


def timed(work: Callable[[], object]) -> tuple[float, float]:
	"""Seconds, and MB that the process has at most meanwhile."""
	frappe.db.rollback()
	reset_peak()
	started = time.perf_counter()
	work()
	return time.perf_counter() - started, memory("VmHWM")


def measure(name: str, what: str, chosen: dict[str, object], times: int) -> None:
	work, host = report(name, chosen), plain("Credit Ledger Entry")
	work()  # the first loads the code
	sides: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
	for _time in range(times):
		sides[0].append(timed(work))
		sides[1].append(timed(host))
	ours, theirs = (statistics.median(spent for spent, _memory in side) for side in sides)
	most = max(used for _spent, used in sides[0])
	print(
		f"{name + ', ' + what:<40}{ours:>8.2f} s{ours / theirs:>8.2f} x the host's list   peak {most:.0f} MB",
		flush=True,
	)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--site", required=True)
	parser.add_argument("--sites-path", default="sites")
	parser.add_argument("--entries", type=int, default=1_000_000)
	parser.add_argument("--times", type=int, default=3)
	parser.add_argument("--only", default="")
	parser.add_argument("--keep", action="store_true", help="Leave the rows on the site.")
	asked = parser.parse_args()
	os.chdir(asked.sites_path)  # as bench does: log files and site folders are found from here
	place = Place(asked.site, ".")
	frappe.init(place.site, sites_path=place.sites_path)
	site.fresh(place)
	try:
		if not frappe.db.exists("Credit Account", {"name": ["like", f"{load_reports.PREFIX}%"]}):
			customers = load_reports.grow(asked.entries, _progress)
			print(f"\n{customers:,} customers", file=sys.stderr)
		held = frappe.db.count("Credit Ledger Entry")
		print(
			f"{held:,} entries, {frappe.db.count('Credit Lot'):,} lots, {frappe.db.count('HD Ticket'):,} tickets"
		)
		for name, what, chosen in ASKED:
			if asked.only in ("", name):
				measure(name, what, chosen, asked.times)
	finally:
		frappe.db.rollback()
		if not asked.keep:
			load_reports.remove()
		frappe.destroy()


def _progress(what: str, done: int) -> None:
	print(f"\r{done} {what}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
	main()
