"""Accounts come to be and are joined. An account's id never changes; its customer hangs on it alone."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import now_datetime, validate_email_address

from support_credits.engine.grants import transfer
from support_credits.engine.model import GENESIS_HASH, Allocation, lot_name
from support_credits.ledger import clock, grants, incidents, subscriptions
from support_credits.ledger.posting import OpenAccount, account_locks
from support_credits.ledger.rows import LotTerms, chained_terms


def blank_ledger_fields() -> dict[str, object]:
	"""What the ledger's own fields are on an account without entries, whatever a form or an import posted."""
	empty = json.dumps([])
	return {
		"seq": 0,
		"lot_count": 0,
		"head_hash": GENESIS_HASH,
		"open_lots": empty,
		"overdrawn": empty,
		"parked": empty,
		"merged_into": None,
		"counts_from": now_datetime(),
		"subscription": None,
		"subscribed_tier": None,
		"subscribed_until": None,
		"noticed_seq": 0,
		"noticed_balance": 0,
	}


def account_of(customer: str) -> str | None:
	return frappe.db.get_value("Credit Account", {"customer": customer}, "name", order_by=None)


def ensure_account(customer: str, announced: bool = True) -> str:
	"""The account of ``customer``, opened when there is none. Best called outside a ticket's transaction.

	``announced`` False spares open lists in Desk the news: the host compares each with all before it.
	"""
	existing = account_of(customer)
	if existing:
		return existing
	if not frappe.db.exists("HD Customer", customer):
		frappe.throw(
			_(
				"Customer {0} does not exist. Create the HD Customer first, or name a person by e-mail."
			).format(customer),
			frappe.DoesNotExistError,
		)
	account = frappe.get_doc({"doctype": "Credit Account", "customer": customer})
	account.flags.notify_update = announced
	try:
		return account.insert(ignore_permissions=True).name
	except frappe.UniqueValidationError:
		frappe.clear_last_message()
		winner = frappe.db.get_value(
			"Credit Account", {"customer": customer}, "name", order_by=None, for_update=True
		)
		if not winner:
			raise
		return winner


def open_missing_accounts() -> int:
	"""Give every customer an account, for sites where everyone must have credits; returns how many were opened.

	A job: it commits after each, because a ticket of a customer whose account is not committed yet would wait for it
	while it holds the host's naming series, and with it every other ticket of the site.
	"""
	customer, account = frappe.qb.DocType("HD Customer"), frappe.qb.DocType("Credit Account")
	missing = (
		frappe.qb.from_(customer)
		.left_join(account)
		.on(account.customer == customer.name)
		.where(account.name.isnull())
		.select(customer.name)
		.run(pluck=True)
	)
	for name in missing:
		ensure_account(name)
		frappe.db.commit()
	return len(missing)


def customer_for_person(email: str) -> str:
	"""The customer of the person with this address: his company's, his own, or a new one of type Individual."""
	return find_customer_for_person(email) or _individual(_contact_of(email), email)


def find_customer_for_person(email: str) -> str | None:
	"""The same where there is one already. Refuses what is no address, and a person of several customers."""
	validate_email_address(email, throw=True)
	contact = _known_contact(email)
	if not contact:
		return None
	memberships = frappe.get_all(
		"HD Customer Member",
		filters={"contact_name": contact, "parenttype": "HD Customer"},
		pluck="parent",
		order_by="parent asc",
	)
	if len(memberships) > 1:
		frappe.throw(
			_("{0} is a member of {1}. Say which customer the credits are for.").format(
				email, ", ".join(memberships)
			)
		)
	return memberships[0] if memberships else None


def _known_contact(email: str) -> str | None:
	"""His oldest contact. One with his address that is linked to somebody else is not his: anybody may have made it."""
	for known in (
		{"user": email, "email_id": email},
		{"user": email},
		{"email_id": email, "user": ["in", ("", None)]},
	):
		found = frappe.get_all("Contact", filters=known, pluck="name", order_by="creation asc", limit=1)
		if found:
			return found[0]
	return None


def _contact_of(email: str) -> str:
	known = _known_contact(email)
	if known:
		return known
	person = frappe.get_doc({"doctype": "Contact", "first_name": email.partition("@")[0]})
	person.add_email(email, is_primary=True)
	return person.insert(ignore_permissions=True).name


def _individual(contact: str, email: str) -> str:
	full_name = frappe.db.get_value("Contact", contact, "full_name") or email
	name = full_name if not frappe.db.exists("HD Customer", full_name) else f"{full_name} ({email})"
	customer = frappe.get_doc(
		{
			"doctype": "HD Customer",
			"customer_name": name,
			"customer_type": "Individual",
			"contacts": [{"contact_name": contact, "is_manager": 1}],
		}
	)
	return customer.insert(ignore_permissions=True).name


