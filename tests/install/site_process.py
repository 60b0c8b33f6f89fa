"""Processes on one site, each with a Python of its own: a run cannot change the app it runs in."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

BENCH = os.environ.get("SC_BENCH", "")
APP = "support_credits"


@dataclass(frozen=True)
class OnSite:
	"""A site, and the sources of the app that its processes import: the bench's own, or an earlier version's."""

	site: str
	sources: Path = Path(__file__).resolve().parents[2]

	def python(self, *arguments: str) -> str:
		"""Run the bench's Python in its ``sites`` folder; an error fails the test with all it said."""
		command = [os.path.join(BENCH, "env", "bin", "python"), *arguments]
		done = subprocess.run(
			command,
			cwd=os.path.join(BENCH, "sites"),
			# What stands here comes before the app that the bench has installed.
			env={**os.environ, "PYTHONPATH": str(self.sources)},
			capture_output=True,
			text=True,
			timeout=900,
			check=False,
		)
		assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
		return done.stdout

	def bench(self, *arguments: str) -> str:
		return self.python("-m", "frappe.utils.bench_helper", "frappe", "--site", self.site, *arguments)

	def inside(self, *arguments: str) -> dict[str, object]:
		"""Run ``inside_site.py`` of the same version, and return the JSON value it prints last."""
		script = self.sources / "tests" / "install" / "inside_site.py"
		said: dict[str, object] = json.loads(
			self.python(str(script), self.site, *arguments).strip().splitlines()[-1]
		)
		return said
