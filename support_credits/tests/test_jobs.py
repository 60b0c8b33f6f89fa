"""Scheduled jobs: every run is noted where managers see it, two at once do the work once, and a week of silence is caught up."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import frappe

from support_credits import run_record, scheduled
from support_credits.engine.job_run import JobState
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.ledger import clock, orders, proposals
from support_credits.run_record import DOCTYPE, recorded
from support_credits.support_credits.report.support_credits_jobs import support_credits_jobs as report
from support_credits.tests import factories as make
from support_credits.tests.compat import look_again, publish
from support_credits.tests.crowd import all_at_once
from support_credits.tests.ledger_case import LedgerCase, elsewhere

EXPIRE = "support_credits.ledger.jobs.expire_lots"


@recorded
def three(fails: str = "", writes: str = "") -> int:
	"""A job of the tests: it does three things, or fails."""
	if writes:
		frappe.db.set_value("User", "Guest", "bio", writes, update_modified=False)
	if fails:
		frappe.throw(fails)
	return 3


@recorded
def too_long_a_name() -> int:
	return 1


def run_every_job() -> None:
	"""What the scheduler does in a few days, in one process."""
	for job in scheduled.jobs():
		frappe.get_attr(job.method)()


def row(job: str) -> frappe._dict:
	look_again()
	return frappe.db.get_value(DOCTYPE, job, "*", as_dict=True)


class JobCase(LedgerCase):
	def setUp(self) -> None:
		super().setUp()
		scheduled.sync()
		frappe.db.commit()

	def tearDown(self) -> None:
		frappe.db.rollback()
		scheduled.sync()  # also takes away the jobs of the tests
		frappe.db.commit()
		super().tearDown()

	def note(self, job: str, **columns: object) -> None:
		frappe.db.set_value(DOCTYPE, job, columns, update_modified=False)

	def standing(self, job: str, at: datetime | None = None) -> scheduled.Standing:
		return next(one for one in scheduled.standings(at or clock.now()) if one.job.method == job)


class TestRecord(JobCase):
	def test_a_run_is_noted_with_what_it_did(self) -> None:
		before = stamp_text(clock.now())
		self.assertEqual(3, three())
		noted = row(three.sc_job)
		self.assertEqual(("Done", 3, None), (noted.result, noted.done, noted.last_error))
		self.assertLessEqual(before, noted.started_at_utc)
		self.assertLessEqual(noted.started_at_utc, noted.ended_at_utc)

	def test_others_see_that_it_runs_before_it_has_ended(self) -> None:
		seen = []

		def look() -> int:
			with elsewhere():
				seen.append(frappe.db.get_value(DOCTYPE, name, "result"))
			return 0

		name = f"{__name__}.look"
		recorded(look)()
		self.assertEqual(["Running"], seen)

	def test_a_failure_is_noted_goes_on_to_the_scheduler_and_leaves_nothing_else(self) -> None:
		with self.assertRaises(frappe.ValidationError):
			three(fails="No <b>luck</b>", writes="unlucky")
		noted = row(three.sc_job)
		self.assertEqual(("Failed", "ValidationError: No luck"), (noted.result, noted.last_error))
		self.assertEqual(noted.ended_at_utc, noted.failed_at_utc)
		self.assertNotEqual("unlucky", frappe.db.get_value("User", "Guest", "bio"))

	def test_the_last_error_stays_to_be_read_when_the_next_run_is_well(self) -> None:
		with self.assertRaises(frappe.ValidationError):
			three(fails="No luck")
		three()
		noted = row(three.sc_job)
		self.assertEqual(("Done", "ValidationError: No luck"), (noted.result, noted.last_error))

	def test_a_job_whose_record_cannot_be_written_runs_all_the_same(self) -> None:
		too_long = recorded(too_long_a_name.__wrapped__)
		too_long_a_name.__wrapped__.__module__, module = "x" * 200, too_long_a_name.__wrapped__.__module__
		try:
			self.assertEqual(1, recorded(too_long_a_name.__wrapped__)())
		finally:
			too_long_a_name.__wrapped__.__module__ = module
		self.assertEqual(1, too_long())

	def test_every_scheduled_job_is_recorded_under_the_name_the_scheduler_calls(self) -> None:
		listed = {job.method for job in scheduled.jobs()}
		self.assertGreater(len(listed), 16)
		unrecorded = [
			name for name in sorted(listed) if getattr(frappe.get_attr(name), "sc_job", None) != name
		]
		self.assertEqual([], unrecorded)

	def test_every_scheduled_job_says_what_it_does(self) -> None:
		listed = {job.method for job in scheduled.jobs()}
		self.assertEqual(set(), listed - scheduled.purposes().keys())
		self.assertEqual(set(), scheduled.purposes().keys() - listed)

	def test_every_scheduled_job_is_in_the_manual_with_how_often_it_runs(self) -> None:
		table = (Path(frappe.get_app_path("support_credits")).parent / "docs" / "running.md").read_text()
		rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
		said = {row[0].strip("| `"): row[1] for row in rows if len(row) == 4}
		expected = {
			job.method.removeprefix("support_credits."): report._often(job.frequency)
			for job in scheduled.jobs()
		}
		self.assertEqual(expected, said)

	def test_what_the_hosts_scheduler_runs_is_noted(self) -> None:
		self.note(EXPIRE, result=None, started_at_utc=None)
		frappe.db.commit()
		frappe.get_doc("Scheduled Job Type", {"method": EXPIRE}).execute()
		self.assertEqual("Done", row(EXPIRE).result)


class TestStanding(JobCase):
	def test_a_job_that_never_ran_is_listed_and_late_in_time(self) -> None:
		self.note(EXPIRE, started_at_utc=None, ended_at_utc=None, result=None, creation=frappe.utils.now())
		now = clock.now()
		self.assertIs(JobState.NEVER, self.standing(EXPIRE, now).state)
		self.assertIs(JobState.LATE, self.standing(EXPIRE, now + timedelta(days=7)).state)

	def test_a_run_that_was_cut_off_is_seen(self) -> None:
		begun = clock.now() - timedelta(hours=3)
		self.note(EXPIRE, result="Running", started_at_utc=stamp_text(begun), ended_at_utc=None)
		self.assertIs(JobState.CUT_OFF, self.standing(EXPIRE).state)

	def test_each_is_as_late_as_its_own_frequency_says(self) -> None:
		nightly, now = "support_credits.ledger.reconciliation.prove_some", clock.now()
		for job in (EXPIRE, nightly):
			begun = stamp_text(now - timedelta(hours=30))
			self.note(job, result="Done", started_at_utc=begun, ended_at_utc=begun)
		self.assertIs(JobState.LATE, self.standing(EXPIRE, now).state)
		self.assertIs(JobState.DONE, self.standing(nightly, now).state)

	def test_one_that_somebody_stopped_needs_a_look(self) -> None:
		self.note(
			EXPIRE,
			result="Done",
			started_at_utc=stamp_text(clock.now()),
			ended_at_utc=stamp_text(clock.now()),
		)
		self.assertFalse(self.standing(EXPIRE).needs_a_look)
		frappe.db.set_value("Scheduled Job Type", {"method": EXPIRE}, "stopped", 1)
		self.assertTrue(self.standing(EXPIRE).needs_a_look)

	def test_the_report_shows_every_job_those_that_need_a_look_first(self) -> None:
		run_every_job()
		frappe.db.set_value("Scheduled Job Type", {"method": EXPIRE}, "stopped", 1)
		columns, rows = report.execute({})
		self.assertEqual(sorted(job.method for job in scheduled.jobs()), sorted(one["job"] for one in rows))
		self.assertEqual(
			(EXPIRE, "Stopped", "red"), tuple(rows[0][field] for field in ("job", "state", "color"))
		)
		self.assertEqual({column["fieldname"] for column in columns}, set(rows[0]) - {"color"})
		look = [one["job"] for one in report.execute({"needs_a_look": 1})[1]]
		needy = {one.job.method for one in scheduled.standings(clock.now()) if one.needs_a_look}
		self.assertEqual(needy, set(look))
		self.assertEqual([one["job"] for one in rows][: len(look)], look)
		self.assertEqual(EXPIRE, look[0])

	def test_the_form_says_what_the_report_says(self) -> None:
		three_jobs = [job.method for job in scheduled.jobs()][:3]
		rows = {one["job"]: one for one in report.execute({})[1]}
		for name in three_jobs:
			doc = frappe.get_doc(DOCTYPE, name)
			self.assertEqual((rows[name]["purpose"], rows[name]["state"]), (doc.purpose, doc.state))

	def test_nobody_writes_a_record_by_hand(self) -> None:
		for permission in frappe.get_meta(DOCTYPE).permissions:
			self.assertEqual((0, 0, 0), (permission.write, permission.create, permission.delete))


class TestTwiceAndLate(JobCase):
	"""What a week without a scheduler leaves behind, done by two processes at once, and then once more."""

	def setUp(self) -> None:
		super().setUp()
		self.company = make.company(2)
		make.expired_credits(self.company.account, 3, days_ago=38)  # over for a week
		self.order = orders.place(orders.Wish(self.company.name, make.pack()))
		ticket = make.ticket(self.company.person).name
		self.proposal = proposals.propose(ticket, 1, "More")
		past = stamp_text(clock.now() - timedelta(days=7))
		frappe.db.set_value("Credit Order", self.order, "stands_until_utc", past)
		frappe.db.set_value("Credit Proposal", self.proposal, "expires_at_utc", past)
		publish()

	def test_all_of_it_is_done_once_whoever_runs_how_often(self) -> None:
		run = f"{__name__}.run_every_job"
		self.assertEqual(["done", "done"], all_at_once(run, [{}, {}]))
		look_again()
		once = self.entries(self.company.account)
		self.assertEqual(1, once.count(("Expiry", -3)))
		self.assertEqual("Expired", frappe.db.get_value("Credit Order", self.order, "state"))
		self.assertEqual("Expired", frappe.db.get_value("Credit Proposal", self.proposal, "state"))
		began = clock.now()
		self.assertEqual(["done"], all_at_once(run, [{}]))
		look_again()
		self.assertEqual(once, self.entries(self.company.account))
		self.assert_proved(self.company.account)
		noted = row(EXPIRE)
		self.assertEqual(("Done", 0), (noted.result, noted.done))
		self.assertLess(began, parse_stamp(noted.ended_at_utc))


class TestSync(JobCase):
	def test_a_job_that_is_gone_goes_and_the_others_keep_what_was_noted(self) -> None:
		three()
		self.note(EXPIRE, done=7)
		scheduled.sync()
		self.assertFalse(frappe.db.exists(DOCTYPE, three.sc_job))
		kept = frappe.db.get_value(DOCTYPE, EXPIRE, ["done", "frequency"])
		self.assertEqual((7, "hourly"), kept)

	def test_a_cron_expression_is_as_often_as_it_says(self) -> None:
		every = {job.method: job.every for job in scheduled.jobs()}
		self.assertEqual(timedelta(minutes=10), every["support_credits.integrations.payments.sweep"])
		self.assertEqual(timedelta(hours=1), every[EXPIRE])
		self.assertEqual(run_record.DOCTYPE, "Credit Job")
