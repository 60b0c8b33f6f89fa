"""A Support Calendar an admin saves: what it refuses and says, the holidays it keeps, and who may touch it (design rule 19)."""

from __future__ import annotations

import os
from datetime import date
from unittest.mock import patch

import frappe
from frappe.utils import getdate

from support_credits.exceptions import CalendarRefused
from support_credits.hours import jobs
from support_credits.hours.calendars import CALENDAR
from support_credits.tests import factories as make
from support_credits.tests.factories import hours
from support_credits.tests.hours_case import HOURS, HoursCase, hours_rows

HOLIDAY_LIST = "HD Service Holiday List"
TIER = "Support Tier"
SEVERE = "Urgent"


class CalendarCase(HoursCase):
	def edit(self, calendar: str, **fields: object) -> frappe.model.document.Document:
		doc = frappe.get_doc(CALENDAR, calendar)
		doc.update(fields)
		return doc.save()

	def days_of(self, calendar: str, year: int) -> dict[date, str]:
		"""The holidays that are stored for one year."""
		rows = frappe.get_all(
			"Support Calendar Holiday",
			{"parent": calendar},
			["holiday_date", "description"],
			order_by="idx asc",
		)
		return {row.holiday_date: row.description for row in rows if row.holiday_date.year == year}


class TestRefusals(CalendarCase):
	def test_what_is_no_time_zone_is_refused_with_how_one_is_named(self) -> None:
		for zone in (
			"Mars/Olympus",
			"Europe",
			"europe/nowhere",
			"../../etc/passwd",
			"/etc/localtime",
			"UTC+1",
			"",
		):
			with self.subTest(zone), self.refused(CalendarRefused, zone or '""', "IANA", "Europe/Lisbon"):
				self.calendar(zone=zone)

	def test_windows_that_overlap_are_named_with_their_day(self) -> None:
		cases = {
			"Monday": (hours("08:00", "12:00"), hours("11:00", "15:00", "monday")),
			"Tuesday": (hours("22:00", "06:00", "monday"), hours("05:00", "08:00", "tuesday")),
			"Monday, after the week's end": (
				hours("22:00", "06:00", "sunday"),
				hours("05:00", "08:00", "monday"),
			),
			"Holidays": (hours("09:00", "20:00", "on_holidays"), hours("10:00", "11:00", "on_holidays")),
			"Friday": (
				hours("08:00", "18:00", from_severity=SEVERE),
				hours("17:59", "24:00", "friday", from_severity=SEVERE),
			),
		}
		for day, windows in cases.items():
			said = [f"{one['starts']}–{one['ends']}" for one in windows]
			with self.subTest(day), self.refused(CalendarRefused, day.split(",")[0], *said, "overlap"):
				self.calendar(*windows)

	def test_windows_that_touch_or_count_for_other_severities_do_not_overlap(self) -> None:
		always = hours("00:00", "24:00", "monday", "saturday", from_severity=SEVERE)
		for windows in (
			(hours("08:00", "12:00"), hours("12:00", "18:00")),
			(hours("08:00", "18:00"), always),
			(hours("22:00", "06:00", "sunday"), hours("06:00", "08:00", "monday")),
			(hours("22:00", "06:00", "saturday"), hours("05:00", "08:00", "on_holidays")),
		):
			with self.subTest(windows):
				self.calendar(*windows)

	def test_what_is_no_time_of_day_is_refused_with_its_row(self) -> None:
		for text in ("8:00", "08.00", "25:00", "08:60", "24:01", "-1:00", "08:00:00", "٠٨:٠٠", "", "soon"):
			with self.subTest(text), self.refused(CalendarRefused, "row 2", f'"{text}"'):
				self.calendar(hours("08:00", "09:00"), hours("10:00", text))

	def test_a_window_without_length_or_without_days_is_refused_with_its_row(self) -> None:
		for starts, ends in (("08:00", "08:00"), ("24:00", "24:00"), ("24:00", "06:00")):
			with self.subTest(starts, ends=ends), self.refused(CalendarRefused, "row 1", starts, ends):
				self.calendar(hours(starts, ends))
		with self.refused(CalendarRefused, "row 2", "08:00–12:00", "on no day"):
			self.calendar(hours("18:00", "19:00"), {"starts": "08:00", "ends": "12:00"})
		with self.refused(frappe.MandatoryError, "windows"):
			frappe.get_doc(
				{
					"doctype": CALENDAR,
					"calendar_code": make.unique_code("bare"),
					"calendar_name": "Bare",
					"time_zone": "UTC",
				}
			).insert()

	def test_what_the_library_does_not_know_is_refused_with_what_it_knows(self) -> None:
		cases = (
			({"country": "Portugal"}, ("country Portugal", "two letters", "PT")),
			({"country": "pt"}, ("country pt", "two letters")),
			({"country": "PT", "subdivision": "CA"}, ("PT has no subdivision CA", "01, 02")),
			(
				{"country": "PT", "categories": "public, bank"},
				("PT knows no kind of holidays bank", "optional", "public"),
			),
			({"country": "PT", "language": "xx"}, ("PT knows no language xx", "pt_PT", "en_US")),
		)
		for fields, says in cases:
			with self.subTest(fields), self.refused(CalendarRefused, *says):
				self.calendar(**fields)

	def test_own_days_said_twice_or_a_lifetime_away_are_refused_with_their_rows(self) -> None:
		twice = [{"day": "2026-12-24"}, {"day": "2026-12-31"}, {"day": "2026-12-24", "kind": "No holiday"}]
		with self.refused(CalendarRefused, "row 3", "2026-12-24", "row 1"):
			self.calendar(own_days=twice)
		for day in ("2206-12-24", "1926-12-24"):
			with self.subTest(day), self.refused(CalendarRefused, "row 1", day, "20 years"):
				self.calendar(own_days=[{"day": day}])
		with self.refused(frappe.ValidationError):
			self.calendar(own_days=[{"day": "Christmas"}])

	def test_a_tier_whose_promise_its_calendar_never_reaches_is_refused(self) -> None:
		severe_alone = self.calendar(hours("08:00", "18:00", from_severity=SEVERE))
		with self.refused(CalendarRefused, "GOLD", "could not keep its promise", "never open"):
			make.tier(calendar=severe_alone, tier_name="GOLD", promise_unit="covered hours")
		minutes = self.calendar(hours("08:00", "08:01", "monday"))
		for fields in (
			{"promise_value": 24, "promise_unit": "covered hours"},
			{"promise_value": 1200, "promise_unit": "business days"},
			{"aim_value": 24, "aim_unit": "covered hours"},
			{"resolution_hours": 1000},
		):
			with self.subTest(fields), self.refused(CalendarRefused, "GOLD", "shorten the target"):
				make.tier(calendar=minutes, tier_name="GOLD", **fields)

	def test_hours_under_which_a_tier_that_is_sold_could_not_keep_its_promise_are_refused(self) -> None:
		calendar = self.calendar()
		make.tier(calendar=calendar, tier_name="GOLD", promise_unit="covered hours")
		self.edit(calendar, windows=[hours("09:00", "17:00")])
		for windows in ([hours("08:00", "18:00", from_severity=SEVERE)], [hours("10:00", "10:01", "monday")]):
			with self.subTest(windows), self.refused(CalendarRefused, "GOLD", "could not keep its promise"):
				self.edit(calendar, windows=windows)


