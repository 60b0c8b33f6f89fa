"""Measured first responses against cases worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from unittest.mock import patch

import frappe
from freezegun import freeze_time

from support_credits.engine.model import stamp_text
from support_credits.ledger import settings as site
from support_credits.offer import measured
from support_credits.tests import factories as make
from support_credits.tests.hours_case import LONG_AGO, REAL, at, site_zone
from support_credits.tests.offer_case import OfferCase, rendered

UTC = timezone.utc
MONDAY = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class TestMeasured(OfferCase):
	def setUp(self) -> None:
		super().setUp()
		self.forget()
		self.addCleanup(self.forget)
		self.enterContext(patch.object(measured, "NEWEST", 1_000_000))  # other tests' incidents are newer
		clock = freeze_time(NOW, tz_offset=0, ignore=REAL, tick=True)
		clock.start()
		self.addCleanup(clock.stop)

	@staticmethod
	def forget() -> None:
		frappe.cache.delete_value(measured.CACHE)

	def company(self, **tier: object) -> make.Company:
		company = make.company(tier=make.tier(**tier))
		make.grant(company.account, 60, granted_at=LONG_AGO)
		return company

	def answered(self, company: make.Company, *hours: float, opened: datetime = MONDAY) -> None:
		"""Tickets opened at that moment and answered so many hours later, as the host notes it."""
		for number in hours:
			with at(opened):
				ticket = make.ticket(company.person).name
			wall = site.on_site_wall(opened + number * HOUR)
			frappe.db.set_value("HD Ticket", ticket, "first_responded_on", wall, update_modified=False)

	def of(self, company: make.Company) -> list[float]:
		tier = frappe.db.get_value("Credit Account", company.account, "tier")
		return sorted(seconds / 3600 for seconds in measured.measure(NOW).get(tier, []))

	def shown(self, company: make.Company) -> measured.Measured | None:
		return measured.shown(NOW).get(frappe.db.get_value("Credit Account", company.account, "tier"))

	def test_hours_outside_the_calendar_do_not_count(self) -> None:
		"""Monday 16:00 to 18:00 are two covered hours; the third is Tuesday's first, from 08:00 to 09:00."""
		company = self.company(calendar=make.support_calendar(), promise_unit="covered hours")
		self.answered(company, 1, 2, 10, 16, 17)
		self.assertEqual([1, 2, 2, 2, 3], self.of(company))

	def test_business_days_are_measured_in_covered_time_too(self) -> None:
		calendar = make.support_calendar()
		company = self.company(calendar=calendar, promise_value=2, promise_unit="business days")
		self.answered(company, 17)
		self.assertEqual([3], self.of(company))

	def test_a_promise_by_the_clock_is_measured_by_the_clock(self) -> None:
		company = self.company(calendar=make.support_calendar(), promise_unit="clock hours")
		self.answered(company, 17)
		self.assertEqual([17], self.of(company))

	def test_so_is_a_tier_without_a_calendar(self) -> None:
		company = self.company()
		self.answered(company, 0.5, 30)
		self.assertEqual([0.5, 30], self.of(company))

	def test_it_is_right_whatever_the_sites_zone_is(self) -> None:
		for zone in ("Asia/Kolkata", "America/St_Johns"):
			with self.subTest(zone), site_zone(zone):
				company = self.company()
				self.answered(company, 5)
				self.assertEqual([5], self.of(company))

	def test_a_waiting_ticket_is_measured_from_its_release(self) -> None:
		tier = make.tier(calendar=make.support_calendar(), promise_unit="covered hours")
		company = make.company(tier=tier, portal_policy="Park")
		with at(MONDAY - 30 * HOUR):
			ticket = make.ticket(company.person).name
		with at(MONDAY):
			make.grant(company.account, 1)
		wall = site.on_site_wall(MONDAY + HOUR)
		frappe.db.set_value("HD Ticket", ticket, "first_responded_on", wall, update_modified=False)
		self.assertEqual([1], self.of(company))

	def test_half_and_nine_in_ten_by_hand(self) -> None:
		company = self.company()
		self.answered(company, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20)
		expected = {"count": 10, "is_covered": False, "median_text": "5 h", "most_text": "9 h"}
		self.assertEqual(expected, self.shown(company))

	def test_of_fewer_than_five_nothing_is_shown(self) -> None:
		company = self.company()
		self.answered(company, 1, 2, 3, 4)
		self.assertIsNone(self.shown(company))
		self.answered(company, 5)
		self.assertIsNone(self.shown(company), "it is worked out once an hour")
		self.forget()
		self.assertEqual(5, self.shown(company)["count"])

	def test_what_is_older_than_90_days_not_answered_or_not_an_incident_does_not_count(self) -> None:
		company = self.company()
		self.answered(company, 1, opened=NOW - timedelta(days=90, hours=1))
		make.ticket(company.person)
		self.answered(company, 2)
		ticket = frappe.get_all("Support Incident", {"account": company.account}, pluck="name")[0]
		self.assertEqual([2], self.of(company))
		frappe.db.set_value("Support Incident", {"account": company.account}, "state", "Withdrawn")
		self.assertEqual([], self.of(company), ticket)

	def test_an_answer_before_the_clock_started_took_no_time(self) -> None:
		company = self.company()
		self.answered(company, -1)
		self.assertEqual([0], self.of(company))

	def test_the_page_shows_it_beside_the_promise_unless_the_provider_does_not_want_it(self) -> None:
		company = self.company()
		self.answered(company, 1, 2, 3, 4, 5)
		self.assertIn("half within 3 h, nine in ten within 5 h", rendered())
		with self.settings(show_measured_response=0):
			html = rendered()
		self.assertNotIn("half within", html)
		self.assertNotIn("Measured, last 90 days", html)

	def test_it_looks_at_the_newest_only(self) -> None:
		company = self.company()
		self.answered(company, 7)
		before, measured.NEWEST = measured.NEWEST, 1
		try:
			make.ticket(company.person)
			self.assertEqual([], self.of(company))
		finally:
			measured.NEWEST = before
		self.assertEqual([7], self.of(company))
		self.assertLess(stamp_text(NOW - timedelta(days=measured.DAYS)), stamp_text(MONDAY))
