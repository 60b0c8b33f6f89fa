"""Is a JSON document that somebody else wrote harmless to read on: not too deep, not too long, and no markup in its texts?

Owns the limits. It knows no catalogue; whoever reads one asks here first, so that nothing behind has to be careful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

DEPTH_MAX = 12
ITEMS_MAX = 500  # of one list, or keys of one object
TEXT_MAX = 4_000
PROBLEMS_MAX = 50
_SHOWN_MAX = 60
# What a page that trusts it would take for markup. "<24 h" is none.
_TAG = re.compile(r"<\s*[a-z!/?]", re.IGNORECASE)
# Characters no text has a use for; tab and line breaks are none of them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def problems(document: object) -> list[str]:
	"""What is wrong, each with its place; none for a harmless document. Never deeper into it than its limits."""
	found: list[str] = []
	for problem in _problems(document):
		found.append(problem)
		if len(found) == PROBLEMS_MAX:
			break
	return found


def _problems(document: object) -> Iterator[str]:
	waiting: list[tuple[str, object, int]] = [("", document, 0)]
	while waiting:
		path, value, depth = waiting.pop()
		where = path or "catalogue"
		if isinstance(value, str):
			yield from _of_text(where, value)
		elif isinstance(value, (dict, list)):
			if depth >= DEPTH_MAX:
				yield f"{where}: nested too deeply; at most {DEPTH_MAX} levels"
			elif len(value) > ITEMS_MAX:
				yield f"{where}: has {len(value)} entries; at most {ITEMS_MAX}"
			elif isinstance(value, dict):
				yield from (said for key in value for said in _of_text(f"{where}: key", str(key)))
				inside = [(_joined(path, str(key)), item, depth + 1) for key, item in value.items()]
				waiting.extend(reversed(inside))
			else:
				waiting.extend(
					reversed([(f"{path}[{number}]", item, depth + 1) for number, item in enumerate(value)])
				)


def _joined(path: str, key: str) -> str:
	short = key if len(key) <= _SHOWN_MAX else key[:_SHOWN_MAX] + "…"
	return f"{path}.{short}" if path else short


def _of_text(where: str, text: str) -> Iterator[str]:
	if len(text) > TEXT_MAX:
		yield f"{where}: a text of {len(text)} characters; at most {TEXT_MAX}"
	elif _TAG.search(text):
		yield f"{where}: cannot hold HTML; write it as plain text"
	elif _CONTROL.search(text):
		yield f"{where}: holds characters that cannot be shown"
