"""Sites: one per provider for the demo, one for the tests."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .benchdir import bench
from .place import APP, Place, find_tool, user_env
from .ports import ports
from .say import Stop, run, step

ADMIN_PASSWORD = "admin"  # on loopback only


@dataclass(frozen=True)
class Site:
	"""A site, its fixed time zone and the catalogue it is loaded from."""

	name: str
	time_zone: str
	catalogue: str | None = None


DEMO_SITES = (
	Site("extremeshok.localhost", "UTC", "extremeshok.json"),
	Site("rockstor.localhost", "Europe/Lisbon", "rockstor.json"),
)
TEST_SITE = Site(os.environ.get("SC_TEST_SITE", "test.localhost"), "UTC")
SECOND_SITE = Site("second.localhost", "UTC")  # where the server suite has a second run
BROWSER_SITE = Site(
	"browser.localhost", "UTC"
)  # pages list what there is, so nothing else may make records there
INSTALL_SITE = Site("install.localhost", "UTC")  # the app comes and goes there
UPGRADE_SITE = Site("upgrade.localhost", "UTC")  # begins with the version before this one
FAULTS_SITE = Site("faults.localhost", "UTC")  # only copied: tests/faults breaks its copy
ERPNEXT_SITE = Site("erpnext.localhost", "UTC")  # has ERPNext too; made in erpnext_site.py
TEST_SITES = (TEST_SITE, SECOND_SITE, BROWSER_SITE, ERPNEXT_SITE)


def ensure_site(place: Place, site: Site) -> None:
	"""Create the site, install the app, and migrate it when the app changed since."""
	if not place.is_done(f"site-{site.name}"):
		create_site(place, site)
		place.done(f"site-{site.name}")
	if not place.is_done(f"app-{site.name}"):
		with step(f"{site.name}: installing the app"):
			_install(place, site)
		place.done(f"app-{site.name}")
	elif migrated(place).get(site.name) != place.state()["schema"]:
		with step(f"{site.name}: migrating"):
			bench(place, f"{site.name}.log", "--site", site.name, "migrate")
	place.remember(migrated=migrated(place) | {site.name: place.state()["schema"]})


def migrated(place: Place) -> dict[str, str]:
	found: dict[str, str] = place.state().get("migrated", {})
	return found


def _install(place: Place, site: Site) -> None:
	log = f"{site.name}.log"
	# --force: an interrupted run may have listed the app before all of it was there.
	bench(place, log, "--site", site.name, "install-app", APP, "--force")
	if site in TEST_SITES:
		# Suites create more users than the 60 an hour the host allows.
		_configure(
			place, site, allow_tests=True, throttle_user_limit=100_000, support_credits_rate_factor=1_000
		)
	if site in (TEST_SITE, SECOND_SITE, ERPNEXT_SITE):
		# Queues of its own, on which nobody works: tests run their jobs themselves.
		_configure(place, site, bench_id=f"support-credits-{site.name}")
	elif site != BROWSER_SITE:
		bench(place, log, "--site", site.name, "enable-scheduler")


def _configure(place: Place, site: Site, **values: object) -> None:
	path = place.sites / site.name / "site_config.json"
	path.write_text(json.dumps(json.loads(path.read_text()) | values, indent=1, sort_keys=True) + "\n")


def helpdesk_dump(place: Place) -> Path:
	return place.private / "helpdesk.sql"


def create_site(place: Place, site: Site) -> None:
	"""Create a site with Helpdesk; the first one is dumped, later ones start from the dump."""
	dump = helpdesk_dump(place)
	if dump.exists():
		with step(f"{site.name}: from the first site's dump"):
			new_site(place, site, dump)
			_settings(place, site)
		return
	with step(f"{site.name}: new site with telephony and Helpdesk"):
		new_site(place, site)
		bench(place, f"{site.name}.log", "--site", site.name, "install-app", "telephony", "helpdesk")
		dump_site(place, site, dump)
		_settings(place, site)


def new_site(place: Place, site: Site, dump: Path | None = None) -> None:
	"""Make the site, empty or from a dump, also where there is one of that name."""
	password = place.state()["db_root_password"]
	options = ["--force", "--db-root-username", "root", "--db-root-password", password]
	options += ["--mariadb-user-host-login-scope", "%", "--admin-password", ADMIN_PASSWORD]
	options += ["--source-sql", str(dump)] if dump else []
	bench(place, f"{site.name}.log", "new-site", site.name, *options)


def dump_site(place: Place, site: Site, dump: Path) -> None:
	"""Keep the site's database, whole or not at all."""
	config = json.loads((place.sites / site.name / "site_config.json").read_text())
	program = find_tool(place, "mariadb-dump", "mysqldump")
	if not program:
		raise Stop("mariadb-dump is not installed (package mariadb-client)")
	fresh = dump.with_suffix(".new")
	args = [program, "--no-defaults", "--host=127.0.0.1", f"--port={ports(place)['db']}"]
	args += [f"--user={config['db_name']}", f"--password={config['db_password']}", "--single-transaction"]
	run([*args, f"--result-file={fresh}", config["db_name"]], place.logs / "dump.log", env=user_env(place))
	fresh.replace(dump)


def _settings(place: Place, site: Site) -> None:
	"""Do what the setup wizard would: until then a site has no zone and no language."""
	script = Path(__file__).with_name("inside_site.py")
	args = [place.env_python, script, site.name, site.time_zone]
	run(args, place.logs / f"{site.name}.log", cwd=place.sites, env=user_env(place))


def load_demo(place: Place, site: Site) -> dict[str, object]:
	"""Load catalogue and people; return what `demo` said, asked once for the same code."""
	known = place.state().get("demo", {}).get(site.name)
	if known and known["code"] == place.state()["code"]:
		said: dict[str, object] = known["said"]
		return said
	catalogue = place.bench / "apps" / APP / "fixtures" / str(site.catalogue)
	with step(f"{site.name}: catalogue and demo data"):
		bench(
			place,
			f"{site.name}.log",
			"--site",
			site.name,
			"support-credits",
			"load-catalogue",
			str(catalogue),
		)
		said = _ask_json(place, site, "demo")
	place.remember(
		demo=place.state().get("demo", {}) | {site.name: {"code": place.state()["code"], "said": said}}
	)
	return said


def _ask_json(place: Place, site: Site, command: str) -> dict[str, object]:
	"""Run one of the app's commands and read the JSON it prints."""
	program = place.tools / "venv" / "bin" / "bench"
	log = place.logs / f"{site.name}-{command}.log"
	with log.open("wb") as errors:
		asked = subprocess.run(
			[program, "--site", site.name, "support-credits", command, "--json"],
			stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE,
			stderr=errors,
			cwd=place.bench,
			env=user_env(place),
			text=True,
		)
		errors.write(asked.stdout.encode())
	try:
		if asked.returncode == 0:
			said: dict[str, object] = json.loads(asked.stdout[asked.stdout.index("{") :])
			return said
	except ValueError:
		pass
	raise Stop(f"{site.name}: support-credits {command} failed (status {asked.returncode}) [log: {log}]")
