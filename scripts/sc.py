"""The project's commands: demo, down, test, lint, sync, bench, packages.

Two phases. The first runs as whoever called, looks at the machine, and copies the checkout to where the
bench's user can read it; the second is this same program, started again from that copy as that user.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from sclib import faults, gateway, machine, suites, upgrade
from sclib.app import describe_checkout, stage
from sclib.benchdir import APPS, ensure_bench, exec_bench, is_complete
from sclib.counts import Counts
from sclib.demo import demo
from sclib.mail import smtp_server
from sclib.place import CHECKOUT, Place, become, find_place, find_tool, user_env
from sclib.say import NoHost, Stop, say, step
from sclib.services import STORES, down, is_running, stop

USAGE = "usage: sc demo | down | test [engine|server|erpnext|browser|faults|lint ...] | sync | bench <args> | packages"
INSIDE = "--as-user"


def main(args: list[str]) -> int:
	try:
		if args[:1] == [INSIDE]:
			return inside(find_place(), args[1:])
		return outside(find_place(), args)
	except Stop as stopped:
		say(f"error: {stopped}")
		return stopped.status
	except KeyboardInterrupt:
		say("\ninterrupted; the next run goes on from here")
		return 130


def outside(place: Place, args: list[str]) -> int:
	"""First phase: as the caller, in the checkout."""
	command, rest = (args or ["help"])[0], args[1:]
	if command == "test":
		return test(place, rest or ["engine", "server", "erpnext", "browser"])
	if command == "packages":
		say(" ".join(machine.missing_packages(place, browser=True, mail=True)))
		return 0
	if command == "bench":
		return hand_over(place, "bench", *rest)
	if command == "down":
		return hand_over(place, "down") if place.state_file.exists() else _nothing(place)
	if command not in ("demo", "sync"):
		say(USAGE)
		return 0 if command in ("help", "-h", "--help") else 2
	say(f"checkout {describe_checkout()}")
	try:
		make_ready(place, APPS, browser=False)
	except NoHost as missing:
		if command == "sync":
			raise
		return play_engine(missing)
	status = hand_over(place, command)
	return play_engine(NoHost("see above")) if status == NoHost.status else status


def _nothing(place: Place) -> int:
	say(f"there is no bench at {place.bench}: nothing to stop")
	return 0


def make_ready(place: Place, apps: Sequence[str], *, browser: bool, mail: bool = False) -> None:
	"""Look at what the bench still needs from the machine, then copy the checkout to its user."""
	machine.ensure_user(place, machine_log())
	if not is_complete(place, apps):
		machine.ensure_disk(place)
		if find_tool(place, "git"):  # asked before packages are installed for nothing
			machine.ensure_upstream(place, apps)
	had_git = find_tool(place, "git")
	machine.ensure_packages(place, machine_log(), browser=browser, mail=mail)
	if not had_git:
		machine.ensure_upstream(place, apps)
	stage(place)


def machine_log() -> Path:
	return suites.cache_folder() / "machine.log"


def hand_over(place: Place, *args: str) -> int:
	"""Second phase: the staged copy of this program, as the bench's user."""
	program = (place.stage if args[0] in ("demo", "sync", "test") else CHECKOUT) / "scripts" / "sc.py"
	if args[0] in ("bench", "down") and os.geteuid() == 0:
		program = place.stage / "scripts" / "sc.py"
		if not program.exists():
			raise Stop(f"there is no bench yet at {place.bench}: make demo, or make sync")
	python = os.environ.get("SC_PYTHON") or find_tool(place, "python3")
	if not python:
		raise Stop("python3 is not installed for ordinary users (package python3)")
	env = user_env(place) | {"SC_CHECKOUT": describe_checkout()}
	cwd = place.bench if place.bench.exists() else place.tools
	done = subprocess.run([python, str(program), INSIDE, *args], env=env, cwd=cwd, **become(place))
	return done.returncode


def inside(place: Place, args: list[str]) -> int:
	"""Second phase's commands; one at a time per bench."""
	os.umask(0o022)
	command, rest = args[0], args[1:]
	if command == "bench":
		exec_bench(place, rest)
	place.tools.mkdir(parents=True, exist_ok=True)
	with (place.tools / "lock").open("w") as lock:
		try:
			fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except OSError:
			with step("waiting for another run on this bench"):
				fcntl.flock(lock, fcntl.LOCK_EX)
		if command == "demo":
			demo(place)
		elif command == "sync":
			ensure_bench(place)
		elif command == "down":
			down(place)
		elif command == "test":
			return test_inside(place, rest)
	return 0


