"""The deadlocks MariaDB resolved, from its error log: how many, and which two statements met."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TRANSACTION = re.compile(r"\*\*\* \((\d)\) TRANSACTION:\s*\n(.*?)(?=\n\*\*\* |\Z)", re.DOTALL)
QUERY = re.compile(r"MariaDB thread id [^\n]*\n(.*)", re.DOTALL)
NEXT_MESSAGE = re.compile(r"\n\d{4}-\d\d-\d\d +\d+:\d\d:\d\d ")
VALUES = re.compile(r"'(?:[^'\\]|\\.|'')*'|\b\d+\b")
LONGEST = 110


class Deadlocks:
	"""``pairs`` counts them by the shape of the statements that waited for each other."""

	def __init__(self, log: Path) -> None:
		text = log.read_text(errors="replace") if log.exists() else ""
		found = [(number, shape_of(body)) for number, body in TRANSACTION.findall(text)]
		self.pairs: Counter[str] = Counter()
		for place, (number, shape) in enumerate(found):
			if number == "1":
				others = [shape]
				for other, shape_too in found[place + 1 : place + 4]:
					if other == "1":
						break
					others.append(shape_too)
				self.pairs[" <> ".join(sorted(others))] += 1
		self.count = sum(self.pairs.values())


def shape_of(body: str) -> str:
	query = QUERY.search(body)
	text = " ".join(NEXT_MESSAGE.split(query[1] if query else body)[0].split())
	return VALUES.sub("?", text)[:LONGEST]
