"""Runs inside a site, as a process of its own: prints one JSON value. Called by ``test_install.py`` and ``test_upgrade.py``.

env/bin/python inside_site.py SITE facts|ticket|history|hourly|schema [argument]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import frappe

CUSTOMER, USER = "Install Test Company", "install.test@example.com"
OLD_COLUMNS = (
	"name", "subject", "status", "customer", "raised_by", "key", "modified", "response_by", "resolution_by",
	"agreement_status",
)  # fmt: skip
COUNTED = (
	"Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident", "Exemption Reason", "Credit Pack",
	"Support Tier", "Deployment",
)  # fmt: skip
APP = "support_credits"
TABLES = ("HD Ticket", "HD Service Level Agreement", "HD Service Holiday List")


def facts() -> dict[str, object]:
	"""What an app could leave behind on a site, and the tickets as they are."""
	installed = APP in frappe.get_installed_apps()
	return {
		"installed": installed,
		"columns": [sorted(frappe.db.get_table_columns(table)) for table in TABLES],
		"agreements": {row.name: row.enabled for row in frappe.get_all(TABLES[1], ["name", "enabled"])},
		"holiday_lists": _names(TABLES[2], {}),
		"clocks": {str(row.name): [row.sla, row.agreement_status, str(row.response_by)] for row in frappe.get_all("HD Ticket", ["name", "sla", "agreement_status", "response_by"])},
		"custom_fields": _names("Custom Field", {"dt": ["like", "HD %"]}),
		"property_setters": _names("Property Setter", {"doc_type": ["like", "HD %"]}),
		"permissions": sorted(map(str, frappe.get_all("Custom DocPerm", ["parent", "role", "permlevel", "read", "write"], as_list=True))),
		"statuses": _names("HD Ticket Status", {}),
		"roles": _names("Role", {}),
		"modules": _names("Module Def", {"app_name": APP}),
		"doctypes": _names("DocType", {"module": "Support Credits"}),
		"workspaces": _names("Workspace", {"module": "Support Credits"}),
		"scripts": _names("Scheduled Job Type", {"method": ["like", f"{APP}.%"]}),
		"form_scripts": _names("HD Form Script", {}),
		"tables": sorted(table for table in frappe.db.get_tables(cached=False) if table.startswith(("tabCredit", "tabSupport", "tabExemption", "tabDeployment"))),
		"tickets": [list(map(str, row)) for row in frappe.get_all("HD Ticket", fields=OLD_COLUMNS, order_by="name asc", as_list=True)],
		"waiting": frappe.db.count("HD Ticket", {"status": "Waiting for credits"}),
	}  # fmt: skip


def _names(doctype: str, filters: dict) -> list[str]:
	return sorted(frappe.get_all(doctype, filters=filters, pluck="name"))


def ticket(subject: str) -> dict[str, object]:
	"""A ticket as Helpdesk's portal page opens one, by the test's customer."""
	from helpdesk.helpdesk.doctype.hd_ticket.api import new

	ensure_person()
	frappe.set_user(USER)
	made = new({"subject": subject, "description": "Opened by the install test."})
	frappe.db.commit()
	return {
		"name": made.name,
		"status": made.status,
		"state": made.get("sc_state"),
		"customer": made.customer,
	}


def ensure_person() -> None:
	if not frappe.db.exists("User", USER):
		account = {"doctype": "User", "email": USER, "first_name": "Install", "send_welcome_email": 0}
		frappe.get_doc({**account, "roles": [{"role": "HD Customer"}]}).insert()
	contact = frappe.db.get_value("Contact", {"user": USER}) or _contact()
	if not frappe.db.exists("HD Customer", CUSTOMER):
		members = [{"contact_name": contact, "is_manager": 1}]
		frappe.get_doc({"doctype": "HD Customer", "customer_name": CUSTOMER, "contacts": members}).insert()
	frappe.db.commit()


def _contact() -> str:
	person = frappe.get_doc({"doctype": "Contact", "first_name": "Install", "user": USER})
	person.add_email(USER, is_primary=True)
	return person.insert().name


def history() -> dict[str, object]:
	"""Two credits, three tickets (the third waits), one of them exempt, one closed; returns what the ledger holds then.

	Their tier has hours, and so has one that nobody uses; an agreement of the administrator's own counts by them too.
	"""
	from support_credits.api import account as accounts
	from support_credits.api import incident as incidents

	ensure_person()
	granted = accounts.grant(reason="Install test", customer=CUSTOMER, credits=2)
	tier, unused = _hours()
	account = frappe.get_doc("Credit Account", granted["account"])
	account.update({"portal_policy": "Park", "tier": tier}).save()
	reason = {
		"doctype": "Exemption Reason",
		"reason_code": "INSTALL",
		"label": "Install test",
		"who": "Agent",
	}
	if not frappe.db.exists("Exemption Reason", "INSTALL"):
		frappe.get_doc(reason).insert()
	frappe.db.commit()
	names = [ticket(f"Charged {number}")["name"] for number in range(2)]
	waiting = ticket("Waits")
	frappe.set_user("Administrator")
	incidents.exempt(names[0], "INSTALL")
	frappe.get_doc("HD Ticket", names[1]).update({"status": "Closed"}).save()
	frappe.db.commit()
	return {
		"agreements": [frappe.db.get_value("Support Tier", code, "agreement") for code in (tier, unused)],
		"open": str(names[0]),
		"closed": str(names[1]),
		"waiting": waiting,
		"rows": {doctype: frappe.db.count(doctype) for doctype in COUNTED},
	}


def _hours() -> tuple[str, str]:
	"""A tier and one that nobody has, on one calendar. Their names are new: an earlier run's agreement is still there."""
	workdays = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), 1)
	calendar = {"doctype": "Support Calendar", "calendar_code": "INSTALL", "calendar_name": "Install Hours"}
	windows = [{**workdays, "starts": "08:00", "ends": "18:00"}]
	frappe.get_doc({**calendar, "time_zone": "Europe/Lisbon", "country": "PT", "windows": windows}).insert()
	for code in ("INSTALL", "UNUSED"):
		tier = {
			"doctype": "Support Tier",
			"tier_code": code,
			"tier_name": f"{code} {frappe.generate_hash(length=6)}",
		}
		promise = {"promise_value": 4, "promise_unit": "covered hours", "calendar": "INSTALL"}
		frappe.get_doc({**tier, **promise}).insert()
	own = frappe.get_doc(TABLES[1], {"default_sla": 1})
	own.update({"sc_calendar": "INSTALL"}).save()
	return "INSTALL", "UNUSED"


