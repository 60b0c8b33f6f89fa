"""Why a deadline is when it is, as facts that can be stored, and as sentences that can be translated (rule 20).

"Fri 4 Dec 2026 16:30 (Europe/Lisbon) + 20 covered hours; skipped Sat 5 Dec, Sun 6 Dec, Tue 8 Dec (Imaculada Conceição)".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from support_credits.engine.calendar_days import local_day
from support_credits.engine.catalogue_model import UNITS, Target
from support_credits.engine.covered_time import CoveredTime
from support_credits.engine.deadline import BUSINESS_DAYS, CLOCK_HOURS, COVERED_HOURS, after_change, due_at
from support_credits.engine.errors import EngineError
from support_credits.engine.marking import _
from support_credits.engine.model import DAY, Message, as_utc, parse_stamp, stamp_text

LISTED = 8  # days named one by one; of more, the holidays are named and the rest counted
STARTED = {
	(COVERED_HOURS, True): _("{start} + 1 covered hour"),
	(COVERED_HOURS, False): _("{start} + {value} covered hours"),
	(CLOCK_HOURS, True): _("{start} + 1 hour by the clock"),
	(CLOCK_HOURS, False): _("{start} + {value} hours by the clock"),
	(BUSINESS_DAYS, True): _("{start} + 1 business day, to the end of that day"),
	(BUSINESS_DAYS, False): _("{start} + {value} business days, to the end of that day"),
}
FROM = _("counted from {opening}, when {calendar} opened")
SKIPPED = _("skipped {days}")
SKIPPED_MORE = _("skipped {days} and {count} more days outside the hours")
SKIPPED_COUNT = _("skipped {count} days outside the hours")
CHANGED = _("severity {severity} from {at} on: {due}")


@dataclass(frozen=True, slots=True)
class Moment:
	"""An instant to be shown on the wall of a zone."""

	at: datetime
	zone: ZoneInfo

	def __str__(self) -> str:
		local = self.at.astimezone(self.zone)
		return f"{local:%a} {local.day} {local:%b %Y %H:%M} ({self.zone.key})"


@dataclass(frozen=True, slots=True)
class ClosedDay:
	"""A day that did not count; ``holiday`` is its name, empty for a day of the week without hours."""

	day: date
	holiday: str = ""

	def __str__(self) -> str:
		text = f"{self.day:%a} {self.day.day} {self.day:%b}"
		return f"{text} ({self.holiday})" if self.holiday else text


@dataclass(frozen=True, slots=True)
class ClosedDays:
	days: tuple[ClosedDay, ...]

	def __str__(self) -> str:
		return ", ".join(map(str, self.days))


@dataclass(frozen=True, slots=True)
class Change:
	"""From ``at`` on other hours counted, because an agent said how severe it is; then it was ``due`` at another time.

	``before`` is the severity that had counted until then.
	"""

	at: datetime
	severity: str
	due: datetime
	before: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
	"""A promise with its reason. Instants in UTC; ``zone`` and ``closed`` days are the calendar's.

	``opening`` is when the first covered moment was, where the clock had to wait for it.
	"""

	start: datetime
	due: datetime
	target: Target
	calendar: str
	zone: ZoneInfo
	severity: str = ""
	opening: datetime | None = None
	closed: tuple[ClosedDay, ...] = ()
	changes: tuple[Change, ...] = ()

	def in_zone(self, zone: ZoneInfo) -> Deadline:
		"""The same for a reader in another zone: only its instants are shown differently, its days are the calendar's."""
		return replace(self, zone=zone)


def deadline_of(target: Target, start: datetime, time: CoveredTime, severity: str = "") -> Deadline:
	"""When the target is due, with the reason. NeverCovered where it never is."""
	due = due_at(target, start, time)
	opening = None
	if target.unit == COVERED_HOURS and not time.is_covered(start):
		opening = time.next_opening(start)
	closed = tuple(_closed_days(target, start, due, time))
	calendar = time.calendar
	return Deadline(as_utc(start), due, target, calendar.name, calendar.zone, severity, opening, closed)


