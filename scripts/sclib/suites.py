"""`make test`: each suite run, shown as it runs, and counted."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

from .benchdir import APPS, SELLING_APPS, assets, ensure_bench
from .counts import Counts, checked, from_pytest, from_unittest
from .erpnext_site import TESTS, renew_erpnext
from .machine import CHROMES
from .place import APP, CHECKOUT, Place, find_python, find_tool, user_env
from .ports import ports
from .say import NoHost, Stop, run, say, step
from .services import serve, stop
from .sites import BROWSER_SITE, ERPNEXT_SITE, INSTALL_SITE, TEST_SITE, Site, ensure_site

BARE = ("pytest>=8", "hypothesis>=6.100", "holidays>=0.60")
LINT = ("ruff==0.14.5", "mypy==1.18.2", "holidays>=0.60")
ERPNEXT_NEEDED = {"erpnext"}
BROWSER = ("pytest>=8", "selenium>=4.20", "requests>=2.31")


def run_counted(
	args: Sequence[object], *, cwd: Path, env: Mapping[str, str], out: TextIO = sys.stdout
) -> tuple[str, int]:
	"""Run a suite, pass its output on line by line and keep it."""
	process = subprocess.Popen(
		[str(a) for a in args],
		cwd=cwd,
		env=env,
		stdin=subprocess.DEVNULL,
		stdout=subprocess.PIPE,
		stderr=subprocess.STDOUT,
		text=True,
		errors="replace",
	)
	assert process.stdout
	kept = []
	for line in process.stdout:
		out.write(line)
		out.flush()
		kept.append(line)
	return "".join(kept), process.wait()


def cache_folder() -> Path:
	"""Beside the sources where that can be written, else in the caller's cache."""
	if os.access(CHECKOUT, os.W_OK):
		return CHECKOUT / ".cache"
	name = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
	home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
	return (
		home if os.access(home.parent, os.W_OK) else Path(tempfile.gettempdir())
	) / f"support-credits-{name}"


def make_venv(
	folder: Path, wanted: Sequence[str], *, env: Mapping[str, str], python: str = sys.executable
) -> Path:
	"""Return the Python of a venv that holds exactly this; made again when the wish changes."""
	mark, inside = folder / "wanted.txt", folder / "bin" / "python"
	wish = "\n".join([python, *wanted])
	if inside.exists() and mark.is_file() and mark.read_text() == wish:
		return inside
	with step(f"making the environment {folder.name}"):
		log = folder.with_suffix(".log")
		run([python, "-m", "venv", "--clear", folder], log, env=env)
		run([inside, "-m", "pip", "install", "--quiet", *wanted], log, env=env, error=NoHost)
		mark.write_text(wish)
	return inside


def bare_env() -> dict[str, str]:
	"""The caller's environment without any Python path: the engine must stand alone."""
	kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
	return kept | {"PYTHONDONTWRITEBYTECODE": "1"}


def engine_suite() -> Counts:
	"""The engine on bare Python: where frappe can be imported, the suite would prove nothing."""
	say("\n== engine suite, bare Python ==")
	python = make_venv(cache_folder() / "engine", BARE, env=bare_env())
	if (
		subprocess.run(
			[python, "-c", "import frappe"], capture_output=True, cwd="/", env=bare_env()
		).returncode
		== 0
	):
		raise Stop(f"frappe can be imported in {python}: the engine suite must run without it")
	args = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/engine"]
	return checked_pytest(args, cwd=CHECKOUT, env=bare_env())


def erpnext_suite(place: Place) -> Counts:
	"""Invoices and payments in real ERPNext, by a runner of its own: bench's would make ERPNext's thousands of test records."""
	say(f"\n== ERPNext suite, {ERPNEXT_SITE.name} ==")
	program = place.bench / "apps" / APP / TESTS / "run.py"
	args = [place.env_python, "-W", "ignore", program, ERPNEXT_SITE.name]
	output, status = run_counted(args, cwd=place.sites, env=user_env(place))
	return checked(from_unittest(output), status)


def checked_pytest(args: Sequence[object], *, cwd: Path, env: Mapping[str, str]) -> Counts:
	output, status = run_counted(args, cwd=cwd, env=env)
	return checked(from_pytest(output), status)


