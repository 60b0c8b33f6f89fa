"""Every tier has an agreement and a holiday list of the host's own, which follow it and are nobody's to edit by hand."""

from __future__ import annotations

import json
from datetime import date, timedelta

import frappe
from helpdesk.helpdesk.doctype.hd_service_level_agreement.utils import get_sla

from support_credits.hours.agreements import AGREEMENT, HOLIDAY_LIST, NEVER_RESOLVED, TIER
from support_credits.hours.calendars import CALENDAR
from support_credits.tests import factories as make
from support_credits.tests.factories import hours
from support_credits.tests.hours_case import HoursCase, hours_rows

PRIORITY = "HD Ticket Priority"
Doc = frappe.model.document.Document


class AgreementCase(HoursCase):
	def setUp(self) -> None:
		super().setUp()
		self.calendars: list[str] = []

	def tier(self, *windows: dict[str, object], **fields: object) -> Doc:
		calendar = self.calendar(*windows, country="PT", zone="Europe/Lisbon")
		self.calendars.append(calendar)
		return frappe.get_doc(TIER, make.tier(calendar=calendar, **fields))

	def agreement(self, tier: str) -> Doc:
		return frappe.get_doc(AGREEMENT, frappe.db.get_value(TIER, tier, "agreement"))

	def lists_of(self, calendar: str) -> list[str]:
		return frappe.get_all(HOLIDAY_LIST, {"sc_calendar": calendar}, pluck="name")

	def priority(self, **fields: object) -> Doc:
		# Every tier of the site follows a priority: here this test's alone.
		mine = frappe.get_all(TIER, {"calendar": ["in", self.calendars]}, pluck="name")
		frappe.db.set_value(TIER, {"name": ["not in", mine or [""]]}, "calendar", None)
		doc = frappe.get_doc({"doctype": PRIORITY, "integer_value": 350, **fields})
		return doc.insert(set_name=make.unique("Priority"))

	def posted(self, doc: Doc) -> Doc:
		"""The document as a form sends it back: all of it as text from JSON, times with two digits."""
		said = json.loads(frappe.as_json(doc.as_dict()))
		for row in said.get("support_and_resolution", []):
			row["start_time"] = row["start_time"].zfill(8)
		for row in said.get("priorities", []):
			row["response_time"] = str(int(row["response_time"]))
		return frappe.get_doc(said)


class TestRecords(AgreementCase):
	def test_each_tier_of_both_providers_has_an_agreement_with_every_priority(self) -> None:
		priorities = set(frappe.get_all(PRIORITY, pluck="name"))
		for provider in ("extremeshok", "rockstor"):
			self.load(provider)
		tiers = frappe.get_all(TIER, {"calendar": ["in", ("SUPPORT-HOURS", "LISBON-HOURS")]}, pluck="name")
		self.assertGreaterEqual(len(tiers), 5)
		for tier in tiers:
			with self.subTest(tier):
				found = self.agreement(tier)
				calendar = frappe.get_doc(CALENDAR, found.sc_calendar)
				self.assertEqual((tier, 1, 0), (found.sc_tier, found.enabled, found.default_sla))
				self.assertEqual(priorities, {row.priority for row in found.priorities})
				self.assertEqual(1, sum(row.default_priority for row in found.priorities))
				self.assertEqual(calendar.holiday_list, found.holiday_list)
				shown = frappe.get_doc(HOLIDAY_LIST, found.holiday_list)
				days = [(row.holiday_date, row.description) for row in calendar.holidays]
				self.assertEqual(days, [(row.holiday_date, row.description) for row in shown.holidays])
				self.assertEqual(
					(date(calendar.first_year, 1, 1), date(calendar.last_year, 12, 31)),
					(shown.from_date, shown.to_date),
				)

	def test_it_shows_the_nearest_hours_that_the_host_can_hold(self) -> None:
		tier = self.tier(
			hours("08:00", "12:00", "monday"),
			hours("13:00", "24:00", "monday"),
			hours("22:00", "06:00", "tuesday"),
			hours("09:00", "20:00", "saturday", from_severity="Urgent"),
			promise_value=4,
			promise_unit="covered hours",
		)
		rows = [
			(row.workday, row.start_time, row.end_time)
			for row in self.agreement(tier.name).support_and_resolution
		]
		end = timedelta(hours=24) - timedelta(seconds=1)
		self.assertEqual(
			[
				("Monday", timedelta(hours=8), end),
				("Tuesday", timedelta(hours=22), end),
				("Saturday", timedelta(hours=9), timedelta(hours=20)),
			],
			rows,
		)

	def test_its_times_are_the_promises(self) -> None:
		for fields, seconds in (
			({"promise_value": 4, "promise_unit": "covered hours"}, 4 * 3600),
			({"promise_value": 24, "promise_unit": "clock hours"}, 24 * 3600),
			({"promise_value": 2, "promise_unit": "business days"}, 2 * 10 * 3600),
		):
			with self.subTest(fields):
				found = self.agreement(self.tier(**fields).name)
				self.assertEqual({seconds}, {row.response_time for row in found.priorities})
				self.assertEqual(0, found.apply_sla_for_resolution)
				self.assertLessEqual({NEVER_RESOLVED}, {row.resolution_time for row in found.priorities})
		found = self.agreement(
			self.tier(promise_value=4, promise_unit="covered hours", resolution_hours=9).name
		)
		self.assertEqual({9 * 3600}, {row.resolution_time for row in found.priorities})
		self.assertEqual(1, found.apply_sla_for_resolution)

	def test_a_priority_that_is_added_disabled_renamed_or_deleted_is_followed(self) -> None:
		tier = self.tier().name
		added = self.priority()
		names = {row.priority for row in self.agreement(tier).priorities}
		self.assertIn(added.name, names)
		added.update({"disabled": 1}).save()
		self.assertEqual(names, {row.priority for row in self.agreement(tier).priorities})
		name = frappe.rename_doc(PRIORITY, added.name, make.unique("Renamed"))
		self.assertIn(name, {row.priority for row in self.agreement(tier).priorities})
		frappe.delete_doc(PRIORITY, name)
		self.assertEqual(names - {added.name}, {row.priority for row in self.agreement(tier).priorities})

	def test_a_priority_that_hours_name_cannot_be_deleted_and_the_agreements_keep_it(self) -> None:
		added = self.priority()
		tier = self.tier(
			hours("08:00", "18:00"), hours("09:00", "20:00", "saturday", from_severity=added.name)
		)
		frappe.db.savepoint("there")
		with self.assertRaises(frappe.LinkExistsError):
			frappe.delete_doc(PRIORITY, added.name)
		frappe.db.rollback(save_point="there")
		self.assertIn(added.name, {row.priority for row in self.agreement(tier.name).priorities})

	def test_the_host_never_picks_ours_by_itself(self) -> None:
		tier = self.tier()
		for priority in (None, *frappe.get_all(PRIORITY, pluck="name")):
			picked = get_sla(frappe.get_doc({"doctype": "HD Ticket", "priority": priority})).name
			self.assertIsNone(frappe.db.get_value(AGREEMENT, picked, "sc_tier"), priority)
		self.assertFalse(self.agreement(tier.name).condition)

	def test_names_that_are_taken_too_long_or_not_the_hosts_are_made_to_fit(self) -> None:
		frappe.get_doc(
			{
				"doctype": HOLIDAY_LIST,
				"holiday_list_name": "Taken",
				"from_date": "2026-01-01",
				"to_date": "2026-12-31",
			}
		).insert()
		tiers = []
		for name in ("Gold", "Gold", "Gold", "N" * 140, "N" * 140, "Fast < 12 h > slow"):
			tier = make.tier(calendar=self.calendar(calendar_name="Taken"), tier_name=name)
			tiers.append(self.agreement(tier))
		self.assertEqual(len(tiers), len({one.name for one in tiers}))
		self.assertEqual(len(tiers), len({one.holiday_list for one in tiers}))
		self.assertNotIn("Taken", [one.holiday_list for one in tiers])
		self.assertIn(tiers[1].sc_tier, tiers[1].name)
		code = make.unique_code("code")
		frappe.copy_doc(frappe.get_doc(AGREEMENT, "Default")).update(
			{"service_level": f"Gold ({code})", "default_sla": 0}
		).insert()
		taken = make.tier(calendar=self.calendar(), tier_code=code, tier_name="Gold")
		self.assertEqual(taken, self.agreement(taken).sc_tier)


