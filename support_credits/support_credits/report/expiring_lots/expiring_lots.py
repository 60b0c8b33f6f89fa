"""Credits that will end unused if nobody spends them: which lots, whose, and when."""

from __future__ import annotations

from frappe import _

from support_credits.reports import filters, lots
from support_credits.reports.shape import Column, Report, card, chart, column, paged


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A page of lots that hold something now and end in the period, the first to end first."""
	said = chosen or {}
	period, customer, page = filters.period(said), filters.text(said, "customer"), filters.page(said)
	moment = filters.moment({})
	months, accounts = lots.expiring_sums(moment, period, customer)
	count = sum(found for _month, found, _credits in months)
	message = paged(count, page, _("No credits end in this time."))
	return (
		_columns(),
		lots.expiring(moment, period, page, customer),
		message,
		_chart(months),
		_cards(months, accounts),
	)


def _columns() -> list[Column]:
	return [
		column("expires_on", _("Last Day"), "Date", 110),
		column("days_left", _("Days Left"), "Int", 90),
		column("customer", _("Customer"), "Link", 220, "HD Customer"),
		column("remaining", _("Credits Left"), "Int", 100),
		column("credits_granted", _("Granted"), "Int", 90),
		column("lot", _("Lot"), "Link", 150, "Credit Lot"),
		column("source", _("Came From"), width=120),
		column("pack", _("Pack"), "Link", 150, "Credit Pack"),
		column("account", _("Account"), "Link", 110, "Credit Account"),
	]


def _cards(months: list[tuple[str, int, int]], accounts: int) -> list[dict]:
	return [
		card(_("Credits That End"), sum(credits for _month, _lots, credits in months), indicator="orange"),
		card(_("Lots"), sum(found for _month, found, _credits in months)),
		card(_("Accounts"), accounts),
	]


def _chart(months: list[tuple[str, int, int]]) -> dict | None:
	labels = [month for month, _lots, _credits in months]
	return chart(labels, {_("Credits That End"): [credits for _month, _lots, credits in months]})
