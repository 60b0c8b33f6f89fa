"""A MariaDB and two Redis of the bench's own, under its folder, on loopback."""

from __future__ import annotations

import secrets
import shutil
import subprocess

from .place import Place, find_tool, user_env
from .ports import ports
from .say import Stop, run, step
from .services import start

MY_CNF = """\
[mysqld]
datadir={folder}/data
socket={socket}
pid-file={folder}/mariadbd.pid
tmpdir={folder}/tmp
log-error={folder}/error.log
port={port}
bind-address=127.0.0.1
character-set-server=utf8mb4
collation-server=utf8mb4_unicode_ci
skip-name-resolve
skip-log-bin
innodb_buffer_pool_size=512M
max_connections=300
# Written at each commit, on the disk within a second: a killed server loses nothing, only a machine that goes down
# does, and of these sites. The faults suite's servers keep the default.
innodb_flush_log_at_trx_commit=2
"""
REDIS_CONF = """\
port {port}
bind 127.0.0.1
dir {folder}
dbfilename {name}.rdb
save ""
appendonly no
{extra}
"""


def ensure_stores(place: Place) -> None:
	"""Create the data folders on the first run and start the three servers."""
	_write_redis(place)
	if not place.is_done("database"):
		with step("creating the private MariaDB"):
			_create_database(place)
	_write_database(place)  # also where an earlier version of this command has made it
	start(place, ("db", "redis_cache", "redis_queue"))
	if not place.is_done("root-password"):
		_close_database(place)
		place.done("root-password")


def _write_redis(place: Place) -> None:
	folder = place.private / "redis"
	folder.mkdir(parents=True, exist_ok=True)
	cache = "maxmemory 256mb\nmaxmemory-policy allkeys-lru"
	for name, extra in (("redis_cache", cache), ("redis_queue", "")):
		text = REDIS_CONF.format(port=ports(place)[name], folder=folder, name=name, extra=extra)
		(folder / f"{name}.conf").write_text(text)


def _create_database(place: Place) -> None:
	folder = place.private / "mariadb"
	shutil.rmtree(folder, ignore_errors=True)  # half made by an interrupted run: holds nothing yet
	(folder / "tmp").mkdir(parents=True)
	_write_database(place)
	install = find_tool(place, "mariadb-install-db", "mysql_install_db")
	if not install:
		raise Stop("mariadb-install-db is not installed (package mariadb-server)")
	args = [install, f"--defaults-file={folder / 'my.cnf'}"]
	args += ["--auth-root-authentication-method=normal", "--skip-test-db"]
	run(args, place.logs / "mariadb-install.log", env=user_env(place))
	place.remember(db_root_password=secrets.token_hex(16))
	place.done("database")


def _write_database(place: Place) -> None:
	folder = place.private / "mariadb"
	socket = folder / "my.sock"
	if len(str(socket)) > 107:
		raise Stop(f"the path of SC_BENCH is too long for a socket: {socket}")
	(folder / "my.cnf").write_text(MY_CNF.format(folder=folder, socket=socket, port=ports(place)["db"]))


def _close_database(place: Place) -> None:
	"""Give the passwordless roots a password; CREATE USER would fail, they exist already."""
	password = place.state()["db_root_password"]
	statements = [
		f"ALTER USER 'root'@'{host}' IDENTIFIED BY '{password}';" for host in ("localhost", "127.0.0.1")
	]
	statements += [
		"DELETE FROM mysql.global_priv WHERE User = 'root' AND Host NOT IN ('localhost', '127.0.0.1');"
	]
	statements += ["DELETE FROM mysql.global_priv WHERE User = '';", "FLUSH PRIVILEGES;"]
	sql = "\n".join(["SET SESSION sql_log_bin = 0;", *statements])
	socket = place.private / "mariadb" / "my.sock"
	client = find_tool(place, "mariadb", "mysql")
	if not client:
		raise Stop("the mariadb client is not installed (package mariadb-client)")
	command = [client, "--no-defaults", "--user=root", f"--socket={socket}"]
	done = subprocess.run(command, input=sql, text=True, capture_output=True, env=user_env(place))
	if done.returncode:
		raise Stop(f"setting the private MariaDB's root password failed: {done.stderr.strip()}")
