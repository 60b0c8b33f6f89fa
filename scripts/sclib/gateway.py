"""The payments suite: a gateway of the tests' own, which is an app, beside the payments app's on the site with ERPNext."""

from __future__ import annotations

from .benchdir import bench
from .counts import Counts, checked, from_unittest
from .place import APP, Place, user_env
from .say import run, say, step
from .sites import ERPNEXT_SITE
from .suites import run_counted

GATEWAY_APP = "sc_loopback_gateway"
SOURCE = "tests/payments"


def ensure_gateway(place: Place, site: str) -> None:
	"""Install the test app into the bench and on the site; again where the site was made anew."""
	with step(f"{site}: installing {GATEWAY_APP}"):
		log = f"{site}.log"
		uv = place.tools / "venv" / "bin" / "uv"
		install = [uv, "pip", "install", "--python", place.env_python, "--quiet", "--no-deps"]
		folder = place.bench / "apps" / APP / SOURCE
		run([*install, "--editable", folder], place.logs / log, env=user_env(place), cwd=place.bench)
		listing = place.sites / "apps.txt"
		apps = listing.read_text().split()
		if GATEWAY_APP not in apps:
			listing.write_text("\n".join([*apps, GATEWAY_APP]) + "\n")
		# Redis may hold that the app has no modules: it would install nothing.
		bench(place, log, "--site", site, "clear-cache")
		bench(place, log, "--site", site, "install-app", GATEWAY_APP, "--force")


def payments_suite(place: Place) -> Counts:
	"""Gateways over HTTP: the provider on loopback, the payments app's controllers in the site's own web workers."""
	site = ERPNEXT_SITE.name
	ensure_gateway(place, site)
	say(f"\n== payments suite, {site} ==")
	program = place.tools / "venv" / "bin" / "bench"
	# The payments app's own before_tests makes a company of ERPNext's; nothing here needs one.
	args = [program, "--site", site, "run-tests", "--app", GATEWAY_APP, "--skip-before-tests"]
	env = user_env(place) | {"CI": "1", "PYTHONWARNINGS": "ignore"}
	output, status = run_counted(args, cwd=place.bench, env=env)
	return checked(from_unittest(output), status)
