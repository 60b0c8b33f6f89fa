"""A calendar is edited: its open tickets follow in the background, closed ones never, and no credit moves (design rule 21)."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import ClassVar
from unittest.mock import patch

import frappe
from frappe.utils import background_jobs
from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import update_sla_status_in_ticket

from support_credits.hours import recompute
from support_credits.hours.calendars import CALENDAR
from support_credits.ledger import releases, responses
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.hours_case import UTC, at, site_zone
from support_credits.tests.ledger_case import elsewhere, rows_of
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


class TestRuns(RecomputeCase):
	def test_again_nothing_moves_and_nothing_is_written(self) -> None:
		tickets = [self.opened() for _number in range(3)]
		self.edit(FRIDAY, ("2026-12-07",))
		self.assertEqual(3, self.run_job(FRIDAY))
		before = [self.shown(ticket) for ticket in tickets]
		self.assertEqual(0, self.run_job(FRIDAY))
		self.assertEqual(before, [self.shown(ticket) for ticket in tickets])

	def test_a_page_at_a_time_it_comes_to_all_of_them(self) -> None:
		tickets = [self.opened() for _number in range(5)]
		self.edit(FRIDAY, ("2026-12-07",))
		with patch.object(recompute, "PAGE", 2):
			self.assertEqual(5, self.run_job(FRIDAY))
		self.assertEqual({MONDAY + DAY}, {self.due_of(ticket) for ticket in tickets})
		self.assertIn("5 open tickets looked at, 5 moved, 0 failed", self.result())

	def test_twice_at_once_it_comes_to_the_same(self) -> None:
		tickets = [self.opened() for _number in range(4)]
		self.edit(FRIDAY, ("2026-12-07",))
		publish()
		told: list[object] = []
		with at(FRIDAY + HOUR), patch.object(recompute, "PAGE", 1):
			runs = [
				threading.Thread(target=in_a_connection, args=(recompute.run, self.hours, told))
				for _two in range(2)
			]
			for run in runs:
				run.start()
			for run in runs:
				run.join()
		frappe.db.rollback()
		self.assertEqual(4, sum(told), told)
		self.assertEqual({MONDAY + DAY}, {self.due_of(ticket) for ticket in tickets})
		self.assertEqual(0, self.due_mark())

	def test_one_that_cannot_be_worked_out_stops_no_other_and_is_named(self) -> None:
		broken = [self.opened() for _number in range(3)]
		good = self.opened()
		for ticket, said in zip(broken, ("not JSON", "{}", "[1]"), strict=True):
			frappe.db.set_value("Support Incident", make.incident_of(ticket).name, "deadline", said)
		before = [self.shown(ticket) for ticket in broken]
		self.edit(FRIDAY, ("2026-12-07",))
		self.assertEqual(1, self.run_job(FRIDAY))
		self.assertEqual(MONDAY + DAY, self.due_of(good))
		self.assertEqual(before, [self.shown(ticket) for ticket in broken])
		self.assertIn("4 open tickets looked at, 1 moved, 3 failed", self.result())
		for ticket in broken:
			self.assertTrue(frappe.db.exists("Error Log", {"method": ["like", f"%ticket {ticket} keeps%"]}))
			frappe.db.set_value(TICKET, ticket, "status_category", "Resolved")
		publish()

	def test_a_run_that_is_cut_short_is_done_by_the_scheduled_one(self) -> None:
		tickets = [self.opened() for _number in range(3)]
		self.edit(FRIDAY, ("2026-12-07",))
		publish()
		with patch.object(recompute, "PAGE", 2), patch.object(recompute, "_tell", side_effect=SystemExit):
			self.assertRaises(SystemExit, recompute.run, self.hours)
		frappe.db.rollback()
		self.assertEqual(1, self.due_mark())
		with at(FRIDAY + HOUR):
			recompute.run_due()
		self.assertEqual({MONDAY + DAY}, {self.due_of(ticket) for ticket in tickets})
		self.assertEqual(0, self.due_mark())

	def test_an_edit_that_comes_meanwhile_is_not_forgotten(self) -> None:
		ticket = self.opened()
		self.edit(FRIDAY, ("2026-12-07",))
		publish()
		tell, edits = recompute._tell, [("2026-12-07", "2026-12-08")]

		def edited_meanwhile(calendar: str, result: str) -> None:
			tell(calendar, result)
			frappe.db.commit()
			if edits:
				with elsewhere():
					self.edit(FRIDAY + HOUR, edits.pop())
					frappe.db.commit()

		with at(FRIDAY + 2 * HOUR), patch.object(recompute, "_tell", edited_meanwhile):
			recompute.run(self.hours)
		self.assertEqual(1, self.due_mark())
		with at(FRIDAY + 3 * HOUR):
			recompute.run_due()
		self.assertEqual((MONDAY + 2 * DAY, 0), (self.due_of(ticket), self.due_mark()))


class TestQueue(RecomputeCase):
	def test_an_edit_that_was_just_made_is_looked_at_once_more_for_tickets_that_were_coming_in(self) -> None:
		self.edit(FRIDAY, ("2026-12-07",))
		for minutes, due in ((1, 1), (10, 0)):
			self.run_job(FRIDAY + timedelta(minutes=minutes))
			self.assertEqual(due, self.due_mark())

	def test_what_decides_nothing_is_not_worked_out_again(self) -> None:
		self.edit(FRIDAY, calendar_name="Another name")
		self.assertEqual(0, self.due_mark())
		self.edit(FRIDAY, ("2026-12-07",))
		self.assertEqual(1, self.due_mark())

	def test_a_job_is_queued_with_the_commit_and_none_for_an_edit_that_is_undone(self) -> None:
		publish()
		self.edit(FRIDAY, ("2026-12-07",))
		frappe.db.rollback()
		self.assertEqual(0, self.queued())
		self.edit(FRIDAY, ("2026-12-07",))
		publish()
		if self.due_mark():  # no worker was as quick as this
			self.assertEqual(1, self.queued())

	def queued(self) -> int:
		jobs = background_jobs.get_queue("long").jobs
		return len([job for job in jobs if job.kwargs.get("kwargs", {}).get("calendar") == self.hours])

	def test_without_a_queue_the_edit_is_saved_and_the_scheduled_job_does_it(self) -> None:
		ticket = self.opened()
		with (
			patch.dict(frappe.local.conf, redis_queue="redis://127.0.0.1:1"),
			patch.object(background_jobs, "_redis_queue_conn", None),
		):
			self.edit(FRIDAY, ("2026-12-07",))
			publish()
		self.assertEqual((1, MONDAY), (self.due_mark(), self.due_of(ticket)))
		self.edit(FRIDAY, ("2026-12-07",), calendar_name="Saved again from an old form", recompute_due=0)
		publish()
		with at(FRIDAY + HOUR):
			recompute.run_due()
		self.assertEqual((0, MONDAY + DAY), (self.due_mark(), self.due_of(ticket)))


def in_a_connection(work: Callable[[str], object], argument: str, told: list[object]) -> None:
	"""As a worker of its own does it."""
	frappe.init(SITE)
	frappe.connect()
	try:
		told.append(work(argument))
	finally:
		frappe.destroy()


SITE = frappe.local.site
