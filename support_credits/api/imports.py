"""Opening balances out of a file: the dry run and the import of an Opening Balance Import, for managers."""

import frappe

from support_credits import opening_import
from support_credits.api.account import MANAGERS, guarded
from support_credits.api.limits import limited

ASKED_A_MINUTE = 20


@frappe.whitelist(methods=["POST"])
@limited(ASKED_A_MINUTE)
def dry_run(name: str) -> dict[str, str]:
	"""Check every row of the file attached to the import ``name``, in a job. Nothing is granted. Managers only."""
	frappe.only_for(MANAGERS)
	return {"name": name, "state": guarded(lambda: opening_import.ask_check(name))}


@frappe.whitelist(methods=["POST"])
@limited(ASKED_A_MINUTE)
def run(name: str) -> dict[str, str]:
	"""Grant all rows of the file of the import ``name``, or none, in a job. Managers only.

	WrongState unless the dry run of exactly this file had no error.
	"""
	frappe.only_for(MANAGERS)
	return {"name": name, "state": guarded(lambda: opening_import.ask_import(name))}