class TestFollowing(AgreementCase):
	def test_loading_a_catalogue_twice_changes_nothing(self) -> None:
		for provider in ("extremeshok", "rockstor"):
			with self.subTest(provider):
				self.load(provider)
				before = hours_rows()
				self.load(provider)
				self.assertEqual(before, hours_rows())

	def test_an_edit_of_the_calendar_is_followed(self) -> None:
		tier = self.tier()
		frappe.get_cached_doc(CALENDAR, tier.calendar)  # as a server has it that serves tickets
		calendar = frappe.get_doc(CALENDAR, tier.calendar)
		calendar.windows[0].ends = "20:00"
		calendar.append("own_days", {"day": "2026-12-24", "description": "Party"})
		calendar.save()
		found = self.agreement(tier.name)
		self.assertEqual({timedelta(hours=20)}, {row.end_time for row in found.support_and_resolution})
		self.assertTrue(
			frappe.db.exists("HD Holiday", {"parent": found.holiday_list, "holiday_date": "2026-12-24"})
		)

	def test_a_form_that_was_open_before_the_copies_were_made_makes_no_second_ones(self) -> None:
		tier = self.tier()
		calendar = frappe.get_doc(CALENDAR, tier.calendar)
		agreements = frappe.db.count(AGREEMENT)
		for number in (1, 2):
			tier.update({"promise_value": 10 + number, "agreement": None}).save()
			calendar.update({"calendar_name": f"Name {number}", "holiday_list": None}).save()
		self.assertEqual(agreements, frappe.db.count(AGREEMENT))
		self.assertEqual(1, len(self.lists_of(calendar.name)))
		self.assertEqual(self.agreement(tier.name).name, tier.agreement)
		tier.update({"agreement": "Default"}).save()
		self.assertNotEqual("Default", frappe.db.get_value(TIER, tier.name, "agreement"))

	def test_a_tier_without_a_calendar_has_its_agreement_disabled_and_one_again_enabled(self) -> None:
		self.assertIsNone(frappe.db.get_value(TIER, make.tier(), "agreement"))
		tier = self.tier()
		calendar, name = tier.calendar, tier.agreement
		tier.update({"calendar": None}).save()
		self.assertEqual((0, name), (self.agreement(tier.name).enabled, tier.agreement))
		tier.update({"calendar": calendar}).save()
		self.assertEqual((1, name), (self.agreement(tier.name).enabled, tier.agreement))
