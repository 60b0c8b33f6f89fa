"""What is still owed: credits that were paid for and can still be spent, by the month they end, at the price paid."""

from __future__ import annotations

from frappe import _

from support_credits.engine.outstanding import Sum, sums, totals
from support_credits.reports import filters, lots
from support_credits.reports.shape import Column, Report, Row, card, chart, column, money, money_cards


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A row for each month and currency; credits without a price in rows of their own."""
	said = chosen or {}
	moment = filters.moment(said)
	customer, currency = filters.text(said, "customer"), filters.text(said, "currency")
	held = lots.outstanding(moment, customer, currency)
	found = sums(held, lots.decimals(held))
	owed = 0 if currency else lots.overdrawn(moment, customer)
	message = None if found else _("Nobody has credits that can be spent at this time.")
	return _columns(), [_row(one) for one in found], message, _chart(found), _cards(found, owed)


def _columns() -> list[Column]:
	return [
		column("month", _("Ends In"), width=140),
		column("currency", _("Currency"), width=110),
		column("credits", _("Credits"), "Int", 110),
		column("amount", _("At Price Paid"), "Currency", 150, "currency"),
		column("lots", _("Lots"), "Int", 90),
		column("price", _("Price"), width=160),
	]


def _row(one: Sum) -> Row:
	return {
		"month": one.period or _("never"),
		"currency": one.currency or None,
		"credits": one.credits,
		"amount": money(one.amount),
		"lots": one.lots,
		"price": _("paid") if one.currency else _("without a price"),
	}


def _cards(found: tuple[Sum, ...], owed: int) -> list[dict]:
	free = sum(one.credits for one in found if not one.currency)
	return [
		card(_("Credits Owed"), sum(one.credits for one in found)),
		*money_cards(_("{0} at price paid"), totals(found)),
		card(_("Without a Price"), free),
		card(_("Overdrawn by Customers"), owed, indicator="red" if owed else ""),
	]


def _chart(found: tuple[Sum, ...]) -> dict | None:
	"""Credits, not money: they are the same whatever was paid for them, and in whichever currency."""
	months = list(dict.fromkeys(one.period for one in found))
	lines = {
		_("paid"): [_credits(found, month, True) for month in months],
		_("without a price"): [_credits(found, month, False) for month in months],
	}
	return chart([month or _("never") for month in months], lines, stacked=True, colors=("blue", "grey"))


def _credits(found: tuple[Sum, ...], month: str, is_priced: bool) -> int:
	return sum(one.credits for one in found if one.period == month and bool(one.currency) == is_priced)
