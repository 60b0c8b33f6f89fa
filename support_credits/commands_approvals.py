"""``bench --site SITE support-credits approvals`` and ``answer-approval``: entries by hand that wait for a second person."""

from __future__ import annotations

import click
import frappe
from frappe.commands import pass_context

from support_credits.command_line import as_json_option, say, site_of


@click.command("approvals")
@as_json_option
@pass_context
def approvals(context: object, as_json: bool) -> None:
	"""List the entries by hand that wait for a second person."""
	with site_of(context):
		from support_credits.api.approvals import waiting

		said = waiting()
		say(said, as_json, lambda: _listed_text(said["approvals"]))


def _listed_text(lines: list[dict]) -> str:
	rows = [
		f"{line['approval']}  {line['act']:<11}{line['credits']:>8}  {line['customer']}, asked for by"
		f" {line['requested_by']} until {line['expires_at_utc'][:16]}: {line['reason']}"
		for line in lines
	]
	return "\n".join([*rows, f"{len(rows)} waiting"])


@click.command("answer-approval")
@click.argument("approval")
@click.option(
	"--approve/--decline", "is_approved", required=True, default=None, help="Enter it, or let it be."
)
@click.option("--note", default="", help="Why; it is kept with the request.")
@as_json_option
@pass_context
def answer_approval(context: object, approval: str, is_approved: bool, note: str, as_json: bool) -> None:
	"""Approve or decline APPROVAL as Administrator; what Administrator asked for needs somebody else, in the desk."""
	with site_of(context):
		from support_credits.api import approvals as api
		from support_credits.ledger.jobs import finish_releases

		said = api.approve(approval, note) if is_approved else api.decline(approval, note)
		frappe.db.commit()
		if is_approved:
			finish_releases()
		say(said, as_json, lambda: said["message"])
