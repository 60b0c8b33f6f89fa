"""`make test`: each suite run, shown as it runs, and counted."""

from __future__ import annotations

import hashlib
import os
import shutil
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
from .sites import BROWSER_SITE, ERPNEXT_SITE, INSTALL_SITE, SECOND_SITE, TEST_SITE, Site, ensure_site

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


def fill_queue(place: Place) -> Path:
	"""A folder with a file for each module of the server suite; the suite's runs remove them."""
	folder, root = place.tools / "server-queue", place.bench / "apps" / APP
	shutil.rmtree(folder, ignore_errors=True)
	folder.mkdir()
	for path in (root / APP).rglob("test_*.py"):
		(folder / ".".join(path.relative_to(root).with_suffix("").parts)).touch()
	return folder


def server_suite(place: Place, queue: Path, site: Site, out: TextIO) -> Counts:
	"""A run of what is in the queue, on a real site, whose jobs wait in queues of their own."""
	out.write(f"\n== server suite, {site.name} ==\n")
	out.flush()
	program = place.bench / "apps" / APP / "tests" / "server" / "run.py"
	args = [place.env_python, "-W", "ignore", program, site.name, queue]
	env = user_env(place) | {"CI": "1", "PYTHONWARNINGS": "ignore"}
	output, status = run_counted(args, cwd=place.sites, env=env, out=out)
	counts = from_unittest(output)
	# None is no failure of this run: the other one may just have taken the last module.
	return checked(counts, status) if counts.total or status else counts


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
	"""Bring bench, checkout and the first suite's site together.

	Sites are made anew from dumps: what earlier runs have left makes every proof of the whole site, and every count
	of its rows, slower than the run before, and stands on every page.
	"""
	ensure_bench(place, apps_of(wanted))
	with assets(place):
		if "server" in wanted:
			renew(place, TEST_SITE)
		else:
			make_other_sites(place, wanted)


def make_other_sites(place: Place, wanted: Sequence[str]) -> Counts:
	"""Those that the server suite does not begin with: it runs meanwhile."""
	if "server" in wanted:
		renew(place, SECOND_SITE)
		ensure_site(place, INSTALL_SITE)
	if ERPNEXT_NEEDED & {*wanted}:
		renew_erpnext(place)
	if "browser" in wanted:
		renew(place, BROWSER_SITE)
	return Counts()


def side_by_side(
	place: Place, server: Callable[[Path, Site, TextIO], Counts], others: Callable[[], Counts]
) -> Counts:
	"""Run the server suite beside the others, and a second time on a site of its own once they are over.

	One run alone leaves a core idle; two share the queue, so that they end together. The output of the first is kept, and
	shown last.
	"""
	queue, log = fill_queue(place), place.logs / "server-suite.log"
	say(f"\nthe server suite goes on meanwhile [log: {log}]")
	with log.open("w+") as kept, ThreadPoolExecutor(1) as pool:
		beside = pool.submit(server, queue, TEST_SITE, kept)
		total = others()
		ran = server(queue, SECOND_SITE, sys.stdout) if any(queue.iterdir()) else Counts()
		with step("waiting for the server suite"):
			ran += beside.result()
		kept.seek(0)
		say(kept.read())
	left = sorted(path.name for path in queue.iterdir())
	if left:
		say(f"error: not run: {', '.join(left)}")
	return total + checked(ran + Counts(failed=len(left)), 0)
