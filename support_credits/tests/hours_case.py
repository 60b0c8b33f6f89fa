"""What the suites about hours and deadlines share: both providers' calendars and tiers, and tickets at a chosen moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import frappe
from freezegun import freeze_time

from support_credits import catalogue
from support_credits.tests import factories as make
from support_credits.tests.ledger_case import LedgerCase

FIXTURES = os.path.join(os.path.dirname(frappe.get_app_path("support_credits")), "fixtures")
UTC = timezone.utc
START = datetime(2026, 11, 25, 8, 0, tzinfo=timezone.utc)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# What must keep the real clock: the server's own libraries, which other threads use.
REAL = ["redis", "rq", "pymysql", "urllib3"]


@contextmanager
def at(moment: datetime) -> Iterator[None]:
	"""The block happens at ``moment`` (aware), for the site's clock and for ours."""
	with freeze_time(moment.astimezone(UTC), tz_offset=0, ignore=REAL):
		yield


@contextmanager
def site_zone(zone: str) -> Iterator[None]:
	"""The site in another time zone: the host stores its times on that wall."""
	before = frappe.db.get_single_value("System Settings", "time_zone")
	_set_zone(zone)
	try:
		yield
	finally:
		_set_zone(before)


def _set_zone(zone: str) -> None:
	frappe.db.set_single_value("System Settings", "time_zone", zone)
	frappe.clear_document_cache("System Settings", "System Settings")
	frappe.cache.delete_value("time_zone")
	for name in ("system_settings", "time_zone"):
		if hasattr(frappe.local, name):
			delattr(frappe.local, name)


# Everything that says when the clock runs, ours and the host's copies.
HOURS = (
	"Support Calendar", "Support Window", "Support Calendar Day", "Support Calendar Holiday", "Support Tier",
	"HD Service Level Agreement", "HD Service Day", "HD Service Level Priority", "HD Service Holiday List", "HD Holiday",
)  # fmt: skip


def hours_rows() -> dict[str, list]:
	"""Every row of it, as stored: what a refusal must leave alone."""
	return {doctype: frappe.db.sql(f"SELECT * FROM `tab{doctype}` ORDER BY name") for doctype in HOURS}


class HoursCase(LedgerCase):
	"""Tickets of tiers with calendars. Whatever the day is, a test begins on :data:`START`; in this process only."""

	def setUp(self) -> None:
		super().setUp()
		clock = freeze_time(START, tz_offset=0, ignore=REAL, tick=True)
		clock.start()
		self.addCleanup(clock.stop)

	def load(self, provider: str) -> None:
		catalogue.load(catalogue.read(os.path.join(FIXTURES, f"{provider}.json")), overwrite=True)

	def calendar(self, *windows: dict[str, object], zone: str = "Etc/UTC", **fields: object) -> str:
		"""A Support Calendar with these windows; each is a row's fields."""
		return make.support_calendar(*windows, zone=zone, **fields)

	@contextmanager
	def refused(self, error: type[Exception], *says: str) -> Iterator[None]:
		"""The block is refused with a message that says this much, and no hours are changed."""
		before = hours_rows()
		with self.assertRaises(error) as caught:
			yield
		self.assert_says(caught.exception, *says)
		self.assertEqual(before, hours_rows())

	@contextmanager
	def refused_late(self, error: type[Exception], *says: str) -> Iterator[None]:
		"""The same for a refusal after the first writing, which the end of a request undoes."""
		frappe.db.savepoint("refused")
		with self.refused(error, *says):
			try:
				yield
			finally:
				frappe.db.rollback(save_point="refused")

	def company(self, tier: str, credits: int = 5, **fields: object) -> make.Company:
		"""A company of this tier; its credits are good at every moment a test may choose."""
		found = make.company(0, tier=tier, **fields)
		if credits:
			make.grant(found.account, credits, granted_at=LONG_AGO)
		return found

	def ticket_at(
		self, moment: datetime, raiser: make.Person, **fields: object
	) -> frappe.model.document.Document:
		with at(moment):
			return make.ticket(raiser, **fields)

	def due_of(self, ticket: str) -> datetime:
		"""When the incident says that the first response is due."""
		return datetime.fromisoformat(make.incident_of(ticket).due_at_utc.replace("Z", "+00:00"))

	def host_due_of(self, ticket: str) -> datetime:
		"""When Helpdesk's own column says so, read on the site's wall."""
		shown = frappe.db.get_value("HD Ticket", ticket, "response_by")
		return shown.replace(tzinfo=ZoneInfo(frappe.utils.get_system_timezone()))
