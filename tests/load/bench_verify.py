"""Prints how fast ``verify`` is and how much memory it takes, on ledgers of several sizes in one run (design §6).

Run it on a site of a bench, with the bench's own Python, from the bench's folder:

    env/bin/python apps/support_credits/tests/load/bench_verify.py --site t3.localhost

Two shapes of ledger: ``few incidents`` is charged and refunded over and over, ``tickets`` has an incident and a ticket for
every charge and a lot for every ten. Each is made once per size and stays on the site; a million takes many minutes.
It never asserts: a number is for a reader.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import count

import frappe

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import load_site as site
from load_hours import memory, reset_peak
from load_site import Place

LOTS, PER_LOT, BLOCK = (
	1_000,
	10,
	13,
)  # entries of a block: a grant, ten charges, one given back and charged anew
BLOCKS_AT_ONCE = 200
FIRST_TICKET = 10_000_000  # far above the host's own numbers
STARTED = datetime(2020, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Measured:
	entries: int
	seconds: float
	cpu: float
	peak: float
	after: float
	verdict: str


def measure(account: str) -> Measured:
	from support_credits.ledger.verification import verify

	reset_peak()
	started, cpu = time.perf_counter(), time.process_time()
	report = verify(account)
	spent, used = time.perf_counter() - started, time.process_time() - cpu
	verdict = "clean" if report.ok else f"first finding: {report.findings[0].message}"
	return Measured(report.entries, spent, used, memory("VmHWM"), memory("VmRSS"), verdict)


def few_incidents(place: Place, entries: int, progress: Callable[[int], None]) -> str:
	"""As the benchmark of charges has it; the account of a million is the same one."""
	customer = site.MANY if entries == 1_000_000 else f"Load Verify {entries}"
	site.ensure_customer(customer)
	return site.grow_account(customer, min(LOTS, entries // 10), entries, progress)


def with_tickets(place: Place, entries: int, progress: Callable[[int], None]) -> str:
	"""An incident, a ticket and an entry for every charge; one in eleven is exempt."""
	from support_credits.ledger import accounts, clock
	from support_credits.ledger.posting import account_lock

	customer = f"Load Tickets {entries}"
	site.ensure_customer(customer)
	account = accounts.ensure_account(customer)
	frappe.db.commit()
	while (done := frappe.db.get_value("Credit Account", account, "seq")) + BLOCK <= entries:
		with account_lock(account, clock.now()) as opened:
			for _block in range(min(BLOCKS_AT_ONCE, (entries - done) // BLOCK)):
				_post_block(opened, customer)
			_flush()
		frappe.db.commit()
		progress(done)
	return account


_waiting: dict[str, list[dict]] = {
	"Credit Lot": [],
	"Credit Ledger Entry": [],
	"Support Incident": [],
	"HD Ticket": [],
}
_tickets: list[Iterator[int]] = []


def _flush() -> None:
	for doctype, rows in _waiting.items():
		site._insert(doctype, rows)
		rows.clear()


def _post_block(opened: object, customer: str) -> None:
	from support_credits.engine import chain
	from support_credits.engine.grants import grant_line
	from support_credits.engine.model import Kind, Line, Stamp
	from support_credits.ledger import incidents, rows
	from support_credits.ledger.rows import LotTerms, chained_terms

	at = STARTED + timedelta(minutes=opened.head.seq)
	terms = LotTerms("Manual", "benchmark")
	lot = opened.draft_lot(PER_LOT, at)

	def post(line: Line, key: str) -> object:
		nonlocal lot
		posting = chain.post(opened.head, [lot], [line], Stamp(key, at, "benchmark"))
		opened.head, (lot,) = posting.head, posting.lots
		_waiting["Credit Ledger Entry"] += [rows._entry_row(entry, opened.zone) for entry in posting.entries]
		return posting.entries[0]

	post(grant_line(lot, chained_terms(terms, opened.zone), terms.reason), f"load:{lot.name}")
	for number in range(PER_LOT + 1):
		name, key = incidents.new_name(), frappe.generate_hash(length=10)
		entry = post(Line(lot.name, Kind.CHARGE, -1, incident=name), f"ticket:{key}:open")
		exempt = number == 0
		if exempt:
			back = Line(lot.name, Kind.REFUND, 1, incident=name, reverses=entry.name, reason="benchmark")
			post(back, f"ticket:{key}:refund:1")
		_note(opened.name, customer, name, key, None if exempt else entry)
	_waiting["Credit Lot"].append(rows._lot_row(opened.name, lot, terms, opened.zone))


def _note(account: str, customer: str, name: str, key: str, entry: object | None) -> None:
	from support_credits.engine.model import Allocation
	from support_credits.ledger import incidents
	from support_credits.ledger.rows import Incident

	state, credits = ("Charged", 1) if entry else ("Exempt", 0)
	ticket = str(next(_ticket_numbers()))
	incident = Incident(
		name, ticket, ticket, key, state, customer=customer, account=account, credits=credits, cycle=1
	)
	if entry:
		funding = (Allocation(entry.lot, 1, entry.name),)
		incident = replace(incident, charged_at_utc=entry.posted_at, funding=funding)
	_waiting["Support Incident"].append({**incidents._row(incident), "name": name})
	shown = {"sc_state": state, "sc_credits": credits, "subject": "Load", "status": "Closed"}
	_waiting["HD Ticket"].append({"name": ticket, "key": key, "customer": customer, **shown})


def _ticket_numbers() -> Iterator[int]:
	if not _tickets:
		last = frappe.db.sql("SELECT MAX(CAST(name AS INT)) FROM `tabHD Ticket`")[0][0] or 0
		_tickets.append(count(max(int(last) + 1, FIRST_TICKET)))
	return _tickets[0]


def show(title: str, measured: Measured, smallest: Measured) -> None:
	speed = measured.entries / measured.seconds
	grown = measured.peak - smallest.peak
	print(
		f"{title:<28}{measured.entries:>10,} entries{speed:>10,.0f} entries/s"
		f"{measured.seconds:>8.1f} s ({measured.cpu:.1f} s of them our own)"
		f"   peak {measured.peak:6.1f} MB, {grown:+5.1f} MB to the smallest   {measured.verdict}",
		flush=True,
	)


def arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--site", required=True)
	parser.add_argument("--sites-path", default="sites")
	parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
	parser.add_argument("--ticket-sizes", type=int, nargs="*", default=[10_000, 100_000])
	return parser.parse_args()


def main() -> None:
	asked = arguments()
	os.chdir(asked.sites_path)  # as bench does: log files and site folders are found from here
	place = Place(asked.site, ".")
	frappe.init(place.site, sites_path=place.sites_path)
	for title, make, sizes in (
		("few incidents", few_incidents, asked.sizes),
		("tickets", with_tickets, asked.ticket_sizes),
	):
		site.fresh(place)
		accounts = [make(place, size, partial(_progress, size)) for size in sizes]
		site.fresh(place)
		if accounts:
			measure(accounts[0])  # the first run loads the code
		measured = [measure(account) for account in accounts]
		for one in measured:
			show(title, one, measured[0])
	frappe.destroy()


def _progress(size: int, done: int) -> None:
	print(f"\r{done} of {size} entries posted", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
	main()
