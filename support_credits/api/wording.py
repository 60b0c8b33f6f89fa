"""Rows of the ledger as the customer's endpoints answer them: shapes in, texts in the caller's language out."""

import json
from datetime import date, datetime

import frappe
from frappe import _

from support_credits.api.shapes import Due, Link, LotLine, NextExpiry, PartOfLot, ProposalLine, TierName, Way
from support_credits.engine.explanation import Deadline, from_json
from support_credits.engine.model import Allocation, Lot
from support_credits.engine.proposal import State
from support_credits.engine.sentences import WAYS
from support_credits.hours import wording as hours_wording
from support_credits.ledger import clock, queries
from support_credits.ledger import settings as site
from support_credits.ledger.rows import last_day
from support_credits.ledger.wording import reading_links, way_url, ways_on

PRICING_PAGE = "/support-credits"


def instant(at: datetime | None) -> str | None:
	return at.isoformat() if at else None


def from_stamp(stamp: str | None) -> str | None:
	"""A stored instant as the answers have it."""
	return stamp.replace("Z", "+00:00") if stamp else None


def day(expires_at: datetime | None) -> str | None:
	"""The last day on which something that ends then can be used, in the provider's zone."""
	found: date | None = last_day(expires_at, site.provider_zone())
	return found.isoformat() if found else None


def ways() -> list[Way]:
	"""The ways on for a customer without credits; where the provider names no page, his own pricing page."""
	return [
		{
			"name": name,
			"label": _(WAYS[name]),
			"url": way_url(name) or f"{PRICING_PAGE}#{name}",
		}
		for name in ways_on()
	]


def reading() -> list[Link]:
	return [{"label": link["label"], "url": link["url"]} for link in reading_links()]


def tier_name(tier: str | None) -> TierName | None:
	if not tier:
		return None
	return {"tier": tier, "name": _(frappe.get_cached_value("Support Tier", tier, "tier_name"))}


def due(stored: str | None) -> Due | None:
	"""A deadline as an incident keeps it."""
	if not stored:
		return None
	found: Deadline = from_json(json.loads(stored))
	reader = hours_wording.reader_zone()
	return {
		"due": found.due.isoformat(),
		"due_there": hours_wording.moment(found.due, found.zone),
		"due_here": hours_wording.moment(found.due, reader),
		"why": hours_wording.explain(found),
		"why_here": hours_wording.explain(found, reader),
		"passed": found.due < clock.now(),
	}


def parts_of(funding: tuple[Allocation, ...]) -> list[PartOfLot]:
	"""What a ticket takes, lot by lot."""
	names = [part.lot for part in funding]
	if not names:
		return []
	ends = dict(
		frappe.get_all(
			"Credit Lot", filters={"name": ["in", names]}, fields=["name", "expires_on"], as_list=True
		)
	)
	sums: dict[str, int] = {}
	for part in funding:
		sums[part.lot] = sums.get(part.lot, 0) + part.credits
	return [
		{"lot": lot, "credits": credits, "expires_on": str(ends[lot]) if ends.get(lot) else None}
		for lot, credits in sums.items()
	]


def lot_line(lot: Lot, row: frappe._dict, at: datetime) -> LotLine:
	pack = row.pack and frappe.get_cached_value("Credit Pack", row.pack, "pack_name")
	return {
		"lot": lot.name,
		"source": row.source,
		"source_text": _(row.source),
		"pack": row.pack or None,
		"pack_name": _(pack) if pack else None,
		"credits_granted": lot.credits_granted,
		"remaining": lot.remaining,
		"granted_at": lot.granted_at.isoformat(),
		"starts_later": lot.granted_at > at,
		"expires_at": instant(lot.expires_at),
		"expires_on": str(row.expires_on) if row.expires_on else None,
		"is_overdraft": lot.is_overdraft,
	}


def next_expiry(account: str, at: datetime) -> NextExpiry | None:
	"""The credits that end next, of all that can be spent now."""
	found = queries.next_expiry(account, at)
	if not found:
		return None
	ends, credits = found
	return {"credits": credits, "expires_on": day(ends) or "", "expires_at": ends.isoformat()}


def proposal_line(row: frappe._dict, state: State, balance: int, may_answer: bool) -> ProposalLine:
	return {
		"proposal": row.name,
		"ticket": row.ticket_no,
		"customer": row.customer,
		"credits": row.credits,
		"minutes": row.minutes,
		"reason": row.reason,
		"state": state.value,
		"state_text": _(state.value),
		"proposed_at": from_stamp(row.proposed_at_utc) or "",
		"expires_at": from_stamp(row.expires_at_utc) or "",
		"answered_at": from_stamp(row.answered_at_utc),
		"may_answer": state is State.OPEN and may_answer,
		"balance": balance,
	}
