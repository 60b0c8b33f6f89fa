"""Leave a plain Helpdesk behind. The ledger is written to a file first: what is owed must outlive the app."""

from __future__ import annotations

import gzip
import json
import os

import click
import frappe
from frappe import _
from frappe.utils import get_site_path

from support_credits import form_scripts, onboarding
from support_credits.engine.model import stamp_text
from support_credits.exported_rows import rows_of
from support_credits.install import (
	AGREEMENT,
	HOLIDAY_LIST,
	MODULE,
	TICKET,
	customer_indexes,
	host_fields,
)
from support_credits.integrations.erpnext import fields as erpnext_fields
from support_credits.ledger import clock
from support_credits.mail import jobs, notice_texts, spool
from support_credits.overrides import parking

EXPORTED = (
	"Support Credits Settings", "Support Calendar", "Support Window", "Support Calendar Day", "Support Calendar Holiday",
	"Support Tier", "Credit Pack", "Exemption Reason", "Deployment",
	"Credit Account", "Credit Lot", "Credit Ledger Entry", "Support Incident", "Credit Proposal", "Activation Code",
	"Work Log", "Work Timer", "Credit Order", "Opening Balance Import", "Activation Batch", "Order Redemption",
	"Open Collective Settings", "Open Collective Tier", "Credit Invoicing Settings",
	"Support Subscription", "Support Subscription Event", "Emergency Session", "Credit Notice", "Credit Notice Choice",
	"Credit Job", "Ledger Finding", "Credit Approval", "Credit Simulation",
)  # fmt: skip
CLOCK_FIELDS = (
	"status", "status_category", "service_level_agreement_creation", "first_responded_on", "on_hold_since",
	"total_hold_time", "response_by", "resolution_by", "agreement_status",
)  # fmt: skip


def before_uninstall() -> None:
	"""Take in the mails that are kept, and write the ledger to a file. The host calls this for a dry run too."""
	if not is_dry_run():
		take_in_kept()
	path, rows = export_ledger()
	settings = frappe.get_doc("Support Credits Settings")
	# The settings are gone when the rest is done, in the same process.
	frappe.flags.sc_made_status = settings.get("made_status")
	print(_("Support Credits: {0} rows of the ledger were written to {1}.").format(rows, path))  # noqa: T201


def after_uninstall() -> None:
	if "support_credits" in frappe.get_installed_apps():
		return  # a dry run: the app stays
	status = frappe.flags.sc_made_status
	leave_agreements()
	reopen_waiting(status)
	if status:
		remove_status(status)
	# The host drops them at the next migrate only; until then the scheduler would run them without our tables.
	frappe.db.delete("Scheduled Job Type", {"method": ["like", "support_credits.%"]})
	form_scripts.remove()
	onboarding.remove()
	notice_texts.remove()
	frappe.db.delete("Email Unsubscribe", {"reference_doctype": "Credit Account"})
	frappe.db.delete("Notification Log", {"document_type": ["in", EXPORTED]})  # they lead nowhere now
	remove_marks()
	remove_customer_index()
	erpnext_fields.remove()
	frappe.db.commit()  # the host commits before this hook and not after it
	tell_of_kept()


def is_dry_run() -> bool:
	"""Whether the command only shows what it would do. The host does not say so to its hooks."""
	command = click.get_current_context(silent=True)
	return bool(command and command.params.get("dry_run"))


def take_in_kept() -> None:
	"""Try once more the mails that could not be taken in: nobody else knows them. The uninstall goes on without them."""
	try:
		jobs.take_in_kept(at_once=True)
	except Exception as error:
		frappe.db.rollback()
		print(_("Support Credits: the mails that are kept could not be taken in: {0}").format(error))  # noqa: T201


def tell_of_kept() -> None:
	"""Say which mails stay behind: Helpdesk does not look there."""
	path = get_site_path(*spool.FOLDER)
	left = len(spool.files()) if os.path.isdir(path) else 0
	if left:
		print(  # noqa: T201
			_("Support Credits: {0} mails that could not be taken in are left in {1}.").format(
				left, os.path.abspath(path)
			)
		)


def export_ledger() -> tuple[str, int]:
	"""Every row of ours as one JSON object per line, gzipped, in the site's private files; returns path and count."""
	folder = get_site_path("private", "files")
	os.makedirs(folder, exist_ok=True)
	stamp = stamp_text(clock.now()).replace(":", "").partition(".")[0]
	path = os.path.abspath(os.path.join(folder, f"support_credits-{stamp}.jsonl.gz"))
	count = 0
	with gzip.open(path, "wt", encoding="utf-8") as file:
		for doctype in EXPORTED:
			for row in rows_of(doctype):
				file.write(json.dumps({"doctype": doctype, **row}, default=str, ensure_ascii=False) + "\n")
				count += 1
	return path, count


