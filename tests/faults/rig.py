"""A site of its own to break: a copy of a bench's site on a private MariaDB, two Redis, gunicorn and a worker.

Everything lies in one temporary folder and listens on loopback ports of its own, so that killing it harms nobody. The
app's code is copied there too: a bench that is brought up to date meanwhile, or a worker that is born after a kill,
must not change what is being tested. The copy is also where a mutant is made.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import psutil
import pymysql
import requests

APP = "support_credits"
CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.append(str(CHECKOUT / "scripts"))

from sclib.stores import MY_CNF, REDIS_CONF  # noqa: E402  the bench's own stores are configured the same way

CODE_IS_COPIED = "SC_FAULTS_FOLDER"
START_SECONDS = 90
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
# Every deadlock with both statements goes to the error log: the server remembers only the last one.
# Durable as MariaDB is by default; the bench's own server is not.
MORE_CNF = "innodb_print_all_deadlocks=ON\ninnodb_flush_log_at_trx_commit=1\n"
STORES = ("db", "cache", "queue")


class BrokenRig(Exception):
	"""The rig itself does not work; nothing was found out about the app."""


def add_options(parser: ArgumentParser) -> None:
	here = Path(sys.prefix).parent
	parser.add_argument("--bench", type=Path, default=here, help="the bench (default: that of this Python)")
	parser.add_argument("--site", default=os.environ.get("SC_FAULTS_SITE"), help="its site to copy")
	parser.add_argument("--workers", type=int, default=4, help="gunicorn's workers")
	parser.add_argument("--keep", action="store_true", help="leave the folder behind, to look at")
	parser.add_argument("--json", action="store_true", help="print the results as one line of JSON too")


def with_code_copied(options: Namespace, change: Callable[[Path], None] | None = None) -> Path:
	"""Start this program again on a copy of the app's code; returns the rig's folder once it runs there.

	``change`` makes a mutant of the copy. Python's path is set before anything is imported, and inherited by all.
	"""
	if CODE_IS_COPIED in os.environ:
		return Path(os.environ[CODE_IS_COPIED])
	if not options.site:
		raise SystemExit("--site, or SC_FAULTS_SITE, says which of the bench's sites to copy")
	folder = Path(tempfile.mkdtemp(prefix="sc-faults-"))
	package = options.bench / "apps" / APP / APP
	shutil.copytree(package, folder / "code" / APP, ignore=shutil.ignore_patterns("__pycache__"))
	if change:
		change(folder / "code" / APP)
	env = {name: value for name, value in os.environ.items() if name != "CI"}  # Frappe's jobs change under CI
	env |= {CODE_IS_COPIED: str(folder), "PYTHONPATH": str(folder / "code"), "PYTHONDONTWRITEBYTECODE": "1"}
	env["PYTHONWARNINGS"] = "ignore"
	env["PATH"] = f"{env.get('PATH', '')}:{SYSTEM_PATH}"
	program = str(Path(sys.argv[0]).resolve())
	return os.execve(sys.executable, [sys.executable, program, *sys.argv[1:]], env)  # never returns


class Server:
	"""One process of the rig: started, killed without warning, stopped, looked at."""

	def __init__(self, name: str, args: list[str], cwd: Path, log: Path, ready: Callable[[], None]) -> None:
		self.name, self.args, self.cwd, self.log, self.ready = name, args, cwd, log, ready
		self.process: subprocess.Popen[bytes] | None = None

	def launch(self) -> None:
		with self.log.open("ab") as out:
			self.process = subprocess.Popen(
				self.args, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out
			)

	def start(self) -> None:
		self.launch()
		self.wait()

	def wait(self) -> None:
		"""Until it answers."""
		end = time.monotonic() + START_SECONDS
		last: Exception | None = None
		while time.monotonic() < end:
			if self.process.poll() is not None:
				break
			try:
				return self.ready()
			except (OSError, pymysql.Error, requests.RequestException) as error:
				last = error
				time.sleep(0.05)
		raise BrokenRig(f"{self.name} does not answer ({last}); see {self.log}")

	def kill(self) -> None:
		"""SIGKILL: it gets no chance to finish anything."""
		self.process.kill()
		self.process.wait()

	def stop(self) -> None:
		if self.process is None or self.process.poll() is not None:
			return
		family = self.family()
		self.process.send_signal(signal.SIGTERM)
		try:
			self.process.wait(20)
		except subprocess.TimeoutExpired:
			self.process.kill()
			self.process.wait()
		for child in family:
			if child.is_running():
				child.kill()

	def family(self) -> list[psutil.Process]:
		"""Its child processes: gunicorn's workers, a worker's job."""
		try:
			return psutil.Process(self.process.pid).children(recursive=True)
		except psutil.NoSuchProcess:
			return []


class Rig:
	"""The copy of the site and the processes that serve it."""

	def __init__(self, folder: Path, options: Namespace) -> None:
		self.folder, self.bench, self.site = folder, options.bench, options.site
		self.keep = options.keep
		self.sites = folder / "sites"
		self.logs = folder / "logs"
		self.ports = dict(zip((*STORES, "web"), free_ports(4), strict=True))
		self.url = f"http://127.0.0.1:{self.ports['web']}"
		self.config: dict[str, str] = {}
		self.servers = {name: self._server(name, options.workers) for name in (*STORES, "web", "worker")}
		atexit.register(self.close)
		for sign in (signal.SIGTERM, signal.SIGINT):
			signal.signal(sign, lambda number, _frame: sys.exit(128 + number))

	def _server(self, name: str, workers: int) -> Server:
		python = Path(sys.executable)
		redis = [shutil.which("redis-server") or "redis-server"]
		args = {
			"db": [
				shutil.which("mariadbd") or "mariadbd",
				f"--defaults-file={self.folder / 'db' / 'my.cnf'}",
			],
			"cache": [*redis, str(self.folder / "redis" / "cache.conf")],
			"queue": [*redis, str(self.folder / "redis" / "queue.conf")],
			"web": [
				str(python.with_name("gunicorn")),
				*("--bind", f"127.0.0.1:{self.ports['web']}", "--workers", str(workers), "--timeout", "120"),
				*("--preload", "frappe.app:application"),  # as in production: a worker is born at once
			],
			"worker": [str(python), "-m", "frappe.utils.bench_helper", "frappe", "worker", "--quiet"],
		}
		ready = {"db": self._db_answers, "web": self._web_answers, "worker": lambda: time.sleep(1)}
		answers = ready.get(name) or (
			lambda: socket.create_connection(("127.0.0.1", self.ports[name]), 1).close()
		)
		return Server(name, args[name], self.sites, self.logs / f"{name}.log", answers)

	def build(self) -> None:
		"""Copy the site and start the three stores; its data come over by a dump."""
		for part in (self.logs, self.folder / "redis", self.folder / "db" / "tmp", self.sites / self.site):
			part.mkdir(parents=True, exist_ok=True)
		self._write_site()
		self._write_stores()
		for name in STORES:
			self.servers[name].launch()
		for name in STORES[1:]:
			self.servers[name].wait()
		self._load(self._dump())
		os.chdir(self.sites)

	def _write_site(self) -> None:
		source = self.bench / "sites"
		common = json.loads((source / "common_site_config.json").read_text())
		config = json.loads((source / self.site / "site_config.json").read_text())
		self.source = common | config
		stores = {"db_host": "127.0.0.1", "db_port": self.ports["db"], "db_socket": ""}
		redis = {f"redis_{name}": f"redis://127.0.0.1:{self.ports[name]}" for name in STORES[1:]}
		own = {**stores, **redis, "redis_socketio": redis["redis_queue"], "developer_mode": 0}
		own |= {"throttle_user_limit": 100_000, "webserver_port": self.ports["web"]}
		_write_json(self.sites / "common_site_config.json", common | own)
		self.config = config | own
		_write_json(self.sites / self.site / "site_config.json", self.config)
		for name in ("apps.txt", "apps.json"):
			if (source / name).exists():
				shutil.copy(source / name, self.sites / name)
		(self.sites / "assets").symlink_to(source / "assets")
		for name in ("public/files", "private/files", "private/backups", "locks", "logs"):
			(self.sites / self.site / name).mkdir(parents=True)

	def _write_stores(self) -> None:
		folder = self.folder / "db"
		self.socket = folder / "my.sock"
		cnf = MY_CNF.format(folder=folder, socket=self.socket, port=self.ports["db"]) + MORE_CNF
		(folder / "my.cnf").write_text(cnf)
		install = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
		args = [install, f"--defaults-file={folder / 'my.cnf'}", "--auth-root-authentication-method=normal"]
		self._run([*args, "--skip-test-db"])
		for name in STORES[1:]:
			text = REDIS_CONF.format(port=self.ports[name], folder=self.folder / "redis", name=name, extra="")
			(self.folder / "redis" / f"{name}.conf").write_text(text)

	def _run(self, args: list[object], **more: object) -> None:
		with (self.logs / "build.log").open("ab") as out:
			subprocess.run([str(one) for one in args], stdout=out, stderr=out, check=True, **more)

	def _dump(self) -> Path:
		dump, source = self.folder / "site.sql", self.source
		login = [f"--host={source['db_host']}", f"--port={source['db_port']}", f"--user={source['db_name']}"]
		args = ["mariadb-dump", "--no-defaults", *login, f"--password={source['db_password']}"]
		self._run([*args, "--single-transaction", f"--result-file={dump}", source["db_name"]])
		return dump

	def _load(self, dump: Path) -> None:
		client = ["mariadb", "--no-defaults", "--user=root", f"--socket={self.socket}"]
		name, password = self.config["db_name"], self.config["db_password"]
		end = time.monotonic() + START_SECONDS
		while subprocess.run([*client, "-e", "SELECT 1"], capture_output=True).returncode:
			if time.monotonic() > end:
				raise BrokenRig(f"MariaDB does not answer; see {self.folder / 'db' / 'error.log'}")
			time.sleep(0.05)
		for host in ("127.0.0.1", "localhost"):
			user = f"'{name}'@'{host}'"
			self._run(
				[*client, "-e", f"CREATE USER {user} IDENTIFIED BY '{password}'; GRANT ALL ON *.* TO {user}"]
			)
		self._run(
			[*client, "-e", f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"]
		)
		with dump.open("rb") as statements:
			self._run([*client, name], stdin=statements)
		dump.unlink()

	def start(self, *names: str) -> None:
		for name in names:
			self.servers[name].start()

	def sql(self) -> pymysql.Connection:
		"""A plain connection, nothing of Frappe in between; every statement sees what is committed."""
		return pymysql.connect(
			host="127.0.0.1",
			port=self.ports["db"],
			user=self.config["db_name"],
			password=self.config["db_password"],
			database=self.config["db_name"],
			autocommit=True,
			charset="utf8mb4",
		)

	def _db_answers(self) -> None:
		self.sql().close()

	def _web_answers(self) -> None:
		headers = {"X-Frappe-Site-Name": self.site}
		requests.get(f"{self.url}/api/method/ping", headers=headers, timeout=10).raise_for_status()

	def close(self) -> None:
		"""Stop everything that was started here, by its own process; forked children never get here."""
		for server in reversed(self.servers.values()):
			server.stop()
		os.chdir("/")
		if not self.keep:
			shutil.rmtree(self.folder, ignore_errors=True)


def _write_json(path: Path, values: dict[str, object]) -> None:
	path.write_text(json.dumps(values, indent=1) + "\n")


def free_ports(count: int) -> list[int]:
	probes = [socket.socket() for _ in range(count)]
	for probe in probes:
		probe.bind(("127.0.0.1", 0))
	found = [probe.getsockname()[1] for probe in probes]
	for probe in probes:
		probe.close()
	return found
