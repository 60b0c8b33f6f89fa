"""``python -m support_credits.engine``: the providers' terms played through the engine, in the terminal.

Needs nothing but Python: for whoever wants to see the rules before installing a Helpdesk, or where none can
be had. Fixed dates, so two runs print the same. The plot is :mod:`~support_credits.engine.play`'s.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from support_credits.engine.catalogue import Catalogue, CatalogueError, parse
from support_credits.engine.play import Act, play

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NO_ZONES = (
	"This machine has no time zone data, so no expiry can be computed.\n"
	"Install it with: apt-get install tzdata   or: python -m pip install tzdata"
)


def main(arguments: Sequence[str] | None = None) -> int:
	"""Play the catalogues named, or both that come with the checkout. 0: all verified; 1: not; 2: unusable
	input."""
	options = _options(arguments)
	if not _has_zones():
		return _unusable(NO_ZONES)
	try:
		acts = [play(_load(path)) for path in options.catalogue or sorted(FIXTURES.glob("*.json"))]
	except (OSError, ValueError) as error:
		return _unusable(str(error))
	if not acts:
		return _unusable(f"No catalogue in {FIXTURES}; name one with --catalogue FILE")
	report = _as_json(acts) if options.json else "\n\n".join("\n".join(act.text()) for act in acts)
	sys.stdout.write(report + "\n")
	return 0 if all(act.verified for act in acts) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
	parser = argparse.ArgumentParser(
		prog="python -m support_credits.engine",
		description="Play a provider's terms through the engine: purchases, tickets, an expiry, a statement.",
	)
	parser.add_argument(
		"--catalogue",
		metavar="FILE",
		type=Path,
		action="append",
		help="a provider's catalogue (docs/catalogue.md); may be repeated; default: all in fixtures/",
	)
	parser.add_argument("--json", action="store_true", help="print the same as JSON")
	return parser.parse_args(arguments)


def _unusable(why: str) -> int:
	sys.stderr.write(why + "\n")
	return 2


def _has_zones() -> bool:
	try:
		ZoneInfo("Europe/Lisbon")
	except (KeyError, OSError):
		return False
	return True


def _load(path: Path) -> Catalogue:
	try:
		return parse(json.loads(path.read_text(encoding="utf-8")))
	except CatalogueError as error:
		raise ValueError("\n".join(f"{path.name}: {line}" for line in error.errors)) from error
	except json.JSONDecodeError as error:
		raise ValueError(f"{path}: not JSON: {error}") from error


def _as_json(acts: Sequence[Act]) -> str:
	return json.dumps([act.as_json() for act in acts], ensure_ascii=False, indent="\t")


if __name__ == "__main__":
	sys.exit(main())
