"""What a program prints: lines as it goes, tables, and one line of results at the end."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Sequence

from proof import Fault

SHOWN = 25


class Report:
	def __init__(self, program: str, options: Namespace) -> None:
		self.program, self.as_json = program, options.json
		self.began = time.monotonic()
		self.results: dict[str, object] = {}

	def say(self, line: str) -> None:
		sys.stdout.write(f"[{time.monotonic() - self.began:4.0f} s] {line}\n")
		sys.stdout.flush()

	def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
		cells = [[str(cell) for cell in row] for row in (head, *rows)]
		widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
		for row in cells:
			first = row[0].ljust(widths[0])
			rest = "".join(cell.rjust(width + 2) for cell, width in zip(row[1:], widths[1:], strict=True))
			sys.stdout.write(f"  {first}{rest}\n")
		sys.stdout.flush()

	def facts(self, **values: object) -> None:
		self.results |= values

	def close(self, faults: Sequence[Fault], mutant: str | None = None) -> int:
		"""The results line; returns the exit status, 1 when anything is wrong, or when a mutant was not found out."""
		for fault in faults[:SHOWN]:
			self.say(str(fault))
		if len(faults) > SHOWN:
			self.say(f"and {len(faults) - SHOWN} more faults")
		self.facts(faults=len(faults), seconds=round(time.monotonic() - self.began))
		passed = bool(faults) == bool(mutant)
		verdict = "passed" if passed else "FAILED"
		title = f"{self.program}, mutant {mutant}" if mutant else self.program
		said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in self.results.items())
		sys.stdout.write(f"{title}: {verdict}: {said}\n")
		if self.as_json:
			result = {"program": self.program, "mutant": mutant, "passed": passed, **self.results}
			sys.stdout.write(
				json.dumps(result | {"found": [str(fault) for fault in faults]}, default=str) + "\n"
			)
		return 0 if passed else 1
