"""First responses by tier against what the tiers promise and aim for, of the incidents whose clock ran."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import frappe

from support_credits.engine.model import stamp_text
from support_credits.engine.percentile import percentile
from support_credits.ledger import settings as site
from support_credits.ledger.responses import RUNNING
from support_credits.offer import measured
from support_credits.reports import owners
from support_credits.reports.filters import Period

MOST = 100_000  # incidents looked at: the newest of the period
CHUNK = 5_000
# Which, by their row alone; then in chunks by name, so that no more than one is in memory.
NAMES = """SELECT i.name FROM `tabSupport Incident` i WHERE i.state IN %(states)s AND i.tier > '' AND i.ticket > ''
	AND i.opened_at_utc >= %(since)s AND i.opened_at_utc < %(until)s{more} ORDER BY i.opened_at_utc DESC, i.name LIMIT %(most)s"""
ROWS = """SELECT i.tier, i.opened_at_utc, i.calendar, i.severity, i.deadline, i.due_at_utc, i.aim_at_utc, t.first_responded_on
	FROM `tabSupport Incident` i JOIN `tabHD Ticket` t ON t.name = i.ticket WHERE i.name IN %(names)s"""


@dataclass
class Answered:
	"""A tier's incidents. ``seconds`` to each first response, of the time its promise counts. ``kept``, ``missed`` and
	``pending`` (not answered and not yet due) are of those with a deadline, ``aims_met`` of ``aims`` that are decided.
	"""

	tier: str
	tickets: int = 0
	answered: int = 0
	kept: int = 0
	missed: int = 0
	pending: int = 0
	aims: int = 0
	aims_met: int = 0
	seconds: list[int] = field(default_factory=list)

	def hours(self, percent: int) -> float | None:
		"""Within how many hours so many in a hundred were answered; None where none was."""
		return round(percentile(self.seconds, percent) / 3600, 2) if self.seconds else None

	@property
	def kept_percent(self) -> float | None:
		return _percent(self.kept, self.kept + self.missed)

	@property
	def aims_percent(self) -> float | None:
		return _percent(self.aims_met, self.aims)

	def note(self, row: frappe._dict, tier: frappe._dict | None, at: datetime) -> None:
		"""Take one incident as it stands ``at`` that instant."""
		self.tickets += 1
		answered = site.site_time(row.first_responded_on) if row.first_responded_on else None
		if answered:
			self.answered += 1
			seconds = measured.response_seconds(row, tier)
			if seconds is not None:
				self.seconds.append(seconds)
		kept = _kept(row.due_at_utc, answered, at)
		self.kept += kept is True
		self.missed += kept is False
		self.pending += bool(row.due_at_utc) and kept is None
		met = _kept(row.aim_at_utc, answered, at)
		self.aims += met is not None
		self.aims_met += met is True


def _kept(due: str | None, answered: datetime | None, at: datetime) -> bool | None:
	"""Whether a deadline was kept; None where there is none, or it is still to come. Stored instants compare as text."""
	if not due:
		return None
	if answered:
		return stamp_text(answered) <= due
	return None if stamp_text(at) <= due else False


def _percent(part: int, whole: int) -> float | None:
	return round(100 * part / whole, 1) if whole else None


def by_tier(period: Period, at: datetime, customer: str = "", tier: str = "") -> tuple[list[Answered], bool]:
	"""One for each tier, by its name; and whether the period had more than :data:`MOST` incidents, of which the newest count."""
	tiers = {found.name: found for found in measured.tiers()}
	found: dict[str, Answered] = {}
	names = _names(period, customer, tier)
	for row in _rows(names[:MOST]):
		found.setdefault(row.tier, Answered(row.tier)).note(row, tiers.get(row.tier), at)
	return [found[name] for name in sorted(found)], len(names) > MOST


def _names(period: Period, customer: str, tier: str) -> list[str]:
	values = {**period.values, "states": tuple(sorted(RUNNING)), "most": MOST + 1}
	more = owners.condition(customer, "i.account", values)
	if tier:
		values["tier"] = tier
		more += " AND i.tier = %(tier)s"
	return [name for (name,) in frappe.db.sql(NAMES.format(more=more), values)]


def _rows(names: list[str]) -> Iterator[frappe._dict]:
	for start in range(0, len(names), CHUNK):
		yield from frappe.db.sql(ROWS, {"names": tuple(names[start : start + CHUNK])}, as_dict=True)
