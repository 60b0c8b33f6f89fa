"""The host's onboarding of this app: a step is done when it is, not when somebody clicked on it.

The host marks most steps on the way to a page. When a manager opens the desk, those that leave something behind are looked
at anew: marked where it is there, whoever made it and how, and taken back where it is not.
"""

from __future__ import annotations

from collections.abc import Callable

import frappe

from support_credits.api.account import MANAGERS
from support_credits.ledger import settings as site

ONBOARDING = "Support Credits"
STEP = "Onboarding Step"
# Every step, in order. Those without a fact are looked at, and leave nothing behind.
STEPS = (
	"Load a Catalogue",
	"Say Who You Are",
	"Look at the Packs",
	"Look at the Tiers",
	"Look at the Calendar",
	"Give a Customer Credits",
	"Open a Ticket",
	"See What It Cost",
)


def extend_bootinfo(bootinfo: frappe._dict) -> None:
	"""Called by the host for whoever opens the desk; costs one statement once all is done, and nothing for others."""
	if set(MANAGERS) & set(frappe.get_roles()) and follow():
		frappe.local.flags.commit = True  # it is a GET, which the host would not commit


def follow() -> bool:
	"""Bring the steps in line with what is there; whether any was changed."""
	if frappe.db.get_value("Module Onboarding", ONBOARDING, "is_complete", cache=True) != 0:
		return False  # all done, or not on this site
	facts = _facts()
	steps = frappe.get_all(
		STEP,
		filters={"name": ["in", list(facts)]},
		fields=["name", "is_complete", "is_skipped"],
		order_by="name asc",
	)
	changed = False
	for step in steps:
		done = int(facts[step.name]())
		if not step.is_skipped and done != step.is_complete:
			frappe.db.set_value(STEP, step.name, "is_complete", done)
			changed = True
	return changed


def _facts() -> dict[str, Callable[[], bool]]:
	settings = site.settings()
	return {
		"Say Who You Are": lambda: bool(settings.time_zone and settings.currency),
		"Load a Catalogue": lambda: bool(settings.catalogue_name),
		"Give a Customer Credits": lambda: bool(frappe.db.exists("Credit Lot", {"overdraft_limit": 0})),
		"Open a Ticket": lambda: bool(frappe.db.exists("Support Incident", {"credits": [">", 0]})),
	}


def remove() -> None:
	"""The steps belong to no module, so that the host leaves them behind when the app goes."""
	frappe.db.delete(STEP, {"name": ["in", list(STEPS)]})
