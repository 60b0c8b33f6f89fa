"""Stopped sessions as lines to invoice, each in one export alone: for providers who invoice elsewhere than in ERPNext."""

from __future__ import annotations

from datetime import datetime

import frappe
from frappe import _
from frappe.model.naming import make_autoname

from support_credits.engine.model import stamp_text
from support_credits.engine.session import State
from support_credits.exceptions import SupportCreditsError
from support_credits.ledger import clock, session_rows
from support_credits.ledger.session_rows import COLUMNS, DOCTYPE

SERIES = "SX-.YYYY.-.#####"
FOR_EVER = "9999-12-31"  # later than any stamp, to the database's collation too
MOST = 10_000  # of one export; what is left comes with the next
# Neither on an invoice nor in an export, and not for nothing.
UNBILLED = (
	"state = 'Stopped' AND amount > 0 AND COALESCE(invoice, '') = '' AND COALESCE(export_name, '') = ''"
)
LOCK = f"""SELECT name, customer, ticket FROM `tab{DOCTYPE}` FORCE INDEX (PRIMARY) WHERE name IN %(names)s AND {UNBILLED}
	ORDER BY name FOR UPDATE"""


def unbilled(
	since: datetime | None = None, until: datetime | None = None, most: int = MOST, after: str = ""
) -> list[str]:
	"""Stopped sessions that are billed nowhere yet, which ended from ``since`` on and before ``until``: by name, behind ``after``."""
	bounds = {"since": stamp_text(since) if since else "", "until": stamp_text(until) if until else FOR_EVER}
	return frappe.db.sql(
		f"""SELECT name FROM `tab{DOCTYPE}` WHERE {UNBILLED} AND stopped_at_utc >= %(since)s AND stopped_at_utc < %(until)s
		AND name > %(after)s ORDER BY name LIMIT %(most)s""",
		{**bounds, "most": most, "after": after},
		pluck=True,
	)


def make(since: datetime | None, until: datetime | None) -> str:
	"""Mark what is unbilled as exported; returns the export's name. SupportCreditsError where there is nothing.

	Of two who export at once one has each line: rows are locked in the order of their names and asked again.
	"""
	names = unbilled(since, until)
	locked = frappe.db.sql(LOCK, {"names": tuple(names)}, as_dict=True) if names else []
	if not locked:
		frappe.throw(
			_(
				"There is nothing to invoice: every session that ended in this time is on an invoice or in an export."
			),
			SupportCreditsError,
		)
	export = make_autoname(SERIES)
	table = frappe.qb.DocType(DOCTYPE)
	query = frappe.qb.update(table).set(table.export_name, export)
	query = query.set(table.exported_at_utc, stamp_text(clock.now())).set(table.trouble, "")
	query.where(table.name.isin([row.name for row in locked])).run()
	for row in locked:
		if not row.customer:
			session_rows.write(row.name, {"customer": session_rows.customer_of(row) or None})
	return export


def lines_of(export: str) -> list[frappe._dict]:
	"""The sessions of an export, by name. DoesNotExistError where there is none of that name."""
	found = frappe.get_all(
		DOCTYPE,
		filters={"export_name": export, "state": State.STOPPED.value} if export else {"name": ""},
		fields=list(COLUMNS),
		order_by="name asc",
	)
	if not found:
		frappe.throw(
			_("Export {0} does not exist.").format(frappe.utils.escape_html(export)),
			frappe.DoesNotExistError,
		)
	return found
