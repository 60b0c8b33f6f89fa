"""Extra credits: an agent proposes them with a reason, the customer accepts or declines; silence charges nothing."""

from collections.abc import Callable, Iterable

import frappe
from frappe import _
from frappe.utils import escape_html
from helpdesk.helpdesk.doctype.hd_ticket_activity.hd_ticket_activity import log_ticket_activity

from support_credits.api import access, wording
from support_credits.api.access import Membership
from support_credits.api.account import guarded
from support_credits.api.arguments import plain_text, whole_number
from support_credits.api.hours import check_reader
from support_credits.api.incident import check_agent
from support_credits.api.limits import limited
from support_credits.api.shapes import Answered, ProposalLine, Proposals
from support_credits.engine.proposal import State
from support_credits.exceptions import CreditsRefused, NotMember
from support_credits.integrations.notices import notify_each
from support_credits.ledger import proposals, queries
from support_credits.ledger.accounts import account_of
from support_credits.ledger.proposals import Answer
from support_credits.ledger.wording import extra_credits

ACTIVITY = "HD Ticket Activity"
READS_A_MINUTE = 300
ANSWERS_A_MINUTE = 30


@frappe.whitelist(methods=["GET", "POST"])
@limited(READS_A_MINUTE)
def listed(customer: str = "", ticket: str = "") -> Proposals:
	"""Proposals of the caller's customers, newest first; of one of them, or of one ticket he may read, when named."""
	if ticket:
		check_reader(ticket)
	if customer:
		members = [access.seen_by_caller(customer)]
	else:
		members = [found for found in access.memberships().values() if found.account]
	return {"proposals": lines_of(members, ticket=ticket)}


def lines_of(members: Iterable[Membership], ticket: str = "", open_only: bool = False) -> list[ProposalLine]:
	"""The proposals of these customers as the caller sees them."""
	lines: list[ProposalLine] = []
	for member in members:
		filters = {"customer": member.customer, **({"ticket": ticket} if ticket else {})}
		found = proposals.found(**filters, **({"state": State.OPEN.value} if open_only else {}))
		balance = queries.balance(member.account) if found else 0
		raised = _raised_by_caller(row.ticket for row, _state in found)
		readable = access.readable_subjects([row.ticket for row, _state in found])
		for row, state in found:
			line = wording.proposal_line(row, state, balance, member.may_act or row.ticket in raised)
			if not (line["may_answer"] or row.ticket in readable):
				line["reason"] = ""  # it says what a colleague's ticket is about
			lines.append(line)
	return lines


def _raised_by_caller(tickets: Iterable[str | None]) -> set[str]:
	names = {name for name in tickets if name}
	if not names:
		return set()
	filters = {"name": ["in", list(names)], "raised_by": frappe.session.user}
	return {str(name) for name in frappe.get_all("HD Ticket", filters=filters, pluck="name")}


@frappe.whitelist(methods=["POST"])
@limited(ANSWERS_A_MINUTE)
def accept(proposal: str) -> Answered:
	"""Accept extra credits: they are charged to the ticket now, once. For its raiser, or who may act for the customer.

	Raises CreditsRefused when the credits do not suffice (the proposal stays open), WrongState when it is over.
	"""
	return _answer(proposal, lambda: accepted(proposal), _("accepted {0}"))


@frappe.whitelist(methods=["POST"])
@limited(ANSWERS_A_MINUTE)
def decline(proposal: str, note: str = "") -> Answered:
	"""Decline extra credits; nothing is charged. For the same people."""
	note = plain_text(note, _("The note"))
	text = with_note(_("declined {0}"), note)
	return _answer(proposal, lambda: proposals.decline(proposal, note), text)


def _answer(proposal: str, act: Callable[[], Answer], activity: str) -> Answered:
	_check_may_answer(proposal)
	return said(guarded(lambda: tell_proposer(shown(act(), activity))))


def with_note(activity: str, note: str) -> str:
	"""An activity with ``{0}`` for the credits, and what was said about it."""
	return f"{activity}: {note.replace('{', '{{').replace('}', '}}')}" if note else activity


