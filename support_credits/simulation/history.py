"""A customer's past as the engine's events, read a page at a time by key. Reads only, and nothing is kept but the page.

Tickets are the account's incidents, and the tickets of the host that have none. Credits are the ledger's entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from heapq import merge
from zoneinfo import ZoneInfo

import frappe

from support_credits.engine.calendar_days import local_day
from support_credits.engine.decision import NEVER_CHARGED, Door
from support_credits.engine.model import Lot, parse_stamp, stamp_text
from support_credits.engine.simulation_model import (
	CameIn,
	Changed,
	Client,
	Event,
	Extra,
	Monthly,
	PastTicket,
	Period,
	Voided,
)
from support_credits.ledger import rows
from support_credits.ledger import settings as site
from support_credits.ledger.responses import RUNNING

PAGE = 2_000  # tickets fetched at once
CUSTOMERS = 500
# Lots that nobody buys: what went back, and what moved from one account into another.
OURS = ("Refund", "Transfer", "Overdraft")
FREE = ("Exempt", "Refunded")

TICKETS = "FROM `tabHD Ticket` WHERE creation >= %(from)s AND creation < %(to)s AND customer > %(after)s"
NAMES = f"""(SELECT DISTINCT customer {TICKETS} ORDER BY customer LIMIT {CUSTOMERS}) UNION
	(SELECT customer FROM `tabCredit Account` WHERE customer > %(after)s ORDER BY customer LIMIT {CUSTOMERS})
	ORDER BY customer LIMIT {CUSTOMERS}"""
ACCOUNT = f"""SELECT name, creation, counts_from, tier, overdraft_limit, {", ".join(site.POLICY_FIELDS)}
	FROM `tabCredit Account` WHERE customer = %s"""
SUBSCRIBED = """SELECT s.tier, s.counted_from, s.paid_until, s.ended_at_utc, s.end_reason, (
		SELECT MIN(e.at_utc) FROM `tabSupport Subscription Event` e
		WHERE e.subscription = s.name AND e.period_on = s.counted_from) AS begun
	FROM `tabSupport Subscription` s
	WHERE s.account = %s AND s.counted_from < %s AND (COALESCE(s.ended_at_utc, '') = '' OR s.ended_at_utc > %s)
	ORDER BY s.counted_from DESC LIMIT 1"""
WAITING = """SELECT COUNT(*) FROM `tabSupport Incident` WHERE account IN %(accounts)s AND opened_at_utc < %(since)s
	AND parked_at_utc != '' AND parked_at_utc < %(since)s AND (released_at_utc >= %(since)s OR state = 'Parked')"""
HELD = """SELECT lot, SUM(credits), SUM(kind = 'Void') FROM `tabCredit Ledger Entry` WHERE account IN %(accounts)s
	AND posted_at_utc < %(since)s GROUP BY lot"""
# Charges and refunds of older tickets; what a grant lets go on, or repays, the engine does again by itself. A grant that says
# so opened the lot of credits given back whose own was over.
MOVED = """SELECT e.posted_at_utc, e.kind, e.lot, e.credits, e.incident, COALESCE(i.opened_at_utc < %(since)s, 0)
	FROM `tabCredit Ledger Entry` e
	LEFT JOIN `tabSupport Incident` i ON i.name = COALESCE(NULLIF(e.incident, ''), JSON_VALUE(e.detail, '$.refund_of'))
	WHERE e.account IN %(accounts)s AND e.posted_at_utc >= %(since)s AND e.posted_at_utc < %(until)s
	AND (e.kind IN ('Grant', 'Void', 'Adjustment') OR (e.kind IN ('Charge', 'Refund') AND i.opened_at_utc < %(since)s))
	AND e.event_key NOT LIKE 'repay:%%' AND e.event_key NOT LIKE 'ticket:%%:release:%%'
	ORDER BY e.posted_at_utc, e.seq"""
EXTRAS = """SELECT p.answered_at_utc, p.credits FROM `tabCredit Proposal` p
	JOIN `tabSupport Incident` i ON i.name = p.incident
	WHERE p.state = 'Accepted' AND i.account IN %(accounts)s AND i.opened_at_utc >= %(since)s
	AND p.answered_at_utc >= %(since)s AND p.answered_at_utc < %(until)s AND i.state NOT IN %(free)s
	ORDER BY p.answered_at_utc, p.name"""
INCIDENTS = f"""SELECT i.opened_at_utc, i.name, i.door, i.state, i.exemption, i.severity, i.severity_confirmed,
	i.parked_at_utc, t.name, t.priority, t.first_responded_on
	FROM `tabSupport Incident` i LEFT JOIN `tabHD Ticket` t ON t.name = i.ticket
	WHERE i.account IN %(accounts)s AND i.opened_at_utc >= %(at)s AND i.opened_at_utc < %(until)s
	AND (i.opened_at_utc > %(at)s OR i.name > %(name)s)
	ORDER BY i.opened_at_utc, i.name LIMIT {PAGE}"""
PLAIN = f"""SELECT t.creation, t.name, t.priority, t.first_responded_on, t.via_customer_portal, t.email_account, t.is_merged
	FROM `tabHD Ticket` t
	WHERE t.customer = %(customer)s AND t.creation >= %(at)s AND t.creation < %(to)s
	AND (t.creation > %(at)s OR t.name > %(name)s)
	AND NOT EXISTS (SELECT 1 FROM `tabSupport Incident` i WHERE i.ticket = t.name AND i.account IN %(accounts)s)
	ORDER BY t.creation, t.name LIMIT {PAGE}"""


@dataclass(frozen=True)
class Reading:
	"""What is read of everybody: the period, and reasons that the catalogue has not got any more (``lost``) or that
	apply by themselves after a deployment (``by_itself``).
	"""

	period: Period
	lost: frozenset[str] = frozenset()
	by_itself: frozenset[str] = frozenset()
	joined: Mapping[str, Sequence[str]] = field(
		default_factory=dict
	)  # accounts by the one they were joined into

	def family_of(self, account: str) -> tuple[str, ...]:
		"""The account and every one that was joined into it, at whatever remove."""
		found = [account]
		for one in found:  # grows while it is read
			found += self.joined.get(one, ())
		return tuple(found)

	@property
	def values(self) -> dict[str, object]:
		wall = {"from": site.on_site_wall(self.period.since), "to": site.on_site_wall(self.period.until)}
		return {**wall, "since": stamp_text(self.period.since), "until": stamp_text(self.period.until)}


def joined_accounts() -> dict[str, list[str]]:
	"""Read once: they are few, and no index leads to them."""
	found: dict[str, list[str]] = {}
	for into, name in frappe.db.sql(
		"SELECT merged_into, name FROM `tabCredit Account` WHERE merged_into IS NOT NULL AND merged_into != ''"
	):
		found.setdefault(into, []).append(name)
	return found


def count(reading: Reading) -> int:
	"""Tickets with a customer in the period: what progress is measured by."""
	return int(frappe.db.sql(f"SELECT COUNT(*) {TICKETS}", {**reading.values, "after": ""})[0][0])


def customers(reading: Reading) -> Iterator[str]:
	"""Everybody with a ticket in the period or an account, a page at a time."""
	after = ""
	while page := frappe.db.sql(NAMES, {**reading.values, "after": after}, pluck=True):
		yield from page
		after = page[-1]


@dataclass(frozen=True)
class Past:
	"""One customer: as he was when the period began, and what happened in it."""

	client: Client
	events: Iterator[Event]


def past_of(customer: str, reading: Reading) -> Past:
	found = frappe.db.sql(ACCOUNT, customer, as_dict=True)
	account = found[0] if found else None
	accounts = reading.family_of(account.name) if account else ()
	values = {**reading.values, "customer": customer, "accounts": accounts or ("",), "free": FREE}
	values["counts_from"] = account.counts_from if account else None
	ledger = _Ledger(values) if accounts else None
	client = Client(
		customer,
		site.site_time(account.creation) if account else None,
		tier=account.tier if account else None,
		policies=site.policies_of(account) if account else {},
		overdraft_limit=int((account and account.overdraft_limit) or site.settings().overdraft_limit or 0),
		lots=ledger.opening() if ledger else (),
		deployed_on=tuple(frappe.get_all("Deployment", {"customer": customer}, pluck="deployed_on")),
		monthly=_monthly(account.name, reading.period) if account else None,
		waiting=int(frappe.db.sql(WAITING, values)[0][0]) if account else 0,
	)
	streams = [_incidents(values, reading), _plain(values, reading)]
	if ledger:
		streams = [ledger.moved(), _extras(values), *streams]
	# In this order at one instant: credits that came with a ticket's own second were there for it.
	return Past(client, merge(*streams, key=lambda event: event.at))


def _monthly(account: str, period: Period) -> Monthly | None:
	zone = site.provider_zone()
	until = period.until.astimezone(zone).date()
	found = frappe.db.sql(SUBSCRIBED, (account, until, stamp_text(period.since)), as_dict=True)
	if not found:
		return None
	begun = parse_stamp(found[0].begun) if found[0].begun else None
	return Monthly(found[0].tier, found[0].counted_from, _end_of(found[0], zone), begun)


def _end_of(found: frappe._dict, zone: ZoneInfo) -> date | None:
	"""From which day on it was over. One that lapsed could not be paid, and would have gone on if it could."""
	if not found.ended_at_utc:
		return None
	ended = local_day(parse_stamp(found.ended_at_utc), zone)
	return ended if found.end_reason == "Lapsed" or not found.paid_until else min(ended, found.paid_until)


class _Ledger:
	"""The lots of a customer's accounts: what they held when the period began, and what changed them."""

	def __init__(self, values: dict[str, object]) -> None:
		self.values = values
		columns = ", ".join((*rows.LOT_COLUMNS, "source", "pack"))
		text = f"SELECT {columns} FROM `tabCredit Lot` WHERE account IN %(accounts)s"
		self.rows = {row.name: row for row in frappe.db.sql(text, values, as_dict=True)}
		held = frappe.db.sql(HELD, values)
		self.held = {lot: int(credits) for lot, credits, _voids in held}
		self.voided = {lot for lot, _credits, voids in held if voids}
		self.movements = frappe.db.sql(MOVED, values)
		self.origins = {row.moved_to: row.name for row in self.rows.values() if row.moved_to}

	def opening(self) -> tuple[Lot, ...]:
		"""The lots there were then and that may pay, or be given back to, in the period."""
		touched = {self._lot_of(lot) for _at, _kind, lot, *_rest in self.movements}
		found = [
			replace(self._lot(name), remaining=credits, voided=name in self.voided, moved_to=None)
			for name, credits in self.held.items()
			if name in self.rows and (credits or name in touched)
		]
		return tuple(
			_bounded(lot)
			for lot in found
			if lot.expires_at is None or stamp_text(lot.expires_at) > str(self.values["since"])
		)

	def moved(self) -> Iterator[Event]:
		for at_utc, kind, name, credits, incident, is_older in self.movements:
			at, row = parse_stamp(at_utc), self.rows.get(name)
			if kind == "Grant":
				if row and row.source not in OURS and not incident and credits > 0:
					yield CameIn(at, replace(self._lot(name), remaining=credits, voided=False), row.pack)
				elif row and row.source == "Refund" and is_older:
					opened = replace(self._lot(name), remaining=0, voided=False, moved_to=None)
					yield Changed(at, name, credits, opened)
			elif kind == "Void":
				yield Voided(at, self._lot_of(name))
			else:
				yield Changed(at, self._lot_of(name), credits)

	def _lot(self, name: str) -> Lot:
		return rows.lot_from_row(self.rows[name])

	def _lot_of(self, name: str) -> str:
		"""The lot as it is called in the replay, in which no customers are merged."""
		while name not in self.held and name in self.origins:
			name = self.origins[name]
		return name


