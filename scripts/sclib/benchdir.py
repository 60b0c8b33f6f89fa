"""The bench itself: frappe-bench, Frappe, telephony, Helpdesk and their assets, as any user gets them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .app import link_assets, sync
from .machine import upstream
from .place import APP, Place, find_python, find_tool, user_env
from .ports import ports
from .say import NoHost, Stop, last_line, run, say, step
from .stores import ensure_stores

APPS = ("frappe", "telephony", "helpdesk")
# Through which orders are paid and invoiced: only their suites need the two.
SELLING_APPS = ("payments", "erpnext")


def is_complete(place: Place, apps: Sequence[str] = APPS) -> bool:
	"""Whether nothing is left that needs the network."""
	got = [f"get-{app}" for app in apps if app != "frappe"]
	return all(place.is_done(mark) for mark in ("init", *got, "dev-requirements"))


def bench(place: Place, log: str, *args: str) -> None:
	"""Run a bench command with its output in `log`."""
	run(
		[place.tools / "venv" / "bin" / "bench", *args],
		place.logs / log,
		cwd=place.bench,
		env=user_env(place),
	)


def ensure_bench(place: Place, apps: Sequence[str] = APPS) -> None:
	"""Bring the bench to: apps fetched, stores running, this checkout installed."""
	_ensure_tools(place)
	if not place.is_done("init"):
		_init(place)
	_check_branch(place)
	_write_config(place)
	ensure_stores(place)
	for app in apps[1:]:
		_get_app(place, app)
	if not place.is_done("dev-requirements"):
		with step("installing what tests need"):
			bench(place, "dev-requirements.log", "setup", "requirements", "--dev", "frappe")
		place.done("dev-requirements")
	sync(place)


def _ensure_tools(place: Place) -> None:
	"""frappe-bench and uv in a venv of their own; yarn and a new enough node where the system has none."""
	env = user_env(place)
	tools = place.tools / "venv"
	if not ((tools / "bin" / "bench").exists() and (tools / "bin" / "uv").exists()):
		with step("installing frappe-bench and uv"):
			log = place.logs / "tools.log"
			run([find_python(place), "-m", "venv", "--clear", tools], log, env=env)
			run(
				[tools / "bin" / "pip", "install", "--quiet", "frappe-bench", "uv"],
				log,
				env=env,
				error=NoHost,
			)
	wanted = _missing_node_tools(place)
	if wanted:
		with step(f"installing {' and '.join(wanted)}"):
			npm = find_tool(place, "npm")
			if not npm:
				raise Stop("npm is not installed")
			command = [npm, "install", "--prefix", place.tools / "npm", "--no-fund", "--no-audit", *wanted]
			run(command, place.logs / "npm.log", env=env, error=NoHost)


def _missing_node_tools(place: Place) -> list[str]:
	"""Helpdesk's build needs node 20.19, Frappe 16 needs 24; Debian's is often older and npm carries node."""
	need = (24, 0) if place.major >= 16 else (20, 19)
	wanted = []
	if _version(place, "node") < need:
		wanted.append(f"node@{need[0]}")
	if not (1, 22) <= _version(place, "yarn") < (2, 0):
		wanted.append("yarn@1.22.22")
	return wanted


def _version(place: Place, program: str) -> tuple[int, ...]:
	found = find_tool(place, program)
	if not found:
		return (0,)
	asked = subprocess.run([found, "--version"], capture_output=True, text=True, env=user_env(place), cwd="/")
	parts = asked.stdout.strip().lstrip("v").split(".")
	return tuple(int(part) for part in parts if part.isdigit()) or (0,)


def _init(place: Place) -> None:
	unfinished = place.tools / "init-unfinished"
	if place.bench.exists():
		# A failed init leaves its folder and the next one refuses it; anybody else's is not ours to remove.
		if not unfinished.exists():
			raise Stop(f"{place.bench} exists and was not made by this command; choose another SC_BENCH")
		shutil.rmtree(place.bench)
	unfinished.touch()
	address, branch = upstream(place)["frappe"]
	options = ["--skip-assets", "--no-procfile", "--no-backups", "--skip-redis-config-generation"]
	options += ["--frappe-path", f"{address}.git", "--frappe-branch", branch, "--python", find_python(place)]
	with step(f"bench init, Frappe {branch}"):
		program = Path(__file__).with_name("bench_init.py")
		command = [place.tools / "venv" / "bin" / "python", program, "init", *options, place.bench]
		run(command, place.logs / "init.log", env=user_env(place), cwd=place.tools)
	place.remember(branch=branch)
	place.done("init")
	unfinished.unlink()


def _check_branch(place: Place) -> None:
	have = place.state().get("branch")
	if have != place.branch:
		raise Stop(f"{place.bench} holds Frappe {have}, asked for {place.branch}; choose another SC_BENCH")


def _write_config(place: Place) -> None:
	"""Set every port before any other bench command: init wrote its defaults, whatever runs there already."""
	port = ports(place)
	path = place.sites / "common_site_config.json"
	config = json.loads(path.read_text())
	fresh = config | {
		"db_host": "127.0.0.1",
		"db_port": port["db"],
		"redis_cache": f"redis://127.0.0.1:{port['redis_cache']}",
		"redis_queue": f"redis://127.0.0.1:{port['redis_queue']}",
		"redis_socketio": f"redis://127.0.0.1:{port['redis_queue']}",
		"webserver_port": port["web"],
		"socketio_port": port["socketio"],  # Helpdesk's build copies it into its page
		"file_watcher_port": port["watcher"],
		"live_reload": False,
		"serve_default_site": False,
	}
	if fresh != config:
		path.write_text(json.dumps(fresh, indent=1, sort_keys=True) + "\n")


def _get_app(place: Place, app: str) -> None:
	if place.is_done(f"get-{app}"):
		return
	address, branch = upstream(place)[app]
	with step(f"bench get-app {app}, {branch}"):
		shutil.rmtree(place.bench / "apps" / app, ignore_errors=True)
		# The whole address: bench asks api.github.com what a short name means.
		bench(place, f"get-{app}.log", "get-app", address, "--branch", branch, "--skip-assets")
	place.done(f"get-{app}")


@contextmanager
def assets(place: Place) -> Iterator[None]:
	"""Have everybody's pages built while the block makes sites: each leaves a core idle."""
	public = place.state().get("public")
	if place.is_done("assets"):
		yield
	else:
		with _building(place):
			yield
		place.done("assets")
		place.remember(built=public)
	link_assets(place)
	if place.state().get("built") != public:
		if any((place.bench / "apps" / APP / APP / "public").rglob("*.bundle.*")):
			with step("building the app's pages"):
				bench(place, "build-app.log", "build", "--app", APP)
		place.remember(built=public)


@contextmanager
def _building(place: Place) -> Iterator[None]:
	log = place.logs / "build.log"
	say(f"bench build goes on meanwhile [log: {log}]")
	program = place.tools / "venv" / "bin" / "bench"
	with log.open("wb") as out:
		build = subprocess.Popen(
			[program, "build"],
			cwd=place.bench,
			env=user_env(place),
			stdin=subprocess.DEVNULL,
			stdout=out,
			stderr=out,
			start_new_session=True,
		)
	try:
		yield
		with step("waiting for bench build"):
			if build.wait():
				raise Stop(f"bench build failed (status {build.returncode}): {last_line(log)} [log: {log}]")
	finally:
		if build.poll() is None:
			os.killpg(build.pid, signal.SIGTERM)
			build.wait()


def exec_bench(place: Place, args: Sequence[str]) -> None:
	"""Become `bench …` in the bench's folder; never returns."""
	program = place.tools / "venv" / "bin" / "bench"
	if not program.exists():
		raise Stop(f"there is no bench yet at {place.bench}: make demo, or make sync")
	os.chdir(place.bench)
	os.execve(program, [str(program), *args], user_env(place))