def join_accounts(old: str, new: str) -> None:
	"""Join the account ``old`` with ``new`` by entries: two customers were merged (design, ledger promise 5).

	Lots keep their dates and become successors in the new account, used-up ones too, because a refund may still go to
	them; parked and overdrawn incidents follow in order of arrival. Nothing that was entered is rewritten.
	"""
	with account_locks([old, new], clock.now()) as opened:
		source, target = opened[old], opened[new]
		if source is target:
			return
		subscriptions.join(source, target)
		source.read(source.lot_names(range(1, source.head.lot_count + 1)))
		for name in [lot.name for lot in source.lots.values() if not lot.moved_to]:
			_move_lot(source, target, name)
		_move_incidents(source, target)
		grants.credits_came_in(target)
	table = frappe.qb.DocType("Credit Account")
	query = frappe.qb.update(table).where(table.name == old)
	query.set(table.customer, None).set(table.merged_into, new).run()
	start_counting(new)


def start_counting(account: str) -> None:
	"""Tickets that another customer brings along, and that nobody charged when they were opened, stay uncharged."""
	table = frappe.qb.DocType("Credit Account")
	frappe.qb.update(table).set(table.counts_from, now_datetime()).where(table.name == account).run()


def _move_lot(source: OpenAccount, target: OpenAccount, name: str) -> None:
	lot = source.lots[name]
	terms = _terms_of(name)
	reason = _("Joined with {0}").format(target.name)
	successor = lot_name(target.name, target.head.lot_count + 1)
	said = {**chained_terms(terms, target.zone, lot.overdraft_limit), "credits_granted": lot.credits_granted}
	plan = transfer(lot, successor, {**said, "voided": True} if lot.voided else said, reason)
	event = f"join:{name}"
	source.post([plan.out], f"{event}:out")
	moved = source.lots[name]
	source.replace_lot(replace(moved, moved_to=successor))
	target.post([plan.into], f"{event}:in", opening=[(plan.successor, terms)])


def _terms_of(lot: str) -> LotTerms:
	# A locking read, as below: the lot may be newer than the snapshot this session reads plainly.
	fields = ["reason", "pack", "price", "currency"]
	row = frappe.db.get_value("Credit Lot", lot, fields, as_dict=True, for_update=True, order_by=None)
	price = Decimal(str(row.price)) if row.price else None
	return LotTerms("Transfer", row.reason or "", row.pack, price, row.currency)


def _move_incidents(source: OpenAccount, target: OpenAccount) -> None:
	target.parked = _by_arrival([*target.parked, *source.parked], "parked_at_utc")
	target.overdrawn = _by_arrival([*target.overdrawn, *source.overdrawn], "charged_at_utc")
	source.parked, source.overdrawn = [], []
	for incident in incidents.lock(target.overdrawn):
		# Repayment looks for the overdraft by name, so the funding has to name the successor.
		incident.funding = tuple(_follow(part, source) for part in incident.funding)
		incidents.update(incident)
	table = frappe.qb.DocType("Support Incident")
	customer = frappe.db.get_value("Credit Account", target.name, "customer")
	query = frappe.qb.update(table).where(table.account == source.name)
	query.set(table.account, target.name).set(table.customer, customer).run()


def _follow(part: Allocation, source: OpenAccount) -> Allocation:
	lot = source.lots.get(part.lot)
	return replace(part, lot=lot.moved_to) if lot and lot.moved_to else part


def _by_arrival(names: list[str], column: str) -> list[str]:
	found = {incident.name: getattr(incident, column) for incident in incidents.lock(names)}
	return sorted(names, key=lambda name: (found.get(name, ""), name))


def customers_merge(old: str, new: str) -> None:
	"""Two HD Customers become one. Called before the host renames, while both names still mean what they meant."""
	old_account, new_account = account_of(old), account_of(new)
	if not (old_account or new_account):
		return
	_lock_tickets_and_orders(old, new)
	if old_account and new_account:
		join_accounts(old_account, new_account)
	else:
		# The account that stays takes over tickets nobody charged when they were opened.
		start_counting(old_account or new_account)


def _lock_tickets_and_orders(*customers: str) -> None:
	"""The host moves these tickets after us. Tickets before accounts, as everywhere, or a save would deadlock."""
	about = {"customer": ["in", customers]}
	for name in frappe.get_all("HD Ticket", filters=about, pluck="name", order_by="name asc"):
		# One by one: asked for many at once the database may scan another index and lock everybody's.
		frappe.db.sql("SELECT name FROM `tabHD Ticket` WHERE name = %s FOR UPDATE", name)
	# And orders before accounts, as whoever pays one does.
	for name in frappe.get_all("Credit Order", filters=about, pluck="name", order_by="name asc"):
		frappe.db.sql("SELECT name FROM `tabCredit Order` WHERE name = %s FOR UPDATE", name)


def has_history(account: str) -> bool:
	return bool(
		frappe.db.get_value("Credit Account", account, "seq")
		or frappe.db.exists("Support Incident", {"account": account})
	)
