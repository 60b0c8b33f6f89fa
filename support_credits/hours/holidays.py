"""National holidays from the `holidays` library, by country, subdivision and category, with clear refusals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import frappe
import holidays as library
from frappe import _

from support_credits.exceptions import CalendarRefused

PUBLIC = "public"


def countries() -> list[str]:
	return sorted(library.list_supported_countries(include_aliases=False))


def subdivisions(country: str) -> list[str]:
	return list(library.list_supported_countries(include_aliases=False).get(country, []))


def of_country(
	country: str,
	subdivision: str | None,
	categories: Sequence[str],
	years: Sequence[int],
	language: str | None = None,
) -> dict[date, str]:
	"""Holidays with their names. Raises CalendarRefused that names what is not known and what is."""
	check_country(country, subdivision, categories, language)
	found = library.country_holidays(
		country,
		subdiv=subdivision or None,
		years=list(years),
		categories=tuple(categories),
		# Without one the library takes the process's: a job's would rename what a worker has stored.
		language=language or getattr(library, country).default_language,
	)
	return dict(sorted(found.items()))


def check_country(
	country: str, subdivision: str | None, categories: Sequence[str], language: str | None
) -> None:
	if country not in countries():
		frappe.throw(
			_(
				"There are no holidays for country {0}. Use its two letters, for example PT or US, or leave it empty."
			).format(country),
			CalendarRefused,
		)
	if subdivision and subdivision not in subdivisions(country):
		known = ", ".join(subdivisions(country)) or _("none")
		frappe.throw(
			_("{0} has no subdivision {1}. Known are: {2}.").format(country, subdivision, known),
			CalendarRefused,
		)
	kind = getattr(library, country)
	_check_known(_("kind of holidays"), country, categories, kind.supported_categories)
	if language:
		_check_known(_("language"), country, [language], kind.supported_languages or ())


def _check_known(what: str, country: str, wanted: Sequence[str], known: Sequence[str]) -> None:
	strange = [one for one in wanted if one not in known]
	if strange:
		frappe.throw(
			_("{0} knows no {1} {2}. Known are: {3}.").format(
				country, what, ", ".join(strange), ", ".join(known) or _("none")
			),
			CalendarRefused,
		)
