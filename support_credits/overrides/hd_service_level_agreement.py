"""HD Service Level Agreement: one with a Support Calendar counts covered time; one without behaves exactly as stock.

The host's arithmetic knows one window a weekday, no 24:00, no time zone and no change of the clock (helpdesk facts 2.4). One
of the two class overrides the facts force (design 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime
from helpdesk.helpdesk.doctype.hd_service_level_agreement.hd_service_level_agreement import (
	HDServiceLevelAgreement,
)

from support_credits.engine.catalogue_model import Target
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.deadline import COVERED_HOURS, after_change
from support_credits.engine.model import parse_stamp
from support_credits.exceptions import KeptByTier
from support_credits.hours import calendars, severity
from support_credits.hours.calendars import covered_time, said
from support_credits.hours.severity import severity_of
from support_credits.ledger import clock
from support_credits.ledger import settings as site

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

FAR = timedelta(
	days=3650
)  # where nothing is promised, nothing may be missed; the host's pages read an empty one as missed
KEPT = (
	"holiday_list",
	"apply_sla_for_resolution",
	"support_and_resolution",
	"priorities",
	"default_sla",
	"sc_tier",
	"sc_calendar",
)
DAY = timedelta(days=1)


class CreditsServiceLevelAgreement(HDServiceLevelAgreement):
	"""The host's agreement, with the engine for its clock where a Support Calendar says when that runs."""

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if not self.flags.sc_follows and (self.sc_tier or (before and before.sc_tier)):
			self.refuse_edits(before)
		super().validate()

	def on_update(self) -> None:
		severity.forget()  # the default agreement says what priority a ticket has of which nobody says any

	def refuse_edits(self, before: HDServiceLevelAgreement | None) -> None:
		"""What follows the tier would be undone by the tier's next save: said now."""
		changed = [field for field in KEPT if before is None or said(self, field) != said(before, field)]
		if changed:
			frappe.throw(
				_(
					"{0} of agreement {1} follow Support Tier {2}. Change the tier, or its Support Calendar."
				).format(
					", ".join(_(self.meta.get_label(field)) for field in changed),
					self.name,
					(before and before.sc_tier) or self.sc_tier,
				),
				KeptByTier,
			)

	# A ticket's clock

	def apply(self, doc: HDTicket) -> None:
		self.look_at(doc)
		super().apply(doc)

	def look_at(self, doc: HDTicket) -> None:
		"""The host's arithmetic is not told whose ticket it is about: its severity is noted before.

		Without a tier nobody has confirmed it, and the priority is the customer's to write: it counts up to the default.
		"""
		said = doc.get("sc_severity")
		if not said:
			said = min(doc.priority or "", severity.default_priority(), key=severity_of)
		self.flags.sc_priority, self.flags.sc_start = said, (doc.get("flags") or {}).get("sc_start")

	def handle_targets(self, doc: HDTicket) -> None:
		self.look_at(doc)
		super().handle_targets(doc)

	def set_response_by(self, doc: HDTicket) -> None:
		if not (self.sc_tier and doc.get("sc_severity")):
			super().set_response_by(doc)
			return
		before = doc.get_doc_before_save()
		if doc.flags.sc_due:
			doc.response_by = host_time(doc.flags.sc_due)
		elif before and before.sla == self.name and before.response_by:
			doc.response_by = before.response_by  # decided once, and kept (design rule 21)
		else:
			super().set_response_by(doc)

	def set_resolution_by(self, doc: HDTicket) -> None:
		before = self._as_decided(doc)
		if before:
			doc.resolution_by = self._moved_on(doc, before)
		elif self.sc_tier and not self.apply_sla_for_resolution:
			doc.resolution_by = get_datetime(doc.service_level_agreement_creation) + FAR
		else:
			super().set_resolution_by(doc)

	def _as_decided(self, doc: HDTicket) -> HDTicket | None:
		"""The stored ticket, where it is on the same agreement and the same clock: what was decided then is kept."""
		before = doc.get_doc_before_save()
		if not (before and self.sc_tier and before.get("sc_severity") and doc.get("sc_severity")):
			return None
		start = "service_level_agreement_creation"
		same = before.sla == self.name and get_datetime(before.get(start)) == get_datetime(doc.get(start))
		return before if same and before.resolution_by else None

	def _moved_on(self, doc: HDTicket, before: HDTicket) -> datetime:
		"""When it is to be resolved: put off by the time on hold since, and by other hours since an agent said how severe
		it is, never by an edit of its tier.
		"""
		decided = get_datetime(before.resolution_by)
		held = timedelta(seconds=float(doc.total_hold_time or 0) - float(before.total_hold_time or 0))
		if not self.apply_sla_for_resolution or (before.sc_severity == doc.sc_severity and not held):
			return decided
		with calendars.tolerated(self.sc_calendar):
			was, now = self.time_of(before.sc_severity), self.time_of(doc.sc_severity)
			due = after_change(Target(1, COVERED_HOURS), site.site_time(decided), clock.now(), was, now)
			return host_time(now.add(due, max(held, timedelta(0))))
		return decided

	def is_first_response_failed(self, doc: HDTicket) -> bool:
		if not (self.sc_tier and doc.get("sc_severity") and doc.response_by):
			return super().is_first_response_failed(doc)
		answered = (
			site.site_time(get_datetime(doc.first_responded_on)) if doc.first_responded_on else clock.now()
		)
		return self._due(doc) < answered

	def _due(self, doc: HDTicket) -> datetime:
		"""The instant of ``response_by``. In the hour that comes twice in autumn only the incident knows which one is meant."""
		shown = get_datetime(doc.response_by)
		first, second = site.site_time(shown), site.site_time(shown.replace(fold=1))
		if first == second:
			return first
		about = {"ticket": str(doc.name)}
		said = doc.name and frappe.db.get_value("Support Incident", about, "due_at_utc", order_by=None)
		return parse_stamp(said) if said else first

	# Arithmetic

	def calc_time(
		self,
		start_at: str | datetime,
		priority: str,
		target: Literal["response_time", "resolution_time"],
		hold_time: float = 0,
	) -> datetime:
		row = self.get_priorities().get(priority)
		if self.sc_calendar and row:
			seconds = (row.get(target) or 0) + (hold_time if target == "resolution_time" else 0)
			# A clock that has just been started knows its instant, also in the hour that comes twice.
			start = self.flags.sc_start or site.site_time(get_datetime(start_at))
			with calendars.tolerated(self.sc_calendar):
				time = self.time_of(self.flags.sc_priority or priority)
				return host_time(time.add(start, timedelta(seconds=seconds)))
		return super().calc_time(start_at, priority, target, hold_time)

	def calc_elapsed_time(self, start_time: str | datetime, end_time: str | datetime) -> float:
		if self.sc_calendar:
			start, end = (site.site_time(get_datetime(moment)) for moment in (start_time, end_time))
			if start >= end:  # unless the end is the second time the clock shows that hour
				end = site.site_time(get_datetime(end_time).replace(fold=1))
			if start >= end:
				return 0
			with calendars.tolerated(self.sc_calendar):
				return self.time_of(self.flags.sc_priority).elapsed(start, end).total_seconds()
		return super().calc_elapsed_time(start_time, end_time)

	def time_of(self, priority: str | None) -> CoveredTime:
		"""Covered time for tickets of this priority; where none is known, for the least severe."""
		return covered_time(self.sc_calendar, severity_of(priority))

	# The host's banner "outside working hours", which asks for one window of a weekday's name

	def get_working_hours(self) -> dict[str, tuple[timedelta, timedelta]]:
		if self.sc_calendar:
			with calendars.tolerated(self.sc_calendar):
				return {name: span for name, span in self._coming_hours() if span}
		return super().get_working_hours()

	def _coming_hours(self) -> Iterator[tuple[str, tuple[timedelta, timedelta] | None]]:
		"""Of today and the six days after it, on the site's wall: what is open now, else what opens first.

		The host looks only at the name of a day, so these are the very days that it means.
		"""
		covered = self.time_of(frappe.flags.sc_banner_priority)
		now = now_datetime()
		for number in range(7):
			day = datetime.combine(now.date() + number * DAY, time.min)
			spans = [
				(host_time(start) - day, host_time(end) - day)
				for start, end in covered.intervals(site.site_time(day), site.site_time(day + DAY))
			]
			left = [span for span in spans if number or span[1] > now - day]
			yield f"{day:%A}", next(iter(left or spans), None)

	def is_working_time(self, date_time: datetime, working_hours: dict) -> bool:
		if self.sc_calendar:
			with calendars.tolerated(self.sc_calendar):
				return self.time_of(self.flags.sc_priority).is_covered(site.site_time(date_time))
		return super().is_working_time(date_time, working_hours)


def host_time(instant: datetime) -> datetime:
	"""An instant as the host stores it: on the site's wall, without a zone."""
	return site.on_site_wall(instant)
