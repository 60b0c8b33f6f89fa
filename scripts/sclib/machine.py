"""What the machine must offer first: packages, an ordinary user, disk, upstream addresses."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .mail import PACKAGES as MAIL_PACKAGES
from .place import Place, become, find_python, find_tool, user_env
from .say import NoHost, Stop, run, say, step

# Debian package -> a program that proves it is there however it came; None asks dpkg.
PACKAGES: dict[str, tuple[str, ...] | None] = {
	"git": ("git",),
	"ca-certificates": None,
	"python3-venv": None,
	"python3-dev": None,
	"build-essential": ("gcc",),
	"pkg-config": ("pkg-config",),
	"libmariadb-dev": None,
	"mariadb-server": ("mariadbd",),
	"mariadb-client": ("mariadb",),
	"redis-server": ("redis-server",),
	"nodejs": ("node",),
	"npm": ("npm",),
}
# Makes the statement's PDF, as every document of the host's. Not every release has it; without it the CSV remains.
OPTIONAL = {"wkhtmltopdf": ("wkhtmltopdf",)}
CHROMES = ("chromium", "chromium-browser", "google-chrome")
OS_RELEASE = Path("/etc/os-release")
MIN_FREE = 3 * 10**9
POLICY = Path("/usr/sbin/policy-rc.d")


def upstream(place: Place) -> dict[str, tuple[str, str]]:
	"""App -> address, branch. Telephony has only develop; Helpdesk's released line is main. ERPNext and payments follow
	Frappe; only the suites that sell through them need the two.
	"""
	base = "https://github.com/frappe"
	return {
		"frappe": (f"{base}/frappe", place.branch),
		"telephony": (f"{base}/telephony", os.environ.get("SC_TELEPHONY_BRANCH", "develop")),
		"helpdesk": (f"{base}/helpdesk", os.environ.get("SC_HELPDESK_BRANCH", "main")),
		"payments": (f"{base}/payments", os.environ.get("SC_PAYMENTS_BRANCH", place.branch)),
		"erpnext": (f"{base}/erpnext", os.environ.get("SC_ERPNEXT_BRANCH", place.branch)),
	}


def missing_packages(place: Place, *, browser: bool, mail: bool = False) -> list[str]:
	wanted = PACKAGES | (_browser_packages() if browser else {}) | (MAIL_PACKAGES if mail else {})
	missing = [name for name, programs in wanted.items() if not _has(place, name, programs)]
	missing += _python_packages(place)
	optional = [name for name, programs in OPTIONAL.items() if not _has(place, name, programs)]
	return missing + [name for name in optional if os.geteuid() == 0 and _is_offered(name)]


def _python_packages(place: Place) -> list[str]:
	"""What brings the interpreter Frappe 16 needs, where this release has it."""
	if place.major <= 15:
		return []
	try:
		find_python(place)
	except Stop:
		names = ["python3.14-venv", "python3.14-dev"]
		if os.environ.get("SC_PYTHON") or not _can_be_had(names):
			raise
		return names
	return []


def _can_be_had(packages: Sequence[str]) -> bool:
	"""Whether apt would install them. A pinned suite may offer them, and want a C library that the rest cannot have."""
	if not shutil.which("apt-get"):
		return False
	command = ["apt-get", "install", "--simulate", "--no-install-recommends", *packages]
	return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _is_offered(package: str) -> bool:
	"""Whether this release has the package."""
	if not shutil.which("apt-cache"):
		return False
	asked = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
	return asked.returncode == 0


def _browser_packages() -> dict[str, tuple[str, ...] | None]:
	"""Debian's browser and its driver; Ubuntu has other names for both."""
	ubuntu = OS_RELEASE.exists() and "ID=ubuntu" in OS_RELEASE.read_text().split()
	names = ("chromium-browser", "chromium-chromedriver") if ubuntu else ("chromium", "chromium-driver")
	return dict(zip(names, (CHROMES, ("chromedriver",)), strict=True))


