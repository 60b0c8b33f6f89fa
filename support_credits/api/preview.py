"""What splitting, merging and reopening a ticket costs, shown to the agent before he does it (design rule 12)."""

import frappe
from frappe import _
from frappe.utils import format_date

from support_credits.api import hours
from support_credits.api.account import guarded
from support_credits.api.incident import check_agent
from support_credits.engine.decision import Door
from support_credits.engine.grants import expiry_date
from support_credits.engine.reopen import Reopening, window_ends
from support_credits.hours.severity import severity_of
from support_credits.ledger import incidents, quotes
from support_credits.ledger import settings as site
from support_credits.ledger.intake import Arrival, TicketRef
from support_credits.overrides import parking, reopening


@frappe.whitelist(methods=["GET", "POST"])
def costs(ticket: str) -> dict[str, object]:
	"""What each of an agent's acts on ``ticket`` would take or give back now, and a sentence for each.

	``split``, ``merge`` and ``reopen`` hold credits (negative: given back), state, customer, balance, balance_after
	and message. Agents only; nothing is changed.
	"""
	check_agent(ticket)

	def whole() -> dict[str, object]:
		doc = frappe.get_doc("HD Ticket", ticket)
		said = {"ticket": ticket, "split": split(doc), "merge": merge(doc), "reopen": reopen(doc)}
		return {**said, "response": response(doc)}

	return guarded(whole)


def response(doc: object) -> dict[str, object] | None:
	"""When the first response is due and why, what we aim for, and whether the customer claims to be more severe."""
	said = hours.deadline(str(doc.name))
	if not said["due"]:
		return None
	claimed = doc.priority if severity_of(doc.priority) > severity_of(said["severity"]) else None
	aim = said["aim"]
	return {
		"summary": _("First response due {0}: {1}.").format(said["due_there"], said["why"]),
		"aim": aim and (_("Aim passed: {0}.") if aim["passed"] else _("Aim: {0}.")).format(aim["due_there"]),
		"claimed": claimed,
		"claim": claimed
		and _("The customer says {0}; {1} counts until an agent confirms it.").format(
			claimed, said["severity"]
		),
	}


def split(doc: object) -> dict[str, object]:
	"""The new ticket that a split makes is an incident of its own."""
	said = quotes.of_new_ticket(_ref(doc, Door.SPLIT, key=frappe.generate_hash(length=20))).said()
	return {**said, "summary": _("Split: the new ticket costs {0}.").format(counted(said["credits"]))}


def merge(doc: object) -> dict[str, object]:
	"""The ticket that is merged into another gives back what it was charged."""
	name = incidents.name_for_ticket(doc.name)
	if not name:
		return {"credits": 0, "summary": _("Merge: nothing is given back.")}
	said = quotes.of_merging(name, _("another")).said()
	held = frappe.db.get_value("Support Incident", name, "credits") or 0
	# What a waiting ticket takes of it at once is not this one's.
	return {
		**said,
		"credits": -held if said["state"] in ("Exempt", "Refunded") else 0,
		"summary": _merge_summary(held, said),
	}


def _merge_summary(held: int, said: dict[str, object]) -> str:
	back = held if said["state"] in ("Exempt", "Refunded") else 0
	if not back:
		return _("Merge into another ticket: nothing is given back.")
	return _("Merge into another ticket: it gives {0} back to {1}.").format(
		counted(back), said["customer"] or ""
	)


def reopen(doc: object) -> dict[str, object]:
	"""Reopening is free within the window; later it is a new incident."""
	days = site.settings().reopen_days or 0
	if not parking.is_resolved(doc):
		return {"credits": 0, "summary": _("Reopen: free for {0} days after it is resolved.").format(days)}
	if reopening.judge(doc, agent=True) is Reopening.SAME:
		return {"credits": 0, "summary": _same(doc, days)}
	name = incidents.name_for_ticket(doc.name)
	said = quotes.of_reopening(_ref(doc, Door.AGENT, key=doc.key), name).said()
	return {
		**said,
		"summary": _("Reopen: a new incident, which costs {0}.").format(counted(said["credits"])),
	}


def _same(doc: object, days: int) -> str:
	ends = window_ends(reopening.resolved_at(doc), days, site.provider_zone())
	return _("Reopen: the same incident until {0}; it costs nothing.").format(
		format_date(expiry_date(ends, site.provider_zone()))
	)


def _ref(doc: object, door: Door, key: str) -> TicketRef:
	return TicketRef(str(doc.name), key, doc.customer or None, lambda: Arrival(door, is_agent=True))


def counted(count: int) -> str:
	"""A number of credits in words."""
	return (
		_("nothing")
		if not count
		else _("{0} credit").format(count)
		if count == 1
		else _("{0} credits").format(count)
	)