class TestHolidays(CalendarCase):
	def test_a_countrys_holidays_are_stored_with_their_names(self) -> None:
		found = self.days_of(self.calendar(country="PT"), 2026)
		self.assertEqual("Imaculada Conceição", found[date(2026, 12, 8)])
		self.assertNotIn(date(2026, 12, 24), found)
		self.assertEqual(13, len(found))

	def test_subdivision_categories_and_language_count(self) -> None:
		found = self.days_of(
			self.calendar(country="PT", subdivision="11", categories="public, optional", language="en_US"),
			2026,
		)
		self.assertEqual("Immaculate Conception", found[date(2026, 12, 8)])
		self.assertIn(date(2026, 12, 24), found)
		self.assertIn(date(2026, 6, 13), found)

	def test_own_days_are_added_and_taken_away(self) -> None:
		own = [
			{"day": "2026-12-24", "description": "Company party"},
			{"day": "2026-12-31"},
			{"day": "2026-12-08", "kind": "No holiday"},
			{"day": "2026-12-09", "kind": "No holiday"},
			{"day": "2026-12-25", "description": "Natal"},
		]
		found = self.days_of(self.calendar(country="PT", own_days=own), 2026)
		december = {day.day: name for day, name in found.items() if day.month == 12}
		self.assertEqual(
			{1: "Restauração da Independência", 24: "Company party", 25: "Natal", 31: "Closed"}, december
		)

	def test_nobody_types_holidays_around_the_country_and_the_own_days(self) -> None:
		calendar = self.calendar(country="PT")
		before = self.days_of(calendar, 2026)
		self.edit(calendar, holidays=[{"holiday_date": "2026-03-03", "description": "Forged"}])
		self.assertEqual(before, self.days_of(calendar, 2026))

	def test_last_year_to_the_year_after_next_are_kept_and_those_of_own_days(self) -> None:
		this = getdate().year
		doc = frappe.get_doc(CALENDAR, self.calendar(country="PT"))
		self.assertEqual((this - 1, this + 2), (doc.first_year, doc.last_year))
		doc = self.edit(doc.name, own_days=[{"day": f"{this + 4}-02-28"}])
		self.assertEqual((this - 1, this + 4), (doc.first_year, doc.last_year))
		self.assertTrue(self.days_of(doc.name, this + 4))
		self.assertFalse(self.days_of(doc.name, this + 5))


