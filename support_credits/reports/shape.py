"""What a report hands to the host: columns, cards and charts as it draws and exports them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from frappe import _
from frappe.utils import fmt_money

from support_credits.reports.filters import PAGE_ROWS

Column = dict[str, object]
Row = dict[str, object]
# Columns, rows, a message, a chart, the cards above it.
Report = tuple[list[Column], list[Row], str | None, dict | None, list[dict]]


def column(name: str, label: str, kind: str = "Data", width: int = 120, options: str = "") -> Column:
	"""``options`` names the DocType of a link, which every reader of the report must be allowed to read, or the column with the
	currency.
	"""
	shown: Column = {"fieldname": name, "label": label, "fieldtype": kind, "width": width}
	return {**shown, "options": options} if options else shown


def money(amount: Decimal | None) -> float | None:
	"""An amount that has been rounded to its currency's unit, as a number sheets can add up; its digits are the same."""
	return None if amount is None else float(amount)


def card(label: str, value: object, kind: str = "Int", indicator: str = "", currency: str = "") -> dict:
	"""A number above the report."""
	shown = {"label": label, "value": value, "datatype": kind}
	shown |= {"indicator": indicator} if indicator else {}
	return {**shown, "currency": currency} if currency else shown


def money_cards(label: str, totals: Mapping[str, Decimal]) -> list[dict]:
	"""A card for each currency; ``label`` has a place for its name."""
	return [
		card(label.format(currency), money(amount), "Currency", currency=currency)
		for currency, amount in totals.items()
	]


def chart(
	labels: Sequence[str],
	lines: Mapping[str, Sequence[object]],
	kind: str = "bar",
	stacked: bool = False,
	colors: Sequence[str] = ("blue",),
) -> dict | None:
	"""A chart of ``lines`` by name, each in its colour; None where there is nothing to draw."""
	if not labels:
		return None
	shown = {
		"data": {
			"labels": list(labels),
			"datasets": [{"name": name, "values": list(line)} for name, line in lines.items()],
		},
		"type": kind,
		"colors": list(colors),
	}
	return {**shown, "barOptions": {"stacked": True}} if stacked else shown


def paged(rows: int, page: int, nothing: str) -> str | None:
	"""What is said above the table: that there is nothing, or which part of it this is; None when it is all of it."""
	if not rows:
		return nothing
	pages = -(-rows // PAGE_ROWS)
	if page > pages:
		return _("There is no page {0}: there are {1}. Choose a smaller number.").format(page, pages)
	if pages > 1:
		return _("Page {0} of {1}: {2} rows in all. The numbers above are of all of them.").format(
			page, pages, fmt_money(rows, precision=0)
		)
	return None
