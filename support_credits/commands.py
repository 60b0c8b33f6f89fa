"""``bench --site SITE support-credits …``: grant, statement, verify, import-balances, export-customer, load-catalogue, demo.

Every command takes ``--json``, says what it did, and exits with 0 when all is well, 1 when it is not, 2 when the call
itself was wrong.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime

import click
import frappe
from frappe.commands import pass_context

from support_credits.command_line import Meter, as_json_option, file_of, say, site_of
from support_credits.commands_approvals import answer_approval, approvals
from support_credits.commands_simulate import simulate
from support_credits.commands_ways import export_customer, import_balances


@click.group("support-credits")
def support_credits() -> None:
	"""Support by the incident: credits, statements, proof and catalogues."""


@support_credits.command("grant")
@click.option("--customer", default="", help="HD Customer to grant to.")
@click.option(
	"--person", default="", help="Or a person's e-mail address: his company, or himself as an Individual."
)
@click.option("--pack", default="", help="Credit Pack to grant.")
@click.option("--credits", default=0, type=int, help="Or a number of credits.")
@click.option(
	"--months", default=0, type=int, help="Validity of --credits in calendar months; 0 never expires."
)
@click.option("--reason", required=True, help="Why; it stays in the ledger.")
@click.option("--key", default="", help="Grant once per key: repeating the command then changes nothing.")
@as_json_option
@pass_context
def grant(context: object, as_json: bool, **order: object) -> None:
	"""Grant credits to a customer."""
	with site_of(context):
		from support_credits.api.account import grant as grant_credits
		from support_credits.ledger.jobs import finish_releases

		done = grant_credits(**order)
		frappe.db.commit()
		finish_releases()
		if done.get("approval"):
			say(done, as_json, lambda: f"{done['message']} Request {done['approval']}")
			sys.exit(1)
		words = "was granted before; nothing changed" if done["replayed"] else "granted"
		say(
			done,
			as_json,
			lambda: (
				f"{done['credits']} credits {words}: lot {done['lot']}, "
				f"valid until {done['expires_on'] or 'used'}, balance {done['balance']}"
			),
		)


@support_credits.command("statement")
@click.argument("customer")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC) to show.")
@as_json_option
@pass_context
def statement(context: object, customer: str, since: datetime | None, as_json: bool) -> None:
	"""Print the statement of CUSTOMER (or of an account): every change with the balance after it."""
	with site_of(context):
		from support_credits.api.account import statement as statement_of

		said = statement_of(_account(customer), since=since.strftime("%Y-%m-%d") if since else "")
		say(said, as_json, lambda: _statement_text(said))


def _statement_text(said: dict) -> str:
	lines = [f"{'when (UTC)':<17}{'what':<12}{'credits':>8}{'balance':>9}  {'lot':<18}for"]
	for line in said["lines"]:
		about = f"ticket {line['ticket']}" if line["ticket"] else line["reason"]
		when = line["at_utc"][:16].replace("T", " ")
		lines.append(
			f"{when:<17}{line['kind']:<12}{line['credits']:>+8}{line['balance']:>9}  {line['lot']:<18}{about}".rstrip()
		)
	return "\n".join([*lines, f"balance {said['balance']}   digest {said['digest'] or '-'}"])


def _account(customer: str) -> str:
	name = frappe.db.get_value("Credit Account", {"customer": customer}, "name") or frappe.db.exists(
		"Credit Account", customer
	)
	if not name:
		frappe.throw(
			frappe._("{0} has no Credit Account. Grant credits to open one.").format(customer),
			frappe.DoesNotExistError,
		)
	return name


@support_credits.command("verify")
@click.option("--customer", default="", help="Check one customer's account only.")
@click.option(
	"--heads", is_flag=True, help="Also print where every chain stands, to be kept off this machine."
)
@click.option(
	"--kept",
	default="",
	callback=lambda _context, _option, path: path and file_of(path),
	help="Compare with what --heads printed before: finds a chain rewritten with all its hashes.",
)
@as_json_option
@pass_context
def verify(context: object, customer: str, heads: bool, kept: str, as_json: bool) -> None:
	"""Recompute every chain, lot and balance; exit 1 when anything is not as it was posted."""
	with site_of(context):
		from support_credits.ledger.heads import read_heads
		from support_credits.ledger.verification import verify as verify_ledger

		meter = Meter(shown=not as_json)
		report = verify_ledger(
			_account(customer) if customer else None, meter.show, heads, read_heads(kept) if kept else ()
		)
		meter.clear()
		say(report.as_dict(), as_json, lambda: _verify_text(report))
		if not report.ok:
			sys.exit(1)


def _verify_text(report: object) -> str:
	lines = [f"{finding.row}: {finding.message}" for finding in report.findings]
	lines += [head.as_line() for head in report.heads or ()]
	more = " or more" if report.cut else ""
	verdict = "all as it was posted" if report.ok else f"{len(report.findings)}{more} finding(s)"
	return "\n".join(
		[*lines, f"{report.accounts} accounts, {report.entries} entries, {report.tickets} tickets: {verdict}"]
	)


@support_credits.command("load-catalogue")
@click.argument("path", callback=lambda _context, _option, path: file_of(path))
@click.option("--overwrite", is_flag=True, help="Also replace what was edited on this site.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; write nothing.")
@as_json_option
@pass_context
def load_catalogue(context: object, path: str, overwrite: bool, dry_run: bool, as_json: bool) -> None:
	"""Load a provider's catalogue: packs, tiers, exemption reasons and settings."""
	with site_of(context):
		from support_credits import catalogue

		report = catalogue.load(catalogue.read(path), overwrite)
		if dry_run:
			frappe.db.rollback()
		say({**report.as_dict(), "dry_run": dry_run}, as_json, lambda: _load_text(report, dry_run))


def _load_text(report: object, dry_run: bool) -> str:
	lines = [f"kept as edited here  {line}" for line in report.kept]
	lines += [f"{what:<21}{name}" for what in ("created", "updated") for name in getattr(report, what)]
	lines += [*report.notes, f"{len(report.unchanged)} record(s) unchanged"]
	return "\n".join([*lines, "nothing was written (dry run)"] if dry_run else lines)


@support_credits.command("demo")
@as_json_option
@pass_context
def demo(context: object, as_json: bool) -> None:
	"""Create demo customers, agents and tickets on a site whose catalogue is loaded, and print their logins."""
	with site_of(context):
		from support_credits import demo as demo_data

		made = demo_data.create()
		say(made, as_json, lambda: _logins_text(made))


@support_credits.command("openapi")
@pass_context
def openapi(context: object) -> None:
	"""Print the OpenAPI description of the app's endpoints: what public/openapi.json holds."""
	with site_of(context):
		from support_credits import openapi as described

		text = json.dumps(described.document(), indent=1, ensure_ascii=False)
		click.echo(text, file=sys.__stdout__)


def _logins_text(made: dict) -> str:
	rows = [f"{login['user']:<24}{login['password']:<26}{login['who']}" for login in made["logins"]]
	return "\n".join([*rows, *made["notes"]])


support_credits.add_command(import_balances)
support_credits.add_command(export_customer)
support_credits.add_command(simulate)
support_credits.add_command(approvals)
support_credits.add_command(answer_approval)

commands = [support_credits]