class TestYearsAhead(CalendarCase):
	def old(self, **fields: object) -> str:
		"""A calendar that was saved the year before last for the last time. The job commits, so it is deleted."""
		calendar, last = self.calendar(**fields), getdate().year
		self.addCleanup(self.delete, calendar)
		frappe.db.set_value(CALENDAR, calendar, "last_year", last)
		frappe.db.sql(
			"DELETE FROM `tabSupport Calendar Holiday` WHERE parent = %s AND YEAR(holiday_date) > %s",
			(calendar, last),
		)
		return calendar

	def delete(self, calendar: str) -> None:
		frappe.db.set_value(CALENDAR, calendar, "country", "PT")
		frappe.delete_doc(CALENDAR, calendar)
		frappe.db.commit()

	def held(self, calendar: str) -> list[tuple]:
		return frappe.get_all(
			"Support Calendar Holiday", {"parent": calendar}, ["holiday_date", "description"], as_list=True
		)

	def test_the_job_extends_what_has_run_out_whatever_else_is_broken_and_again_changes_nothing(self) -> None:
		extended, broken = self.old(country="PT"), self.old(country="PT")
		frappe.db.set_value(CALENDAR, broken, "country", "Atlantis")
		before, this = self.held(broken), getdate().year
		jobs.keep_years_ahead()
		self.assertEqual(this + 2, frappe.db.get_value(CALENDAR, extended, "last_year"))
		self.assertIn(date(this + 2, 12, 8), self.days_of(extended, this + 2))
		shown = frappe.db.get_value(CALENDAR, extended, "holiday_list")
		self.assertTrue(
			frappe.db.exists("HD Holiday", {"parent": shown, "holiday_date": date(this + 2, 12, 8)})
		)
		self.assertTrue(frappe.db.get_value(CALENDAR, extended, "recompute_due"))
		self.assertEqual(
			(this, before), (frappe.db.get_value(CALENDAR, broken, "last_year"), self.held(broken))
		)
		self.assertTrue(frappe.db.exists("Error Log", {"method": ["like", f"%{broken}%"]}))
		before = self.held(extended)
		frappe.db.set_value(CALENDAR, extended, "recompute_due", 0)
		with patch.dict(os.environ, LANGUAGE="uk"):  # a worker's may be another one than the web server's
			jobs.keep_years_ahead()
		self.assertEqual(before, self.held(extended))
		self.assertFalse(frappe.db.get_value(CALENDAR, extended, "recompute_due"))


class TestRights(CalendarCase):
	def test_agents_read_managers_write_and_customers_see_nothing(self) -> None:
		calendar = self.calendar()
		tier = make.tier(calendar=calendar)
		with make.acting_as(make.agent()):
			frappe.get_doc(CALENDAR, calendar).check_permission("read")
			for doctype, name in ((CALENDAR, calendar), (TIER, tier)):
				with self.refused(frappe.PermissionError):
					frappe.get_doc(doctype, name).save()
			with self.refused(frappe.PermissionError):
				frappe.delete_doc(CALENDAR, calendar)
		with make.acting_as(make.portal_user()):
			self.assertFalse(frappe.has_permission(CALENDAR, "read", calendar))
			with self.assertRaises(frappe.PermissionError):
				frappe.get_list(CALENDAR)
			with self.refused(frappe.PermissionError):
				frappe.get_doc(CALENDAR, calendar).save()
		with make.acting_as(make.agent_manager()):
			self.edit(calendar, windows=[hours("09:00", "17:00")])
			frappe.get_doc(TIER, tier).update({"promise_value": 12}).save()
		self.assertEqual("09:00", frappe.get_doc(CALENDAR, calendar).windows[0].starts)


class TestDeletion(CalendarCase):
	def test_a_calendar_without_tiers_goes_with_its_holiday_list(self) -> None:
		calendar = self.calendar(country="PT")
		found = frappe.db.get_value(CALENDAR, calendar, "holiday_list")
		frappe.delete_doc(CALENDAR, calendar)
		for doctype, name in ((CALENDAR, calendar), (HOLIDAY_LIST, found)):
			self.assertFalse(frappe.db.exists(doctype, name), doctype)

	def test_a_calendar_on_which_a_tier_promises_something_stays(self) -> None:
		calendar = self.calendar()
		tier = make.tier(calendar=calendar)
		with self.refused_late(frappe.LinkExistsError, "Support Tier", tier):
			frappe.delete_doc(CALENDAR, calendar)
		frappe.delete_doc(TIER, tier)
		frappe.delete_doc(CALENDAR, calendar)

	def test_an_agreement_of_an_administrators_own_keeps_the_calendar_it_counts_by(self) -> None:
		calendar = self.calendar()
		own = frappe.copy_doc(frappe.get_doc("HD Service Level Agreement", "Default"))
		own.update({"service_level": make.unique("Own"), "default_sla": 0, "sc_calendar": calendar}).insert()
		with self.refused_late(frappe.LinkExistsError, own.name):
			frappe.delete_doc(CALENDAR, calendar)

	def test_hours_rows_sees_what_it_is_to_see(self) -> None:
		"""The refusals of this suite rest on it."""
		before = hours_rows()
		self.calendar(country="PT", own_days=[{"day": "2026-12-24"}])
		after = hours_rows()
		changed = {doctype for doctype in HOURS if before[doctype] != after[doctype]}
		self.assertEqual({*HOURS[:4], HOLIDAY_LIST, "HD Holiday"}, changed)
