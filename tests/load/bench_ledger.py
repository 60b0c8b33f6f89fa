"""Prints how fast the ledger is, each figure as a ratio of two sides measured in turn in one run (design §6).

Run it on a site of a bench, with the bench's own Python, from the bench's folder:

    env/bin/python apps/support_credits/tests/load/bench_ledger.py --site t2.localhost

``--tickets 200`` measures more tickets, ``--entries 1000000`` grows the big account to the size the design names (the
first time that takes minutes; later runs find it), ``--only statements`` measures one part. It never asserts: a number
is for a reader, a busy machine must not fail a build.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial

import frappe

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import load_site as site
from load_site import Place, seconds

Row = tuple[str, str, str]


def open_ticket(number: int) -> object:
	"""What Helpdesk's portal page calls, with the commit that ends its request."""
	from helpdesk.helpdesk.doctype.hd_ticket.api import new

	ticket = new({"subject": f"Load {number}", "description": "Measured, not read."})
	frappe.db.commit()
	return ticket


def timed_ticket(place: Place, customer: str, number: int, off: bool = False) -> float:
	site.fresh(place, site.user_of(customer))
	if not off:
		return seconds(lambda: open_ticket(number))
	with site.app_off():
		return seconds(lambda: open_ticket(number))


def measure_tickets(place: Place, count: int) -> list[Row]:
	"""A ticket charged, with our hours too, of a customer without account, and with the app's hooks off, in turn."""
	sides: dict[str, list[float]] = {
		site.CHARGED: [],
		site.HOURS: [],
		site.NO_ACCOUNT: [],
		site.HOOKS_OFF: [],
	}
	for number in range(count + 5):
		for turn in range(len(sides)):
			customer = list(sides)[(number + turn) % len(sides)]  # none is always the one after another
			spent = timed_ticket(place, customer, number, customer == site.HOOKS_OFF)
			if number >= 5:  # the first fill the site's caches
				sides[customer].append(spent)
	off, charged, hours, free = (
		statistics.median(sides[side]) for side in (site.HOOKS_OFF, site.CHARGED, site.HOURS, site.NO_ACCOUNT)
	)
	return [
		ratio_row(f"ticket, charged / hooks off, median of {count}", charged, off),
		ratio_row("ticket, charged, deadline of a Support Calendar / hooks off", hours, off),
		ratio_row("ticket, customer without account / hooks off", free, off),
	]


def statements(place: Place, customer: str, off: bool) -> list[str]:
	"""What one ticket of ``customer`` sends, in a fresh request after one that filled the site's caches."""
	for number in range(3):
		site.fresh(place, site.user_of(customer))
		with site.counted_statements() as sent:
			if off:
				with site.app_off():
					open_ticket(number)
			else:
				open_ticket(number)
	return sent


def shape(statement: str) -> str:
	"""The statement without its values, so that two that differ in those only compare equal."""
	text = re.sub(r"'(?:[^'\\]|\\.)*'", "?", statement)
	return " ".join(re.sub(r"\b\d+(\.\d+)?\b|NULL", "?", text).split())


def added(with_app: list[str], without: list[str]) -> list[str]:
	"""Statements of ``with_app`` that ``without`` does not have, by shape."""
	left = Counter(shape(statement) for statement in without)
	extra = []
	for statement in with_app:
		if left[shape(statement)]:
			left[shape(statement)] -= 1
		else:
			extra.append(statement)
	return extra


def measure_statements(place: Place, verbose: bool) -> list[Row]:
	rows = []
	for what, customer, budget in (
		("charged", site.CHARGED, 8),
		("charged, deadline of a Support Calendar", site.HOURS, 8),
		("no account", site.NO_ACCOUNT, 1),
	):
		without = statements(place, site.HOOKS_OFF, off=True)
		found = statements(place, customer, off=False)
		note = f"budget {budget}; {len(without)} without"
		rows.append((f"statements added, {what}", str(len(found) - len(without)), note))
		if verbose:
			rows += [("", "", statement[:200]) for statement in added(found, without)]
	return rows


