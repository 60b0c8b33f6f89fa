"""Who may see and who may act for a customer: members see, managers act, agents read (design rule 14, setting)."""

import frappe
from frappe import _

from support_credits.exceptions import NotMember, SupportCreditsError
from support_credits.ledger.accounts import account_of
from support_credits.overrides.identity import Membership, memberships

READERS = frozenset(("Agent", "Agent Manager", "System Manager"))


def is_reader() -> bool:
	"""Whether the caller is of the provider's side and reads every account."""
	return bool(READERS & set(frappe.get_roles()))


def seen_by_caller(customer: str) -> Membership:
	"""The ``customer`` the caller asks about, with its account; his only one when he names none.

	Raises NotMember (403) for one that is not his, whether or not it exists, and for none.
	"""
	own = memberships()
	found = (own.get(customer) or _read_by_agent(customer)) if customer else only_one(own)
	if not found.account:
		frappe.throw(
			_("{0} has no credits: its tickets are not charged.").format(found.customer), SupportCreditsError
		)
	return found


def check_readable(customer: str) -> None:
	"""Refuse a customer that is not the caller's, unless he is of the provider's side and it exists."""
	if not is_reader() or not frappe.db.exists("HD Customer", customer):
		frappe.throw(_("You are not a member of {0}.").format(frappe.utils.escape_html(customer)), NotMember)


def _read_by_agent(customer: str) -> Membership:
	check_readable(customer)
	return Membership(customer, account_of(customer), is_manager=False, is_member=False)


def only_one(own: dict[str, Membership]) -> Membership:
	"""The caller's only customer with an account. Raises NotMember where there is none, or more than one to choose from."""
	paying = [found for found in own.values() if found.account]
	if not paying:
		frappe.throw(_("You are not a member of a customer that has credits."), NotMember)
	return _the_one(paying)


def _the_one(found: list[Membership]) -> Membership:
	if len(found) > 1:
		names = ", ".join(member.customer for member in found)
		frappe.throw(_("You are a member of {0}. Say which customer you mean.").format(names), NotMember)
	return found[0]


def actor_for(customer: str) -> Membership:
	"""The same for an act: only his own customers, and only where he may act for them."""
	found = seen_by_caller(customer)
	if not found.is_member:
		frappe.throw(_("You are not a member of {0}.").format(customer), NotMember)
	check_may_act(found)
	return found


def check_may_act(member: Membership) -> None:
	if not member.may_act:
		frappe.throw(
			_("Only a manager of {0} can do this. Ask one of them.").format(member.customer), NotMember
		)


def buyer_for(customer: str) -> Membership:
	"""The customer the caller buys for; one without an account too, since this is how it gets one."""
	own = memberships()
	if customer and customer not in own:
		frappe.throw(_("You are not a member of {0}.").format(frappe.utils.escape_html(customer)), NotMember)
	if not own:
		frappe.throw(_("You are not a member of a customer that could buy credits."), NotMember)
	found = own[customer] if customer else _the_one(list(own.values()))
	check_may_act(found)
	return found


def redeemer_for(customer: str) -> Membership:
	"""The customer the caller redeems for: his only one with an account when he names none, else as for a buyer."""
	if not customer and any(found.account for found in memberships().values()):
		return actor_for("")
	return buyer_for(customer)


def readable_subjects(tickets: list[str | None]) -> dict[str, str]:
	"""Subjects of those ``tickets`` that the caller may read, by the host's own rules. A member who is no manager sees
	that a colleague's ticket was charged, and not what it says.
	"""
	names = [name for name in tickets if name]
	if not names:
		return {}
	found = frappe.get_list(
		"HD Ticket", filters={"name": ["in", names]}, fields=["name", "subject"], limit=len(names)
	)
	return {str(row.name): row.subject for row in found}
