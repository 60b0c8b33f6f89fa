"""An agent's card on Helpdesk's ticket page: what the ticket costs, what he may do about it, and his work on it."""

import frappe
from frappe import _
from frappe.utils import format_date

from support_credits.api import customer, incident, sessions, work
from support_credits.api.account import guarded
from support_credits.api.agent_shapes import AgentTicket, ExemptionChoice
from support_credits.api.limits import limited
from support_credits.api.preview import counted
from support_credits.api.shapes import TicketCredits
from support_credits.engine.incident import Event, allowed
from support_credits.engine.proposal import CHARGEABLE
from support_credits.engine.work import credits_to_cover
from support_credits.ledger import clock, giving_back, incidents, queries
from support_credits.ledger import settings as site
from support_credits.ledger import work as timers
from support_credits.ledger.accounts import account_of
from support_credits.ledger.giving_back import GivenBack
from support_credits.ledger.rows import Incident
from support_credits.ledger.wording import state_of

READS_A_MINUTE = 300
EVENTS = {
	"exempt": Event.EXEMPT,
	"unexempt": Event.UNEXEMPT,
	"charge": Event.COUNT,
	"park": Event.PARK,
	"release": Event.RELEASE,
}


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def ticket(ticket: str) -> AgentTicket:
	"""What ``ticket`` costs, what may be done about it and what that would give back, work, timer and sessions. Agents only."""
	incident.check_agent(ticket)
	return guarded(lambda: _card(ticket))


def _card(ticket: str) -> AgentTicket:
	said = customer.of_ticket(ticket)
	found = _incident(ticket)
	timer = timers.running(ticket, frappe.session.user)
	worked = timers.minutes_of(found.name) if found else 0
	reasons = _exemptions(found) if found else []
	return {
		**(said if found else _older(said)),
		"now": clock.now().isoformat(),
		"acts": _acts(found, said, reasons) if found else [],
		"is_closed": frappe.db.get_value("HD Ticket", ticket, "status_category") == "Resolved",
		"worked": worked,
		"minutes_a_credit": site.cover_minutes(),
		"step_minutes": site.work_step_minutes(),
		"credits_to_cover": _credits_to_cover(said),
		"exemptions": reasons,
		"timer": work.timer_line(timer) if timer else None,
		"hourly": sessions.of_ticket(ticket),
	}


def _incident(ticket: str) -> Incident | None:
	name = incidents.name_for_ticket(ticket)
	return incidents.read(name) if name else None


def _older(said: TicketCredits) -> TicketCredits:
	"""A ticket that the rules have not looked at: its customer may have credits all the same."""
	payer = frappe.db.get_value("HD Ticket", said["ticket"], "customer")
	account = account_of(payer) if payer else None
	return {**said, "customer": payer, "balance": queries.balance(account) if account else None}


def _acts(found: Incident, said: TicketCredits, reasons: list[ExemptionChoice]) -> list[str]:
	state = state_of(found.state)
	acts = [act for act, event in EVENTS.items() if allowed(state, event)]
	if state in CHARGEABLE and not any(line["state"] == "Open" for line in said["proposals"]):
		acts.append("propose")
	standing = found.exemption and frappe.get_cached_value("Exemption Reason", found.exemption, "who")
	impossible = {
		"park": not found.account,
		"exempt": not reasons,
		"unexempt": bool(standing) and incident.is_managers(standing),
	}
	return [act for act in acts if not impossible.get(act)]


def _credits_to_cover(said: TicketCredits) -> int:
	"""What is proposed before anybody types: credits for the work beyond the cover."""
	minutes = said["minutes"]
	return credits_to_cover(minutes["used"], minutes["covered"], site.cover_minutes()) if minutes else 0


def _exemptions(found: Incident) -> list[ExemptionChoice]:
	if not allowed(state_of(found.state), Event.EXEMPT):
		return []
	fields = ["name", "label", "who", "raise_priority_to", "note_required", "takes_url"]
	rules = frappe.get_all(
		"Exemption Reason", {"enabled": 1, "who": ["!=", "System"]}, fields, order_by="label asc, name asc"
	)
	back = _gives_back(found, giving_back.expected(found))
	return [
		{
			"reason": rule.name,
			"label": _(rule.label),
			"effect": " ".join([back, *_priority(rule.raise_priority_to)]),
			"note_required": bool(rule.note_required),
			"takes_url": bool(rule.takes_url),
		}
		for rule in rules
		if not incident.is_managers(rule.who)
	]


def _gives_back(found: Incident, back: GivenBack) -> str:
	if not back.credits:
		return (
			_("It stops waiting; nothing was charged.")
			if found.state == "Parked"
			else _("Nothing was charged, so nothing is given back.")
		)
	given = _("Gives {0} back to {1}.").format(counted(back.credits), found.customer)
	if back.renewed:
		renewed = _("{0} of it had ended already and goes on in a new lot until {1}.")
		return f"{given} {renewed.format(counted(back.renewed), format_date(back.renewed_until))}"
	ends = set(back.ends)
	end = ends.pop() if len(ends) == 1 else None
	if not end:
		return given
	usable = _("Gives {0} back to {1}, usable until {2}.")
	return usable.format(counted(back.credits), found.customer, format_date(end))


def _priority(priority: str | None) -> list[str]:
	return [_("The priority becomes {0}.").format(priority)] if priority else []
