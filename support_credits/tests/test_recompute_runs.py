"""The job that follows an edit of a calendar: page by page, twice, at once, cut short, over broken tickets, without a queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import background_jobs

from support_credits.hours import recompute
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.hours_case import at
from support_credits.tests.ledger_case import elsewhere
from support_credits.tests.test_recompute import DAY, RecomputeCase
from support_credits.tests.test_sla_choice import FRIDAY, HOUR, MONDAY, TICKET


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
				threading.Thread(
					target=in_a_connection, args=(frappe.local.site, recompute.run, self.hours, told)
				)
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


def in_a_connection(site: str, work: Callable[[str], object], argument: str, told: list[object]) -> None:
	"""As a worker of its own does it."""
	frappe.init(site)
	frappe.connect()
	try:
		told.append(work(argument))
	finally:
		frappe.destroy()
