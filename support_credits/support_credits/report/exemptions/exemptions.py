"""Tickets that cost nothing in the end: for which reason, by whom, and what that gave back."""

from __future__ import annotations

from collections import defaultdict

from frappe import _

from support_credits.reports import filters
from support_credits.reports.exemptions import exempt
from support_credits.reports.shape import Column, Report, Row, card, chart, column


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A row for each reason and agent, of the incidents that are exempt now."""
	said = chosen or {}
	texts = [filters.text(said, name) for name in ("customer", "reason", "agent")]
	rows = exempt(filters.period(said), *texts)
	message = None if rows else _("No ticket that is exempt answers these filters.")
	for row in rows:
		row["agent"] = row["agent"] or _("by itself")
	return _columns(), rows, message, _chart(rows), _cards(rows)


def _columns() -> list[Column]:
	return [
		column("label", _("Reason"), width=240),
		column("agent", _("Set By"), width=220),
		column("tickets", _("Tickets"), "Int", 90),
		column("credits", _("Credits Given Back"), "Int", 150),
		column("never_charged", _("Never Charged"), "Int", 130),
		column("reason", _("Exemption Reason"), "Link", 180, "Exemption Reason"),
	]


def _cards(rows: list[Row]) -> list[dict]:
	return [
		card(_("Tickets"), sum(row["tickets"] for row in rows)),
		card(_("Credits Given Back"), sum(row["credits"] for row in rows), indicator="orange"),
		card(_("Never Charged"), sum(row["never_charged"] for row in rows)),
	]


def _chart(rows: list[Row]) -> dict | None:
	by_reason: dict[str, int] = defaultdict(int)
	for row in rows:
		by_reason[row["label"]] += row["tickets"]
	return chart(list(by_reason), {_("Tickets"): list(by_reason.values())})
