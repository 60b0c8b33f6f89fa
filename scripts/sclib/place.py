"""Where everything is and who it belongs to, all from the environment (SC_*) with defaults."""

from __future__ import annotations

import getpass
import json
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .say import Stop

APP = "support_credits"
CHECKOUT = Path(__file__).resolve().parents[2]
# What the user's processes keep of our environment when we are root: certificates, proxies, registries.
KEPT = (
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"NODE_EXTRA_CA_CERTS",
	"REQUESTS_CA_BUNDLE",
	"CURL_CA_BUNDLE",
	"GIT_SSL_CAINFO",
	"TERM",
)
KEPT_PREFIXES = ("SC_", "PIP_", "UV_", "GIT_CONFIG_", "NPM_CONFIG_", "YARN_")
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Debian's CA file: uv brings its own authorities and would not know a company's.
CA_FILE = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Place:
	"""The bench, its tools and its user."""

	user: str
	home: Path
	bench: Path
	branch: str

	@property
	def tools(self) -> Path:
		"""frappe-bench, uv, yarn, logs: beside the bench, since bench refuses a folder that exists."""
		return self.bench.with_name(self.bench.name + "-cli")

	@property
	def stage(self) -> Path:
		return self.tools / "checkout"

	@property
	def logs(self) -> Path:
		return self.tools / "log"

	@property
	def private(self) -> Path:
		"""Database, Redis, pid files: nothing of the system's own instances is ever used."""
		return self.bench / "private"

	@property
	def run_dir(self) -> Path:
		return self.private / "run"

	@property
	def sites(self) -> Path:
		return self.bench / "sites"

	@property
	def env_python(self) -> Path:
		return self.bench / "env" / "bin" / "python"

	@property
	def state_file(self) -> Path:
		return self.private / "state.json"

	@property
	def major(self) -> int:
		return major_of(self.branch)

	def state(self) -> dict[str, Any]:
		try:
			found: dict[str, Any] = json.loads(self.state_file.read_text())
		except FileNotFoundError:
			return {}
		return found

	def remember(self, **facts: Any) -> None:
		"""Write facts to the state file, whole or not at all."""
		self.private.mkdir(parents=True, exist_ok=True)
		fresh = self.state_file.with_suffix(".new")
		with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
			json.dump(self.state() | facts, out, indent=1)
		fresh.replace(self.state_file)

	def is_done(self, mark: str) -> bool:
		return mark in self.state().get("done", [])

	def done(self, mark: str) -> None:
		self.remember(done=sorted({*self.state().get("done", []), mark}))

	def undo(self, *marks: str) -> None:
		"""Have these steps done again."""
		self.remember(done=sorted({*self.state().get("done", [])} - {*marks}))


def major_of(branch: str) -> int:
	"""Frappe's major version; `develop` counts as the newest known."""
	found = re.match(r"version-(\d+)", branch)
	return int(found[1]) if found else 16


def find_place() -> Place:
	"""Read the place from the environment; as root it belongs to an ordinary user."""
	user = os.environ.get("SC_USER", "scbench") if os.geteuid() == 0 else getpass.getuser()
	if user == "root":
		raise Stop("SC_USER must be an ordinary user: bench refuses root")
	try:
		home = Path(pwd.getpwnam(user).pw_dir)
	except KeyError:
		home = Path("/home") / user
	branch = os.environ.get("SC_FRAPPE_BRANCH") or "version-15"
	# Benches of two Frappes stand side by side.
	suffix = "" if major_of(branch) == 15 else f"-{major_of(branch)}"
	bench = Path(os.environ.get("SC_BENCH") or home / f"support-credits-bench{suffix}")
	if not bench.is_absolute():
		raise Stop(f"SC_BENCH must be an absolute path, not {bench}")
	return Place(user, home, bench, branch)


