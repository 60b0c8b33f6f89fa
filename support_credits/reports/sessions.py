"""Work by the hour that is over: what was worked, what is billed for it, and what of that no invoice has yet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import frappe

from support_credits.engine.calendar_days import end_of_day
from support_credits.engine.model import DAY, stamp_text
from support_credits.ledger.settings import provider_zone
from support_credits.reports import owners
from support_credits.reports.filters import Period

GROUPS = ("Customer", "Agent", "Kind", "Month")
_KEYS = {"Customer": "COALESCE(customer, '')", "Agent": "COALESCE(agent, '')", "Kind": "kind"}
_TO_INVOICE = "COALESCE(invoice, '') = '' AND COALESCE(export_name, '') = ''"
# A session counts on the day it was stopped; one that was cancelled is not billed, one that runs not finished.
SUMS = f"""SELECT {{key}} AS grouped, COALESCE(currency, ''), COUNT(*), SUM(worked_seconds), SUM(billed_minutes), SUM(amount),
		SUM(IF({_TO_INVOICE}, amount, 0))
	FROM `tabEmergency Session`
	WHERE state = 'Stopped' AND stopped_at_utc >= %(since)s AND stopped_at_utc < %(until)s{{more}}
	GROUP BY 1, 2 ORDER BY 1, 2"""


@dataclass(frozen=True)
class Worked:
	"""Of one customer, agent, kind or month, in one currency. Amounts are sums of what each session came to, rounded then."""

	name: str
	currency: str
	sessions: int
	worked_seconds: int
	billed_minutes: int
	amount: Decimal
	to_invoice: Decimal


def worked(period: Period, by: str, customer: str = "", kind: str = "") -> list[Worked]:
	"""By one of :data:`GROUPS`."""
	values, more = period.values, ""
	names = owners.readable(customer)
	if names is not None:
		values["customers"] = names or owners.NOBODY
		more += " AND customer IN %(customers)s"
	if kind:
		values["kind"] = kind
		more += " AND kind = %(kind)s"
	key = _month_key(period, values) if by == "Month" else _KEYS[by]
	found = frappe.db.sql(SUMS.format(key=key, more=more), values)
	return [
		Worked(name or "", currency, int(count), int(seconds), int(minutes), _exact(amount), _exact(due))
		for name, currency, count, seconds, minutes, amount, due in found
	]


def _exact(amount: object) -> Decimal:
	return Decimal(str(amount or 0))


def _month_key(period: Period, values: dict[str, object]) -> str:
	"""The month of the provider's zone in which a session was stopped: the database does not know zones."""
	cases = []
	for number, month in enumerate(period.months):
		values[f"month_{number}"] = month
		values[f"ends_{number}"] = _end_of(month)
		cases.append(f"WHEN stopped_at_utc < %(ends_{number})s THEN %(month_{number})s")
	return f"CASE {' '.join(cases)} END"


def _end_of(month: str) -> str:
	first = frappe.utils.getdate(f"{month}-01")
	return stamp_text(
		end_of_day(frappe.utils.getdate(frappe.utils.add_months(first, 1)) - DAY, provider_zone())
	)
