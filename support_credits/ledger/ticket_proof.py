"""Proves that every incident has its ticket, every ticket its decision, and that they say the same of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import frappe
from frappe import _

from support_credits.ledger.findings import (
	WINDOW,
	Finding,
	Progress,
	Stream,
	found,
	no_progress,
	windows,
)

HOPS_MAX = 1_000  # late reopenings of one ticket; more is a loop in the data
FOLLOWED, FOLLOWS = "COALESCE(i.followed_by, '') != ''", "COALESCE(i.follows, '') != ''"
DELETED, HAS_TICKET = "COALESCE(i.ticket_deleted_at_utc, '') != ''", "COALESCE(i.ticket, '') != ''"
SAME_KEY = "BINARY t.`key` <=> BINARY i.ticket_key"
SHOWS = f"{HAS_TICKET} AND i.ticket_update_due = 0"
NUMBER = "COALESCE(NULLIF(i.ticket, ''), i.ticket_no)"

# What can be wrong, in the order in which the database is asked; the sentences are in ``_ticket_message``.
TICKET_CHECKS = {
	"deleted_charge": f"{DELETED} AND (i.credits != 0 OR i.state = 'Parked')",
	"not_deleted": f"{DELETED} AND ({HAS_TICKET} OR {SAME_KEY})",
	"no_ticket": f"NOT {DELETED} AND (NOT {HAS_TICKET} OR t.name IS NULL)",
	"other_ticket": f"{HAS_TICKET} AND NOT {SAME_KEY}",
	"ticket_no": f"{HAS_TICKET} AND NOT BINARY i.ticket_no <=> BINARY i.ticket",
	"ticket_customer": f"{HAS_TICKET} AND COALESCE(t.customer, '') != COALESCE(i.customer, '')",
	"ticket_state": f"{SHOWS} AND NOT BINARY t.sc_state <=> BINARY i.state",
	"ticket_credits": f"{SHOWS} AND t.sc_credits != i.credits",
}
TICKET_JOIN = f"LEFT JOIN `tabHD Ticket` t ON t.name = {NUMBER}"
TICKET_SHOWN = (
	"i.ticket, i.ticket_no, i.state, i.credits, i.customer, t.sc_state, t.sc_credits, t.customer AS other"
)
LINKED = f"({FOLLOWED} OR {FOLLOWS})"
# Whether a closer look is needed, for a statement that reads incidents with TICKET_JOIN anyway.
SUSPECT = f"IF({LINKED} OR {' OR '.join(f'({check})' for check in TICKET_CHECKS.values())}, 1, '')"
FOLLOW_CHECKS = {
	"follow_missing": f"({FOLLOWED} AND n.name IS NULL) OR ({FOLLOWS} AND p.name IS NULL)",
	"follow_broken": f"({FOLLOWED} AND NOT n.follows <=> i.name) OR ({FOLLOWS} AND NOT p.followed_by <=> i.name)",
	"follow_ticket": f"{FOLLOWED} AND ({HAS_TICKET} OR LOCATE('~', i.ticket_key) = 0)",
	"follow_key": f"""{FOLLOWED}
		AND SUBSTRING_INDEX(n.ticket_key, '~', 1) != SUBSTRING_INDEX(i.ticket_key, '~', 1)""",
}
FOLLOW_SHOWN = "COALESCE(i.follows, '') AS follows, COALESCE(i.followed_by, '') AS followed_by"
FOLLOW_JOIN = """LEFT JOIN `tabSupport Incident` n ON n.name = i.followed_by
	LEFT JOIN `tabSupport Incident` p ON p.name = i.follows"""
NEXT = "SELECT name, COALESCE(followed_by, '') FROM `tabSupport Incident` WHERE name IN %s"
UNDECIDED = """AND EXISTS(SELECT 1 FROM `tabCredit Account` a
		WHERE a.customer = t.customer AND a.counts_from < t.creation)
	AND NOT EXISTS(SELECT 1 FROM `tabSupport Incident` i WHERE i.ticket_key = t.`key`)"""


def ticket_findings(names: Sequence[str]) -> Iterator[Finding]:
	"""What is wrong between the incidents called ``names``, a window of them at most, and their tickets."""
	if not names:
		return
	not_followed = f"{TICKET_JOIN} WHERE i.name IN %s AND NOT {FOLLOWED} HAVING code IS NOT NULL"
	for row in _checked(TICKET_CHECKS, TICKET_SHOWN, not_followed, names):
		yield _ticket_finding(row)
	linked = _checked(FOLLOW_CHECKS, FOLLOW_SHOWN, f"{FOLLOW_JOIN} WHERE i.name IN %s AND {LINKED}", names)
	bad = [row for row in linked if row.code]
	yield from map(_follow_finding, bad)
	if not bad:
		yield from _loops({row.name: row.followed_by for row in linked if row.followed_by})


def _checked(checks: Mapping[str, str], shown: str, source: str, names: Sequence[str]) -> list[frappe._dict]:
	"""Incidents with the code of the first check that each fails."""
	cases = " ".join(f"WHEN {condition} THEN '{code}'" for code, condition in checks.items())
	text = f"SELECT CASE {cases} END AS code, i.name, {shown} FROM `tabSupport Incident` i {source} ORDER BY i.name"
	return frappe.db.sql(text, (tuple(names),), as_dict=True)


def _ticket_finding(row: frappe._dict) -> Finding:
	"""The incident is the truth about credits, its ticket about itself: each finding is about the one that is wrong."""
	of_incident = {
		"deleted_charge": _(
			"Incident {0} is {2} with {3} credit(s), but its ticket {1} is said to be deleted."
		),
		"not_deleted": _("Incident {0} says that its ticket {1} was deleted, but it is there."),
		"no_ticket": _("Incident {0} is of ticket {1}, which does not exist."),
		"other_ticket": _("Incident {0} was opened for another ticket than the one that is ticket {1} now."),
		"ticket_no": _("Incident {0} is of ticket {1}, but is shown as of {4}."),
	}
	if row.code in of_incident:
		said = (row.ticket or row.ticket_no, row.state, row.credits, row.ticket_no)
		return found(row.code, of_incident[row.code], row.name, *map(_shown, said))
	of_ticket = {
		"ticket_customer": (_("Ticket {0} is of {1}, its incident {3} of {2}."), row.other, row.customer),
		"ticket_state": (_("Ticket {0} shows {1}, its incident {3} is {2}."), row.sc_state, row.state),
		"ticket_credits": (
			_("Ticket {0} shows {1} credit(s), its incident {3} {2}."),
			row.sc_credits,
			row.credits,
		),
	}
	message, shown, true = of_ticket[row.code]
	return found(row.code, message, row.ticket, _shown(shown), _shown(true), row.name)


def _shown(value: object) -> object:
	return "-" if value in (None, "") else value


def _follow_finding(row: frappe._dict) -> Finding:
	messages = {
		"follow_missing": _(
			"Incident {0} follows '{1}' and was followed by '{2}'; one of them does not exist."
		),
		"follow_broken": _(
			"Incident {0} follows '{1}' and was followed by '{2}'; one of them says otherwise."
		),
		"follow_ticket": _("Incident {0} was followed by {2}, but still holds the ticket."),
		"follow_key": _("Incident {0} was followed by {2}, which is of another ticket."),
	}
	return found(row.code, messages[row.code], row.name, row.follows, row.followed_by)


def _loops(ahead: dict[str, str]) -> Iterator[Finding]:
	"""Each names the next and the next names it back: then only a circle has no end that a check above looked at."""
	for _hop in range(HOPS_MAX):
		if not ahead:
			return
		steps = dict(frappe.db.sql(NEXT, (tuple(set(ahead.values())),)))
		ahead = {name: steps[at] for name, at in ahead.items() if steps.get(at)}
	for name in ahead:
		yield found("follow_loop", _("Incident {0} was followed by others that end at no ticket."), name)


def undecided_findings(progress: Progress = no_progress) -> Iterator[Finding]:
	"""Every ticket of an account's customer has its decision."""
	tickets, done = Stream("t.name", "`tabHD Ticket` t"), 0
	for bounds in windows([tickets]):
		source, values = tickets.within(bounds)
		for (ticket,) in frappe.db.sql(f"SELECT t.name FROM {source} {UNDECIDED} ORDER BY t.name", values):
			message = _("Ticket {0} was opened, but nothing was decided for it.")
			yield found("no_decision", message, ticket)
		done += WINDOW
		progress("", "tickets", done, 0)
