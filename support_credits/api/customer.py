"""What a customer asks about his credits: balance, lots, overview, and what a ticket costs or would cost.

Nothing here writes: a quote is a charge that is undone. Members of a customer see it, and the provider's people.
"""

import frappe
from frappe import _
from helpdesk.utils import is_agent

from support_credits.api import access, runways, wording
from support_credits.api.access import Membership
from support_credits.api.account import guarded
from support_credits.api.hours import check_reader
from support_credits.api.limits import limited
from support_credits.api.proposals import lines_of
from support_credits.api.session_wording import seen_by_customer
from support_credits.api.shapes import (
	BalanceChart,
	Balances,
	CustomerBalance,
	Lots,
	Minutes,
	Overview,
	ProposalLine,
	Quote,
	TicketCredits,
	WaitingTicket,
)
from support_credits.api.subscription_wording import subscription_line
from support_credits.engine.decision import Door
from support_credits.hours.severity import host_priority
from support_credits.ledger import clock, incidents, pages, proposals, queries, quotes, work
from support_credits.ledger import overview as reads
from support_credits.ledger import settings as site
from support_credits.ledger.intake import Arrival, TicketRef
from support_credits.ledger.responses import RUNNING
from support_credits.ledger.rows import Incident

READS_A_MINUTE = 300
QUOTES_A_MINUTE = 120
# Where the credits did not suffice: the ways on are shown.
IN_NEED = ("Parked", "Overdrawn", "Best effort")


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def balance() -> Balances:
	"""The balance of each customer of the caller that has an account."""
	own = [found for found in access.memberships().values() if found.account]
	return {"customers": [_balance(found) for found in own]}


def _balance(member: Membership) -> CustomerBalance:
	at = clock.now()
	return {
		"customer": member.customer,
		"balance": queries.balance(member.account, at),
		"may_act": member.may_act,
		"waiting": frappe.db.count("Support Incident", {"account": member.account, "state": "Parked"}),
		"proposals": sum(line["may_answer"] for line in lines_of([member], open_only=True)),
		"next_expiry": wording.next_expiry(member.account, at),
	}


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def lots(customer: str = "") -> Lots:
	"""The lots of ``customer`` that hold something, in the order in which they are spent."""
	member = access.seen_by_caller(customer)
	at = clock.now()
	found = reads.holdings_of(member.account, at, site.provider_zone())
	return {
		"customer": member.customer,
		"balance": queries.balance(member.account, at),
		"lots": [wording.lot_line(lot, row, at) for lot, row in found.lots],
		"more": found.more,
	}


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def overview(customer: str = "") -> Overview:
	"""All that the Credits page shows of ``customer``, but its statement."""
	member = access.seen_by_caller(customer)
	at = clock.now()
	place = pages.newest(member.account, at)
	seen = reads.course(member.account, place)
	found = reads.holdings_of(member.account, at, site.provider_zone())
	return {
		"customer": member.customer,
		"balance": place.balance,
		"may_act": member.may_act,
		"waiting": _waiting(member.account),
		"lots": [wording.lot_line(lot, row, at) for lot, row in found.lots],
		"more_lots": found.more,
		"next_expiry": wording.next_expiry(member.account, at),
		"chart": _chart(seen),
		"runway": runways.of_account(member.account, found.held, reads.pace(seen, at), at),
		"subscription": subscription_line(member.account),
		"proposals": lines_of([member]),
		"ways": wording.ways(),
		"reading": wording.reading(),
		"zone": site.provider_zone().key,
	}


def _chart(seen: reads.Course) -> BalanceChart:
	points = [{"at": at.isoformat(), "balance": held} for at, held in seen.points]
	return {"since": seen.since.isoformat(), "is_cut": seen.is_cut, "points": points}


def _waiting(account: str) -> list[WaitingTicket]:
	found = reads.waiting(account)
	subjects = access.readable_subjects([row.ticket for row in found])
	return [
		{
			"ticket": row.ticket_no,
			"subject": subjects.get(row.ticket, ""),
			"since": wording.from_stamp(row.parked_at_utc) or "",
			"message": row.message,
		}
		for row in found
	]


@frappe.whitelist(methods=["GET", "POST"])
@limited(QUOTES_A_MINUTE)
def quote(customer: str = "", priority: str = "", ticket_type: str = "") -> Quote:
	"""What a new ticket of the caller would cost ``customer`` now, and by when it would be answered.

	The charge itself is done and undone. ``priority`` and ``ticket_type`` are what the ticket will say, as far as they are
	chosen. Raises NotMember (403) for a customer that is not his.
	"""
	own = access.memberships()
	agent = is_agent()
	if customer and customer not in own:
		access.check_readable(customer)
	if not customer and not agent:
		paying = [
			found for found in own.values() if found.account or site.settings().everyone_must_have_credits
		]
		if len(own) > 1 and paying:
			return _quote_of(
				quotes.Quote(0, "", None, 0, 0, _("Choose the customer this ticket is for.")), list(own)
			)
		customer = next(iter(own), "")
	if not customer:
		return _quote_of(quotes.Quote(0, "", None, 0, 0, ""), [])
	return guarded(
		lambda: _quote_of(
			quotes.of_new_ticket(_ticket_to_be(customer, host_priority(priority, ticket_type), agent)), []
		)
	)