def reopen_waiting(status: str | None) -> None:
	"""Tickets that wait for credits, or that somebody gave our ``status`` by hand, go on as the host's own open ones."""
	ticket = frappe.qb.DocType(TICKET)
	waiting = ticket.sc_state == "Parked"
	if status:
		waiting = waiting | (ticket.status == status)
	for name in frappe.qb.from_(ticket).select(ticket.name).where(waiting).run(pluck=True):
		try:
			values = _opened(name)
		except frappe.ValidationError:
			# Its SLA cannot be worked out; the host does it at the next save, without ours in the way.
			values = {
				"status": _open_status(),
				"status_category": "Open",
				"sla": None,
				"agreement_status": None,
			}
		frappe.db.set_value(TICKET, name, values, update_modified=False)


def _open_status() -> str:
	return frappe.db.get_single_value("HD Settings", "default_ticket_status") or "Open"


def _opened(name: str) -> dict[str, object]:
	"""What the host would say of the ticket, had it been opened now: its own SLA is asked."""
	ticket = frappe.get_doc(TICKET, name)
	parking.wake(ticket)
	if ticket.sla:
		sla = frappe.get_doc("HD Service Level Agreement", ticket.sla)
		sla.handle_targets(ticket)
		sla.handle_agreement_status(ticket)
	return {field: ticket.get(field) for field in CLOCK_FIELDS}


def remove_status(status: str) -> None:
	if frappe.db.exists("HD Ticket Status", status):
		frappe.delete_doc("HD Ticket Status", status, ignore_permissions=True, force=True)


def remove_customer_index() -> None:
	for name in customer_indexes():
		if frappe.db.get_value("Property Setter", name, "module") == MODULE:
			frappe.delete_doc("Property Setter", name, ignore_permissions=True, force=True)
	frappe.clear_cache(doctype=TICKET)
	frappe.db.updatedb(TICKET)


def leave_agreements() -> None:
	"""Open tickets go back to the agreement the host picks; ours stay behind, disabled, where a ticket names one.

	The host's hourly job stops at a ticket whose agreement does not exist.
	"""
	ours = frappe.get_all(AGREEMENT, {"sc_tier": ["is", "set"]}, pluck="name")
	# From here on the host counts, also for an administrator's own agreement: our calendars are gone already.
	frappe.db.sql(f"UPDATE `tab{AGREEMENT}` SET sc_calendar = NULL")
	frappe.db.sql(f"UPDATE `tab{AGREEMENT}` SET enabled = 0 WHERE sc_tier IS NOT NULL AND sc_tier != ''")
	frappe.clear_document_cache(AGREEMENT)
	for name in ours:
		_hand_over(name)
		if frappe.db.exists(TICKET, {"sla": name}):
			frappe.db.set_value(AGREEMENT, name, {"enabled": 0, "description": None})
		else:
			frappe.delete_doc(AGREEMENT, name, ignore_permissions=True, force=True)
	for holidays in frappe.get_all(HOLIDAY_LIST, {"sc_calendar": ["is", "set"]}, pluck="name"):
		if not frappe.db.exists(AGREEMENT, {"holiday_list": holidays}):
			frappe.delete_doc(HOLIDAY_LIST, holidays, ignore_permissions=True, force=True)


def _hand_over(agreement: str) -> None:
	open_ones = {"sla": agreement, "status_category": ["!=", "Resolved"]}
	for name in frappe.get_all(TICKET, open_ones, pluck="name"):
		try:
			values = _handed_over(name)
		except Exception:
			# The host's own agreements or their conditions cannot be asked; it does so itself at the next save.
			values = {"sla": None, "agreement_status": None}
		frappe.db.set_value(TICKET, name, values, update_modified=False)


def _handed_over(name: str) -> dict[str, object]:
	ticket = frappe.get_doc(TICKET, name)
	ticket.set_sla()
	sla = frappe.get_doc(AGREEMENT, ticket.sla)
	sla.handle_targets(ticket)
	sla.handle_agreement_status(ticket)
	fields = ("sla", "response_by", "resolution_by", "agreement_status")
	return {field: ticket.get(field) for field in fields}


def remove_marks() -> None:
	for doctype, fields in host_fields().items():
		names = [field["fieldname"] for field in fields]
		for name in frappe.get_all("Custom Field", {"dt": doctype, "fieldname": ["in", names]}, pluck="name"):
			frappe.delete_doc("Custom Field", name, ignore_permissions=True, force=True)
		frappe.clear_cache(doctype=doctype)
		for fieldname in names:
			# A removed Custom Field leaves its column behind; these held copies only.
			frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` DROP COLUMN IF EXISTS `{fieldname}`")
