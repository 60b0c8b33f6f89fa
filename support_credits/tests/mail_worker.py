"""A background worker in a process of its own: it runs jobs as the host's worker does, one line of JSON each.

The test's own process will not do: the host's test flag keeps it from sending mail, and two pulls at once need two
processes. Run as a script it is the worker; it stands in the bench's ``sites`` folder.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import frappe

NO_ANSWER = "the worker ended; see its log"


@dataclass(frozen=True)
class Outcome:
	"""What became of a job: its value, or the error it raised, with the traceback."""

	value: object = None
	error: str = ""


class Worker:
	"""The process. ``start`` and ``finish`` let several run at the same time."""

	def __init__(self, name: str = "1") -> None:
		self.log = Path(
			frappe.utils.get_bench_path(), "logs", f"test-mail-worker-{frappe.local.site}-{name}.log"
		)
		with self.log.open("w") as log:
			self.process = subprocess.Popen(
				[sys.executable, "-m", "support_credits.tests.mail_worker", frappe.local.site],
				cwd=Path(frappe.utils.get_bench_path(), "sites"),
				# Under CI the host's worker takes itself for a test, too.
				env={name: value for name, value in os.environ.items() if name != "CI"},
				stdin=subprocess.PIPE,
				stdout=subprocess.PIPE,
				stderr=log,
				text=True,
				bufsize=1,
			)

	def start(self, method: str, lock_wait: int | None = None, **kwargs: object) -> None:
		order = {"method": method, "lock_wait": lock_wait, "kwargs": kwargs}
		self.process.stdin.write(json.dumps(order) + "\n")
		self.process.stdin.flush()

	def finish(self) -> Outcome:
		line = self.process.stdout.readline()
		if not line:
			raise RuntimeError(f"{NO_ANSWER}: {self.log.read_text()[-2000:]}")
		return Outcome(**json.loads(line))

	def run(self, method: str, lock_wait: int | None = None, **kwargs: object) -> Outcome:
		self.start(method, lock_wait, **kwargs)
		return self.finish()

	def stop(self) -> None:
		self.process.stdin.close()
		try:
			self.process.wait(10)
		except subprocess.TimeoutExpired:
			self.process.kill()
		self.process.stdout.close()


@cache
def running(name: str = "1") -> Worker:
	"""The workers of this run; each is started when it is first asked for and ends with the process."""
	worker = Worker(name)
	atexit.register(worker.stop)
	return worker


def job(method: str, lock_wait: int | None, kwargs: dict[str, object]) -> object:
	"""One job as the scheduler enqueues it. ``lock_wait``: seconds until a locked row is given up, else 50."""
	if lock_wait is not None:
		frappe.db.sql("SET SESSION innodb_lock_wait_timeout = %s", lock_wait)
	return frappe.get_attr(method)(**kwargs)


def work(site: str, replies: object) -> None:
	"""The worker's own life, until its standard input ends. ``print`` belongs to the jobs."""
	from frappe.utils.background_jobs import execute_job

	for line in sys.stdin:
		order = json.loads(line)
		try:
			value = execute_job(site, job, None, order["method"], order, user="Administrator")
			outcome = {"value": value}
		except Exception:
			outcome = {"error": frappe.get_traceback()}
		replies.write(json.dumps(outcome, default=str) + "\n")
		replies.flush()


if __name__ == "__main__":
	# What jobs print must not be taken for an answer.
	answers = os.fdopen(os.dup(1), "w")
	os.dup2(2, 1)
	work(sys.argv[1], answers)
