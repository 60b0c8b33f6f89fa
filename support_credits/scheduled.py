"""The scheduled jobs of this app: how often each runs, what it is for, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from croniter import croniter
from frappe import _
from frappe.utils import get_datetime

from support_credits import hooks
from support_credits.engine.job_run import FINE, JobState, LastRun, state_of
from support_credits.engine.model import parse_stamp
from support_credits.ledger import clock
from support_credits.ledger import settings as site
from support_credits.run_record import DOCTYPE

HOST = "Scheduled Job Type"
EVERY = {
	"hourly": timedelta(hours=1),
	"daily": timedelta(days=1),
	"weekly": timedelta(days=7),
	"monthly": timedelta(days=31),
}
COLUMNS = ("name", "frequency", "result", "done", "started_at_utc", "ended_at_utc", "failed_at_utc", "last_error", "creation")  # fmt: skip


@dataclass(frozen=True)
class Scheduled:
	"""A job of hooks.py: the method, and when the host runs it, in the host's words ("hourly_long", "*/10 * * * *")."""

	method: str
	frequency: str

	@property
	def every(self) -> timedelta:
		"""How long one run is from the next."""
		if self.frequency == "all":
			return timedelta(seconds=frappe.get_conf().scheduler_interval or 240)
		known = EVERY.get(self.frequency.removesuffix("_long").removesuffix("_maintenance"))
		if known:
			return known
		times = croniter(self.frequency, clock.now())
		first: datetime = times.get_next(datetime)
		return times.get_next(datetime) - first


def jobs() -> Iterator[Scheduled]:
	"""Every job of hooks.py, as it stands there."""
	for frequency, methods in hooks.scheduler_events.items():
		if isinstance(methods, dict):
			yield from (Scheduled(method, cron) for cron, listed in methods.items() for method in listed)
		else:
			yield from (Scheduled(method, frequency) for method in methods)


def purposes() -> dict[str, str]:
	"""What each job does, for people, by its method."""
	return {
		"support_credits.ledger.jobs.expire_lots": _("Books lots that have come to their end"),
		"support_credits.ledger.jobs.release_waiting": _("Releases tickets that can be paid by now"),
		"support_credits.ledger.jobs.expire_proposals": _("Ends proposals that nobody answered"),
		"support_credits.ledger.jobs.expire_orders": _("Ends orders that nobody paid"),
		"support_credits.ledger.approvals.expire_waiting": _("Ends entries by hand that nobody approved"),
		"support_credits.ledger.subscription_jobs.run_due": _(
			"Charges tiers by the month, and lets them fall"
		),
		"support_credits.ledger.jobs.raise_topups": _("Raises orders where a balance fell to its threshold"),
		"support_credits.ledger.jobs.finish_releases": _("Brings released tickets up to date"),
		"support_credits.ledger.notice_clock.look_at_clock": _(
			"Finds what the clock gives customers notice of"
		),
		"support_credits.ledger.notice_jobs.follow_ledger": _("Finds entries that customers get notice of"),
		"support_credits.ledger.missed.give_back_missed": _(
			"Gives credits back where a response came too late"
		),
		"support_credits.mail.notices.send_due": _("Mails notices to customers"),
		"support_credits.ledger.reconciliation.prove_some": _("Proves the ledger, some accounts a night"),
		"support_credits.hours.jobs.keep_years_ahead": _("Extends the holidays of calendars"),
		"support_credits.hours.recompute.run_due": _("Moves open deadlines after a calendar was edited"),
		"support_credits.integrations.payments.sweep": _("Pays orders whose gateway said yes"),
		"support_credits.integrations.payments.sweep_unanswered": _(
			"Asks gateways about unanswered payments"
		),
		"support_credits.integrations.erpnext.sweep": _("Looks again at invoices of orders"),
		"support_credits.integrations.open_collective.jobs.run_due": _("Looks up orders of Open Collective"),
		"support_credits.integrations.open_collective.jobs.look_again_at_all": _(
			"Looks again at redeemed orders of Open Collective"
		),
		"support_credits.mail.jobs.take_in_kept": _("Takes in mails that could not be stored"),
		"support_credits.mail.jobs.send_due_answers": _("Answers senders of tickets that wait"),
		"support_credits.mail.orders.send_due": _("Mails about orders"),
	}


def state_words() -> dict[JobState, str]:
	"""How a job stands, for people."""
	return {
		JobState.DONE: _("Done"),
		JobState.RUNNING: _("Running"),
		JobState.NEVER: _("Never ran"),
		JobState.LATE: _("Late"),
		JobState.FAILED: _("Failed"),
		JobState.CUT_OFF: _("Cut off"),
	}


def title_of(method: str) -> str:
	return purposes().get(method) or method.removeprefix("support_credits.")


def sync() -> None:
	"""One Credit Job for every job, so that one that never ran is seen too; those that are gone go."""
	now = frappe.utils.now()
	for job in jobs():
		frappe.db.sql(
			f"""INSERT INTO `tab{DOCTYPE}` (name, owner, modified_by, creation, modified)
			VALUES (%(name)s, 'Administrator', 'Administrator', %(now)s, %(now)s)
			ON DUPLICATE KEY UPDATE name = name""",
			{"name": job.method, "now": now},
		)
		frappe.db.set_value(DOCTYPE, job.method, {"frequency": job.frequency}, update_modified=False)
	frappe.db.delete(DOCTYPE, {"name": ["not in", [job.method for job in jobs()]]})


@dataclass(frozen=True)
class Standing:
	"""A job, its row, and how it stands now. ``stopped``: somebody has switched it off in the host's list."""

	job: Scheduled
	row: frappe._dict
	state: JobState
	stopped: bool

	@property
	def said(self) -> str:
		"""The state in a word or two, translated."""
		return _("Stopped") if self.stopped else state_words()[self.state]

	@property
	def needs_a_look(self) -> bool:
		return self.stopped or self.state not in FINE


def standings(at: datetime) -> list[Standing]:
	"""Every job as it stands at ``at``, those that need a look first."""
	rows = {row.name: row for row in frappe.get_all(DOCTYPE, fields=list(COLUMNS), order_by="name asc")}
	stopped = set(frappe.get_all(HOST, filters={"stopped": 1}, pluck="method", order_by="name asc"))
	found = [
		Standing(
			job, rows[job.method], state_of(_last_run(rows[job.method]), job.every, at), job.method in stopped
		)
		for job in jobs()
		if job.method in rows
	]
	return sorted(found, key=lambda one: (not one.needs_a_look, one.job.method))


def _last_run(row: frappe._dict) -> LastRun:
	return LastRun(
		known_since=site.site_time(get_datetime(row.creation)),
		started=parse_stamp(row.started_at_utc) if row.started_at_utc else None,
		ended=parse_stamp(row.ended_at_utc) if row.ended_at_utc else None,
		failed=row.result == "Failed",
	)
