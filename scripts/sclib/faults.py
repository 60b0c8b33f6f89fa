"""`make faults`, and its short form in `make test`: races, crashes and soak on a copy of a site."""

from __future__ import annotations

from collections.abc import Sequence

from .counts import Counts
from .place import APP, Place, user_env
from .say import say
from .sites import FAULTS_SITE, ensure_site
from .suites import run_counted

Programs = Sequence[tuple[str, Sequence[str]]]

# A mutant is the app with a lock taken away: the races pass when they find it out.
MUTANT = ("races", ("--operations", "200", "--merges", "0", "--mutant", "lots-not-locked"))
FULL: Programs = (MUTANT, ("races", ()), ("crashes", ()), ("soak", ("--minutes", "30")))
SHORT: Programs = (
	("races", ("--operations", "160", "--merges", "1", "--actors", "16")),
	("crashes", ("--web", "6", "--jobs", "4", "--db", "1", "--redis", "1", "--every", "4")),
)


def faults_suite(place: Place) -> Counts:
	"""Everything at full length: about an hour and a half."""
	return _run(place, FULL)


def faults_in_short(place: Place) -> Counts:
	"""The same programs with smaller numbers: about two minutes."""
	return _run(place, SHORT)


def _run(place: Place, programs: Programs) -> Counts:
	say(f"\n== faults, on a copy of {FAULTS_SITE.name} ==")
	ensure_site(place, FAULTS_SITE)
	total = Counts()
	for name, options in programs:
		program = place.bench / "apps" / APP / "tests" / "faults" / f"{name}.py"
		args = [place.env_python, "-W", "ignore", program, "--bench", place.bench, "--site", FAULTS_SITE.name]
		_output, status = run_counted([*args, *options, "--json"], cwd=place.bench, env=user_env(place))
		total += Counts(failed=1) if status else Counts(passed=1)
	return total
