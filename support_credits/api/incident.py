"""What agents do about a ticket's credits. Each call is one transaction and returns the incident as it is after it."""

from collections.abc import Callable

import frappe
from frappe import _
from helpdesk.utils import is_agent

from support_credits.api.account import guarded
from support_credits.api.arguments import plain_text, web_address
from support_credits.exceptions import WrongState
from support_credits.hours.severity import severities
from support_credits.ledger import corrections, incidents
from support_credits.ledger.corrections import Correction
from support_credits.overrides.hd_ticket import show_correction

MANAGER_ROLES = {"Agent Manager", "System Manager"}


@frappe.whitelist(methods=["POST"])
def exempt(ticket: str, reason: str, note: str = "", url: str = "") -> dict[str, object]:
	"""Set an exemption reason on a ticket: what it was charged goes back to the same lots."""
	check_agent(ticket)
	rule = _reason(reason)
	note, url = plain_text(note, _("The note")), web_address(url, _("The issue's URL"))
	_check_reason(rule, note, url)
	_check_standing_exemption(ticket)
	done = _run(
		lambda: corrections.exempt(ticket, reason, note, url),
		_("exempted the ticket: {0}").format(rule.label),
	)
	if rule.raise_priority_to:
		_raise_priority(ticket, rule.raise_priority_to)
	return done


@frappe.whitelist(methods=["POST"])
def unexempt(ticket: str, reason: str = "") -> dict[str, object]:
	"""Remove the exemption: the ticket is charged again, or waits for credits when there are none.

	A closed ticket is charged for a ``reason`` only; it stays with the incident.
	"""
	check_agent(ticket)
	_check_standing_exemption(ticket)
	reason = plain_text(reason, _("The reason"))
	return _run(lambda: corrections.unexempt(ticket, reason), _activity(_("removed the exemption"), reason))


@frappe.whitelist(methods=["POST"])
def park(ticket: str) -> dict[str, object]:
	"""Let an uncharged ticket wait for credits."""
	check_agent(ticket)
	return _run(lambda: corrections.park(ticket), _("parked the ticket until there are credits"))


@frappe.whitelist(methods=["POST"])
def release(ticket: str) -> dict[str, object]:
	"""Charge a parked ticket now, before its turn."""
	check_agent(ticket)
	return _run(lambda: corrections.release(ticket), _("released the ticket"))


@frappe.whitelist(methods=["POST"])
def charge(ticket: str, reason: str = "") -> dict[str, object]:
	"""Charge a ticket that began as an automatic mail or a request: it is an incident after all. Without credits it waits.

	A closed ticket is charged for a ``reason`` only; it stays with the incident.
	"""
	check_agent(ticket)
	reason = plain_text(reason, _("The reason"))
	activity = _activity(_("charged the ticket: it is an incident"), reason)
	return _run(lambda: corrections.count(ticket, reason), activity)


@frappe.whitelist(methods=["POST"])
def set_customer(ticket: str, customer: str, reason: str = "") -> dict[str, object]:
	"""Set or correct the customer: he is charged, the one before is refunded. An empty ``customer`` clears it.

	A closed ticket is charged for a ``reason`` only; it stays with the incident.
	"""
	check_agent(ticket)
	reason = plain_text(reason, _("The reason"))

	def save() -> dict[str, object]:
		doc = frappe.get_doc("HD Ticket", ticket)
		doc.customer = customer or None
		if reason:
			doc.flags.sc_charge_reason = reason
			doc.flags.sc_activity = _activity(_("set the customer"), reason)
		doc.save()
		return {"ticket": ticket, "customer": doc.customer, "state": doc.sc_state, "credits": doc.sc_credits}

	return guarded(save)


