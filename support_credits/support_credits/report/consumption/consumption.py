"""What tickets and tiers took, less what was given back, by month: of each customer, under each tier, for each reason."""

from __future__ import annotations

from frappe import _

from support_credits.reports import filters
from support_credits.reports.consumption import EXTRA, GROUPS, MONTHLY, REOPENED, TICKET, Consumed, consumed
from support_credits.reports.filters import Period
from support_credits.reports.shape import Column, Report, Row, card, chart, column, paged

LINKS = {"Customer": "HD Customer", "Tier": "Support Tier"}


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A page of customers, tiers or reasons, the one with the most first, with a column for each month; the sums are of all."""
	said = chosen or {}
	period, by = filters.months(said), filters.choice(said, "by", GROUPS)
	found = consumed(period, by, filters.text(said, "customer"))
	page = filters.page(said)
	message = paged(len(found), page, _("Nothing was charged or given back in this time."))
	return (
		_columns(period, by),
		[_row(one, by) for one in filters.part(found, page)],
		message,
		_chart(found, period),
		_cards(found),
	)


def _columns(period: Period, by: str) -> list[Column]:
	months = [column(_field(month), month, "Int", 90) for month in period.months]
	kind = "Link" if by in LINKS else "Data"
	return [
		column("name", _(by), kind, 220, LINKS.get(by, "")),
		column("net", _("Net"), "Int", 90),
		column("charged", _("Charged"), "Int", 90),
		column("back", _("Given Back"), "Int", 100),
		*months,
	]


def _row(one: Consumed, by: str) -> Row:
	name = _reasons()[one.name] if by == "Reason" else one.name
	months = {_field(month): credits for month, credits in one.by_month.items()}
	return {"name": name, "net": one.net, "charged": one.charged, "back": one.back, **months}


def _reasons() -> dict[str, str]:
	return {
		TICKET: _("Ticket"),
		REOPENED: _("Reopened Ticket"),
		EXTRA: _("Extra Credits"),
		MONTHLY: _("Monthly Tier"),
	}


def _field(month: str) -> str:
	return f"month_{month.replace('-', '_')}"


def _cards(found: list[Consumed]) -> list[dict]:
	charged, back = sum(one.charged for one in found), sum(one.back for one in found)
	return [
		card(_("Credits Used"), charged - back),
		card(_("Charged"), charged),
		card(_("Given Back"), back, indicator="green"),
	]


def _chart(found: list[Consumed], period: Period) -> dict | None:
	months = period.months if found else []
	used = [sum(one.by_month.get(month, 0) for one in found) for month in months]
	return chart(months, {_("Credits Used"): used})
