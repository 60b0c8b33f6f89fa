"""The hours of the public page, at instants chosen by the test: the functions take the clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import frappe

from support_credits.offer import hours, wording
from support_credits.tests import factories as make
from support_credits.tests.offer_case import OfferCase

LISBON = ZoneInfo("Europe/Lisbon")


def lisbon(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
	return datetime(2026, month, day, hour, minute, tzinfo=LISBON)


class HoursCase(OfferCase):
	def said(self, at: datetime, *windows: dict[str, object], **fields: object) -> hours.Hours:
		name = make.support_calendar(*windows, zone="Europe/Lisbon", **fields)
		return hours.offered([name], at)[0]

	def opening(self, at: datetime, *windows: dict[str, object], **fields: object) -> tuple[bool, str]:
		said = self.said(at, *windows, **fields)["openings"][0]
		return said["is_open"], said["text"]


class TestOpenings(HoursCase):
	"""Monday to Friday from 08:00 to 18:00; 7 December 2026 is a Monday, 8 December a holiday in Portugal."""

	def test_within_the_hours_it_is_open_until_their_end(self) -> None:
		self.assertEqual((True, "Open now until 18:00 Europe/Lisbon"), self.opening(lisbon(7, 9)))

	def test_at_the_instant_it_opens_it_is_open_and_at_the_end_it_is_not(self) -> None:
		self.assertTrue(self.opening(lisbon(7, 8))[0])
		self.assertEqual(
			(False, "Opens in 14 h (Tue 8 Dec 2026 08:00 Europe/Lisbon)"), self.opening(lisbon(7, 18))
		)

	def test_before_the_hours_it_says_in_how_long(self) -> None:
		expected = "Opens in 3 h 20 min (Mon 7 Dec 2026 08:00 Europe/Lisbon)"
		self.assertEqual((False, expected), self.opening(lisbon(7, 4, 40)))

	def test_over_the_weekend_it_counts_in_days(self) -> None:
		expected = "Opens in 2 days 13 h (Mon 7 Dec 2026 08:00 Europe/Lisbon)"
		self.assertEqual((False, expected), self.opening(lisbon(4, 18, 30)))

	def test_a_holiday_is_skipped(self) -> None:
		found = self.opening(lisbon(7, 19), country="PT")
		self.assertEqual((False, "Opens in 37 h (Wed 9 Dec 2026 08:00 Europe/Lisbon)"), found)

	def test_midnight_at_the_end_of_the_day_is_still_that_days(self) -> None:
		found = self.opening(lisbon(7, 9), make.hours("08:00", "24:00"))
		self.assertEqual((True, "Open now until 24:00 Europe/Lisbon"), found)

	def test_an_end_on_another_day_names_it(self) -> None:
		found = self.opening(lisbon(7, 23), make.hours("22:00", "06:00"))
		self.assertEqual((True, "Open now until Tue 8 Dec 2026 06:00 Europe/Lisbon"), found)

	def test_around_the_clock_has_no_end(self) -> None:
		every_day = make.hours("00:00", "24:00", *make.WORKDAYS, "saturday", "sunday", "on_holidays")
		self.assertEqual((True, "Open now, around the clock"), self.opening(lisbon(7, 3), every_day))

	def test_in_the_night_the_clock_goes_back_the_wait_is_an_hour_longer(self) -> None:
		"""25 October 2026 has 25 hours in Lisbon."""
		found = self.opening(lisbon(24, 20, month=10), make.hours("08:00", "12:00", "sunday"))
		self.assertEqual((False, "Opens in 13 h (Sun 25 Oct 2026 08:00 Europe/Lisbon)"), found)

	def test_each_severity_has_its_own(self) -> None:
		weekend = make.hours("09:00", "20:00", "saturday", "sunday", from_severity="Urgent")
		said = self.said(lisbon(5, 10), make.hours("08:00", "18:00"), weekend)
		self.assertEqual(
			[("All tickets", False), ("Urgent tickets", True)],
			[(one["who"], one["is_open"]) for one in said["openings"]],
		)
		self.assertEqual(["All tickets", "Urgent tickets"], said["columns"])

	def test_a_severity_that_is_not_the_highest_says_and_above(self) -> None:
		said = self.said(lisbon(5, 10), make.hours("08:00", "18:00", from_severity="High"))
		self.assertEqual(["All tickets", "High tickets and above"], said["columns"])
		self.assertIn("is never open in the 20 years", said["openings"][0]["text"])


class TestTables(HoursCase):
	def rows(self, *windows: dict[str, object], **fields: object) -> list[tuple[str, list[str]]]:
		return [(row["days"], row["hours"]) for row in self.said(lisbon(7, 9), *windows, **fields)["rows"]]

	def test_days_with_the_same_hours_share_a_row(self) -> None:
		expected = [("Monday to Friday", ["08:00–18:00"]), ("Saturday, Sunday", ["closed"])]
		self.assertEqual(expected, self.rows())

	def test_holidays_have_a_row_where_there_are_any(self) -> None:
		self.assertEqual(("Saturday, Sunday, Holidays", ["closed"]), self.rows(country="PT")[1])

	def test_several_windows_a_day_and_one_over_midnight(self) -> None:
		rows = self.rows(
			make.hours("08:00", "12:00", "monday"),
			make.hours("14:00", "18:30", "monday"),
			make.hours("22:00", "06:00", "friday"),
			make.hours("00:00", "24:00", "sunday"),
		)
		self.assertEqual(("Monday", ["08:00–12:00, 14:00–18:30"]), rows[0])
		self.assertEqual(("Friday", ["22:00–06:00 the next day"]), rows[2])
		self.assertEqual(("Sunday", ["all day"]), rows[3])
		self.assertEqual(("Tuesday to Thursday, Saturday", ["closed"]), rows[1])

	def test_days_are_named_in_the_readers_language(self) -> None:
		before, frappe.local.lang = frappe.local.lang, "pt"
		try:
			self.assertIn("Segunda-feira", wording.days_text([0, 1, 2]))
		finally:
			frappe.local.lang = before


class TestHolidays(HoursCase):
	def test_the_next_five_are_named_with_their_hours(self) -> None:
		said = self.said(lisbon(8, 23), country="PT", language="pt_PT")["holidays"]
		self.assertEqual(5, len(said))
		self.assertEqual(("Tue 8 Dec 2026", "Imaculada Conceição", "closed"), tuple(said[0].values()))
		self.assertEqual("Fri 25 Dec 2026", said[1]["day"])

	def test_one_that_is_over_is_not_shown(self) -> None:
		self.assertEqual("Fri 25 Dec 2026", self.said(lisbon(9, 0), country="PT")["holidays"][0]["day"])

	def test_hours_on_holidays_are_said(self) -> None:
		severe = make.hours("09:00", "20:00", "on_holidays", from_severity="Urgent")
		said = self.said(lisbon(1, 9), make.hours("08:00", "18:00"), severe, country="PT")["holidays"][0]
		self.assertEqual("09:00–20:00 Urgent tickets", said["hours"])

	def test_a_calendar_without_a_country_has_none(self) -> None:
		self.assertEqual([], self.said(lisbon(1, 9))["holidays"])


class TestSeveral(HoursCase):
	def test_one_calendar_of_several_tiers_is_shown_once(self) -> None:
		one, other = make.support_calendar(), make.support_calendar()
		self.assertEqual(2, len(hours.offered([one, other, one], lisbon(7, 9))))

	def test_one_that_was_broken_behind_its_checks_does_not_take_the_page_with_it(self) -> None:
		whole, broken = make.support_calendar(), make.support_calendar()
		frappe.db.set_value("Support Window", {"parent": broken}, "starts", "25:00")
		frappe.clear_document_cache("Support Calendar", broken)
		found = hours.offered([broken, whole], lisbon(7, 9))
		self.assertEqual([whole.upper()], [one["name"] for one in found])
