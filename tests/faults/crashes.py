"""Crashes: web workers, the background worker, MariaDB and Redis are killed under load, at random points.

    env/bin/python tests/faults/crashes.py --site SITE [--web 100] [--jobs 100] [--db 10] [--redis 10]

Clients send what was not answered again, with the same Idempotency-Key. After every few kills (``--every``) and after
each of the database's restarts, the app's own proof and plain SQL look at one snapshot of the tables while the load
goes on; at the end everything must have come to rest: no release is due, no ticket waits for credits that are there.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import frappe
from actor import Stage
from judgement import LOCKED_OUT, prove, settle, tell_locks, unexpected
from load import UNDER_FIRE, Attempt, Crowd, clients
from proof import figures
from report import Report
from rig import Rig, add_options, with_code_copied
from scene import Cast, Wire, cast, company
from siege import Siege
from told import compare

from support_credits.engine.model import parse_stamp, stamp_text


def main() -> int:
	options = parse()
	rig = Rig(with_code_copied(options), options)
	report = Report("crashes", options)
	rig.build()
	rig.start("web", "worker")
	people, stage = prepare(rig, options)
	report.say(
		f"{options.clients} clients, {options.workers} web workers on a copy of {options.site}, seed {options.seed}"
	)
	siege = Siege(rig, report, options)
	rounds: list[tuple[str, Callable, int]] = [
		("web", siege.web, options.web), ("jobs", siege.jobs, options.jobs), ("db", siege.db, options.db),
		("redis", siege.redis, options.redis),
	]  # fmt: skip
	with clients(rig, people, stage, options.seed) as crowd:
		for name, besiege, times in rounds:
			before = time.monotonic()
			if times:
				besiege(times)
				report.say(
					f"{name}: {dict(siege.kills)}, {siege.looks} looks, {time.monotonic() - before:.0f} s"
				)
	siege.catch_up()
	for orphan in siege.orphans:
		if orphan.is_running():
			orphan.wait(60)
	return judge(rig, report, siege, crowd)


def parse() -> Namespace:
	parser = ArgumentParser(description=__doc__.splitlines()[0])
	add_options(parser)
	parser.add_argument("--web", type=int, default=100, help="kills of a web worker")
	parser.add_argument("--jobs", type=int, default=100, help="kills of the background worker")
	parser.add_argument("--db", type=int, default=10, help="kills of MariaDB")
	parser.add_argument("--redis", type=float, default=10, help="seconds without Redis: cache, queue, both")
	parser.add_argument("--every", type=int, default=5, help="kills between two looks at the tables")
	parser.add_argument("--clients", type=int, default=6)
	parser.add_argument("--seed", type=int, default=1)
	return parser.parse_args()


def prepare(rig: Rig, options: Namespace) -> tuple[Cast, Stage]:
	"""A customer whose tickets wait when he has no credits, one whose tickets are refused, one who may overdraw."""
	people = cast(rig.site, options.clients)
	names = [
		company(people, people.persons, 5, "Waits", portal_policy="Park"),
		company(people, people.persons, 5, "Is refused"),
		company(people, people.persons, 5, "Overdraws", portal_policy="Overdraw", overdraft_limit=5),
	]
	frappe.db.commit()
	wire = Wire(rig.site, rig.url)
	for one in (*people.persons, *people.managers):
		wire.log_in(one)
	people.cookies.update(wire.cookies())
	return people, Stage("siege", UNDER_FIRE, names, 0)


def judge(rig: Rig, report: Report, siege: Siege, crowd: Crowd) -> int:
	rig.servers["worker"].stop()
	settle(rig)
	faults = [
		*siege.faults,
		*prove(rig, settled=True),
		*compare(rig.sql(), crowd.notes),
		*unexpected(crowd.notes),
	]
	answers(report, siege, crowd)
	tell_locks(
		report, rig, (f"{one.method} {one.error}" for one in crowd.attempts if one.error in LOCKED_OUT)
	)
	again = [note for note in crowd.notes if note.attempts > 1]
	report.facts(
		**{name.replace(" ", "_"): times for name, times in siege.kills.items()},
		looks=siege.looks,
		intentions=len(crowd.notes),
		requests=len(crowd.attempts),
		sent_again=len(again),
		of_these_were_done_before=sum(one.error == "AlreadyServed" for one in crowd.attempts),
		**figures(rig.sql()),
	)
	return report.close(faults)


def answers(report: Report, siege: Siege, crowd: Crowd) -> None:
	"""What clients were told while something was away, and otherwise, and how long they waited for it."""
	told: dict[tuple[str, int, str, str], list[float]] = defaultdict(list)
	for one in crowd.attempts:
		said = "" if one.status == 200 else _shape(one.message)
		told[_outage_of(siege, one), one.status, one.error, said].append(one.seconds)
	rows = [
		[when, status or "-", error, len(times), f"{median(times):.1f}", f"{max(times):.1f}", message]
		for (when, status, error, message), times in sorted(told.items())
	]
	report.table(("when", "status", "error", "times", "p50 s", "max s", "message"), rows)


def _outage_of(siege: Siege, one: Attempt) -> str:
	ended = stamp_text(parse_stamp(one.at) + timedelta(seconds=one.seconds))
	return next(
		(title for title, began, over in siege.outages if one.at <= over and began <= ended), "otherwise"
	)


def _shape(message: str) -> str:
	return " ".join("".join("#" if letter.isdigit() else letter for letter in message).split())[:90]


if __name__ == "__main__":
	sys.exit(main())
