"""How fast first responses were under each tier, against what it promises and what it aims for."""

from __future__ import annotations

from frappe import _

from support_credits.ledger import clock
from support_credits.reports import filters, responses
from support_credits.reports.responses import Answered
from support_credits.reports.shape import Column, Report, Row, card, chart, column


def execute(chosen: filters.Filters | None = None) -> Report:
	"""A row for each tier, of incidents that came in during the period and whose clock ran."""
	said = chosen or {}
	texts = [filters.text(said, name) for name in ("customer", "tier")]
	found, is_cut = responses.by_tier(filters.period(said), clock.now(), *texts)
	return _columns(), [_row(one) for one in found], _message(found, is_cut), _chart(found), _cards(found)


def _message(found: list[Answered], is_cut: bool) -> str | None:
	if not found:
		return _("No ticket of a tier came in during this time.")
	if is_cut:
		return _("The newest {0} tickets of this time were looked at. Choose fewer days to see all.").format(
			responses.MOST
		)
	return None


def _columns() -> list[Column]:
	return [
		column("tier", _("Tier"), "Link", 160, "Support Tier"),
		column("tickets", _("Tickets"), "Int", 80),
		column("answered", _("Answered"), "Int", 90),
		column("kept_percent", _("Promise Kept"), "Percent", 110),
		column("kept", _("In Time"), "Int", 80),
		column("missed", _("Missed"), "Int", 80),
		column("pending", _("Not Yet Due"), "Int", 100),
		column("aims_percent", _("Aim Met"), "Percent", 90),
		column("half", _("Half Within (h)"), "Float", 120),
		column("most", _("90% Within (h)"), "Float", 120),
		column("nearly_all", _("95% Within (h)"), "Float", 120),
		column("worst", _("Slowest (h)"), "Float", 110),
		column("no_deadline", _("Without a Deadline"), "Int", 140),
	]


def _row(one: Answered) -> Row:
	return {
		"tier": one.tier,
		"tickets": one.tickets,
		"answered": one.answered,
		"kept_percent": one.kept_percent,
		"kept": one.kept,
		"missed": one.missed,
		"pending": one.pending,
		"aims_percent": one.aims_percent,
		"half": one.hours(50),
		"most": one.hours(90),
		"nearly_all": one.hours(95),
		"worst": one.hours(100),
		"no_deadline": one.tickets - one.kept - one.missed - one.pending,
	}


def _cards(found: list[Answered]) -> list[dict]:
	missed = sum(one.missed for one in found)
	return [
		card(_("Tickets"), sum(one.tickets for one in found)),
		card(_("In Time"), sum(one.kept for one in found), indicator="green"),
		card(_("Missed"), missed, indicator="red" if missed else ""),
		card(_("Not Yet Due"), sum(one.pending for one in found)),
	]


def _chart(found: list[Answered]) -> dict | None:
	lines = {
		_("In Time"): [one.kept for one in found],
		_("Missed"): [one.missed for one in found],
		_("Not Yet Due"): [one.pending for one in found],
	}
	return chart([one.tier for one in found], lines, stacked=True, colors=("green", "red", "grey"))