@frappe.whitelist(methods=["POST"])
def confirm_severity(ticket: str, severity: str) -> dict[str, object]:
	"""Say how severe a ticket is: from now on the hours count that are open for that severity. Its priority follows."""
	check_agent(ticket)
	if severity not in severities():
		frappe.throw(
			_("{0} is not a ticket priority. Choose one of: {1}.").format(severity, ", ".join(severities())),
			frappe.DoesNotExistError,
		)

	def save() -> dict[str, object]:
		doc = frappe.get_doc("HD Ticket", ticket)
		if doc.status_category == "Resolved":
			frappe.throw(
				_("Ticket {0} is resolved: its deadline does not move any more. Open it first.").format(
					ticket
				),
				WrongState,
			)
		doc.priority, doc.flags.sc_confirms = severity, True
		doc.save()
		return {"ticket": ticket, "severity": severity, "response_by": doc.response_by}

	return guarded(save)


def check_agent(ticket: str) -> None:
	"""Agents with write access to this ticket, nobody else; a ticket that is not there says so."""
	if not is_agent():
		frappe.throw(_("Only agents can change what a ticket costs."), frappe.PermissionError)
	if not frappe.db.exists("HD Ticket", ticket):
		frappe.throw(_("Ticket {0} does not exist.").format(ticket), frappe.DoesNotExistError)
	frappe.has_permission("HD Ticket", "write", ticket, throw=True)


def _reason(reason: str) -> frappe._dict:
	fields = ["name", "label", "enabled", "who", "raise_priority_to", "takes_url", "note_required"]
	rule = frappe.db.get_value("Exemption Reason", reason, fields, as_dict=True)
	if not rule or not rule.enabled:
		known = frappe.get_all("Exemption Reason", filters={"enabled": 1}, pluck="name", order_by="name asc")
		frappe.throw(
			_("{0} is not an exemption reason. Choose one of: {1}.").format(
				reason, ", ".join(known) or _("none")
			),
			frappe.DoesNotExistError,
		)
	return rule


def _check_reason(rule: frappe._dict, note: str, url: str) -> None:
	if rule.who == "System":
		frappe.throw(_("{0} applies by itself; nobody sets it.").format(rule.label), frappe.PermissionError)
	if is_managers(rule.who):
		frappe.throw(_("Only an Agent Manager can set {0}.").format(rule.label), frappe.PermissionError)
	if rule.note_required and not note.strip():
		frappe.throw(_("{0} needs a note that says why.").format(rule.label))
	if url and not rule.takes_url:
		frappe.throw(_("{0} carries no issue URL.").format(rule.label))


def is_managers(who: str) -> bool:
	"""Whether a reason that ``who`` may set is kept from the caller."""
	return who == "Agent Manager" and not MANAGER_ROLES & set(frappe.get_roles())


def _check_standing_exemption(ticket: str) -> None:
	"""What only a manager may set, only a manager may take away or replace."""
	standing = frappe.db.get_value("Support Incident", {"ticket": ticket}, "exemption", order_by=None)
	rule = standing and frappe.db.get_value("Exemption Reason", standing, ["who", "label"], as_dict=True)
	if rule and is_managers(rule.who):
		frappe.throw(_("Only an Agent Manager can take {0} away.").format(rule.label), frappe.PermissionError)


def _activity(done: str, reason: str) -> str:
	return f"{done}: {reason}" if reason else done


def _run(work: Callable[[], Correction], activity: str) -> dict[str, object]:
	def whole() -> Correction:
		done = work()
		if not done.again:
			show_correction(done.incident, activity, done.restarted)
		return done

	done = guarded(whole)
	# As it is now: the save of a closed ticket that was to wait has withdrawn it.
	incident = incidents.lock([done.incident.name])[0]
	return {
		"ticket": incident.ticket,
		"incident": incident.name,
		"state": incident.state,
		"credits": incident.credits,
		"credits_back": done.credits_back,
		"message": incident.message,
	}


def _raise_priority(ticket: str, priority: str) -> None:
	doc = frappe.get_doc("HD Ticket", ticket)
	if doc.priority != priority:
		doc.priority = priority
		doc.save(ignore_permissions=True)
