"""The payments suite: a gateway of the tests' own, which is an app, beside the payments app's on the site with ERPNext."""

from __future__ import annotations

from .counts import Counts, checked, from_unittest
from .erpnext_site import GATEWAY_APP
from .place import Place, user_env
from .say import say
from .sites import ERPNEXT_SITE
from .suites import run_counted


def payments_suite(place: Place) -> Counts:
	"""Gateways over HTTP: the provider on loopback, the payments app's controllers in the site's own web workers."""
	site = ERPNEXT_SITE.name
	say(f"\n== payments suite, {site} ==")
	program = place.tools / "venv" / "bin" / "bench"
	# The payments app's own before_tests makes a company of ERPNext's; nothing here needs one.
	args = [program, "--site", site, "run-tests", "--app", GATEWAY_APP, "--skip-before-tests"]
	env = user_env(place) | {"CI": "1", "PYTHONWARNINGS": "ignore"}
	output, status = run_counted(args, cwd=place.bench, env=env)
	return checked(from_unittest(output), status)