def charge(customer: str) -> Callable[[], None]:
	"""Intake's whole part of one ticket of ``customer``, rolled back at the end."""
	from support_credits.engine.decision import Door
	from support_credits.ledger.intake import Arrival, TicketRef, open_incident

	def work() -> None:
		key = frappe.generate_hash(length=10)
		open_incident(TicketRef(f"L{key}", key, customer, lambda: Arrival(Door.AGENT, True)))

	return work


def timed_and_undone(work: Callable[[], object]) -> float:
	spent = seconds(work)
	frappe.db.rollback()
	return spent


def in_turn(one: Callable[[], object], other: Callable[[], object], count: int) -> tuple[float, float]:
	"""Medians of both, measured in turn, each undone."""
	times: tuple[list[float], list[float]] = ([], [])
	for _ in range(count):
		times[0].append(timed_and_undone(one))
		times[1].append(timed_and_undone(other))
	return statistics.median(times[0]), statistics.median(times[1])


def ratio_row(title: str, one: float, other: float) -> Row:
	return title, f"{one / other:.3f} x", f"{one * 1000:.2f} ms / {other * 1000:.2f} ms"


def measure_size(place: Place, lots: int, entries: int, count: int) -> list[Row]:
	site.fresh(place)
	account = site.grow_account(site.MANY, lots, entries, partial(_progress, "entries posted"))
	held = frappe.db.get_value("Credit Account", account, "seq")
	for customer in (site.MANY, site.FEW):
		timed_and_undone(charge(customer))
	big, small = in_turn(charge(site.MANY), charge(site.FEW), count)
	return [ratio_row(f"charge, {lots} lots and {held} entries / 2 lots", big, small)]


def measure_raw(place: Place, count: int) -> list[Row]:
	"""A charge against the very statements it sends, replayed on the driver's cursor."""
	site.fresh(place)
	work = charge(site.FEW)
	timed_and_undone(work)
	with site.counted_statements() as sent:
		work()
	frappe.db.rollback()
	cursor = frappe.db._cursor

	def raw() -> None:
		for statement in sent:
			cursor.execute(statement.replace("%", "%%"))
			cursor.fetchall()

	ours, driver = in_turn(work, raw, count)
	return [ratio_row(f"charge / its {len(sent)} statements in raw SQL", ours, driver)]


def measure_verify(place: Place) -> list[Row]:
	from support_credits.ledger.verification import verify

	site.fresh(place)
	account = frappe.db.get_value("Credit Account", {"customer": site.MANY})
	reports = []
	spent = seconds(lambda: reports.append(verify(account)))
	report = reports[0]
	verdict = "clean" if report.ok else f"first finding: {report.findings[0].message}"
	note = f"{report.entries} entries in {spent:.1f} s, {verdict}"
	return [("verify", f"{report.entries / spent:,.0f} entries/s", note)]


def _progress(what: str, done: int) -> None:
	print(f"\r{done} {what}", end="", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--site", required=True)
	parser.add_argument("--sites-path", default="sites")
	parser.add_argument("--tickets", type=int, default=100)
	parser.add_argument("--lots", type=int, default=1_000)
	parser.add_argument("--entries", type=int, default=20_000)
	parser.add_argument("--charges", type=int, default=200)
	parser.add_argument("--only", choices=["statements", "tickets", "size", "raw", "verify"])
	parser.add_argument("--show-sql", action="store_true", help="List the statements the app adds.")
	return parser.parse_args()


def main() -> None:
	asked = arguments()
	os.chdir(asked.sites_path)  # as bench does: log files and site folders are found from here
	place = Place(asked.site, ".")
	frappe.init(place.site, sites_path=place.sites_path)
	site.ensure_all(place)
	parts: dict[str, Callable[[], list[Row]]] = {
		"statements": lambda: measure_statements(place, asked.show_sql),
		"tickets": lambda: measure_tickets(place, asked.tickets),
		"size": lambda: measure_size(place, asked.lots, asked.entries, asked.charges),
		"raw": lambda: measure_raw(place, asked.charges),
		"verify": lambda: measure_verify(place),
	}
	for name, part in parts.items():
		if asked.only in (None, name):
			for title, figure, note in part():
				print(f"{title:<56}{figure:>20}  {note}", flush=True)
	frappe.destroy()


if __name__ == "__main__":
	main()
