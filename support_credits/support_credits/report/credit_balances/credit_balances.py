"""What every customer has: the balance of each account, now or at the end of a day."""

from __future__ import annotations

from frappe import _

from support_credits.reports import balances, filters
from support_credits.reports.shape import Column, Report, card, chart, column, paged


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A page of accounts, with the sums of all of them above it."""
	said = chosen or {}
	moment = filters.moment(said)
	shown, customer = filters.choice(said, "show", balances.SHOWN), filters.text(said, "customer")
	page, bands = filters.page(said), balances.bands(moment, shown, customer)
	count = sum(band.accounts for band in bands)
	message = paged(count, page, _("No Credit Account answers these filters."))
	rows = balances.page(moment, page, shown, customer)
	return _columns(moment.is_now), rows, message, _chart(bands), _cards(bands, count)


def _columns(is_now: bool) -> list[Column]:
	waiting = [column("waiting", _("Tickets Waiting"), "Int", 120)] if is_now else []
	return [
		column("customer", _("Customer"), "Link", 220, "HD Customer"),
		column("balance", _("Balance"), "Int", 90),
		column("spendable", _("Spendable"), "Int", 100),
		column("owed", _("Overdrawn"), "Int", 100),
		column("lots", _("Open Lots"), "Int", 90),
		column("next_expiry", _("Next Expiry"), "Date", 110),
		column("soon", _("Expiring in {0} Days").format(balances.SOON_DAYS), "Int", 140),
		*waiting,
		column("account", _("Account"), "Link", 110, "Credit Account"),
	]


def _cards(bands: list[balances.Band], count: int) -> list[dict]:
	owed = -sum(band.owed for band in bands)
	return [
		card(_("Accounts"), count),
		card(_("Balance"), sum(band.balance for band in bands)),
		card(_("Spendable"), sum(band.spendable for band in bands), indicator="green"),
		card(_("Overdrawn"), owed, indicator="red" if owed else ""),
		card(
			_("Expiring in {0} Days").format(balances.SOON_DAYS),
			sum(band.soon for band in bands),
			indicator="orange",
		),
	]


def _chart(bands: list[balances.Band]) -> dict | None:
	"""How many accounts are empty, nearly empty and full."""
	labels = [_("overdrawn"), _("empty"), "1–5", "6–20", _("over 20")]
	found = {band.number: band.accounts for band in bands}
	counts = [found.get(number, 0) for number in range(len(labels))]
	return chart(labels, {_("Accounts by balance"): counts}) if found else None
