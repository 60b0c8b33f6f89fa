"""The bench's processes: started detached, known by pid and start time, stopped one by one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .place import Place, find_tool, user_env
from .ports import answers, is_free, ports
from .say import Stop, last_line, say, step

STORES = ("db", "redis_cache", "redis_queue")
# Order of starting; stopped in reverse. The worker and the scheduler listen on no port.
SERVERS = ("web", "socketio", "worker", "scheduler")
FRAPPE = ("-m", "frappe.utils.bench_helper", "frappe")


@dataclass(frozen=True)
class Service:
	"""One process: what to run, where, and the port that shows it is up."""

	name: str
	args: list[str]
	cwd: Path
	port: int | None


def describe(place: Place, name: str) -> Service:
	"""Return how this service is run."""
	port = ports(place)
	makers: dict[str, Callable[[], list[str]]] = {
		"db": lambda: [_tool(place, "mariadbd"), f"--defaults-file={place.private / 'mariadb' / 'my.cnf'}"],
		"redis_cache": lambda: [
			_tool(place, "redis-server"),
			str(place.private / "redis" / "redis_cache.conf"),
		],
		"redis_queue": lambda: [
			_tool(place, "redis-server"),
			str(place.private / "redis" / "redis_queue.conf"),
		],
		"web": lambda: _gunicorn(place, port["web"]),
		"socketio": lambda: [_tool(place, "node"), str(place.bench / "apps" / "frappe" / "socketio.js")],
		"worker": lambda: [str(place.env_python), *FRAPPE, "worker", "--quiet"],
		"scheduler": lambda: [str(place.env_python), *FRAPPE, "schedule"],
	}
	cwd = place.bench if name == "socketio" else place.sites
	return Service(name, makers[name](), cwd, port.get(name))


def _tool(place: Place, name: str) -> str:
	found = find_tool(place, name)
	if not found:
		raise Stop(f"{name} is not installed")
	return found


def _gunicorn(place: Place, port: int) -> list[str]:
	# application_with_statics serves /assets and /files, which nginx does in production.
	return [
		str(place.bench / "env" / "bin" / "gunicorn"),
		*("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--timeout", "120"),
		"frappe.app:application_with_statics()",
	]


def start(place: Place, names: Iterable[str]) -> list[str]:
	"""Start what does not run yet; return the names started."""
	fresh = [name for name in names if not is_running(place, name)]
	if not fresh:
		return []
	with step(f"starting {', '.join(fresh)}"):
		for name in fresh:
			_launch(place, describe(place, name))
	return fresh


def _launch(place: Place, service: Service) -> None:
	if service.port and not is_free(service.port):
		hint = "; choose another with SC_WEB_PORT" if service.name == "web" else ""
		raise Stop(f"port {service.port} of {service.name} is in use by another program{hint}")
	log = place.logs / f"{service.name}.log"
	place.run_dir.mkdir(parents=True, exist_ok=True)
	log.parent.mkdir(parents=True, exist_ok=True)
	with log.open("wb") as out:
		process = subprocess.Popen(
			service.args,
			cwd=service.cwd,
			env=user_env(place),
			stdin=subprocess.DEVNULL,
			stdout=out,
			stderr=out,
			start_new_session=True,
		)
	pid_file = place.run_dir / f"{service.name}.json"
	pid_file.write_text(json.dumps({"pid": process.pid, "born": _born(process.pid)}))
	_await(place, service, process, log)


def _await(place: Place, service: Service, process: subprocess.Popen[bytes], log: Path) -> None:
	"""Wait until the port answers, or, without one, whether it outlives a second."""
	limit = time.monotonic() + (60 if service.port else 1)
	while time.monotonic() < limit:
		if process.poll() is not None:
			raise Stop(f"{service.name} ended at once: {last_line(log)} [log: {log}]")
		if service.port and answers(service.port):
			return
		time.sleep(0.1)
	if service.port:
		raise Stop(f"{service.name} does not answer on port {service.port} after 60 s [log: {log}]")


def serve(place: Place, names: Iterable[str]) -> list[str]:
	"""Start these servers, again where they still run earlier code; return those that did not run before."""
	running = [name for name in SERVERS if is_running(place, name)]
	served = [place.state()["code"], ports(place)["web"]]
	if place.state().get("served") != served:
		stop(place, reversed(running))
		start(place, running)
	place.remember(served=served)
	return start(place, names)


def stop(place: Place, names: Iterable[str]) -> list[str]:
	"""Stop exactly the processes we started; return the names stopped."""
	stopped = []
	for name in names:
		pid = running_pid(place, name)
		if pid:
			_end(pid, patience=10)
			stopped.append(name)
		(place.run_dir / f"{name}.json").unlink(missing_ok=True)
	return stopped


def _end(pid: int, patience: float) -> None:
	born = _born(pid)
	os.kill(pid, signal.SIGTERM)
	limit = time.monotonic() + patience
	while time.monotonic() < limit:
		if _born(pid) != born:
			return
		time.sleep(0.05)
	# It leads a session of its own, so its group holds nothing but its children.
	os.killpg(pid, signal.SIGKILL)


def is_running(place: Place, name: str) -> bool:
	return running_pid(place, name) is not None


def running_pid(place: Place, name: str) -> int | None:
	"""Return the pid if the process we wrote down is still that process; pids are reused."""
	try:
		known = json.loads((place.run_dir / f"{name}.json").read_text())
	except (FileNotFoundError, ValueError):
		return None
	pid: int = known["pid"]
	return pid if known["born"] and known["born"] == _born(pid) else None


def _born(pid: int) -> str | None:
	"""Return boot id and start tick of a process, or None when it is gone or a zombie."""
	try:
		stat = Path(f"/proc/{pid}/stat").read_text()
	except (FileNotFoundError, ProcessLookupError):
		return None
	fields = stat.rpartition(")")[2].split()
	if fields[0] in "ZX":
		return None
	boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
	return f"{boot}:{fields[19]}"


def down(place: Place) -> None:
	"""Stop everything of this bench."""
	stopped = stop(place, [*reversed(SERVERS), *reversed(STORES)])
	say(f"stopped {', '.join(stopped)}" if stopped else "nothing of this bench was running")
