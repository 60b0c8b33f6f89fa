"""The statement as a file: CSV for sheets and accountants, PDF by the host's own maker of documents."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe import _
from frappe.utils import formatdate
from frappe.utils.pdf import get_pdf

from support_credits.api.access import Membership
from support_credits.api.statement_shapes import StatementRow
from support_credits.engine.pages import Place
from support_credits.exceptions import SupportCreditsError
from support_credits.hours.wording import moment
from support_credits.ledger import settings as site
from support_credits.sheets import UTF8_MARK, safe

TEMPLATE = "support_credits/templates/statement.html"


@dataclass(frozen=True)
class Statement:
	"""What a file is made of; ``rows`` oldest first."""

	member: Membership
	place: Place
	digest: str
	rows: list[StatementRow]
	since: str
	until: str

	@property
	def opening(self) -> int:
		if not self.rows:
			return self.place.balance
		first = self.rows[0]
		return first["balance"] - (first["credits"] if first["counted"] else 0)


def answer(said: Statement, format: str) -> None:
	"""Put the file on the response."""
	day = said.place.snapshot.at.astimezone(site.provider_zone()).date()
	# By the account: the host's headers spoil names that are not ASCII.
	frappe.response["filename"] = f"statement-{said.member.account}-{day}.{format}"
	frappe.response["filecontent"] = WRITERS[format](said)
	frappe.response["type"] = "download" if format == "csv" else "pdf"


def as_csv(said: Statement) -> bytes:
	"""UTF-8 with a mark at its start, without which sheets read it as something else. Times are UTC."""
	file = io.StringIO()
	writer = csv.writer(file, lineterminator="\r\n")
	for label, value in head(said):
		writer.writerow([label, safe(value) if isinstance(value, str) else value])
	writer.writerow([])
	writer.writerow(
		[
			_("Date (UTC)"),
			_("What"),
			_("Credits"),
			_("Balance"),
			_("Counts"),
			_("Ticket"),
			_("Subject"),
			_("Lot"),
			_("Reason"),
			_("Entry"),
		]
	)
	for row in said.rows:
		texts = (row["ticket"], row["subject"], row["lot"], row["reason"], row["entry"])
		counts = _("yes") if row["counted"] else _("no")
		writer.writerow(
			[row["at"], row["kind_text"], row["credits"], row["balance"], counts, *map(safe, texts)]
		)
	return UTF8_MARK + file.getvalue().encode()


def head(said: Statement) -> list[tuple[str, object]]:
	"""What the statement is of, and what proves it."""
	zone = site.provider_zone()
	return [
		(_("Provider"), site.settings().provider_name or frappe.local.site),
		(_("Customer"), said.member.customer),
		(_("Account"), said.member.account),
		(_("Made at"), moment(said.place.snapshot.at, zone)),
		(_("From"), formatdate(said.since) if said.since else _("the beginning")),
		(_("Until"), formatdate(said.until) if said.until else moment(said.place.snapshot.at, zone)),
		(_("Balance before"), said.opening),
		(_("Balance after"), said.place.balance),
		(_("Entry number"), said.place.snapshot.seq),
		(_("Digest"), said.digest),
	]


def as_pdf(said: Statement) -> bytes:
	"""A document on A4. Raises SupportCreditsError where the host has nothing that makes one."""
	zone = site.provider_zone()
	shown = [{**row, "when": moment(datetime.fromisoformat(row["at"]), zone)} for row in said.rows]
	html = frappe.render_template(
		TEMPLATE, {"head": head(said), "rows": shown, "customer": said.member.customer}
	)
	try:
		return get_pdf(html, {"page-size": "A4", "orientation": "Portrait"})
	except OSError:
		frappe.log_error(title="Support Credits: no PDF could be made")
		frappe.throw(
			_("No PDF can be made on this server. Download the CSV file instead."), SupportCreditsError
		)


WRITERS: dict[str, Callable[[Statement], bytes]] = {"csv": as_csv, "pdf": as_pdf}
