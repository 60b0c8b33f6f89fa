"""The site with real ERPNext, as its own setup wizard leaves it, and the tests' gateway: made once, then restored from its dump."""

from __future__ import annotations

from .benchdir import SELLING_APPS, bench
from .place import APP, Place, user_env
from .say import run, step
from .sites import ERPNEXT_SITE, create_site, dump_site, ensure_site, helpdesk_dump, new_site

TESTS = "tests/erpnext"
GATEWAY_APP = "sc_loopback_gateway"
GATEWAY_SOURCE = "tests/payments"


def renew_erpnext(place: Place) -> None:
	"""Make the site anew: what is paid and posted cannot be taken back."""
	site, dump = ERPNEXT_SITE, place.private / "erpnext.sql"
	place.undo(f"site-{site.name}", f"app-{site.name}")
	if not dump.exists():
		_make(place)
	with step(f"{site.name}: from its dump"):
		new_site(place, site, dump)
		bench(place, f"{site.name}.log", "--site", site.name, "clear-cache")  # of the site that had its name
	place.done(f"site-{site.name}")
	ensure_site(place, site)
	_install_gateway(place, site.name)


def _make(place: Place) -> None:
	"""Helpdesk's dump, then payments and ERPNext, then what the setup wizard asks for."""
	site = ERPNEXT_SITE
	log = f"{site.name}.log"
	if not helpdesk_dump(place).exists():
		create_site(place, site)
	with step(f"{site.name}: new site with payments, ERPNext and a company"):
		new_site(place, site, helpdesk_dump(place))
		# Redis may still hold, for a site of this name, that these apps have no modules: they would install nothing.
		bench(place, log, "--site", site.name, "clear-cache")
		bench(place, log, "--site", site.name, "install-app", *SELLING_APPS)
		wizard = place.bench / "apps" / APP / TESTS / "wizard.py"
		run([place.env_python, wizard, site.name], place.logs / log, cwd=place.sites, env=user_env(place))
		dump_site(place, site, place.private / "erpnext.sql")


def _install_gateway(place: Place, site: str) -> None:
	"""Install the test app into the bench and on the site; again where the site was made anew."""
	with step(f"{site}: installing {GATEWAY_APP}"):
		log = f"{site}.log"
		uv = place.tools / "venv" / "bin" / "uv"
		install = [uv, "pip", "install", "--python", place.env_python, "--quiet", "--no-deps"]
		folder = place.bench / "apps" / APP / GATEWAY_SOURCE
		run([*install, "--editable", folder], place.logs / log, env=user_env(place), cwd=place.bench)
		listing = place.sites / "apps.txt"
		apps = listing.read_text().split()
		if GATEWAY_APP not in apps:
			listing.write_text("\n".join([*apps, GATEWAY_APP]) + "\n")
		# Redis may hold that the app has no modules: it would install nothing.
		bench(place, log, "--site", site, "clear-cache")
		bench(place, log, "--site", site, "install-app", GATEWAY_APP, "--force")
