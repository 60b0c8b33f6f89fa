"""Who raised a ticket and who pays for it, when the session is not an agent's (design rule 6).

Helpdesk takes ``raised_by`` as posted and infers contact and customer from it, so that a customer could spend another
company's credits (ticket-flow facts, 1). What decides money or time is therefore held to the session's own person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import frappe
from frappe import _
from helpdesk.utils import is_agent

from support_credits.exceptions import NotMember
from support_credits.ledger import settings as site
from support_credits.ledger.accounts import account_of
from support_credits.ledger.intake import site_sells
from support_credits.mail.context import MailContext, current

if TYPE_CHECKING:
	from helpdesk.helpdesk.doctype.hd_ticket.hd_ticket import HDTicket

# Fields of a saved ticket that decide money or time; only agents change them.
DECISIVE_FIELDS = (
	"customer", "contact", "raised_by", "key", "service_level_agreement_creation", "first_responded_on",
	"total_hold_time", "is_merged", "merged_with", "ticket_split_from", "email_account", "via_customer_portal",
	"resolution_date", "last_agent_response",
)  # fmt: skip
# By these the host tells who may write a ticket.
WRITER_FIELDS = ("customer", "contact", "raised_by", "owner")
# Of a new ticket: set by Helpdesk's own agents' actions, meaningless from a customer.
AGENT_FIELDS = (
	"service_level_agreement_creation", "first_responded_on", "total_hold_time", "is_merged", "merged_with",
	"ticket_split_from", "email_account", "resolution_date", "last_agent_response",
)  # fmt: skip


def hold_number(doc: HDTicket) -> None:
	"""The series numbers tickets. A number chosen in advance (REST v2) would stop every ticket that comes to it."""
	if not doc.flags.name_set or frappe.flags.in_import or "System Manager" in frappe.get_roles():
		return
	doc.name, doc.flags.name_set = None, False


def hold_raiser(doc: HDTicket) -> None:
	"""A new ticket is raised by the person who is logged in, whatever the request says. Agents raise for others.

	An honest portal user costs no statement here: his request claims nothing that is not his.
	"""
	mail = current()
	if mail:
		hold_sender(doc, mail)
	elif frappe.session.user == "Guest":
		hold_guest(doc)
	elif (_claims_more(doc) or not doc.customer) and not is_agent() and site_sells():
		hold_member(doc)


def _claims_more(doc: HDTicket) -> bool:
	return doc.raised_by != frappe.session.user or any(doc.get(field) for field in AGENT_FIELDS)


def hold_guest(doc: HDTicket) -> None:
	"""Nobody proved to be this customer, so nobody's credits are spent: agents find out who asks."""
	if doc.customer and (site.settings().everyone_must_have_credits or account_of(doc.customer)):
		doc.customer = None


def hold_sender(doc: HDTicket, mail: MailContext) -> None:
	"""A sender whom the mail server found to be false spends nobody's credits; any other is trusted, as the host does."""
	if mail.forged:
		hold_guest(doc)


def hold_member(doc: HDTicket) -> None:
	"""Hold a portal user to himself where credits are at stake; where none are, the host's own rules are enough."""
	own = companies_of(frappe.session.user)
	everyone = bool(site.settings().everyone_must_have_credits)
	paying = [name for name, account in own.items() if account or everyone]
	# Posing as somebody whose company pays would make an agent charge it, even where the host names no customer.
	posed = doc.raised_by != frappe.session.user and any(companies_of(doc.raised_by).values())
	if not (paying or posed or (doc.customer and (everyone or account_of(doc.customer)))):
		if not doc.customer:
			clear_agent_fields(doc)  # it becomes an incident that an agent will charge to somebody
		return
	clear_agent_fields(doc)
	if doc.raised_by != frappe.session.user:
		doc.raised_by = frappe.session.user
		doc.contact = doc.get_session_contact()
	if doc.customer not in own:
		doc.customer = _only_choice(own, paying)


def clear_agent_fields(doc: HDTicket) -> None:
	for field in AGENT_FIELDS:
		doc.set(field, None)


def _only_choice(own: dict[str, str | None], paying: list[str]) -> str | None:
	if len(own) > 1 and paying:
		frappe.throw(
			_("You are a member of {0}. Choose the customer this ticket is for.").format(", ".join(own)),
			NotMember,
			title=_("Choose a customer"),
		)
	return paying[0] if paying else None


@dataclass(frozen=True)
class Membership:
	"""A customer of the caller's; ``account`` None where its tickets are never charged."""

	customer: str
	account: str | None
	is_manager: bool
	is_member: bool = True  # False for the provider's people, who only read

	@property
	def may_act(self) -> bool:
		"""Whether he may redeem, buy and answer proposals for it."""
		return self.is_manager or (self.is_member and bool(site.settings().members_may_act))


def memberships(user: str | None = None) -> dict[str, Membership]:
	"""The customers of all contacts of ``user`` (default: who is logged in), by name.

	Not by the host's own look-up: it sees the newest contact only, and a portal user may create contacts.
	"""
	found = frappe.db.sql(
		"""SELECT m.parent, a.name, MAX(m.is_manager) FROM `tabHD Customer Member` m
		JOIN `tabContact` c ON c.name = m.contact_name
		LEFT JOIN `tabCredit Account` a ON a.customer = m.parent
		WHERE m.parenttype = 'HD Customer' AND c.user = %s GROUP BY m.parent, a.name ORDER BY m.parent""",
		user or frappe.session.user,
	)
	return {customer: Membership(customer, account, bool(manager)) for customer, account, manager in found}


def companies_of(user: str) -> dict[str, str | None]:
	"""The same, each with its account alone."""
	return {customer: found.account for customer, found in memberships(user).items()}


def hold_decisive_fields(doc: HDTicket, before: HDTicket) -> None:
	"""Restore, from the saved ticket, what a customer may not change once his ticket was looked at by the rules."""
	changed = [field for field in DECISIVE_FIELDS if doc.get(field) != before.get(field)]
	hold_writer(doc, before)
	# Asked last: the host answers is_agent() with a statement, and every ticket is saved again by its first message.
	if not changed or not (before.sc_state or _reaches_an_account(doc, before)) or is_agent():
		return
	for field in changed:
		doc.set(field, before.get(field))


def hold_writer(doc: HDTicket, before: HDTicket) -> None:
	"""The host asks who may write the ticket as it was posted: whoever names himself its raiser in the same request may.
	Asked again of the ticket as it is stored.
	"""
	if all(doc.get(field) == before.get(field) for field in WRITER_FIELDS) or is_agent():
		return
	if not frappe.has_permission("HD Ticket", "write", doc=before):
		raise frappe.PermissionError(_("You have no access to ticket {0}.").format(before.name))


def _reaches_an_account(doc: HDTicket, before: HDTicket) -> bool:
	"""Whether credits are at stake: a ticket without a decision may get one when it is opened again."""
	return any(account_of(customer) for customer in {doc.customer, before.customer} if customer)
