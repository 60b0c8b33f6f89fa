"""Credits that expired unused, by the month of their last day, at the price paid for them."""

from __future__ import annotations

from frappe import _

from support_credits.engine.model import stamp_text
from support_credits.engine.outstanding import Sum, sums, totals
from support_credits.ledger import clock
from support_credits.reports import filters, lots
from support_credits.reports.shape import Column, Report, Row, card, chart, column, money, money_cards


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A row for each month and currency; credits without a price in rows of their own."""
	said = chosen or {}
	period, customer = filters.months(said), filters.text(said, "customer")
	held = lots.expired(period, stamp_text(clock.now()), customer)
	found = sums(held, lots.decimals(held))
	message = None if found else _("No credits expired unused in this time.")
	return _columns(), [_row(one) for one in found], message, _chart(found, period), _cards(found)


def _columns() -> list[Column]:
	return [
		column("month", _("Expired In"), width=140),
		column("currency", _("Currency"), width=110),
		column("credits", _("Credits"), "Int", 110),
		column("amount", _("At Price Paid"), "Currency", 150, "currency"),
		column("lots", _("Lots"), "Int", 90),
		column("price", _("Price"), width=160),
	]


def _row(one: Sum) -> Row:
	return {
		"month": one.period,
		"currency": one.currency or None,
		"credits": one.credits,
		"amount": money(one.amount),
		"lots": one.lots,
		"price": _("paid") if one.currency else _("without a price"),
	}


def _cards(found: tuple[Sum, ...]) -> list[dict]:
	return [
		card(_("Credits Expired Unused"), sum(one.credits for one in found), indicator="orange"),
		*money_cards(_("{0} at price paid"), totals(found)),
		card(_("Without a Price"), sum(one.credits for one in found if not one.currency)),
	]


def _chart(found: tuple[Sum, ...], period: filters.Period) -> dict | None:
	"""Months without any are shown too, or a rare loss would look like a steady one."""
	months = period.months if found else []
	credits = [sum(one.credits for one in found if one.period == month) for month in months]
	return chart(months, {_("Credits Expired Unused"): credits})
