"""The upgrade suite: the version before this one on a site in use, then this checkout's code and `migrate`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .app import git, unpack
from .counts import Counts
from .place import APP, CHECKOUT, Place, find_python, user_env
from .say import Stop, say, step
from .sites import UPGRADE_SITE, create_site
from .suites import BROWSER, checked_pytest, make_venv

NAMED = "SC_UPGRADE_FROM"


def previous_of(place: Place) -> Path:
	return place.tools / "previous"


def find_previous() -> str | None:
	"""The version to come from: what SC_UPGRADE_FROM names, else the last tag before this commit; None without any."""
	named = os.environ.get(NAMED)
	if named:
		if git("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}") is None:
			raise Stop(f"{NAMED}: this checkout knows no commit {named}")
		return named
	# Of the parent: the commit under test may itself carry the tag of the version it becomes.
	tag = git("describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^")
	return tag.strip() if tag else None


def stage_previous(place: Place) -> None:
	"""First phase, where git is: copy the version to come from to the bench's user, or leave nothing there."""
	version, folder = find_previous(), previous_of(place)
	if version is None:
		shutil.rmtree(folder, ignore_errors=True)
		return
	with step(f"copying {version}, to upgrade from"):
		unpack(place, ["git", "-c", "safe.directory=*", "-C", str(CHECKOUT), "archive", version], folder)


def upgrade_suite(place: Place) -> Counts:
	"""On a site of its own, made anew: it has to begin without the app."""
	say(f"\n== upgrade suite, {UPGRADE_SITE.name} ==")
	previous = previous_of(place)
	if not previous.is_dir():
		say(f"skipped: no tag v* before this commit; {NAMED} names a commit to come from")
		return Counts(skipped=1)
	create_site(place, UPGRADE_SITE)
	python = make_venv(place.tools / "browser", BROWSER, env=user_env(place), python=find_python(place))
	env = user_env(place) | {"SC_UPGRADE_SITE": UPGRADE_SITE.name, "SC_PREVIOUS": str(previous)}
	args = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/install/test_upgrade.py"]
	return checked_pytest(args, cwd=place.bench / "apps" / APP, env=env)
