"""``bench --site SITE support-credits simulate``: a past period under a catalogue, without writing anything."""

from __future__ import annotations

import os
from datetime import datetime

import click
from frappe.commands import pass_context

from support_credits.command_line import Meter, as_json_option, file_of, say, site_of

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("simulate")
@click.option(
	"--catalogue",
	"path",
	required=True,
	callback=lambda _context, _option, path: file_of(path),
	help="File with the terms that the past is played under; nothing of it is loaded.",
)
@click.option("--since", type=DAY, required=True, help="First day, on the provider's calendar.")
@click.option("--until", type=DAY, required=True, help="Last day.")
@click.option(
	"--purchases",
	type=click.Choice(["happened", "buys", "none"]),
	default="happened",
	show_default=True,
	help="Credits that come in: as they happened; a pack whenever a ticket cannot be paid; or none.",
)
@click.option(
	"--pack", default="", help="Code of the pack that is bought; the one with the cheapest credit by default."
)
@click.option("--csv", "csv_path", default="", help="Also write every row to this file.")
@as_json_option
@pass_context
def simulate(
	context: object,
	path: str,
	since: datetime,
	until: datetime,
	purchases: str,
	pack: str,
	csv_path: str,
	as_json: bool,
) -> None:
	"""Play the site's tickets of a past period under another catalogue: credits needed, refusals, revenue, deadlines missed."""
	with site_of(context):
		from support_credits import catalogue
		from support_credits.engine.simulation_model import Purchases, total
		from support_credits.simulation import run, sheet

		meter = Meter(shown=not as_json)
		wish = run.Wish(catalogue.read(path), since.date(), until.date(), Purchases(purchases), pack)
		outcome = run.simulate(wish, lambda done, count: meter.show("", "tickets", done, count))
		meter.clear()
		if csv_path:
			# bench runs commands in its ``sites`` folder, people type paths from the bench's own.
			csv_path = csv_path if os.path.isabs(csv_path) else os.path.join("..", csv_path)
			with open(csv_path, "wb") as file:
				file.write(sheet.as_csv(outcome.rows))
		said = {
			"tickets": outcome.tickets,
			"customers": outcome.customers,
			"bought": outcome.bought,
			"seconds": round(outcome.seconds, 2),
			"totals": sheet.figures(total(outcome.rows)),
			"rows": sheet.as_values(outcome.rows),
		}
		say(said, as_json, lambda: _table_text(outcome))


def _table_text(outcome: object) -> str:
	from support_credits.simulation import sheet

	table = [sheet.header(), *map(sheet.cells, outcome.rows), sheet.totals(outcome.rows)]
	widths = [max(len(str(line[place])) for line in table) for place in range(len(table[0]))]
	lines = [
		"  ".join(
			str(cell).rjust(width) if isinstance(cell, int) else str(cell).ljust(width)
			for cell, width in zip(line, widths, strict=True)
		).rstrip()
		for line in table
	]
	summary = f"{outcome.tickets} tickets of {outcome.customers} customers in {outcome.seconds:.1f} s; nothing was written"
	return "\n".join([*lines, summary])