def _bounded(lot: Lot) -> Lot:
	"""An overdraft whose limit was lowered meanwhile owes no more than its limit."""
	return (
		replace(lot, overdraft_limit=max(lot.overdraft_limit, -lot.remaining)) if lot.remaining < 0 else lot
	)


def _extras(values: dict[str, object]) -> Iterator[Event]:
	for at_utc, credits in frappe.db.sql(EXTRAS, values):
		yield Extra(parse_stamp(at_utc), int(credits))


def _incidents(values: dict[str, object], reading: Reading) -> Iterator[Event]:
	at, name = str(values["since"]), ""
	while page := frappe.db.sql(INCIDENTS, {**values, "at": at, "name": name}):
		yield from (_ticket_of(row, reading) for row in page)
		at, name = page[-1][:2]


def _ticket_of(row: tuple, reading: Reading) -> PastTicket:
	at, _name, door, state, exemption, severity, confirmed, parked, ticket, priority, responded = row
	came = Door(door) if door else Door.AGENT
	if came in NEVER_CHARGED and state in RUNNING:
		came = Door.AGENT  # an agent said that it is an incident all the same
	excused = state in FREE and exemption not in reading.lost and exemption not in reading.by_itself
	return PastTicket(
		parse_stamp(at),
		came,
		severity if confirmed or not ticket else priority,
		confirmed=bool(confirmed),
		exempt=excused,
		automatic=state == "Automatic",
		withdrawn=state == "Withdrawn",
		responded_at=site.site_time(responded) if responded else None,
		# Of one that waited for credits nobody knows how soon it would have been answered.
		is_timed=bool(ticket) and not parked,
	)


def _plain(values: dict[str, object], reading: Reading) -> Iterator[Event]:
	"""Tickets of the host without an incident of these accounts: older than the account, or of a customer without one."""
	at, name, period, counts = values["from"], "", reading.period, values["counts_from"]
	while page := frappe.db.sql(PLAIN, {**values, "at": at, "name": name}):
		for creation, _name, priority, responded, by_portal, mail, merged in page:
			opened = site.site_time(creation)
			if not period.since <= opened < period.until:
				continue  # in the hour that the site's wall shows twice
			door = Door.PORTAL if by_portal else Door.MAIL if mail else Door.AGENT
			answered = site.site_time(responded) if responded else None
			yield PastTicket(
				opened,
				door,
				priority,
				exempt=bool(merged),
				responded_at=answered,
				is_accounts=not counts or creation > counts,
			)
		at, name = page[-1][:2]


def period_of(since: datetime, until: datetime, now: datetime) -> Period:
	return Period(since, min(until, now), now)
