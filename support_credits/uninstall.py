"""Leave a plain Helpdesk behind. The ledger is written to a file first: what is owed must outlive the app."""

from __future__ import annotations

import gzip
import json
import os

import frappe
from frappe import _
from frappe.utils import get_site_path

from support_credits.engine.model import stamp_text
from support_credits.install import AGENT_ROLES, MARK_LEVEL, TICKET, ticket_fields
from support_credits.ledger import clock
from support_credits.overrides.parking import PARKED_STATUS

EXPORTED = (
	"Support Credits Settings", "Support Tier", "Credit Pack", "Exemption Reason", "Deployment",
	"Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident",
)  # fmt: skip
PAGE = 5_000


def before_uninstall() -> None:
	path, rows = export_ledger()
	reopen_parked()
	print(_("Support Credits: {0} rows of the ledger were written to {1}.").format(rows, path))  # noqa: T201


def after_uninstall() -> None:
	remove_status()
	remove_marks()
	# The host drops them at the next migrate only; until then the scheduler would run them without our tables.
	frappe.db.delete("Scheduled Job Type", {"method": ["like", "support_credits.%"]})


def export_ledger() -> tuple[str, int]:
	"""Every row of ours as one JSON object per line, gzipped, in the site's private files; returns path and count."""
	folder = get_site_path("private", "files")
	os.makedirs(folder, exist_ok=True)
	stamp = stamp_text(clock.now()).replace(":", "").partition(".")[0]
	path = os.path.abspath(os.path.join(folder, f"support_credits-{stamp}.jsonl.gz"))
	count = 0
	with gzip.open(path, "wt", encoding="utf-8") as file:
		for doctype in EXPORTED:
			for row in _rows(doctype):
				file.write(json.dumps({"doctype": doctype, **row}, default=str, ensure_ascii=False) + "\n")
				count += 1
	return path, count


def _rows(doctype: str):
	if frappe.get_meta(doctype).issingle:
		yield frappe.get_doc(doctype).as_dict(no_nulls=True)
		return
	last = ""
	while True:
		page = frappe.get_all(
			doctype, filters={"name": [">", last]}, fields=["*"], order_by="name asc", limit_page_length=PAGE
		)
		yield from page
		if len(page) < PAGE:
			return
		last = page[-1]["name"]


def reopen_parked() -> None:
	"""Tickets that wait for credits would wait for ever: they go back to the host's own open status."""
	for name in frappe.get_all(TICKET, filters={"sc_state": "Parked"}, pluck="name"):
		ticket = frappe.get_doc(TICKET, name)
		status = ticket.default_open_status or "Open"
		category = frappe.db.get_value("HD Ticket Status", status, "category")
		frappe.db.set_value(
			TICKET,
			name,
			{"status": status, "status_category": category, "response_by": None, "resolution_by": None},
			update_modified=False,
		)


def remove_status() -> None:
	if frappe.db.exists("HD Ticket Status", PARKED_STATUS):
		frappe.delete_doc("HD Ticket Status", PARKED_STATUS, ignore_permissions=True, force=True)


def remove_marks() -> None:
	fields = [field["fieldname"] for field in ticket_fields()[TICKET]]
	for name in frappe.get_all(
		"Custom Field", filters={"dt": TICKET, "fieldname": ["in", fields]}, pluck="name"
	):
		frappe.delete_doc("Custom Field", name, ignore_permissions=True, force=True)
	for role in AGENT_ROLES:
		frappe.db.delete("Custom DocPerm", {"parent": TICKET, "role": role, "permlevel": MARK_LEVEL})
	frappe.clear_cache(doctype=TICKET)
	for fieldname in fields:
		# A removed Custom Field leaves its column behind; these held copies only.
		frappe.db.sql_ddl(f"ALTER TABLE `tabHD Ticket` DROP COLUMN IF EXISTS `{fieldname}`")
