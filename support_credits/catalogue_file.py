"""Catalogues as files: those that come with the app, and what somebody uploads. Read as data, and refused with the place."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import NoReturn

import frappe
from frappe import _

from support_credits.exceptions import CatalogueRefused

MOST_BYTES = 256 * 1024  # fifty times what a provider needs


@dataclass(frozen=True)
class Shipped:
	"""A catalogue that comes with the app: the name of its file without ending, and what it says of itself."""

	name: str
	provider: str
	currency: str
	packs: int
	tiers: int
	calendars: int


def folder() -> str:
	"""Where they are: beside the package, as in the repository. Empty where the app was installed without them."""
	return os.path.join(os.path.dirname(frappe.get_app_path("support_credits")), "fixtures")


def shipped() -> list[Shipped]:
	"""The catalogues that come with the app, by name."""
	found = []
	for name in _names():
		data = parsed(_text(name), name)
		provider = data["provider"]
		counts = (len(data.get(key) or []) for key in ("packs", "tiers", "calendars"))
		found.append(Shipped(name, provider["name"], provider["currency"], *counts))
	return found


def _names() -> list[str]:
	files = sorted(os.listdir(folder())) if os.path.isdir(folder()) else []
	return [file.removesuffix(".json") for file in files if file.endswith(".json")]


def of_shipped(name: str) -> dict[str, object]:
	"""The catalogue that comes with the app under ``name``, one of :func:`shipped`. CatalogueRefused for any other."""
	if name not in _names():
		raise CatalogueRefused(
			_("There is no catalogue {0}. Known are: {1}.").format(name[:60], ", ".join(_names()))
		)
	return parsed(_text(name), name)


def _text(name: str) -> str:
	with open(os.path.join(folder(), f"{name}.json"), encoding="utf-8") as file:
		return file.read()


def parsed(text: str, name: str) -> dict[str, object]:
	"""The JSON object in ``text``. CatalogueRefused names the file and the line, or says what it is instead."""
	if len(text.encode("utf-8", "replace")) > MOST_BYTES:
		raise CatalogueRefused(
			_("{0} is too big for a catalogue: at most {1} KB.").format(name, MOST_BYTES // 1024)
		)
	try:
		data = json.loads(text, parse_constant=_refuse_constant)
	except RecursionError as error:
		raise CatalogueRefused(_("{0} is nested too deeply to be a catalogue.").format(name)) from error
	except ValueError as error:
		raise CatalogueRefused(_("{0} is not JSON: {1}").format(name, error)) from error
	if not isinstance(data, dict):
		raise CatalogueRefused(_("{0} must hold one JSON object.").format(name))
	return data


def _refuse_constant(word: str) -> NoReturn:
	raise ValueError(f"{word} is no number")
