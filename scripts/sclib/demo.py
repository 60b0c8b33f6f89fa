"""`make demo`: both providers' sites, loaded from their catalogues, served, with addresses and logins."""

from __future__ import annotations

from typing import Any

from .benchdir import assets, ensure_bench
from .place import Place
from .ports import ports
from .say import say
from .services import SERVERS, serve
from .sites import ADMIN_PASSWORD, DEMO_SITES, ensure_site, load_demo


def demo(place: Place) -> None:
	ensure_bench(place)
	with assets(place):
		for site in DEMO_SITES:
			ensure_site(place, site)
	said = {site.name: load_demo(place, site) for site in DEMO_SITES}
	serve(place, SERVERS)
	for site in DEMO_SITES:
		_introduce(place, site.name, said[site.name])
	say("\nmake down stops it; make test tests this checkout.")


def _introduce(place: Place, site: str, said: dict[str, Any]) -> None:
	address = f"http://{site}:{ports(place)['web']}"
	say(f"\n{site}: {address}/helpdesk   (Desk: {address}/app)")
	say(f"  {'user':<20} {'password':<26} who")
	logins = [*said.get("logins", []), _administrator()]
	for login in logins:
		say(f"  {login['user']:<20} {login['password']:<26} {login['who']}")
	for note in said.get("notes", []):
		say(f"  {note}")


def _administrator() -> dict[str, str]:
	return {"who": "everything", "user": "Administrator", "password": ADMIN_PASSWORD}
