"""Reading a JSON document strictly: every mistake is collected with its path, its value and what was
expected.

Owns the checks of single values. It knows no catalogue; :mod:`~support_credits.engine.catalogue` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

_T = TypeVar("_T")

_MISSING: Final = object()
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,4})?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", re.ASCII)
_CLOCK = re.compile(r"(([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LINK = re.compile(r"(https?://[^\s/]+|mailto:[^\s@]+@|/)\S*", re.ASCII)
_SHOWN_MAX = 60  # characters of a wrong value that are repeated in its error


class Node:
	"""One object of the document. Reading a key marks it known; :meth:`close` reports the keys nobody read.

	Every reader returns a harmless stand-in after recording an error, so that one pass finds all errors.
	"""

	def __init__(self, value: object, path: str, errors: list[str]) -> None:
		self.path = path
		self.errors = errors
		self._seen: set[str] = set()
		self._value: Mapping[str, object] = {}
		if isinstance(value, Mapping):
			self._value = value
		else:
			self._report(path or "catalogue", value, "is not an object")
			self.errors = []  # what is inside a thing that is not there is not worth a complaint each

	def close(self) -> None:
		"""Report unknown keys: a misspelt optional key must not silently become its default."""
		for key in self._value:
			if key not in self._seen:
				known = ", ".join(sorted(self._seen))
				self.errors.append(f"{self.at(key)}: unknown key; known are {known}")

	def at(self, key: str) -> str:
		return f"{self.path}.{key}" if self.path else key

	def has(self, key: str) -> bool:
		"""Whether the key is there and not null."""
		return self._value.get(key) is not None

	def known(self, key: str) -> None:
		"""Say that the key may be there, when it is read only under a condition."""
		self._seen.add(key)

	def text(self, key: str, default: str | None = None) -> str:
		value = self._read(key, default)
		if isinstance(value, str) and (value.strip() or default == ""):
			return value
		return self._wrong(key, value, "is not a text", "")

	def optional_text(self, key: str) -> str | None:
		self._seen.add(key)
		return self.text(key) if self.has(key) else None

	def texts(self, key: str) -> tuple[str, ...]:
		"""A list of texts; absent is empty."""
		value = self._read(key, [])
		if isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value):
			return tuple(value)
		return self._wrong(key, value, "is not a list of texts", ())

	def code(self, key: str) -> str:
		return self._matching(key, _CODE, "is not a code of letters, digits, - and _")

	def currency(self, key: str, default: str | None = None) -> str:
		return self._matching(key, _CURRENCY, 'is not a currency code, such as "EUR"', default)

	def country(self, key: str) -> str | None:
		self._seen.add(key)
		if not self.has(key):
			return None
		return self._matching(key, _COUNTRY, 'is not a country code, such as "PT"')

	def link(self, key: str) -> str | None:
		self._seen.add(key)
		if not self.has(key):
			return None
		return self._matching(key, _LINK, "is not a web address, a mailto: address or a path from /")

	def clock(self, key: str) -> str:
		return self._matching(key, _CLOCK, 'is not a time of day from "00:00" to "24:00"')

	def amount(self, key: str) -> Decimal:
		"""Money as text: a JSON number would have passed through a float before we see it."""
		text = self._matching(key, _AMOUNT, 'is not an amount, such as "329.00"')
		return Decimal(text or "0")

	def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
		value = self._read(key, default)
		if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
			return value
		return self._wrong(key, value, f"is not a whole number from {low} to {high}", low)

	def flag(self, key: str, default: bool | None = None) -> bool:
		value = self._read(key, default)
		return value if isinstance(value, bool) else self._wrong(key, value, "is not true or false", False)

	def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
		value = self._read(key, default)
		if isinstance(value, str) and value in choices:
			return value
		return self._wrong(key, value, f"is not one of {', '.join(choices)}", choices[0])

	def zone(self, key: str) -> str:
		name = self.text(key)
		try:
			ZoneInfo(name or "UTC")
		except (KeyError, ValueError, OSError):
			return self._wrong(
				key, name, 'is not a time zone this machine knows, such as "Europe/Lisbon"', "UTC"
			)
		return name

	def days(self, key: str) -> tuple[date, ...]:
		"""A list of dates; absent is empty."""
		found = []
		for number, text in enumerate(self.texts(key)):
			try:
				found.append(date.fromisoformat(text))
			except ValueError:
				self._report(f"{self.at(key)}[{number}]", text, 'is not a date, such as "2026-12-24"')
		return tuple(found)

	def child(self, key: str, *, required: bool = True) -> Node:
		"""The object under ``key``; a missing optional one reads as empty."""
		return Node(self._read(key, None if required else {}), self.at(key), self.errors)

	def children(self, key: str) -> Iterator[Node]:
		"""The objects of the list under ``key``; absent is empty. Each is closed after its turn."""
		value = self._read(key, [])
		if not isinstance(value, list):
			self._wrong(key, value, "is not a list", None)
			return
		for number, item in enumerate(value):
			node = Node(item, f"{self.at(key)}[{number}]", self.errors)
			yield node
			node.close()

	def refuse(self, key: str, expected: str) -> None:
		"""Record that the value under ``key``, readable by itself, does not fit the rest of the document."""
		self._wrong(key, self._value.get(key), expected, None)

	def _read(self, key: str, default: object) -> object:
		self._seen.add(key)
		return self._value.get(key, _MISSING if default is None else default)

	def _matching(self, key: str, form: re.Pattern[str], expected: str, default: str | None = None) -> str:
		value = self._read(key, default)
		if isinstance(value, str) and form.fullmatch(value):
			return value
		return self._wrong(key, value, expected, "")

	def _wrong(self, key: str, value: object, expected: str, instead: _T) -> _T:
		self._report(self.at(key), value, expected)
		return instead

	def _report(self, path: str, value: object, expected: str) -> None:
		if value is _MISSING:
			self.errors.append(f"{path}: missing; {expected.replace('is not', 'expected:', 1)}")
			return
		shown = json.dumps(value, ensure_ascii=False, default=repr)
		if len(shown) > _SHOWN_MAX:
			shown = shown[:_SHOWN_MAX] + "…"
		self.errors.append(f"{path}: {shown} {expected}")
