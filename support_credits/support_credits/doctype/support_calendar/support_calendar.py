"""When the provider answers: windows in one time zone, each from a severity up, and the holidays that change them."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from support_credits.engine.covered_time import HORIZON_YEARS
from support_credits.exceptions import CalendarRefused
from support_credits.hours import agreements, calendars, promises, recompute

YEARS_AHEAD = 2
TIER = "Support Tier"
KEPT = ("holiday_list", "recompute_due", "recompute_result")
# What decides when the clock runs; of the rest nothing is worked out again.
DECISIVE = ("time_zone", "windows", "holidays")


class SupportCalendar(Document):
	def validate(self) -> None:
		self.keep_ours()
		self.validate_time_zone()
		self.validate_own_days()
		self.set_years()
		self.set_holidays()
		calendars.of_doc(self)
		self.validate_tiers()

	def keep_ours(self) -> None:
		"""What is not the form's to say stays as it is stored: a form that was open for long would undo it."""
		before = self.get_doc_before_save()
		for field in KEPT:
			self.set(field, before.get(field) if before else None)

	def validate_time_zone(self) -> None:
		calendars.zone_of(self.time_zone)

	def validate_own_days(self) -> None:
		seen: dict[object, int] = {}
		for row in self.own_days:
			day = getdate(row.day)
			if abs(day.year - getdate().year) > HORIZON_YEARS:
				frappe.throw(
					_("Own days, row {0}: {1} is more than {2} years away.").format(
						row.idx, row.day, HORIZON_YEARS
					),
					CalendarRefused,
				)
			if day in seen:
				frappe.throw(
					_("Own days, row {0}: {1} is in row {2} already.").format(row.idx, row.day, seen[day]),
					CalendarRefused,
				)
			seen[day] = row.idx

	def set_years(self) -> None:
		"""From last year, whose tickets may still be open, to as far ahead as deadlines are worked out."""
		today = getdate()
		own = [getdate(row.day).year for row in self.own_days]
		fields = ["first_year", "last_year"]
		# Of the stored record alone: a form may post any.
		first, last = (self.name and frappe.db.get_value("Support Calendar", self.name, fields)) or (
			None,
			None,
		)
		self.first_year = min([first or today.year - 1, *own])
		self.last_year = max([last or 0, today.year + YEARS_AHEAD, *own])

	def set_holidays(self) -> None:
		found = calendars.holidays_of(self)
		said = {getdate(row.holiday_date): row.description for row in self.holidays}
		if found != said:
			rows = [{"holiday_date": day, "description": name} for day, name in found.items()]
			self.set("holidays", rows)

	def validate_tiers(self) -> None:
		"""Refuse hours under which a promise that is sold already could never be kept."""
		if self.is_new():
			return
		for tier in frappe.get_all(TIER, filters={"calendar": self.name}, pluck="name"):
			promises.check_reachable(frappe.get_cached_doc(TIER, tier), calendars.of_doc(self))

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		self.clear_cache()  # the host does that after this, and the agreements are made from what is cached
		self.holiday_list = agreements.follow_calendars_tiers(self.name)
		if before and any(calendars.said(self, field) != calendars.said(before, field) for field in DECISIVE):
			recompute.soon(self.name)

	def on_trash(self) -> None:
		found = self.holiday_list
		if found:
			self.db_set("holiday_list", None, update_modified=False)
			agreements.delete_list(found)