def changed(was: Deadline, at: datetime, before: CoveredTime, now: CoveredTime, severity: str) -> Deadline:
	"""The deadline after an agent has said, ``at`` some instant, how severe the ticket is."""
	due = after_change(was.target, was.due, at, before, now)
	opening, closed = was.opening, was.closed
	if at < was.due:
		today = local_day(at, now.calendar.zone)
		kept = (day for day in closed if day.day < today)
		closed = (*kept, *_closed_days(was.target, at, due, now))
	if opening and at < opening:  # the clock had not begun: now it waits for other hours, or not at all
		opening = None if now.is_covered(at) else now.next_opening(at)
	changes = (*was.changes, Change(as_utc(at), severity, due, was.severity))
	return replace(was, due=due, severity=severity, opening=opening, closed=closed, changes=changes)


def _closed_days(target: Target, start: datetime, due: datetime, time: CoveredTime) -> Iterator[ClosedDay]:
	"""Those from the day of ``start`` on, before that of ``due``: up to there the clock has run, if only from its eve."""
	if target.unit == CLOCK_HOURS:
		return
	day, last = local_day(start, time.calendar.zone), local_day(due, time.calendar.zone)
	while day < last:
		if not time.opens_on(day):
			yield ClosedDay(day, time.calendar.holidays.get(day, ""))
		day += DAY


def sentences(deadline: Deadline) -> tuple[Message, ...]:
	"""The reason as parts of one sentence, to be translated and joined by semicolons."""
	said = [_started(deadline)]
	if deadline.opening:
		opening: dict[str, object] = {
			"opening": Moment(deadline.opening, deadline.zone),
			"calendar": deadline.calendar,
		}
		said.append(Message(FROM, opening))
	said += _skipped(deadline.closed)
	for change in deadline.changes:
		at, due = Moment(change.at, deadline.zone), Moment(change.due, deadline.zone)
		said.append(Message(CHANGED, {"severity": change.severity, "at": at, "due": due}))
	return tuple(said)


def _started(deadline: Deadline) -> Message:
	target = deadline.target
	template = STARTED[target.unit, target.value == 1]
	return Message(template, {"start": Moment(deadline.start, deadline.zone), "value": target.value})


def _skipped(closed: tuple[ClosedDay, ...]) -> list[Message]:
	if not closed:
		return []
	if len(closed) <= LISTED:
		return [Message(SKIPPED, {"days": ClosedDays(closed)})]
	named = tuple(day for day in closed if day.holiday)[:LISTED]
	count = len(closed) - len(named)
	if not named:
		return [Message(SKIPPED_COUNT, {"count": count})]
	return [Message(SKIPPED_MORE, {"days": ClosedDays(named), "count": count})]


def text_of(deadline: Deadline) -> str:
	"""The reason in English, for a terminal."""
	return "; ".join(str(part) for part in sentences(deadline))


def as_json(deadline: Deadline) -> dict[str, object]:
	"""The deadline as it is stored with its incident; :func:`from_json` reads it back."""
	said: dict[str, object] = {
		"start": stamp_text(deadline.start),
		"due": stamp_text(deadline.due),
		"value": deadline.target.value,
		"unit": deadline.target.unit,
		"calendar": deadline.calendar,
		"zone": deadline.zone.key,
		"severity": deadline.severity,
		"opening": stamp_text(deadline.opening) if deadline.opening else None,
		"closed": [[day.day.isoformat(), day.holiday] for day in deadline.closed],
	}
	changes = [
		[stamp_text(one.at), one.severity, stamp_text(one.due), one.before] for one in deadline.changes
	]
	return {**said, "changes": changes} if changes else said


def from_json(said: Mapping[str, object]) -> Deadline:
	"""The deadline that :func:`as_json` wrote; EngineError for anything else."""
	try:
		return Deadline(
			start=parse_stamp(str(said["start"])),
			due=parse_stamp(str(said["due"])),
			target=_target(said["value"], str(said["unit"])),
			calendar=str(said["calendar"]),
			zone=ZoneInfo(str(said["zone"])),
			severity=str(said["severity"]),
			opening=parse_stamp(str(said["opening"])) if said["opening"] else None,
			closed=tuple(ClosedDay(date.fromisoformat(day), name) for day, name in _rows(said["closed"])),
			changes=tuple(
				Change(parse_stamp(at), name, parse_stamp(due), before)
				for at, name, due, before in _rows(said.get("changes") or [])
			),
		)
	except (KeyError, TypeError, ValueError) as error:
		raise EngineError(f"not a stored deadline: {said!r}") from error


def _target(value: object, unit: str) -> Target:
	if unit not in UNITS:
		raise ValueError(unit)
	return Target(int(str(value)), unit)


def _rows(said: object) -> list[list[str]]:
	if not isinstance(said, list):
		raise TypeError(said)
	return said
