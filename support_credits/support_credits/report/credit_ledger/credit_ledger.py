"""Every entry of a period, whoever's it is: what happened, in the order in which it was posted."""

from __future__ import annotations

from frappe import _

from support_credits.engine.model import Kind
from support_credits.reports import entries, filters
from support_credits.reports.shape import Column, Report, card, chart, column, paged


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A page of entries, with the sums of all of them above it."""
	said = chosen or {}
	asked = entries.Asked(
		filters.period(said),
		filters.text(said, "customer"),
		filters.choice(said, "kind", ("", *(kind.value for kind in Kind))),
		filters.text(said, "lot"),
		filters.text(said, "ticket"),
	)
	page, sums = filters.page(said), entries.days(asked)
	count = sum(one.entries for one in sums)
	message = paged(count, page, _("No entry was posted in this time that answers these filters."))
	rows = entries.page(asked, page, sums)
	return _columns(), rows, message, _chart(entries.by_bucket(sums, asked.period)), _cards(sums, count)


def _columns() -> list[Column]:
	return [
		column("posted_at", _("Posted"), "Datetime", 160),
		column("customer", _("Customer"), "Link", 180, "HD Customer"),
		column("kind", _("Kind"), width=100),
		column("credits", _("Credits"), "Int", 80),
		column("ticket", _("Ticket"), width=80),
		column("lot", _("Lot"), "Link", 150, "Credit Lot"),
		column("reason", _("Reason"), width=200),
		column("actor", _("By"), width=170),
		column("effective_at", _("Takes Effect"), "Datetime", 160),
		column("entry", _("Entry"), "Link", 160, "Credit Ledger Entry"),
		column("reverses", _("Takes Back"), "Link", 160, "Credit Ledger Entry"),
		column("account", _("Account"), "Link", 110, "Credit Account"),
	]


def _cards(sums: list[entries.KindSum], count: int) -> list[dict]:
	came_in, net = sum(one.came_in for one in sums), sum(one.credits for one in sums)
	return [
		card(_("Entries"), count),
		card(_("Credits In"), came_in, indicator="green"),
		card(_("Credits Out"), came_in - net, indicator="red"),
		card(_("Net"), net),
	]


def _chart(sums: dict[str, tuple[int, int]]) -> dict | None:
	"""What came in and what went out beside one another: bars above and below zero cannot be stacked."""
	lines = {
		_("Credits In"): [came_in for came_in, _went_out in sums.values()],
		_("Credits Out"): [went_out for _came_in, went_out in sums.values()],
	}
	return chart(list(sums), lines, colors=("green", "red"))
