"""Loading a provider's catalogue from the desk: what there is, what it would do here, and doing it. System Managers only."""

from dataclasses import asdict
from typing import NoReturn

import frappe
from frappe import _
from frappe.utils import escape_html

from support_credits import catalogue, catalogue_file
from support_credits.api.account import guarded
from support_credits.api.limits import limited
from support_credits.exceptions import CatalogueRefused

ASKED_A_MINUTE = 30
ROLE = "System Manager"
SHOWN_ERRORS = 30
LINE_LENGTH = 300


@frappe.whitelist()
@limited(ASKED_A_MINUTE)
def shipped() -> list[dict[str, object]]:
	"""The catalogues that come with the app: ``name``, ``provider``, ``currency`` and how many packs, tiers and calendars."""
	frappe.only_for(ROLE)
	return [asdict(one) for one in catalogue_file.shipped()]


@frappe.whitelist(methods=["POST"])
@limited(ASKED_A_MINUTE)
def preview_catalogue(name: str = "", content: str = "", overwrite: bool = False) -> dict[str, object]:
	"""What loading would do, record by record; nothing is written. Of a shipped catalogue by ``name``, or of ``content``.

	``errors`` lists what is wrong with it, each with its place in the file; then there are no ``records``.
	"""
	frappe.only_for(ROLE)
	try:
		report = guarded(lambda: catalogue.load(_asked(name, content), overwrite))
	except CatalogueRefused as error:
		return {"errors": _lines(error), "records": [], "notes": []}
	finally:
		frappe.db.rollback()
	return {"errors": [], "records": [asdict(one) for one in report.records], "notes": report.notes}


@frappe.whitelist(methods=["POST"])
@limited(ASKED_A_MINUTE)
def load_catalogue(name: str = "", content: str = "", overwrite: bool = False) -> dict[str, object]:
	"""Load it: all of it or, where something is wrong, nothing. Loading the same again changes nothing.

	What was edited here stays, unless ``overwrite`` says otherwise. CatalogueRefused (417) names the places in the file.
	"""
	frappe.only_for(ROLE)
	try:
		report = guarded(lambda: catalogue.load(_asked(name, content), overwrite))
	except CatalogueRefused as error:
		_refuse(error)
	return {"records": [asdict(one) for one in report.records], "notes": report.notes}


def _asked(name: str, content: str) -> dict[str, object]:
	if bool(name) == bool(content):
		raise CatalogueRefused(_("Name either a catalogue that comes with the app or the content of a file."))
	return catalogue_file.of_shipped(name) if name else catalogue_file.parsed(content, _("The file"))


def _lines(error: CatalogueRefused) -> list[str]:
	"""As text: whoever shows them as HTML escapes them."""
	lines = str(error).splitlines()
	shown = [line[:LINE_LENGTH] for line in lines[:SHOWN_ERRORS]]
	if len(lines) > SHOWN_ERRORS:
		shown.append(_("{0} more").format(len(lines) - SHOWN_ERRORS))
	return shown


def _refuse(error: CatalogueRefused) -> NoReturn:
	frappe.db.rollback()
	lines = "<br>".join(escape_html(line) for line in _lines(error))
	frappe.throw(lines, CatalogueRefused, title=_("This catalogue cannot be loaded"))
