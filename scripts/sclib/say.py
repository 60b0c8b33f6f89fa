"""What a person sees: one line per step with its seconds, one line per error."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

STARTED = time.monotonic()


class Stop(Exception):
	"""An end with one clear line."""

	status = 1


class NoHost(Stop):
	"""Frappe and Helpdesk cannot be had here; whatever needs only PyPI still can."""

	status = 69  # EX_UNAVAILABLE: tells the calling phase to fall back


def say(line: str = "") -> None:
	sys.stdout.write(line + "\n")
	sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
	"""Print the step when it starts and its seconds when it ends."""
	began = time.monotonic()
	sys.stdout.write(f"[{began - STARTED:4.0f} s] {title} … ")
	sys.stdout.flush()
	try:
		yield
	except BaseException:
		say("failed")
		raise
	say(f"{time.monotonic() - began:.1f} s")


def run(
	args: Sequence[object],
	log: Path,
	*,
	cwd: Path | None = None,
	env: Mapping[str, str] | None = None,
	error: type[Stop] = Stop,
) -> None:
	"""Run a command into `log`; on failure stop with its last line and where the rest is."""
	log.parent.mkdir(parents=True, exist_ok=True)
	with log.open("ab") as out:
		out.write(f"\n$ {' '.join(map(str, args))}\n".encode())
		out.flush()
		done = subprocess.run(
			[str(a) for a in args], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd, env=env
		)
	if done.returncode:
		raise error(
			f"{Path(str(args[0])).name} failed (status {done.returncode}): {last_line(log)} [log: {log}]"
		)


def last_line(log: Path) -> str:
	"""Return the last line of a log that says something."""
	lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
	told = [line for line in lines if line and not line.startswith("$ ") and "[y/N]" not in line]
	return told[-1][:200] if told else "no output"