def _has(place: Place, package: str, programs: tuple[str, ...] | None) -> bool:
	if programs:
		return find_tool(place, *programs) is not None
	if package.startswith("python3-") and os.environ.get("SC_PYTHON"):
		return True  # the interpreter was brought along, with its headers
	if not shutil.which("dpkg-query"):
		return True  # not Debian: a missing library shows where it is needed
	asked = subprocess.run(
		["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True, check=False
	)
	return asked.stdout.endswith(" installed")


def ensure_packages(place: Place, log: Path, *, browser: bool, mail: bool = False) -> None:
	"""Install what is missing as root; otherwise say the one line that does."""
	missing = missing_packages(place, browser=browser, mail=mail)
	if not missing:
		return
	if "opensmtpd" in missing and find_tool(place, "sendmail"):
		raise Stop(
			"the mail tests need the package opensmtpd; it would replace the mail server of this machine"
		)
	line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
	if not shutil.which("apt-get"):
		raise Stop(f"missing on this system (names as in Debian): {' '.join(missing)}")
	if os.geteuid() != 0:
		raise Stop(f"packages are missing; as root: {line}")
	with step(f"installing packages: {' '.join(missing)}"):
		# Debian starts a database server as soon as it is unpacked; only its binary is wanted here.
		ours = not POLICY.exists()
		if ours:
			POLICY.write_text("#!/bin/sh\nexit 101\n")
			POLICY.chmod(0o755)
		try:
			env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
			run(["apt-get", "update"], log, env=env, error=NoHost)
			run(line.split(), log, env=env, error=NoHost)
		finally:
			if ours:
				POLICY.unlink()


def ensure_user(place: Place, log: Path) -> None:
	"""As root, create the ordinary user the bench belongs to."""
	if os.geteuid() != 0:
		return
	try:
		pwd.getpwnam(place.user)
	except KeyError:
		with step(f"creating the user {place.user}"):
			run(["useradd", "--create-home", "--shell", "/bin/bash", place.user], log)


def ensure_disk(place: Place) -> None:
	folder = place.bench
	while not folder.exists():
		folder = folder.parent
	free = shutil.disk_usage(folder).free
	if free < MIN_FREE:
		raise Stop(f"not enough disk: {free / 1e9:.1f} GB free at {folder}, {MIN_FREE / 1e9:.0f} GB needed")


def ensure_upstream(place: Place, apps: Sequence[str]) -> None:
	"""Ask the upstream address of each of ``apps`` for its branch; name those that do not answer and the way around."""
	addresses = upstream(place)
	with step("asking the upstream addresses"), ThreadPoolExecutor() as pool:
		answers = list(pool.map(lambda app: _ask(place, *addresses[app]), apps))
	silent = [answer for answer in answers if answer]
	if not silent:
		return
	for answer in silent:
		say(f"no answer: {answer}")
	say(f"to use a mirror, as {place.user}:")
	say("  git config --global url.<your-mirror>.insteadOf https://github.com/frappe/")
	raise NoHost(f"{len(silent)} of {len(answers)} upstream addresses did not answer")


def _ask(place: Place, address: str, branch: str) -> str | None:
	"""Return why an address does not answer, or None when it does."""
	wait = int(os.environ.get("SC_TIMEOUT", "15"))
	command = ["git", "ls-remote", "--exit-code", "--heads", address + ".git", branch]
	try:
		asked = subprocess.run(
			command,
			env=user_env(place),
			cwd="/",
			timeout=wait,
			capture_output=True,
			text=True,
			**become(place),
		)
	except subprocess.TimeoutExpired:
		return f"{address} (branch {branch}): nothing for {wait} s"
	if asked.returncode == 0:
		return None
	reason: str = (asked.stderr.strip().splitlines() or ["no such branch"])[-1]
	return f"{address} (branch {branch}): " + reason.rpartition("': ")[2]
