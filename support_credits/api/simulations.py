"""A past period under another catalogue: what a Credit Simulation asks for. Managers only; nothing of the site changes."""

import json

import frappe
from frappe import _

from support_credits.api.account import MANAGERS, guarded
from support_credits.api.limits import limited
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import settings as site
from support_credits.simulation import records

ASKED_A_MINUTE = 20


@frappe.whitelist(methods=["GET", "POST"])
@limited(ASKED_A_MINUTE)
def loaded_catalogue() -> dict[str, str]:
	"""The catalogue that was loaded last, as text to start from. Managers only."""
	frappe.only_for(MANAGERS)
	stored = site.settings().catalogue
	if not stored:
		frappe.throw(_("No catalogue was loaded here yet. Load one, or upload a file."), SupportCreditsError)
	return {"catalogue": json.dumps(json.loads(stored), indent=1, ensure_ascii=False)}


@frappe.whitelist(methods=["POST"])
@limited(ASKED_A_MINUTE)
def run(name: str) -> dict[str, str]:
	"""Play the Credit Simulation ``name`` in a job. Managers only.

	CatalogueRefused names every mistake by its place in the catalogue; WrongState while it runs.
	"""
	frappe.only_for(MANAGERS)
	return {"name": name, "state": guarded(lambda: records.ask(name))}