def hourly() -> dict[str, object]:
	"""The host's own job about breaches, as its scheduler runs it; returns the clocks after it."""
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import update_sla_status_in_ticket

	update_sla_status_in_ticket()
	return facts()["clocks"]


def schema() -> dict[str, object]:
	"""Where the code comes from, and what the database lacks of what its DocTypes and patches ask for."""
	from frappe.modules.patch_handler import get_patches_from_app

	import support_credits

	files = Path(support_credits.__file__).parent.glob("support_credits/doctype/*/*.json")
	wanted = {json.loads(file.read_text())["name"] for file in files}
	found = set(_names("DocType", {"module": "Support Credits"}))
	done = set(frappe.get_all("Patch Log", {"skipped": 0}, pluck="patch"))
	return {
		"sources": str(Path(support_credits.__file__).parents[1]),
		"doctypes": sorted(wanted ^ found),
		"columns": sorted(lack for doctype in wanted & found for lack in _lacking(doctype)),
		"patches": [patch for patch in get_patches_from_app(APP) if patch not in done],
	}


def _lacking(doctype: str) -> Iterator[str]:
	"""Columns and unique indexes that the DocType's table should have."""
	meta = frappe.get_meta(doctype)
	if meta.issingle or meta.is_virtual:
		return
	there = {row[0] for row in frappe.db.describe(doctype)}  # the host's list of columns is cached
	virtual = {field.fieldname for field in meta.fields if field.is_virtual}  # worked out when read
	wanted = (column for column in meta.get_valid_columns() if column not in virtual)
	yield from (f"{doctype}.{column}" for column in wanted if column not in there)
	for field in meta.fields:
		if field.unique and not frappe.db.get_column_index(f"tab{doctype}", field.fieldname, unique=True):
			yield f"{doctype}.{field.fieldname} unique"


def main() -> None:
	site, action, *arguments = sys.argv[1:]
	frappe.init(site, sites_path=".")
	frappe.connect()
	try:
		actions = {"facts": facts, "ticket": ticket, "history": history, "hourly": hourly, "schema": schema}
		answer = actions[action](*arguments)
	finally:
		frappe.destroy()
	sys.stdout.write("\n" + json.dumps(answer, default=str) + "\n")


if __name__ == "__main__":
	main()
