"""Whom of a customer a mail goes to: his managers, or who raised the ticket it is about; and who wants none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import frappe

from support_credits.engine.notice import Kind
from support_credits.ledger import settings as site
from support_credits.overrides.identity import memberships

# One row an address. Whoever may no longer log in is written to no more.
MEMBERS = """SELECT c.email_id, MAX(m.is_manager) AS is_manager, MAX(c.user) AS user FROM `tabHD Customer Member` m
	JOIN `tabContact` c ON c.name = m.contact_name LEFT JOIN `tabUser` u ON u.name = c.user
	WHERE m.parenttype = 'HD Customer' AND m.parent = %s AND c.email_id != '' AND COALESCE(u.enabled, 1) = 1
	GROUP BY c.email_id ORDER BY c.email_id"""


@dataclass(frozen=True)
class Reader:
	"""A member of a customer. ``user`` is empty where he has no login."""

	email: str
	user: str
	is_manager: bool


def managers_of(customer: str) -> list[str]:
	"""Addresses of the customer's managers, else of all his members."""
	return [reader.email for reader in of_account(customer)]


def of_account(customer: str) -> list[Reader]:
	"""Who is told about the credits themselves: the managers, else all members."""
	members = _members(customer)
	return [one for one in members if one.is_manager] or members


def of_ticket(customer: str, ticket: str) -> list[Reader]:
	"""Who is told about a ticket: who raised it, while he belongs to its customer; else as about the credits."""
	raiser = raiser_of(_members(customer), ticket)
	return [raiser] if raiser else of_account(customer)


def who_may_accept(customer: str, ticket: str) -> list[Reader]:
	"""Who may answer a proposal (design rule 14): who raised the ticket, and whoever may act for its customer."""
	everybody, members = bool(site.settings().members_may_act), _members(customer)
	raiser = raiser_of(members, ticket)
	return [one for one in members if one == raiser or one.is_manager or everybody]


def raiser_of(members: Iterable[Reader], ticket: str) -> Reader | None:
	"""Who of ``members`` raised the ticket."""
	raised_by = (frappe.db.get_value("HD Ticket", ticket, "raised_by") or "").lower() if ticket else ""
	return next(
		(one for one in members if raised_by and raised_by in (one.email.lower(), one.user.lower())), None
	)


def still_belongs(user: str, customer: str) -> bool:
	return bool(frappe.db.get_value("User", user, "enabled")) and customer in memberships(user)


def _members(customer: str) -> list[Reader]:
	found = frappe.db.sql(MEMBERS, customer, as_dict=True)
	return [Reader(row.email_id, row.user or "", bool(row.is_manager)) for row in found]


def unwanted_by_customer(kind: Kind, account: str | None) -> bool:
	"""Whether the account says that its customer wants no notices, or none of this kind."""
	if not account:
		return False
	said = frappe.db.get_value("Credit Account", account, ["notices_off", "notice_kinds_off"], as_dict=True)
	return bool(said) and (bool(said.notices_off) or kind.value in kinds_in(said.notice_kinds_off))


def kinds_in(text: str | None) -> list[str]:
	"""The kinds named one a line."""
	return [line.strip() for line in (text or "").splitlines() if line.strip()]


def wanting(readers: Iterable[Reader], about: tuple[str, str], asks: bool) -> list[Reader]:
	"""Those who have not unsubscribed, by the host's own records: from everything, or from what is told ``about`` this account.
	What ``asks`` for an answer goes also to those who want to read nothing else.
	"""
	listed = list(readers)
	emails = [reader.email for reader in listed]
	if not emails:
		return []
	table = frappe.qb.DocType("Email Unsubscribe")
	everything = table.global_unsubscribe == 1
	these = (table.reference_doctype == about[0]) & (table.reference_name == about[1])
	unwanted = everything if asks else everything | these
	query = frappe.qb.from_(table).select(table.email).where(table.email.isin(emails) & unwanted)
	gone = {email.lower() for email in query.run(pluck=True)}
	return [reader for reader in listed if reader.email.lower() not in gone]
