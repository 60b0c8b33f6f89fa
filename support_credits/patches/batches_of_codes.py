"""Activation codes named their batch by a text; they link to an Activation Batch now, which says what they were issued
for."""

from __future__ import annotations

from datetime import timezone
from zoneinfo import ZoneInfo

import frappe
from frappe.model.naming import make_autoname
from frappe.utils import get_datetime, get_system_timezone

from support_credits.engine.model import stamp_text
from support_credits.ledger import rows
from support_credits.ledger.codes import BATCH, DOCTYPE, SERIES

# Codes that were issued together have their text and their terms in common.
TERMS = ("pack", "credits", "months", "price", "currency", "redeem_until")
ISSUED_TOGETHER = f"""SELECT c.batch AS label, {", ".join(f"c.{term}" for term in TERMS)},
		COUNT(*) AS size, MIN(c.creation) AS issued_at
	FROM `tabActivation Code` c LEFT JOIN `tabActivation Batch` b ON b.name = c.batch
	WHERE c.batch IS NOT NULL AND b.name IS NULL
	GROUP BY c.batch, {", ".join(f"c.{term}" for term in TERMS)} ORDER BY issued_at"""


def execute() -> None:
	for found in frappe.db.sql(ISSUED_TOGETHER, as_dict=True):
		_move(found)


def _move(found: frappe._dict) -> None:
	terms = {term: found[term] for term in TERMS}
	name = make_autoname(SERIES)
	own = {"name": name, "label": found.label, "product": None, "serial_bound": 0, "size": found.size}
	own |= {"note": "", "issued_at_utc": _stamp(found.issued_at)}
	rows.insert_rows(BATCH, [{**own, **terms}])
	codes = frappe.get_all(
		DOCTYPE, {"batch": found.label, **_same(terms)}, pluck="name", order_by="creation asc, name asc"
	)
	for number, code in enumerate(codes, start=1):
		frappe.db.set_value(DOCTYPE, code, {"batch": name, "number": number}, update_modified=False)


def _same(terms: dict[str, object]) -> dict[str, object]:
	return {term: ["is", "not set"] if value is None else value for term, value in terms.items()}


def _stamp(site_time: object) -> str:
	"""``creation`` is the site's wall clock."""
	aware = get_datetime(site_time).replace(tzinfo=ZoneInfo(get_system_timezone()))
	return stamp_text(aware.astimezone(timezone.utc))