def test(place: Place, wanted: list[str]) -> int:
	"""Run the suites asked for and close with their sum."""
	say(f"testing {describe_checkout()}")
	strict = os.environ.get("SC_STRICT", "") not in ("", "0")
	total, reason, broken = Counts(), None, False
	if "lint" in wanted:
		total += guarded(suites.lint)
	if "engine" in wanted:
		total += guarded(suites.engine_suite)
	on_bench = [name for name in wanted if name in ("server", "erpnext", "browser", "faults")]
	if on_bench:
		try:
			total += test_on_bench(place, on_bench)
		except Stop as missing:
			reason = str(missing)
			broken = strict or not isinstance(missing, NoHost)
			total += Counts(failed=1) if broken else Counts(skipped=1)
	say()
	if reason:
		say(f"server suite {'could not run' if broken else 'skipped'}: {reason}")
	say(str(total))
	return 1 if total.failed or not total.total else 0


def guarded(suite: Callable[[], Counts]) -> Counts:
	"""A suite that cannot even start has failed; the next ones still run."""
	try:
		return suite()
	except Stop as stopped:
		say(f"error: {stopped}")
		return Counts(failed=1)


def test_on_bench(place: Place, wanted: list[str]) -> Counts:
	server = "server" in wanted
	browser = "browser" in wanted and any((CHECKOUT / "tests" / "browser").glob("**/test_*.py"))
	make_ready(place, suites.apps_of(wanted), browser=browser, mail=server)
	if server:
		upgrade.stage_previous(place)
	results = place.tools / "results.json"
	with smtp_server(place) if server else nullcontext():
		status = hand_over(place, "test", *wanted)
	if status == NoHost.status:
		raise NoHost("the host could not be installed, see above")
	if status != 0:
		raise Stop(f"the run on the bench ended with status {status}")
	return Counts(**json.loads(results.read_text()))


def test_inside(place: Place, wanted: list[str]) -> int:
	kept = os.environ.get("KEEP", "") not in ("", "0")
	before = [name for name in STORES if is_running(place, name)]
	total = Counts()
	try:
		suites.prepare(place, wanted)
		total = run_suites(place, wanted)
	finally:
		if not kept:
			stop(place, [name for name in reversed(STORES) if name not in before])
	(place.tools / "results.json").write_text(json.dumps(vars(total)))
	return 0


def run_suites(place: Place, wanted: list[str]) -> Counts:
	"""One after the other; the long server suite beside all the rest where there is any."""
	others = [
		suite
		for names, suite in (
			(("server",), suites.install_suite),
			(("server",), upgrade.upgrade_suite),
			(("erpnext",), gateway.payments_suite),  # before invoicing is switched on there
			(("erpnext",), suites.erpnext_suite),
			(("server",), faults.faults_in_short),
			(("browser",), suites.browser_suite),
			(("faults",), faults.faults_suite),
		)
		if {*names} & {*wanted}
	]

	def run_others() -> Counts:
		return sum((guarded(partial(suite, place)) for suite in others), Counts())

	if "server" not in wanted:
		return run_others()
	others.insert(0, partial(suites.make_other_sites, wanted=wanted))
	return suites.side_by_side(
		place, lambda *run: guarded(partial(suites.server_suite, place, *run)), run_others
	)


def play_engine(missing: NoHost) -> int:
	"""Without the host: both providers' terms through the same engine, which needs only PyPI."""
	say(f"no Helpdesk here: {missing}")
	say("playing the two providers' terms through the engine instead: python -m support_credits.engine\n")
	try:
		python = str(suites.make_venv(suites.cache_folder() / "engine", suites.BARE, env=suites.bare_env()))
	except Stop as stopped:
		say(f"PyPI does not answer either ({stopped}); trying without")
		python = sys.executable
	return subprocess.run(
		[python, "-m", "support_credits.engine"], cwd=CHECKOUT, env=suites.bare_env()
	).returncode


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
