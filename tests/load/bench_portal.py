"""Prints how fast the Credits page's data is against Helpdesk's own ticket list, and whether it grows with the ledger.

    env/bin/python apps/support_credits/tests/load/bench_portal.py --site load.localhost [--entries 1000000]

Both sides are asked in turn by the same portal user, each as a request of its own: new connection, empty local caches.
It never asserts: a number is for a reader, a busy machine must not fail a build.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from functools import partial

import frappe

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import load_site as site
from load_site import Place, seconds

TICKETS = 30
Asked = Callable[[], object]


def ticket_list() -> object:
	"""What Helpdesk's page of tickets asks for."""
	from helpdesk.api.doc import get_list_data

	return get_list_data("HD Ticket", show_customer_portal_fields=True, is_default=True)


def overview() -> object:
	from support_credits.api import customer

	return customer.overview()


def first_page() -> object:
	from support_credits.api import statement

	return statement.page()


def credits_page() -> object:
	"""All the Credits page asks for, one after the other; a browser asks for both at once."""
	return overview(), first_page()


def menu() -> object:
	from support_credits.api import customer

	return customer.balance()


def quote() -> object:
	from support_credits.api import customer

	return customer.quote()


def timed(place: Place, customer: str, asked: Asked) -> float:
	"""One request: asked and put into JSON."""
	site.fresh(place, site.user_of(customer))
	spent = seconds(lambda: json.dumps(asked(), default=str))
	frappe.db.rollback()
	return spent


def in_turn(place: Place, sides: dict[str, tuple[str, Asked]], count: int) -> dict[str, float]:
	"""Medians of every side, measured in turn."""
	times: dict[str, list[float]] = {name: [] for name in sides}
	for number in range(count + 3):
		for name, (customer, asked) in sides.items():
			spent = timed(place, customer, asked)
			if number >= 3:  # the first fill the site's caches
				times[name].append(spent)
	return {name: statistics.median(found) for name, found in times.items()}


def ensure_tickets(place: Place, customer: str) -> None:
	from helpdesk.helpdesk.doctype.hd_ticket.api import new

	site.fresh(place, site.user_of(customer))
	for number in range(frappe.db.count("HD Ticket", {"customer": customer}), TICKETS):
		new({"subject": f"Load {number}", "description": "Measured, not read."})
		frappe.db.commit()


def say(title: str, one: float, other: float) -> None:
	print(f"{title:<64}{one / other:>7.2f} x  {one * 1000:.1f} ms / {other * 1000:.1f} ms", flush=True)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--site", required=True)
	parser.add_argument("--sites-path", default="sites")
	parser.add_argument("--lots", type=int, default=1_000)
	parser.add_argument("--entries", type=int, default=20_000)
	parser.add_argument("--count", type=int, default=40)
	asked = parser.parse_args()
	os.chdir(asked.sites_path)  # as bench does: log files and site folders are found from here
	place = Place(asked.site, ".")
	frappe.init(place.site, sites_path=place.sites_path)
	site.ensure_all(place)
	account = site.grow_account(site.MANY, asked.lots, asked.entries, partial(_progress, "entries posted"))
	held = frappe.db.get_value("Credit Account", account, "seq")
	for customer in (site.MANY, site.FEW):
		ensure_tickets(place, customer)
	sides = {
		"list": (site.FEW, ticket_list),
		"page": (site.FEW, credits_page),
		"big list": (site.MANY, ticket_list),
		"big page": (site.MANY, credits_page),
		"overview": (site.FEW, overview),
		"big overview": (site.MANY, overview),
		"statement": (site.FEW, first_page),
		"big statement": (site.MANY, first_page),
		"menu": (site.FEW, menu),
		"big menu": (site.MANY, menu),
		"quote": (site.FEW, quote),
		"big quote": (site.MANY, quote),
	}
	found = in_turn(place, sides, asked.count)
	say("Credits page, both requests / Helpdesk's ticket list", found["page"], found["list"])
	big = f"{held} entries, {asked.lots} lots"
	say(f"the same, {big}", found["big page"], found["big list"])
	for part in ("statement", "overview", "menu", "quote"):
		say(f"{part}, {big} / 30 entries, 2 lots", found[f"big {part}"], found[part])
	frappe.destroy()


def _progress(what: str, done: int) -> None:
	print(f"\r{done} {what}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
	main()