def user_env(place: Place) -> dict[str, str]:
	"""Return the environment of everything that runs as the bench's user."""
	if os.geteuid() == 0:
		env = {k: v for k, v in os.environ.items() if k in KEPT or k.upper().startswith(KEPT_PREFIXES)}
		env |= {k: v for k, v in os.environ.items() if k.lower() in PROXIES}
		env["PATH"] = SYSTEM_PATH
	else:
		env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
		env["PATH"] = env.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
	own = (place.tools / "venv" / "bin", place.tools / "npm" / "node_modules" / ".bin")
	env["PATH"] = ":".join(map(str, own)) + ":" + env["PATH"]
	env |= {"HOME": str(place.home), "USER": place.user, "LOGNAME": place.user}
	env |= {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
	# Without byte code every process of Frappe compiles it all again, for three seconds of its own; it is kept out of
	# the sources, which are compared with the checkout.
	env["PYTHONPYCACHEPREFIX"] = str(place.tools / "bytecode")
	env |= {"SC_BENCH": str(place.bench), "SC_FRAPPE_BRANCH": place.branch}
	env["GIT_TERMINAL_PROMPT"] = "0"  # an address that asks for a login must fail, not wait
	env.pop("CI", None)  # yarn and bench behave differently under CI; a demo and a CI run must not
	if CA_FILE.exists():
		env.setdefault("SSL_CERT_FILE", str(CA_FILE))
	return env


def find_tool(place: Place, *names: str) -> str | None:
	"""Return the first of these programs the bench's user can run."""
	# frappe-bench's own venv is left out: its python must not become the base of other environments.
	own = str(place.tools / "venv" / "bin") + ":"
	path = user_env(place)["PATH"].replace(own, "")
	return next((found for name in names if (found := shutil.which(name, path=path))), None)


def become(place: Place) -> dict[str, Any]:
	"""Return the arguments that make a subprocess run as the bench's user."""
	if os.geteuid() != 0:
		return {}
	entry = pwd.getpwnam(place.user)
	return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def find_python(place: Place) -> str:
	"""Return an interpreter the wanted Frappe runs on: the system's, or one that uv has brought."""
	lowest, beyond = _pythons(place)
	names = [f"python3.{minor}" for minor in range(lowest[1], beyond[1])]
	# 3.11 first where there is a choice: it is what Frappe 15 is mostly run on.
	names.sort(key=lambda name: name != "python3.11")
	wanted = os.environ.get("SC_PYTHON")
	for name in [wanted] if wanted else ["python3", *names]:
		found = find_tool(place, name)
		if found and _runs(place, found):
			return found
	found = None if wanted else _python_of_uv(place, names[-1].removeprefix("python"))
	if found and _runs(place, found):
		return found
	low, high = f"3.{lowest[1]}", f"3.{beyond[1] - 1}"
	span = f"{low} to {high}" if low != high else low
	hint = f"{wanted} (SC_PYTHON) is not one" if wanted else "name one in SC_PYTHON"
	if place.major >= 16:
		hint += "; docs/upgrading.md says where to get it"
	raise Stop(f"Frappe {place.branch} needs Python {span} with venv and headers; {hint}")


def _pythons(place: Place) -> tuple[tuple[int, int], tuple[int, int]]:
	"""The lowest Python Frappe's version runs on, and the first beyond it: 15 and 16 have none in common."""
	return ((3, 10), (3, 14)) if place.major <= 15 else ((3, 14), (3, 15))


def _runs(place: Place, python: str) -> bool:
	lowest, beyond = _pythons(place)
	test = f"import ensurepip, sys; sys.exit(not {lowest} <= sys.version_info[:2] < {beyond})"
	return subprocess.run([python, "-c", test], capture_output=True, cwd="/", **become(place)).returncode == 0


def _python_of_uv(place: Place, version: str) -> str | None:
	"""An interpreter that uv manages for the bench's user; nothing is fetched."""
	uv = find_tool(place, "uv")
	if not uv:
		return None
	asked = subprocess.run(
		[uv, "python", "find", "--no-python-downloads", version],
		capture_output=True,
		text=True,
		env=user_env(place),
		cwd="/",
		**become(place),
	)
	return asked.stdout.strip() or None