def _ticket_to_be(customer: str, priority: str | None, agent: bool) -> TicketRef:
	door = Door.AGENT if agent else Door.PORTAL
	arrival = Arrival(door, is_agent=agent, priority=priority, confirms_priority=agent)
	return TicketRef("", frappe.generate_hash(length=20), customer, lambda: arrival)


def _quote_of(said: quotes.Quote, choose: list[str]) -> Quote:
	incident = said.incident
	state = "Refused" if said.refused else said.state
	in_need = said.refused or state in IN_NEED
	return {
		"customer": said.customer,
		"choose": choose,
		"state": state,
		"state_text": _(state) if state else "",
		"accepted": bool(state) and not said.refused,
		"credits": said.credits,
		"balance": said.balance,
		"balance_after": said.balance_after,
		"lots": wording.parts_of(incident.funding) if incident else [],
		"tier": wording.tier_name(incident.tier) if incident else None,
		"severity": incident.severity or None if incident else None,
		"due": wording.due(incident.deadline) if incident else None,
		"message": _quote_message(said, state),
		"ways": wording.ways() if in_need else [],
		"reading": wording.reading() if in_need else [],
	}


def _quote_message(said: quotes.Quote, state: str) -> str:
	"""In the future tense: the sentences of a decision say what has happened."""
	sentences = {
		"Charged": _("This ticket will cost {0} credit(s). Credits left after it: {1}."),
		"Overdrawn": _(
			"This ticket will cost {0} credit(s). Your balance will be {1}; please buy credits soon."
		),
		"Parked": _("This ticket would wait for credits: your balance is {1}."),
	}
	if state not in sentences or (state == "Charged" and not said.credits):
		return said.message
	return sentences[state].format(said.credits, said.balance_after)


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def ticket(ticket: str) -> TicketCredits:
	"""What ``ticket`` cost, when it is answered and what was proposed for it; for whoever may read the ticket."""
	check_reader(ticket)
	return of_ticket(ticket)


def of_ticket(ticket: str) -> TicketCredits:
	"""The same, for whoever has asked whether the caller may."""
	name = incidents.name_for_ticket(ticket)
	incident = incidents.read(name) if name else None
	if incident is None:
		return _no_credits(ticket)
	return _of_incident(ticket, incident)


def _no_credits(ticket: str) -> TicketCredits:
	"""Credits play no part in it."""
	return {
		**dict.fromkeys(
			("customer", "exemption", "exemption_url", "tier", "due", "responded_at", "minutes", "balance")
		),
		"ticket": ticket,
		"state": "",
		"state_text": "",
		"credits": 0,
		"message": "",
		"lots": [],
		"proposals": [],
		"ways": [],
		"sessions": seen_by_customer(ticket),
	}  # type: ignore[typeddict-item]


def _of_incident(ticket: str, incident: Incident) -> TicketCredits:
	member = _seen_customer(incident)
	proposed = lines_of([member], ticket=ticket) if member else []
	exemption = incident.exemption and frappe.get_cached_value(
		"Exemption Reason", incident.exemption, "label"
	)
	return {
		"ticket": ticket,
		"customer": incident.customer,
		"state": incident.state,
		"state_text": _(incident.state),
		"credits": incident.credits,
		"message": incident.message,
		"exemption": _(exemption) if exemption else None,
		"exemption_url": incident.exemption_url or None,
		"tier": wording.tier_name(incident.tier),
		"lots": wording.parts_of(incident.funding),
		"due": wording.due(incident.deadline),
		"responded_at": _responded_at(ticket),
		"minutes": _minutes(incident),
		"proposals": proposed,
		"balance": queries.balance(incident.account) if member and incident.account else None,
		"ways": wording.ways() if incident.state in IN_NEED or any(map(_is_short, proposed)) else [],
		"sessions": seen_by_customer(ticket),
	}


def _is_short(proposal: ProposalLine) -> bool:
	"""Whether an open proposal could not be paid now."""
	return proposal["state"] == "Open" and proposal["balance"] < proposal["credits"]


def _seen_customer(incident: Incident) -> Membership | None:
	"""The customer who pays, where the caller may see his account. Whoever merely reads the ticket may not."""
	if not (incident.customer and incident.account):
		return None
	own = access.memberships().get(incident.customer)
	if own or not access.is_reader():
		return own
	return Membership(incident.customer, incident.account, is_manager=False, is_member=False)


def _responded_at(ticket: str) -> str | None:
	responded = frappe.db.get_value("HD Ticket", ticket, "first_responded_on")
	return site.site_time(responded).isoformat() if responded else None


def _minutes(incident: Incident) -> Minutes | None:
	if incident.state not in RUNNING:
		return None
	return {"used": work.minutes_of(incident.name), "covered": proposals.covered(incident)}
