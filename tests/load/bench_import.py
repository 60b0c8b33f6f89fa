"""Prints how fast a file of opening balances is checked and brought in, and how much memory it takes, by size in one run.

Run it on a site of a bench, with the bench's own Python, from the bench's folder:

    env/bin/python apps/support_credits/tests/load/bench_import.py --site t3.localhost

Ten rows a customer, in an order that jumps from one to the next; every customer's account is opened by the file. What
it grants stays on the site. It never asserts: a number is for a reader.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import frappe

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import load_site as site
from load_hours import memory, reset_peak
from load_site import Place

PER_CUSTOMER = 10
HEADER = ("customer", "credits", "granted_on", "expires_on", "price", "currency", "reference")


@dataclass(frozen=True)
class Measured:
	seconds: float
	before: float
	peak: float


def customers(count: int, run: str) -> list[str]:
	"""New customers as rows: what is measured is not how the host saves one."""
	frappe.db.sql("SELECT 1")  # connects
	names = [f"Load Import {run} {number:06d}" for number in range(count)]
	for start in range(0, count, site.INSERT_ROWS):
		rows = [{"name": name, "customer_name": name} for name in names[start : start + site.INSERT_ROWS]]
		site._insert("HD Customer", rows)
	frappe.db.commit()
	return names


def write_file(path: str, rows: int, run: str) -> None:
	names = customers(max(1, rows // PER_CUSTOMER), run)
	with open(path, "w", newline="", encoding="utf-8") as file:
		writer = csv.writer(file)
		writer.writerow(HEADER)
		for number in range(rows):
			name = names[number * 7919 % len(names)]
			writer.writerow(
				(name, number % 8 + 1, "2025-03-14", "2045-03-14", "329.00", "USD", f"{run}-{number}")
			)


def measured(work: Callable[[], object]) -> Measured:
	reset_peak()
	before = memory("VmRSS")
	spent = site.seconds(work)
	return Measured(spent, before, memory("VmHWM"))


def run_size(place: Place, folder: str, rows: int) -> dict[str, Measured]:
	from support_credits.ledger import opening

	site.fresh(place)
	path, run = os.path.join(folder, f"{rows}.csv"), f"{int(time.time())}-{rows}"
	write_file(path, rows, run)
	site.fresh(place)

	def brought_in() -> None:
		opening.bring_in(path)
		frappe.db.commit()

	done = {"dry run": measured(lambda: opening.check(path))}
	site.fresh(place)
	done["import"] = measured(brought_in)
	site.fresh(place)
	done["the same again"] = measured(brought_in)
	return done


def show(rows: int, done: dict[str, Measured], smallest: dict[str, Measured]) -> None:
	for what, one in done.items():
		print(
			f"{rows:>9,} rows  {what:<16}{rows / one.seconds:>9,.0f} rows/s{one.seconds:>8.1f} s"
			f"   peak {one.peak:6.1f} MB, {one.peak / smallest[what].peak:5.2f} x the smallest",
			flush=True,
		)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--site", required=True)
	parser.add_argument("--sites-path", default="sites")
	parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000])
	asked = parser.parse_args()
	os.chdir(asked.sites_path)
	place = Place(asked.site, ".")
	with tempfile.TemporaryDirectory() as folder:
		smallest: dict[str, Measured] = {}
		for rows in asked.sizes:
			done = run_size(place, folder, rows)
			smallest = smallest or done
			show(rows, done, smallest)
	frappe.destroy()


if __name__ == "__main__":
	main()
