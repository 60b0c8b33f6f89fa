"""Commands for what comes in and goes out as a file: opening balances, and everything held for a customer."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import click
import frappe
from frappe.commands import pass_context

from support_credits.command_line import Meter, as_json_option, file_of, say, site_of


@click.command("import-balances")
@click.argument("path", callback=lambda _context, _option, path: file_of(path))
@click.option("--dry-run", is_flag=True, help="Show what every row would do; write nothing.")
@click.option(
	"--report", default="", help="Write every row's effect, and every error with its line, to this CSV file."
)
@as_json_option
@pass_context
def import_balances(context: object, path: str, dry_run: bool, report: str, as_json: bool) -> None:
	"""Grant the opening balances in a CSV file: all of its rows or none, each once however often it comes."""
	with site_of(context):
		from support_credits.ledger import opening
		from support_credits.ledger.jobs import finish_releases

		meter, told = Meter(shown=not as_json), _Told(report)
		outcome = opening.check(path, meter.show, told.take)
		if outcome.ok and not dry_run:
			outcome = opening.bring_in(path, meter.show, told.take, digest=outcome.digest)
			frappe.db.commit()
			finish_releases()
		meter.clear()
		said = {"ok": outcome.ok, "dry_run": dry_run, "digest": outcome.digest, **asdict(outcome.counts)}
		say({**said, "errors_told": told.errors}, as_json, lambda: _import_text(said, told))
		if not outcome.ok:
			sys.exit(1)


class _Told:
	"""What the command shows of a plan: the first errors on the screen, everything in a file where one is named."""

	MOST = 50

	def __init__(self, path: str) -> None:
		# bench runs commands in its ``sites`` folder, people type paths from the bench's own.
		self.path = os.path.join("..", path) if path and not os.path.isabs(path) else path
		self.errors: list[str] = []

	def take(self, plan: object) -> None:
		from support_credits import opening_report
		from support_credits.ledger.opening import said

		self.errors = [said(trouble) for trouble in plan.troubles(self.MOST)]
		if self.path:
			with open(self.path, "wb") as file:
				opening_report.write(plan, file)


def _import_text(said: dict, told: _Told) -> str:
	brought = f"{said['credits']} credits in {said['grants']} row(s)"
	lines = [
		*told.errors,
		f"{said['rows']} row(s): {said['before']} granted before, {said['left_out']} left out, {said['errors']} with errors",
	]
	if not said["ok"]:
		return "\n".join([*lines, "nothing was written: put the errors right and start again"])
	if said["dry_run"]:
		return "\n".join([*lines, f"{brought} would be granted; nothing was written (dry run)"])
	return "\n".join([*lines, f"granted {brought}; {said['new_accounts']} account(s) opened"])


@click.command("export-customer")
@click.argument("customer")
@click.option(
	"--format",
	"form",
	type=click.Choice(["json", "csv"]),
	default="json",
	help="One JSON file, or a zip of CSV files.",
)
@click.option("--output", required=True, help="The file to write.")
@as_json_option
@pass_context
def export_customer(context: object, customer: str, form: str, output: str, as_json: bool) -> None:
	"""Write everything the app holds for CUSTOMER to a file."""
	with site_of(context):
		from support_credits import customer_export

		path = os.path.join("..", output) if not os.path.isabs(output) else output
		customer_export.check_customer(customer)
		with open(path, "wb") as file:
			counts = customer_export.write(customer, form, file)
		said = {"customer": customer, "path": os.path.abspath(path), "rows": counts}
		say(said, as_json, lambda: f"{sum(counts.values())} rows of {customer} written to {said['path']}")
