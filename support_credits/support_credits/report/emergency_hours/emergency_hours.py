"""Work by the hour: emergencies and work after hours that were stopped in the period, and what they come to."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import frappe
from frappe import _

from support_credits.engine.session import Kind
from support_credits.reports import filters
from support_credits.reports.sessions import GROUPS, Worked, worked
from support_credits.reports.shape import Column, Report, Row, card, chart, column, money, money_cards, paged

BARS_MAX = 36  # as many months as a report by month has
LINKS = {"Customer": "HD Customer"}
SEES_MONEY = frozenset(("Agent Manager", "System Manager"))


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A page of customers, agents, kinds or months, a row for each currency; amounts for managers only, sums of all pages."""
	said = chosen or {}
	period, by = filters.months(said), filters.choice(said, "by", GROUPS)
	kind = filters.choice(said, "kind", ("", *(one.value for one in Kind)))
	found = worked(period, by, filters.text(said, "customer"), kind)
	page = filters.page(said)
	message = paged(len(found), page, _("No session was stopped in this time that answers these filters."))
	with_money = bool(SEES_MONEY & set(frappe.get_roles()))
	rows = [_row(one, by, with_money) for one in filters.part(found, page)]
	return _columns(by, with_money), rows, message, _chart(found), _cards(found, with_money)


def _columns(by: str, with_money: bool) -> list[Column]:
	amounts = [
		column("amount", _("Amount"), "Currency", 140, "currency"),
		column("to_invoice", _("Not Yet Invoiced"), "Currency", 150, "currency"),
		column("currency", _("Currency"), width=110),
	]
	return [
		column("name", _(by), "Link" if by in LINKS else "Data", 220, LINKS.get(by, "")),
		column("sessions", _("Sessions"), "Int", 100),
		column("worked", _("Worked (h)"), "Float", 120),
		column("billed", _("Billed (h)"), "Float", 120),
		*(amounts if with_money else []),
	]


def _row(one: Worked, by: str, with_money: bool) -> Row:
	shown: Row = {
		"name": _(one.name) if by == "Kind" else one.name,
		"sessions": one.sessions,
		"worked": round(one.worked_seconds / 3600, 2),
		"billed": round(one.billed_minutes / 60, 2),
	}
	if not with_money:
		return shown
	amounts = {"amount": money(one.amount), "to_invoice": money(one.to_invoice)}
	return {**shown, **amounts, "currency": one.currency or None}


def _cards(found: list[Worked], with_money: bool) -> list[dict]:
	shown = [
		card(_("Sessions"), sum(one.sessions for one in found)),
		card(_("Worked (h)"), round(sum(one.worked_seconds for one in found) / 3600, 2), "Float"),
		card(_("Billed (h)"), round(sum(one.billed_minutes for one in found) / 60, 2), "Float"),
	]
	if not with_money:
		return shown
	return [
		*shown,
		*money_cards(_("{0} in all"), _by_currency(found, "amount")),
		*money_cards(_("{0} not yet invoiced"), _by_currency(found, "to_invoice")),
	]


def _by_currency(found: list[Worked], which: str) -> dict[str, Decimal]:
	amounts: dict[str, Decimal] = {}
	for one in found:
		if one.currency:
			amounts[one.currency] = amounts.get(one.currency, Decimal(0)) + getattr(one, which)
	return amounts


def _chart(found: list[Worked]) -> dict | None:
	"""Those with the most hours, in the order of the rows: of more bars than that nobody can tell one from another."""
	minutes: dict[str, int] = defaultdict(int)
	for one in found:
		minutes[one.name] += one.billed_minutes
	most = set(sorted(minutes, key=lambda name: -minutes[name])[:BARS_MAX])
	hours = {name: spent / 60 for name, spent in minutes.items() if name in most}
	return chart(list(hours), {_("Billed (h)"): list(hours.values())})
