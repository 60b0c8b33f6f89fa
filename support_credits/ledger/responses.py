"""When an incident's first response is due: decided with its charge, kept with it, and changed only by what rule 21 names.

A ticket's deadline is that of its tier and calendar when it came in (or was released). What moves it afterwards: an agent's
word on its severity, a late reopening, and an edit of its calendar while it is open.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import frappe

from support_credits.engine.explanation import Change, Deadline, as_json, from_json
from support_credits.engine.model import parse_stamp, stamp_text
from support_credits.hours import calendars, promises
from support_credits.hours.agreements import agreement_of
from support_credits.ledger import clock, incidents
from support_credits.ledger.rows import Incident

# The clock of a ticket in one of these runs; a parked one's starts at its release.
RUNNING = frozenset({"Charged", "Overdrawn", "Best effort", "Exempt"})


def start(incident: Incident, at: datetime) -> None:
	"""The clock of ``incident`` starts ``at`` some instant, under the tier it has now. The caller writes the incident.

	A tier without a calendar, or an agreement that is not there yet, leaves the ticket to the host's own. So does a calendar
	that never gets to the deadline: a ticket must not be lost for it, and an administrator is told.
	"""
	earlier = deadline_of(incident)
	forget(incident)
	agreement = agreement_of(incident.tier)
	if not (incident.tier and agreement):
		return
	if not incident.severity_confirmed:
		# Judged under the tier it had then; the one that promises now may let its customers say less.
		incident.severity = promises.counting_severity(incident.tier, incident.severity)
	tier = frappe.get_cached_doc("Support Tier", incident.tier)
	with calendars.tolerated(tier.calendar, incident.ticket_no):
		found = promises.promise(incident.tier, incident.severity, at, earlier.changes if earlier else ())
		if found:
			incident.calendar, incident.agreement = found.calendar, agreement
			incident.resolution_hours = int(tier.resolution_hours or 0)
			put(incident, found.due, found.aim)


def judge(incident: Incident, tier: str | None, priority: str | None, confirmed: bool) -> None:
	"""Note the severity that counts, unless an agent has said it."""
	if incident.severity_confirmed:
		return
	if confirmed and priority:
		incident.severity, incident.severity_confirmed = priority, 1
	elif tier:
		incident.severity = promises.counting_severity(tier, priority)


def follow(incident: Incident, at: datetime) -> None:
	"""After a decision: a running clock is started once, and stops where the ticket waits or is nobody's."""
	if incident.state not in RUNNING:
		forget(incident)
	elif not incident.due_at_utc:
		start(incident, parse_stamp(incident.opened_at_utc) if incident.opened_at_utc else at)


def restart(incident: Incident, at: datetime) -> None:
	"""The ticket begins anew: withdrawn and opened again, or a person's first word on an automatic mail's."""
	if incident.state in RUNNING:
		start(incident, at)


def forget(incident: Incident) -> None:
	"""No clock of ours runs for it."""
	incident.due_at_utc = incident.aim_at_utc = incident.deadline = incident.aim = ""
	incident.calendar = incident.agreement = None
	incident.resolution_hours = 0


def leave_tier(incident: Incident) -> None:
	"""Another customer's tier is to promise something: its clock starts where this one's did, and what an agent has said of
	the severity meanwhile keeps its own instant.
	"""
	incident.due_at_utc = incident.aim_at_utc = ""


def put(incident: Incident, due: Deadline, aim: Deadline | None) -> None:
	"""Write the deadlines, with their reasons, on the incident."""
	for column, value in stored_as(due, aim).items():
		setattr(incident, column, value)


def stored_as(due: Deadline, aim: Deadline | None) -> dict[str, str]:
	"""The columns of an incident that hold its deadlines, and what they hold."""
	return {
		"due_at_utc": stamp_text(due.due),
		"deadline": _text(due),
		"aim_at_utc": stamp_text(aim.due) if aim else "",
		"aim": _text(aim) if aim else "",
	}


def _text(deadline: Deadline) -> str:
	return json.dumps(as_json(deadline), ensure_ascii=False, separators=(",", ":"))


def deadline_of(incident: Incident | frappe._dict) -> Deadline | None:
	return from_json(json.loads(incident.deadline)) if incident.deadline else None


def confirm(incident_name: str, severity: str) -> Incident:
	"""An agent says how severe the ticket is. What is left of its time is left under the hours that count from now on.

	Before the clock runs, and on tiers without a calendar, the word is only noted.
	"""
	at = clock.now()
	incident = incidents.lock([incident_name])[0]
	before, incident.severity, incident.severity_confirmed = incident.severity, severity, 1
	due = deadline_of(incident)
	if due and incident.calendar and before != severity:
		# Noted also where the calendar cannot be counted on now: it is worked out when it is mended.
		said = Change(at, severity, due.due, before)
		incident.deadline = _text(replace(due, severity=severity, changes=(*due.changes, said)))
		with calendars.tolerated(incident.calendar, incident.ticket_no):
			again = promises.change_severity(incident.calendar, due, at, before, severity)
			aim = from_json(json.loads(incident.aim)) if incident.aim else None
			put(
				incident,
				again,
				aim and promises.change_severity(incident.calendar, aim, at, before, severity),
			)
	incidents.update(incident)
	return incident
