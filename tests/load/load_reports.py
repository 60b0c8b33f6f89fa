"""What the benchmark of the reports needs on a site: years of very many customers, as rows of the ledger.

The rows are for reading: no chain of hashes, no tickets that anybody could open. They are named ``LREP-…`` and deleted at the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import frappe

PREFIX = "LREP-"
BATCH = 5_000
YEARS = 3
PER_LOT = 9  # entries of a lot, about: its grant, its tickets, what went back, its end
LOTS_EACH = 20
TIER = "LREP-TIER"
# What lots were sold for: credits, months, price, currency. The last has no price.
SOLD = ((2, 3, "329", "USD"), (8, 12, "1099", "USD"), (12, 12, "1499.99", "EUR"), (4, 6, None, ""))
TABLES = (
	"Credit Account",
	"Credit Lot",
	"Credit Ledger Entry",
	"Support Incident",
	"HD Ticket",
	"Emergency Session",
)


@dataclass
class Waiting:
	"""Rows on their way to the database, so many at once."""

	rows: dict[str, list[dict]] = field(default_factory=lambda: {name: [] for name in TABLES})
	entries: int = 0

	def add(self, doctype: str, row: dict) -> None:
		self.entries += doctype == "Credit Ledger Entry"
		self.rows[doctype].append(row)
		if len(self.rows[doctype]) == BATCH:
			self.flush(doctype)

	def flush(self, doctype: str) -> None:
		import load_site

		if self.rows[doctype]:
			load_site._insert(doctype, self.rows[doctype])
			self.rows[doctype].clear()


def grow(entries: int, progress: Callable[[str, int], None]) -> int:
	"""Customers until they have so many entries; how many customers that took."""
	import load_hours

	calendar = load_hours.ensure_calendar()
	if not frappe.db.exists("Support Tier", TIER):
		promise = {"promise_value": 8, "promise_unit": "covered hours", "calendar": calendar}
		frappe.get_doc(
			{"doctype": "Support Tier", "tier_code": TIER, "tier_name": "Load", **promise}
		).insert()
	waiting, chance, customers = Waiting(), random.Random(7), 0
	start = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=365 * YEARS)
	while waiting.entries < entries:
		_customer(waiting, chance, customers, start, calendar)
		customers += 1
		if not customers % 100:
			progress("entries", waiting.entries)
	for doctype in TABLES:
		waiting.flush(doctype)
	frappe.db.commit()
	return customers


def _customer(waiting: Waiting, chance: random.Random, number: int, start: datetime, calendar: str) -> None:
	account = f"{PREFIX}{number:06d}"
	waiting.add("Credit Account", {"name": account, "customer": account, "seq": 1, "lot_count": LOTS_EACH})
	for lot in range(LOTS_EACH):
		_lot(waiting, chance, account, lot, start, calendar)
	_session(waiting, chance, account, start)


def _lot(
	waiting: Waiting, chance: random.Random, account: str, number: int, start: datetime, calendar: str
) -> None:
	from support_credits.engine.model import stamp_text

	now = datetime.now(timezone.utc)
	credits, months, price, currency = chance.choice(SOLD)
	granted = start + timedelta(minutes=chance.randrange(365 * YEARS * 24 * 60))
	ends = (granted + timedelta(days=30 * months)).replace(hour=0, minute=0, second=0)
	lot = f"{account}-L{number:03d}"
	book = _Book(waiting, account, lot)
	book.post("Grant", credits, granted)
	left, at = credits, granted
	while left and chance.random() < 0.85:
		at += timedelta(hours=chance.randrange(1, 400))
		if at >= min(ends, now):
			break
		back = chance.random() < 0.4
		incident = _ticket(waiting, chance, book, at, calendar, back)
		book.post("Charge", -1, at, incident)
		if back:
			book.post("Refund", 1, at, incident)
		left -= not back
	if left and ends <= now:
		book.post("Expiry", -left, ends)
		left = 0
	waiting.add(
		"Credit Lot",
		{
			"name": lot, "account": account, "lot_no": number + 1, "source": "Pack", "credits_granted": credits,
			"remaining": left, "granted_at_utc": stamp_text(granted), "expires_at_utc": stamp_text(ends),
			"expires_on": (ends - timedelta(days=1)).date(), "price": price or 0, "currency": currency,
		},
	)  # fmt: skip


@dataclass
class _Book:
	"""The entries of one lot."""

	waiting: Waiting
	account: str
	lot: str
	seq: int = 0

	def post(self, kind: str, credits: int, at: datetime, incident: str | None = None) -> None:
		from support_credits.engine.model import stamp_text

		self.seq += 1
		name = f"{self.lot}-{self.seq:03d}"
		key = f"ticket:{incident}:refund:0/1" if kind == "Refund" else f"load:{name}"
		self.waiting.add(
			"Credit Ledger Entry",
			{
				"name": name, "account": self.account, "seq": int(self.lot[-3:]) * 1_000 + self.seq, "kind": kind,
				"credits": credits, "lot": self.lot, "incident": incident, "posted_on": at.date(),
				"posted_at_utc": stamp_text(at), "effective_at_utc": stamp_text(at), "event_key": key, "actor": "load",
			},
		)  # fmt: skip


def _ticket(
	waiting: Waiting, chance: random.Random, book: _Book, at: datetime, calendar: str, exempt: bool
) -> str:
	from support_credits.engine.model import stamp_text
	from support_credits.ledger import settings

	name = f"{book.lot}-T{book.seq:03d}"
	answered = settings.on_site_wall(at + timedelta(minutes=chance.randrange(3_000)))
	said = {"subject": "Load", "status": "Closed", "status_category": "Resolved", "priority": "Medium"}
	waiting.add(
		"HD Ticket",
		{"name": name, "key": name, "customer": book.account, "first_responded_on": answered, **said},
	)
	waiting.add(
		"Support Incident",
		{
			"name": name, "ticket": name, "ticket_no": name, "ticket_key": name, "account": book.account,
			"customer": book.account, "tier": TIER, "door": "portal", "state": "Exempt" if exempt else "Charged",
			"exemption": "LREP" if exempt else None, "exempted_by": "load", "opened_at_utc": stamp_text(at), "calendar": calendar,
			"severity": "Medium", "due_at_utc": stamp_text(at + timedelta(hours=24)), "cycle": 0,
		},
	)  # fmt: skip
	return name


def _session(waiting: Waiting, chance: random.Random, account: str, start: datetime) -> None:
	from support_credits.engine.model import stamp_text

	stopped = stamp_text(start + timedelta(minutes=chance.randrange(365 * YEARS * 24 * 60)))
	waiting.add(
		"Emergency Session",
		{
			"name": f"{account}-S", "customer": account, "kind": "Emergency", "state": "Stopped", "agent": "Administrator",
			"rate": 100, "currency": "USD", "started_at_utc": stopped, "stopped_at_utc": stopped, "worked_seconds": 5_000,
			"billed_minutes": 60, "amount": 100,
		},
	)  # fmt: skip


def remove() -> None:
	for doctype in TABLES:
		while (
			frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE name LIKE '{PREFIX}%' LIMIT 50000") is not None
		):
			frappe.db.commit()
			if not frappe.db.sql(f"SELECT name FROM `tab{doctype}` WHERE name LIKE '{PREFIX}%' LIMIT 1"):
				break
	frappe.db.delete("Support Tier", {"name": TIER})
	frappe.db.commit()