def accepted(proposal: str) -> Answer:
	"""The proposal, accepted. Where the credits do not suffice the ticket's timeline says that somebody wanted to."""
	try:
		return proposals.accept(proposal)
	except CreditsRefused:
		frappe.db.rollback()
		_note_shortage(proposal)
		frappe.db.commit()  # a fact of its own: the refusal undoes all else
		raise


def _note_shortage(proposal: str) -> None:
	"""Once, while nothing else happens on the ticket: whoever tries it again and again fills no timeline."""
	from support_credits.overrides.hd_ticket import tell_pages

	ticket, customer, credits = frappe.db.get_value(
		"Credit Proposal", proposal, ["ticket", "customer", "credits"]
	)
	account = account_of(customer)
	balance = queries.balance(account) if account else 0
	text = _("could not accept {0}: the balance is {1}").format(extra_credits(credits), balance)
	last = frappe.get_all(ACTIVITY, {"ticket": ticket}, pluck="action", order_by="creation desc", limit=1)
	if last != [text]:
		log_ticket_activity(ticket, text)
		tell_pages(ticket)


def shown(answer: Answer, activity: str) -> Answer:
	"""The ticket's marks and timeline follow in the same transaction."""
	from support_credits.overrides.hd_ticket import show_answer

	show_answer(answer.ticket, activity.format(extra_credits(answer.credits)))
	return answer


def tell_proposer(answer: Answer) -> Answer:
	"""Who proposed it sees in the desk, in the same transaction, that it was answered, and what was said about it."""
	by, note = frappe.db.get_value("Credit Proposal", answer.proposal, ["proposed_by", "answer_note"])
	if frappe.db.get_value("User", by, "enabled"):
		notify_each((by,), "HD Ticket", answer.ticket, lambda: _answered_text(answer, note or ""))
	return answer


def _answered_text(answer: Answer, note: str) -> str:
	if answer.state is State.ACCEPTED:
		return _("Ticket {0}: the customer accepted {1}.").format(
			answer.ticket, extra_credits(answer.credits)
		)
	text = _("Ticket {0}: the customer declined {1}.").format(answer.ticket, extra_credits(answer.credits))
	return f"{text} {escape_html(note)}" if note else text


def _check_may_answer(proposal: str) -> None:
	"""Whoever is no member is told the same whether or not it exists."""
	row = frappe.db.get_value("Credit Proposal", proposal, ["customer", "ticket"], as_dict=True)
	member = row and access.memberships().get(row.customer)
	if not member:
		frappe.throw(
			_("You have no access to proposal {0}.").format(frappe.utils.escape_html(proposal)), NotMember
		)
	if not (member.may_act or _raised_by_caller([row.ticket])):
		frappe.throw(
			_("Only who raised the ticket or a manager of {0} can answer this.").format(member.customer),
			NotMember,
		)


@frappe.whitelist(methods=["POST"])
def propose(ticket: str, credits: int | bool, reason: str) -> Answered:
	"""Ask the customer for ``credits`` more for ``ticket``, with a reason he reads. Agents only; nothing is charged."""
	check_agent(ticket)
	credits = whole_number(credits, _("Credits"))
	reason = plain_text(reason, _("The reason"), required=True)

	def whole() -> Answer:
		name = proposals.propose(ticket, credits, reason)
		return shown(Answer(name, ticket, State.OPEN, credits, 0), _("proposed {0}"))

	return said(guarded(whole))


@frappe.whitelist(methods=["POST"])
def withdraw(proposal: str) -> Answered:
	"""Take a proposal back before it was answered. Agents only."""
	ticket = frappe.db.get_value("Credit Proposal", proposal, "ticket")
	check_agent(ticket or "")
	return said(guarded(lambda: shown(proposals.withdraw(proposal), _("withdrew the proposal of {0}"))))


def said(answer: Answer) -> Answered:
	messages = {
		State.OPEN: _("Proposed. The customer is asked; nothing is charged until he accepts."),
		State.ACCEPTED: _("Accepted: {0} credit(s) charged. Credits left: {1}."),
		State.DECLINED: _("Declined. Nothing was charged."),
		State.WITHDRAWN: _("Withdrawn. Nothing was charged."),
	}
	return {
		"proposal": answer.proposal,
		"ticket": answer.ticket,
		"state": answer.state.value,
		"credits": answer.credits,
		"balance": answer.balance,
		"message": messages[answer.state].format(answer.credits, answer.balance),
	}
