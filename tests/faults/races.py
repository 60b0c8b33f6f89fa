"""Races: separate processes fight over one account that has fewer credits than they want.

    env/bin/python tests/faults/races.py --site SITE [--operations 10000] [--merges 40] [--mutant NAME]

Even actors go over HTTP to gunicorn with logins of their own, odd ones call in their own process. Afterwards the tables
are judged by plain SQL, and every act by what it was told. A mutant breaks the copy of the app first: then the races
must find it, which shows that they can fail.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from itertools import pairwise

import acts
import frappe
import mutants
from actor import Note, Stage, play
from judgement import LOCKED_OUT, prove, settle, tell_locks, unexpected
from proof import Fault, figures
from report import Report
from rig import Rig, add_options, with_code_copied
from scene import Cast, Wire, cast, company, fresh
from told import compare

OPERATIONS_OF_A_MERGE = 48


def main() -> int:
	options = parse()
	change = mutants.MUTANTS[options.mutant] if options.mutant else None
	rig = Rig(with_code_copied(options, change), options)
	report = Report("races", options)
	rig.build()
	rig.start("web", "worker")
	report.say(f"{options.actors} actors on a copy of {options.site}, seed {options.seed}")
	people = cast(rig.site, options.actors)
	log_in(rig, people)
	began = time.monotonic()
	notes = mixed(rig, people, options)
	report.say(f"{len(notes)} contended operations in {time.monotonic() - began:.0f} s")
	notes += merges(rig, people, options, report)
	faults = judge(rig, notes)
	tell(report, rig, notes, faults)
	return report.close(faults, options.mutant)


def parse() -> Namespace:
	parser = ArgumentParser(description=__doc__.splitlines()[0])
	add_options(parser)
	parser.add_argument("--operations", type=int, default=10_000)
	parser.add_argument("--actors", type=int, default=18)
	parser.add_argument("--merges", type=int, default=40, help="rounds of two accounts merged while charged")
	parser.add_argument("--seed", type=int, default=1)
	parser.add_argument(
		"--mutant", choices=sorted(mutants.MUTANTS), help="break the copied app, to be found out"
	)
	return parser.parse_args()


def log_in(rig: Rig, people: Cast) -> None:
	"""Once, for all stages: a login costs more than most operations."""
	wire = Wire(rig.site, rig.url)
	for one in (*people.persons[::2], *people.managers[::2]):
		wire.log_in(one)
	people.cookies.update(wire.cookies())


def mixed(rig: Rig, people: Cast, options: Namespace) -> list[Note]:
	"""Everybody on one account; beside it a neighbour that may overdraw and customers that will be merged into it."""
	fresh(rig.site)
	home = company(people, people.persons, 3, "Contended")
	neighbour = company(
		people,
		people.persons,
		3,
		"Neighbour",
		agent_policy="Overdraw",
		portal_policy="Overdraw",
		overdraft_limit=4,
	)
	spares = [
		company(people, people.persons[:2], 2, "Merged away")
		for _ in range(max(options.operations // 400, 2))
	]
	frappe.db.commit()
	stage = Stage("mixed", acts.MIXED, [home, neighbour, *spares], options.operations, spares)
	return play(rig, people, stage, options.seed)


def merges(rig: Rig, people: Cast, options: Namespace, report: Report) -> list[Note]:
	"""Round by round, two customers become one while both are charged."""
	fresh(rig.site)
	pairs = [
		[company(people, people.persons, 3, label) for label in ("Stays", "Goes")]
		for _ in range(options.merges)
	]
	frappe.db.commit()
	notes: list[Note] = []
	began = time.monotonic()
	for number, (stays, goes) in enumerate(pairs):
		weights, budget = acts.WHILE_MERGING, OPERATIONS_OF_A_MERGE
		stage = Stage(f"merge-{number}", weights, [stays, goes], budget, [goes], merger=True)
		notes += play(rig, people, stage, options.seed)
	done = sum(note.act == "merge_customers" and note.outcome == "ok" for note in notes)
	seconds = time.monotonic() - began
	report.say(f"{done} of {len(pairs)} merges with {len(notes)} operations around them in {seconds:.0f} s")
	return notes


def judge(rig: Rig, notes: list[Note]) -> list[Fault]:
	"""Let the jobs come to an end, then ask the tables, the app's own proof, and what was told."""
	rig.servers["worker"].stop()
	settle(rig)
	return [*prove(rig, settled=True), *compare(rig.sql(), notes), *unexpected(notes), *idle(notes)]


def idle(notes: list[Note]) -> list[Fault]:
	"""Where everybody got what he wanted, nothing was fought for."""
	refused = any(note.error == "CreditsRefused" for note in notes)
	opened = any(note.act == "open_as_person" and note.outcome == "ok" for note in notes)
	return (
		[] if refused and opened else [Fault("error", "nobody was refused, or everybody: this was no race")]
	)


def tell(report: Report, rig: Rig, notes: list[Note], faults: list[Fault]) -> None:
	outcomes = {act: Counter() for act in sorted({note.act for note in notes})}
	for note in notes:
		outcomes[note.act][note.outcome] += 1
	rows = [[act, *(count[name] for name in ("ok", "refused", "error"))] for act, count in outcomes.items()]
	sums = [sum(row[column] for row in rows) for column in (1, 2, 3)]
	report.table(("act", "ok", "refused", "error"), [*rows, ["all", *sums]])
	reasons = Counter((note.error, note.status) for note in notes if note.outcome != "ok")
	report.table(
		("answer", "status", "times"), [[error, status, n] for (error, status), n in reasons.most_common()]
	)
	tell_locks(report, rig, (f"{note.act} {note.error}" for note in notes if note.error in LOCKED_OUT))
	report.facts(
		operations=len(notes),
		at_once=_at_once(notes),
		**figures(rig.sql()),
		**{
			f"{sort}": sum(fault.sort == sort for fault in faults)
			for sort in ("lost", "doubled", "overdrawn", "torn")
		},
	)


def _at_once(notes: list[Note]) -> int:
	"""How many operations were going on at one instant, at the most."""
	steps = sorted([(note.began, 1) for note in notes] + [(note.ended, -1) for note in notes])
	now = most = 0
	for (_at, change), _next in pairwise([*steps, ("", 0)]):
		now += change
		most = max(most, now)
	return most


if __name__ == "__main__":
	sys.exit(main())
