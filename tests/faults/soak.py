"""A soak: mixed load over HTTP and the scheduler's jobs for a long time, with figures.

    env/bin/python tests/faults/soak.py --site SITE [--minutes 30]

Prints requests, errors by kind, p50 and p95 of every operation, and the memory of the processes at the start, on the
way and at the end. Both proofs look at the tables at every sample and when everything has come to rest.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter, defaultdict

import frappe
import psutil
from actor import Note, Stage
from judgement import JOBS, LOCKED_OUT, prove, put_into_queue, settle, tell_locks, unexpected
from load import EVERYDAY, Crowd, clients
from proof import Fault, figures
from report import Report
from rig import Rig, add_options, with_code_copied
from scene import Wire, cast, company
from told import compare

MEGABYTE = 1024 * 1024
TICK = 15.0  # seconds between the scheduler's jobs
WARM_UP = 20.0  # until every web worker has served every kind of request


def main() -> int:
	options = parse()
	rig = Rig(with_code_copied(options), options)
	report = Report("soak", options)
	rig.build()
	rig.start("web", "worker")
	people = cast(rig.site, options.clients)
	names = [
		company(people, people.persons, 20, "Is refused"),
		company(people, people.persons, 20, "Waits", portal_policy="Park"),
		company(people, people.persons, 20, "Overdraws", portal_policy="Overdraw", overdraft_limit=5),
	]
	frappe.db.commit()
	wire = Wire(rig.site, rig.url)
	for one in (*people.persons, *people.managers):
		wire.log_in(one)
	people.cookies.update(wire.cookies())
	report.say(
		f"{options.clients} clients, {options.workers} web workers, {options.minutes} minutes, seed {options.seed}"
	)
	stage = Stage("soak", EVERYDAY, names, 0)
	with clients(rig, people, stage, options.seed) as crowd:
		faults, samples = endure(rig, report, options, crowd)
	rig.servers["worker"].stop()
	settle(rig)
	faults += [*prove(rig, settled=True), *compare(rig.sql(), crowd.notes), *unexpected(crowd.notes)]
	tell(report, crowd, samples)
	tell_locks(
		report, rig, (f"{one.method} {one.error}" for one in crowd.attempts if one.error in LOCKED_OUT)
	)
	report.facts(**figures(rig.sql()))
	return report.close(faults)


def parse() -> Namespace:
	parser = ArgumentParser(description=__doc__.splitlines()[0])
	add_options(parser)
	parser.add_argument("--minutes", type=float, default=30)
	parser.add_argument("--sample", type=float, default=5, help="minutes between two looks")
	parser.add_argument("--clients", type=int, default=5)
	parser.add_argument("--seed", type=int, default=1)
	return parser.parse_args()


def endure(
	rig: Rig, report: Report, options: Namespace, crowd: Crowd
) -> tuple[list[Fault], list[dict[str, float]]]:
	"""Keep the scheduler going and look at memory and tables every few minutes."""
	faults: list[Fault] = []
	samples: list[dict[str, float]] = []
	began, next_tick = time.monotonic(), 0.0
	due = [WARM_UP, *(60 * options.sample * n for n in range(1, 1 + int(options.minutes / options.sample)))]
	while due:
		crowd.check()
		now = time.monotonic() - began
		if now >= next_tick:
			next_tick = now + TICK
			put_into_queue(rig, JOBS)
		if now >= due[0]:
			due.pop(0)
			samples.append({"minute": round(now / 60, 1), **memory(rig)})
			found = prove(rig)
			faults += found
			report.say(f"minute {now / 60:4.1f}: {samples[-1]}, {len(found)} faults")
		time.sleep(0.2)
	return faults, samples


def memory(rig: Rig) -> dict[str, float]:
	"""Megabytes in use: of the web workers the mean and the largest, of the background worker and of MariaDB."""
	web = [child.memory_info().rss / MEGABYTE for child in rig.servers["web"].family()]
	alone = {
		name: psutil.Process(rig.servers[name].process.pid).memory_info().rss for name in ("worker", "db")
	}
	return {
		"web mean": round(sum(web) / len(web)),
		"web max": round(max(web)),
		**{name: round(size / MEGABYTE) for name, size in alone.items()},
	}


def tell(report: Report, crowd: Crowd, samples: list[dict[str, float]]) -> None:
	by_act: dict[str, list[Note]] = defaultdict(list)
	for note in crowd.notes:
		by_act[note.act].append(note)
	rows = [_figures(act, notes) for act, notes in sorted(by_act.items())]
	rows.append(_figures("all", crowd.notes))
	report.table(("operation", "requests", "refused", "errors", "p50 ms", "p95 ms", "max ms"), rows)
	kinds = Counter((one.status, one.error) for one in crowd.attempts if one.status != 200)
	report.table(
		("answer", "status", "times"),
		[[error or "-", status, n] for (status, error), n in kinds.most_common()],
	)
	report.table(list(samples[0]), [list(sample.values()) for sample in samples])
	first, last = samples[0], samples[-1]
	report.facts(
		requests=len(crowd.attempts),
		errors=sum(one.status == 0 or one.status >= 500 for one in crowd.attempts),
		p50_ms=rows[-1][4],
		p95_ms=rows[-1][5],
		web_mb=f"{first['web mean']} -> {last['web mean']}",
	)


def _figures(act: str, notes: list[Note]) -> list[object]:
	times = sorted(note.seconds * 1000 for note in notes)
	outcomes = Counter(note.outcome for note in notes)
	middle, high = times[len(times) // 2], times[min(int(len(times) * 0.95), len(times) - 1)]
	return [
		act,
		len(notes),
		outcomes["refused"],
		outcomes["error"],
		round(middle),
		round(high),
		round(times[-1]),
	]


if __name__ == "__main__":
	sys.exit(main())
