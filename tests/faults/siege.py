"""What is killed, when, and what the tables looked like after it."""

from __future__ import annotations

import os
import random
import signal
import time
from argparse import Namespace
from collections import Counter
from contextlib import suppress

import psutil
from judgement import JOBS, prove, put_into_queue
from proof import Fault
from report import Report
from rig import Rig

from support_credits.engine.model import stamp_text
from support_credits.ledger import clock

TICK = 1.5  # seconds between the scheduler's jobs
CALM = 3.0  # seconds of load between two outages, at the most
CATCH_UP = 120  # seconds; a worker whose Redis went away looks for it again ever more seldom


class Siege:
	"""The load, what is killed, and what was found afterwards."""

	def __init__(self, rig: Rig, report: Report, options: Namespace) -> None:
		self.rig, self.report, self.every = rig, report, options.every
		self.dice = random.Random(options.seed)
		self.faults: list[Fault] = []
		self.kills: Counter[str] = Counter()
		self.looks = 0
		self.outages: list[tuple[str, str, str]] = []
		self.orphans: list[psutil.Process] = []
		self.next_tick = 0.0

	def web(self, times: int) -> None:
		"""SIGKILL one of gunicorn's workers; its master starts another."""
		for _ in range(times):
			self.wait(self.dice.uniform(0.1, 0.6))
			family = self.rig.servers["web"].family()
			if family:
				self.dice.choice(family).kill()
				self.kills["web"] += 1
				self.look_now_and_then("web")

	def jobs(self, times: int) -> None:
		"""SIGKILL the background worker, or the job it is at, or both; a supervisor would start it again."""
		worker = self.rig.servers["worker"]
		for _ in range(times):
			job = self._job_at_work(8.0)
			time.sleep(self.dice.uniform(0, 0.15))
			target = self.dice.choice(("job", "worker", "both")) if job else "worker"
			if target != "worker":
				_kill(job)
			if target != "job":
				worker.kill()
				self.orphans += [job] if job and target == "worker" else []
				worker.launch()
			self.kills[f"background {target}" if job else "background worker, idle"] += 1
			self.look_now_and_then("jobs")

	def _job_at_work(self, seconds: float) -> psutil.Process | None:
		end = time.monotonic() + seconds
		while time.monotonic() < end:
			self.tick()
			found = self.rig.servers["worker"].family()
			if found:
				return found[0]
			time.sleep(0.005)
		return None

	def db(self, times: int) -> None:
		"""SIGKILL MariaDB; it recovers from its log."""
		for _ in range(times):
			self.wait(self.dice.uniform(1.5, 4))
			with self.outage("MariaDB killed"):
				self.rig.servers["db"].kill()
				time.sleep(self.dice.uniform(0.2, 1.5))
				self.rig.servers["db"].start()
			self.kills["MariaDB"] += 1
			self.look()

	def redis(self, seconds: float) -> None:
		"""Cache and queue go away, each alone and both, and come back empty."""
		for title, names in (
			("cache gone", ["cache"]),
			("queue gone", ["queue"]),
			("both gone", ["cache", "queue"]),
		):
			self.wait(min(CALM, seconds))
			with self.outage(f"Redis {title}"):
				for name in names:
					self.rig.servers[name].kill()
				time.sleep(seconds)
				self.look()
				for name in names:
					self.rig.servers[name].start()
			self.kills["Redis"] += len(names)
			self.wait(min(CALM, seconds))
			self.look()

	def catch_up(self) -> None:
		"""Whatever was cut off is finished by the scheduler's jobs, in the background worker itself."""
		end = time.monotonic() + CATCH_UP
		while due := _count(
			self.rig, "SELECT COUNT(*) FROM `tabSupport Incident` WHERE ticket_update_due > 0"
		):
			if time.monotonic() > end:
				self.faults.append(
					Fault("torn", f"the job has not brought {due} tickets up to date in {CATCH_UP} s")
				)
				return
			self.wait(0.5)

	def outage(self, title: str) -> Outage:
		return Outage(self, title)

	def wait(self, seconds: float) -> None:
		end = time.monotonic() + seconds
		while time.monotonic() < end:
			self.tick()
			time.sleep(0.02)

	def tick(self) -> None:
		"""What the scheduler does: queue its jobs. A dead worker is started again, as a supervisor would."""
		if time.monotonic() < self.next_tick:
			return
		self.next_tick = time.monotonic() + TICK
		if self.rig.servers["worker"].process.poll() is not None:
			self.rig.servers["worker"].launch()
		try:
			put_into_queue(self.rig, JOBS)
		except Exception as error:
			self.kills[f"(scheduler held up: {type(error).__name__})"] += 1

	def look_now_and_then(self, what: str) -> None:
		if sum(self.kills.values()) % self.every == 0:
			self.look()

	def look(self) -> None:
		self.looks += 1
		found = prove(self.rig)
		if found:
			self.report.say(f"after {dict(self.kills)}: {len(found)} faults, first {found[0]}")
		self.faults += found


class Outage:
	"""A block of time in which something was away, for telling what clients saw."""

	def __init__(self, siege: Siege, title: str) -> None:
		self.siege, self.title = siege, title

	def __enter__(self) -> None:
		self.began = stamp_text(clock.now())

	def __exit__(self, *_error: object) -> None:
		self.siege.outages.append((self.title, self.began, stamp_text(clock.now())))


def _count(rig: Rig, query: str) -> int:
	with rig.sql() as connection, connection.cursor() as cursor:
		cursor.execute(query)
		return cursor.fetchone()[0]


def _kill(process: psutil.Process) -> None:
	with suppress(ProcessLookupError):  # it was done at this very moment
		os.kill(process.pid, signal.SIGKILL)
