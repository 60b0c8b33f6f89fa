"""A calendar is edited: its open tickets follow in the background, closed ones never, and no credit moves (design rule 21)."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import ClassVar

import frappe
from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import update_sla_status_in_ticket

from support_credits.hours import recompute
from support_credits.hours.calendars import CALENDAR
from support_credits.ledger import releases, responses
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.hours_case import UTC, at, site_zone
from support_credits.tests.ledger_case import rows_of
from support_credits.tests.test_sla_changes import ChangeCase
from support_credits.tests.test_sla_choice import FRIDAY, HOUR, MONDAY, TICKET

DAY = timedelta(days=1)
_edits = itertools.count(1)
FOLLOWS = {"due_at_utc", "aim_at_utc", "deadline", "aim"}


class RecomputeCase(ChangeCase):
	TERMS: ClassVar[dict[str, object]] = {"aim_value": 2, "resolution_hours": 8}

	def opened(self, moment: datetime = FRIDAY, **fields: object) -> str:
		return self.ticket_at(moment, self.mine.person, **fields).name

	def edit(self, moment: datetime, own_days: tuple[date | str, ...] = (), **fields: object) -> None:
		"""The admin saves the calendar, no two times at one instant; nothing has followed yet."""
		with at(moment + timedelta(seconds=next(_edits))):
			doc = frappe.get_doc(CALENDAR, self.hours)
			doc.update({"own_days": [{"day": str(day)} for day in own_days], **fields}).save()

	def run_job(self, moment: datetime) -> int:
		"""What the worker does after the commit."""
		publish()
		with at(moment):
			return recompute.run(self.hours)

	def result(self) -> str:
		return frappe.db.get_value(CALENDAR, self.hours, "recompute_result")

	def due_mark(self) -> int:
		return frappe.db.get_value(CALENDAR, self.hours, "recompute_due")


class TestHolidays(RecomputeCase):
	def test_a_day_that_is_added_or_taken_away_moves_open_tickets_and_nothing_else(self) -> None:
		ticket, aim = self.opened(), MONDAY - 2 * HOUR
		before = rows_of(self.mine.account)
		modified = frappe.db.get_value(TICKET, ticket, "modified")
		for days, later in ((("2026-12-07",), DAY), ((), 0 * DAY)):
			self.edit(FRIDAY + HOUR, days)
			self.assertEqual(1, self.run_job(FRIDAY + HOUR))
			self.assert_ours(ticket, MONDAY + later)
			incident = make.incident_of(ticket)
			self.assertEqual(aim + later, datetime.fromisoformat(incident.aim_at_utc))
			self.assertEqual(
				datetime(2026, 12, 7, 14, 30) + later, frappe.db.get_value(TICKET, ticket, "resolution_by")
			)
			skipped = [day.day for day in responses.deadline_of(incident).closed]
			self.assertEqual(bool(later), date(2026, 12, 7) in skipped)
			after = rows_of(self.mine.account)
			for rows in (before, after):
				rows["Support Incident"] = [
					{field: said for field, said in row.items() if field not in FOLLOWS}
					for row in rows["Support Incident"]
				]
			self.assertEqual(before, after)
			self.assertEqual(modified, frappe.db.get_value(TICKET, ticket, "modified"))

	def test_a_breach_that_is_none_any_more_goes_and_one_that_becomes_one_comes(self) -> None:
		ticket, tuesday = self.opened(), MONDAY + DAY - HOUR
		publish()
		with at(tuesday):
			update_sla_status_in_ticket()
		self.assertEqual("Failed", frappe.db.get_value(TICKET, ticket, "agreement_status"))
		self.edit(tuesday, ("2026-12-07",))
		self.run_job(tuesday)
		self.assert_ours(ticket, MONDAY + DAY)
		self.edit(tuesday)
		self.run_job(tuesday)
		self.assert_ours(ticket, MONDAY, status="Failed")

	def test_tickets_on_hold_follow_with_the_time_they_were_held(self) -> None:
		ticket = self.opened()
		self.save(ticket, FRIDAY + 0.5 * HOUR, status="Replied")
		self.save(ticket, FRIDAY + HOUR, status="Open")
		self.save(ticket, FRIDAY + HOUR, status="Replied")
		before = frappe.db.get_value(TICKET, ticket, "resolution_by")
		self.assertEqual(datetime(2026, 12, 7, 15, 0), before)
		self.edit(FRIDAY + HOUR, ("2026-12-07",))
		self.assertEqual(1, self.run_job(FRIDAY + HOUR))
		self.assert_ours(ticket, MONDAY + DAY, status="Paused")
		self.assertEqual(before + DAY, frappe.db.get_value(TICKET, ticket, "resolution_by"))

	def test_closed_and_waiting_tickets_stay_as_they_are(self) -> None:
		closed, open_one = self.closed(), self.opened()
		poor = self.company(self.tier, credits=0, portal_policy="Park")
		released, waits = (self.ticket_at(FRIDAY, poor.person).name for _number in range(2))
		with at(FRIDAY):
			make.grant(poor.account, 1)  # the oldest is released; its own row follows in a job
		before = [self.shown(ticket) for ticket in (closed, waits)]
		row = frappe.db.get_value(TICKET, released, ["sla", "response_by", "agreement_status"])
		self.edit(FRIDAY + HOUR, ("2026-12-07",))
		self.assertEqual(2, self.run_job(FRIDAY + HOUR))
		self.assertEqual(before, [self.shown(ticket) for ticket in (closed, waits)])
		self.assertEqual(
			row, frappe.db.get_value(TICKET, released, ["sla", "response_by", "agreement_status"])
		)
		with at(FRIDAY + HOUR):  # the job that wakes it comes late, and shows what its incident says by now
			releases.update_ticket(make.incident_of(released).name)
		for ticket in (open_one, released):
			self.assert_ours(ticket, MONDAY + DAY)

	def test_where_only_the_aim_moves_it_follows_too(self) -> None:
		frappe.get_doc("Support Tier", self.tier).update(
			{"promise_unit": "clock hours", "promise_value": 99}
		).save()
		ticket = self.opened()
		due = self.due_of(ticket)
		self.edit(FRIDAY, ("2026-12-07",))
		self.assertEqual(0, self.run_job(FRIDAY))
		self.assertEqual(due, self.due_of(ticket))
		self.assertEqual(MONDAY - 2 * HOUR + DAY, datetime.fromisoformat(make.incident_of(ticket).aim_at_utc))

	def test_each_change_of_severity_counts_again_from_its_own_instant_on(self) -> None:
		severe = make.hours("09:00", "20:00", "saturday", from_severity="Urgent")
		self.edit(FRIDAY - HOUR, windows=[make.hours("08:00", "18:00"), severe])
		ticket = self.opened()
		saturday = datetime(2026, 12, 5, 19, 0, tzinfo=UTC)
		self.save(ticket, saturday, priority="Urgent")
		before = self.shown(ticket)
		self.assert_ours(ticket, MONDAY - HOUR)  # 1.5 h on Friday, one on Saturday
		self.edit(saturday + HOUR, ("2026-12-05",))
		self.run_job(saturday + HOUR)
		self.assert_ours(ticket, MONDAY)
		self.assertEqual(datetime(2026, 12, 7, 14, 30), frappe.db.get_value(TICKET, ticket, "resolution_by"))
		self.edit(saturday + HOUR)
		self.run_job(saturday + HOUR)
		self.assertEqual(before, self.shown(ticket))

	def test_a_deadline_that_moves_into_the_hour_that_comes_twice_is_no_breach_before_it(self) -> None:
		self.addCleanup(publish)  # the job commits the site's zone as well
		with site_zone("Europe/Lisbon"):
			always = make.hours("00:00", "24:00", *make.WORKDAYS, "saturday", "sunday")
			self.edit(FRIDAY - 60 * DAY, time_zone="Europe/Lisbon", windows=[always])
			ticket = self.opened(
				datetime(2026, 10, 23, 21, 30, tzinfo=UTC)
			)  # 22:30, an hour and a half before Saturday
			self.edit(FRIDAY - 60 * DAY, ("2026-10-24",))
			self.run_job(datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
			self.assertEqual(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), self.due_of(ticket))
			shown = frappe.db.get_value(TICKET, ticket, ["response_by", "agreement_status"])
			self.assertEqual((datetime(2026, 10, 25, 1, 30), "First Response Due"), shown)
