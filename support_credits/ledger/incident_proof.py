"""Proves incidents against their entries: what each says it is charged, on which lots and by which entries, must add up.

Incidents and entries are read side by side in the order of the incidents' names, a window at a time. What an incident
must say is :mod:`incident_rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import frappe
from frappe import _

from support_credits.ledger import queries
from support_credits.ledger.findings import Bounds, Finding, Progress, Stream, found, no_progress, windows
from support_credits.ledger.incident_rules import (
	ByName,
	Entered,
	Payer,
	Said,
	Sum,
	by_name,
	incident_problem,
	parse_funding,
)
from support_credits.ledger.ticket_proof import SUSPECT, TICKET_JOIN, ticket_findings

STATES_MAX = 50  # different ones in one account; there are not that many
JOINS_MAX = 100  # accounts joined in a row; more is a loop in the data
SAID = (
	"i.name", "i.state", "i.credits", "i.funding", "i.ticket_key", "i.cycle", "i.charged_at_utc", "i.customer",
)  # fmt: skip
SUMMED = ("e.incident", "e.lot", "g.total", "g.number", "e.kind", "e.name", "e.event_key", "e.posted_at_utc")
# What charged an incident and is not given back, by the entry that did; refunds name it.
OPEN_CHARGES = """SELECT IF(COALESCE(reverses, '') = '', name, reverses) AS charge, -SUM(credits)
	FROM `tabCredit Ledger Entry` WHERE account IN %s AND incident = %s
	GROUP BY charge HAVING SUM(credits) != 0"""


def family_of(account: str) -> tuple[str, ...]:
	"""The account and all that were joined into it, however many joins ago."""
	family, latest = [account], [account]
	while latest:
		latest = frappe.get_all("Credit Account", filters={"merged_into": ["in", latest]}, pluck="name")
		latest = [name for name in latest if name not in family]
		family += latest
	return tuple(family)


def incident_findings(
	payer: Payer, progress: Progress = no_progress, tickets: bool = True
) -> Iterator[Finding]:
	"""What is wrong with the incidents of ``payer``, and with their ``tickets``, in the order of their names."""
	by_state, incidents = incident_streams(payer.account)
	entries = [_entry_stream(member) for member in payer.family]
	done = 0
	for bounds in windows([*by_state, *entries]):
		said = {row.name: row for row in _said(incidents, bounds)}
		yield from _window(payer, said, _sums(entries, bounds))
		if tickets:
			yield from ticket_findings([name for name, row in said.items() if row.suspect])
		done += len(said)
		progress(payer.account, "incidents", done, 0)


def incident_streams(account: str | None) -> tuple[list[Stream], Stream]:
	"""The incidents of an account, or of none, in order: by state, as the table is indexed, and all together."""
	# By the index of account and state: the server prefers the names of the whole table, or starts anew in each window.
	table = "`tabSupport Incident` i IGNORE INDEX (PRIMARY)"
	owner, values = ("i.account = %s", (account,)) if account else ("i.account IS NULL", ())
	text = f"SELECT DISTINCT i.state FROM {table} WHERE {owner} LIMIT {STATES_MAX}"
	found_states = frappe.db.sql(text, values, pluck=True)
	states = tuple(state for state in found_states if state is not None)
	by_state = [Stream("i.name", table, f"{owner} AND i.state = %s", (*values, state)) for state in states]
	any_of = "i.state IN %s"
	if len(states) < len(found_states):
		by_state.append(Stream("i.name", table, f"{owner} AND i.state IS NULL", values))
		any_of = "(i.state IN %s OR i.state IS NULL)"
	return by_state, Stream("i.name", table, f"{owner} AND {any_of}", (*values, states or ("",)))


def _entry_stream(account: str) -> Stream:
	return Stream("incident", "`tabCredit Ledger Entry`", "account = %s AND incident != ''", (account,))


def _said(incidents: Stream, bounds: Bounds) -> Iterator[Said]:
	source, values = incidents.within(bounds, TICKET_JOIN)
	for row in queries.packed((*SAID, SUSPECT), f"FROM {source}", values):
		name, state, credits, funding, ticket_key, cycle, charged_at, customer, suspect = row
		yield Said(
			name, state, int(credits), funding, ticket_key, int(cycle), charged_at, customer, bool(suspect)
		)


def _sums(entries: Sequence[Stream], bounds: Bounds) -> dict[str, list[Sum]]:
	sums: dict[str, list[Sum]] = {}
	for stream in entries:
		source, values = stream.within(bounds)
		grouped = f"""SELECT SUM(credits) AS total, COUNT(*) AS number, MIN(name) AS first
			FROM {source} GROUP BY incident, lot"""
		text = f"FROM ({grouped}) g JOIN `tabCredit Ledger Entry` e ON e.name = g.first"
		for incident, lot, total, number, *first in queries.packed(SUMMED, text, values):
			sums.setdefault(incident, []).append(Sum(lot, -int(total), int(number), *first))
	return sums


def _window(payer: Payer, said: Mapping[str, Said], sums: Mapping[str, list[Sum]]) -> Iterator[Finding]:
	holders = _holders(payer, said, sums)
	elsewhere = _owners([name for name in sums if name not in said])
	for name in sorted({*said, *sums}):
		parts = sums.get(name, [])
		charged = by_name((holders.get(part.lot, part.lot), part.charged) for part in parts)
		if name in said:
			entered = Entered(parts, charged, holders, partial(_open_charges, payer, name))
			problem = incident_problem(payer, said[name], entered)
		else:
			problem = _absent(payer, name, charged, elsewhere.get(name))
		if problem:
			yield problem


def _absent(payer: Payer, name: str, charged: ByName, owner: str | None) -> Finding | None:
	"""An incident that moved on to another customer is no longer here; then what this one paid was given back."""
	if owner is None:
		message = _("Entries of {1} name incident {0}, which does not exist.")
		return found("incident_missing", message, name, payer.account)
	if charged and owner != payer.account:
		message = _("Incident {0} is charged to {1}, but its row says that it belongs to account {2}.")
		return found("incident_account", message, name, payer.account, owner or "-")
	return None


def _owners(names: Sequence[str]) -> dict[str, str]:
	if not names:
		return {}
	rows = frappe.db.sql(
		"SELECT name, COALESCE(account, '') FROM `tabSupport Incident` WHERE name IN %s", (names,)
	)
	return dict(rows)


def _open_charges(payer: Payer, incident: str) -> ByName:
	found_rows = frappe.db.sql(OPEN_CHARGES, (payer.family, incident))
	return {entry: int(credits) for entry, credits in found_rows}


def _holders(payer: Payer, said: Mapping[str, Said], sums: Mapping[str, list[Sum]]) -> dict[str, str]:
	"""Where credits of joined accounts' lots are today, by the lot's name; lots of the account stand for themselves."""
	if len(payer.family) == 1:
		return {}
	lots = {part.lot for parts in sums.values() for part in parts}
	lots |= {lot for row in said.values() for lot, _credits, _entry in parse_funding(row.funding) or ()}
	holders = {lot: lot for lot in lots if not lot.startswith(f"{payer.account}-L")}
	moving = set(holders)
	for _join in range(JOINS_MAX):
		if not moving:
			break
		targets = tuple({holders[lot] for lot in moving})
		rows = frappe.db.sql("SELECT name, moved_to FROM `tabCredit Lot` WHERE name IN %s", (targets,))
		moves = {name: into for name, into in rows if into}
		moving = {lot for lot in moving if holders[lot] in moves}
		for lot in moving:
			holders[lot] = moves[holders[lot]]
	return holders