def lint() -> Counts:
	"""Ruff on everything, mypy strict on the engine; each counts as one test."""
	say("\n== lint ==")
	python = make_venv(cache_folder() / "lint", LINT, env=bare_env())
	total = Counts()
	for args in (
		["ruff", "check", "--no-cache", "."],
		["ruff", "format", "--no-cache", "--check", "."],
		["mypy"],
	):
		cache = ["--cache-dir", str(cache_folder() / "mypy")] if args == ["mypy"] else []
		status = subprocess.run([python, "-m", *args, *cache], cwd=CHECKOUT, env=bare_env()).returncode
		total += Counts(failed=1) if status else Counts(passed=1)
	return total


def server_suite(place: Place, out: TextIO = sys.stdout) -> Counts:
	"""The suite on a real site, whose jobs wait in queues of their own."""
	out.write(f"\n== server suite, {TEST_SITE.name} ==\n")
	program = place.tools / "venv" / "bin" / "bench"
	args = [program, "--site", TEST_SITE.name, "run-tests", "--app", APP]
	# Without CI in its environment bench's run-tests ends with 0 whatever happened.
	env = user_env(place) | {"CI": "1", "PYTHONWARNINGS": "ignore"}
	output, status = run_counted(args, cwd=place.bench, env=env, out=out)
	return checked(from_unittest(output), status)


def renew(place: Place, site: Site) -> None:
	"""Make a site anew."""
	place.undo(f"site-{site.name}", f"app-{site.name}")
	ensure_site(place, site)


def browser_suite(place: Place) -> Counts:
	"""The pages in a real browser, from the copy on the bench: the checkout may not be readable."""
	folder = place.bench / "apps" / APP
	if not any((folder / "tests" / "browser").glob("**/test_*.py")):
		say("\nbrowser suite: no tests yet")
		return Counts()
	say(f"\n== browser suite, {BROWSER_SITE.name} ==")
	python = make_venv(place.tools / "browser", BROWSER, env=user_env(place), python=find_python(place))
	chrome = find_tool(place, *CHROMES) or ""
	env = user_env(place) | {"SC_TEST_SITE": BROWSER_SITE.name, "SC_CHROME": chrome}
	env["SC_TEST_URL"] = f"http://{BROWSER_SITE.name}:{ports(place)['web']}"
	args = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/browser"]
	started = serve(place, ("web", "socketio", "worker"))
	try:
		return checked_pytest(args, cwd=folder, env=env)
	finally:
		stop(place, reversed(started))


def install_suite(place: Place) -> Counts:
	"""The app comes, goes and comes again on a site of its own: no run can uninstall the app it runs in."""
	say(f"\n== install suite, {INSTALL_SITE.name} ==")
	python = make_venv(place.tools / "browser", BROWSER, env=user_env(place), python=find_python(place))
	env = user_env(place) | {"SC_INSTALL_SITE": INSTALL_SITE.name}
	args = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/install/test_install.py"]
	return checked_pytest(args, cwd=place.bench / "apps" / APP, env=env)


def apps_of(wanted: Sequence[str]) -> tuple[str, ...]:
	"""The apps the suites need, in the order in which they are fetched."""
	return (*APPS, *SELLING_APPS) if ERPNEXT_NEEDED & {*wanted} else APPS


def prepare(place: Place, wanted: Sequence[str]) -> None:
	"""Bring bench, checkout and the suites' sites together, before any of them runs: they run at the same time.

	Three sites are made anew from dumps: what earlier runs have left makes every proof of the whole site, and
	every count of its rows, slower than the run before, and stands on every page.
	"""
	ensure_bench(place, apps_of(wanted))
	with assets(place):
		if "server" in wanted:
			renew(place, TEST_SITE)
			ensure_site(place, INSTALL_SITE)
		if ERPNEXT_NEEDED & {*wanted}:
			renew_erpnext(place)
		if "browser" in wanted:
			renew(place, BROWSER_SITE)


def side_by_side(place: Place, server: Callable[..., Counts], others: Callable[[], Counts]) -> Counts:
	"""Run the server suite beside the others: each leaves a core idle. Its output is kept, and shown after theirs."""
	log = place.logs / "server-suite.log"
	say(f"\nthe server suite goes on meanwhile [log: {log}]")
	with log.open("w+") as kept, ThreadPoolExecutor(1) as pool:
		beside = pool.submit(server, kept)
		total = others()
		with step("waiting for the server suite"):
			total += beside.result()
		kept.seek(0)
		say(kept.read())
	return total
