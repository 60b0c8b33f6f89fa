"""The worked cases of docs/deadlines.md with real tickets, on sites in four time zones: the host's own column says the same."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import frappe
from freezegun import freeze_time

from support_credits.tests import factories as make
from support_credits.tests.hours_case import FIXTURES, REAL, UTC, HoursCase, site_zone

PAGE = Path(os.path.dirname(FIXTURES), "docs", "deadlines.md")
BEFORE_ALL = datetime(
	2026, 1, 2, tzinfo=UTC
)  # 2026 in every zone: calendars hold the holidays of the two years after
ZONES = ("UTC", "Europe/Lisbon", "Asia/Kolkata", "America/New_York")
CALENDARS = {"eXtremeSHOK": "SUPPORT-HOURS", "Rockstor": "LISBON-HOURS"}
WITH_HOLIDAYS = "eXtremeSHOK with holidays"
DEFAULT = "Medium"  # what a customer's own word counts up to; above it an agent opens the ticket
CUSTOMERS = ("Low", DEFAULT)


@dataclass(frozen=True)
class Row:
	"""A row of the table. ``said`` and ``said_at``: the priority that an agent set later, and when."""

	number: str
	provider: str
	opened: datetime
	severity: str
	said: str | None
	said_at: datetime | None
	target: str
	due: datetime


def rows() -> list[Row]:
	"""Every row of the page's table, in the order in which the tickets come in."""
	lines = PAGE.read_text().splitlines()
	return sorted(map(row_of, filter(re.compile(r"\| \d+ \|").match, lines)), key=lambda row: row.opened)


def row_of(line: str) -> Row:
	number, provider, opened, severity, target, due, _why = (
		cell.strip() for cell in line.strip().strip("|").split("|")
	)
	first, said, at = re.fullmatch(r"(\w+)(?:, (\w+) from (.+))?", severity).groups()
	return Row(number, provider, instant(opened), first, said, at and instant(at), target, instant(due))


def instant(text: str) -> datetime:
	return datetime.fromisoformat(text.split(" ")[1])


def holidays_added() -> list[str]:
	line = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| {WITH_HOLIDAYS} |"))
	return re.findall(r"\d{4}-\d\d-\d\d", line)


class TestWorkedCases(HoursCase):
	def test_every_row_is_due_as_written_on_a_site_in_any_of_four_time_zones(self) -> None:
		# One stop of the clock for all rows: each start of another one looks through every module there is.
		with freeze_time(BEFORE_ALL, tz_offset=0, ignore=REAL) as clock:
			self.set_up_providers()
			for zone in ZONES:
				with site_zone(zone):
					self.assertEqual(zone, frappe.utils.get_system_timezone())
					for row in rows():
						with self.subTest(row=row.number, zone=zone):
							self.assert_due(row, self.opened(row, clock), ZoneInfo(zone))

	def set_up_providers(self) -> None:
		self.load("extremeshok")
		self.load("rockstor")
		self.agent = make.agent()
		self.calendars = {**CALENDARS, WITH_HOLIDAYS: self.with_holidays(CALENDARS["eXtremeSHOK"])}
		self.tiers: dict[tuple[str, str], str] = {}
		self.companies: dict[str, make.Company] = {}

	def with_holidays(self, calendar: str) -> str:
		windows = frappe.get_doc("Support Calendar", calendar).windows
		fields = [df.fieldname for df in frappe.get_meta(windows[0].doctype).fields]
		copies = [{field: window.get(field) for field in fields} for window in windows]
		own = [{"day": day, "kind": "Holiday", "description": "Closed"} for day in holidays_added()]
		return self.calendar(*copies, own_days=own)

	def tier_of(self, row: Row) -> str:
		"""The catalogue's own; where the row's target or calendar is not one of it, a tier made for them."""
		key = (row.provider, row.target)
		if key not in self.tiers:
			self.tiers[key] = self.tier_made_for(row)
		return self.tiers[key]

	def tier_made_for(self, row: Row) -> str:
		in_catalogue = row.target.isupper()
		if in_catalogue and row.provider in CALENDARS:
			return row.target
		if in_catalogue:
			promise = frappe.db.get_value("Support Tier", row.target, ["promise_value", "promise_unit"])
		else:
			value, unit = row.target.split(" ", 1)
			promise = (int(value), unit if unit.endswith("s") else f"{unit}s")
		calendar = self.calendars[row.provider]
		return make.tier(calendar=calendar, promise_value=promise[0], promise_unit=promise[1])

	def company_of(self, tier: str) -> make.Company:
		if tier not in self.companies:
			self.companies[tier] = self.company(tier, credits=len(ZONES) * len(rows()))
		return self.companies[tier]

	def opened(self, row: Row, clock: object) -> frappe.model.document.Document:
		"""The row's ticket: by the customer, and by an agent where the customer's word does not count so far."""
		tier = self.tier_of(row)
		clock.move_to(BEFORE_ALL)
		company = self.company_of(tier)
		clock.move_to(row.opened)
		if row.severity in CUSTOMERS:
			ticket = make.ticket(company.person, priority=row.severity, description="")
		else:
			ticket = self.opened_by_agent(company, row.severity)
		if row.said:
			clock.move_to(row.said_at)
			self.say(ticket.name, row.said)
		return ticket

	def opened_by_agent(self, company: make.Company, priority: str) -> frappe.model.document.Document:
		about = {"raised_by": company.person.email, "customer": company.name, "priority": priority}
		return make.ticket(self.agent, via_customer_portal=0, description="", **about)

	def say(self, ticket: str, priority: str) -> None:
		with make.acting_as(self.agent):
			doc = frappe.get_doc("HD Ticket", ticket)
			doc.priority = priority
			doc.save()

	def assert_due(self, row: Row, ticket: frappe.model.document.Document, zone: ZoneInfo) -> None:
		tier = self.tier_of(row)
		said = frappe.db.get_value("HD Ticket", ticket.name, ["sla", "sc_severity", "response_by"])
		agreement = frappe.db.get_value("Support Tier", tier, "agreement")
		self.assertTrue(agreement)
		# The wall shows an hour twice in autumn, so it is compared as the wall; the incident's instant has no such hour.
		wall = row.due.astimezone(zone).replace(tzinfo=None, fold=0)
		self.assertEqual((agreement, row.said or row.severity, wall), said)
		self.assertEqual(row.due, self.due_of(ticket.name))
