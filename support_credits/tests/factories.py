"""Builders of everything the server suite needs. Names are unique in every run: nothing has to be cleaned up.

They write as Administrator into the running transaction and never commit: a test that speaks to another
process calls :func:`support_credits.tests.compat.publish` first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from frappe.utils import add_days, today
from frappe.utils.password import passlibctx

from support_credits.ledger import accounts, clock, grants, queries

RUN = frappe.generate_hash(length=6)
PASSWORD = "Cr3dits-by-the-incident"
_count = itertools.count(1)
# Nobody attacks these passwords; hashing them as a site must would take minutes of the suite.
passlibctx.update(pbkdf2_sha256__rounds=1)


@dataclass(frozen=True)
class Person:
	"""Somebody who can log in. ``contact`` is his Contact, linked to the user."""

	email: str
	contact: str
	password: str = PASSWORD


def unique(label: str) -> str:
	"""``label`` with a suffix that no other call, in this run or another, returns."""
	return f"{label} {RUN} {next(_count)}"


def unique_code(label: str) -> str:
	"""The same for codes and addresses: no spaces, lower case."""
	return f"{label}-{RUN}-{next(_count)}".lower()


@contextmanager
def acting_as(user: str | Person) -> Iterator[None]:
	"""Run the block in the session of ``user``, then return to the one before."""
	before = frappe.session.user
	frappe.set_user(user.email if isinstance(user, Person) else user)
	try:
		yield
	finally:
		frappe.set_user(before)


# People and their companies


def person(label: str = "person", roles: tuple[str, ...] = (), password: str = PASSWORD) -> Person:
	"""A user with a linked Contact. The Contact is made first: the host makes one in a job, some time on."""
	return _with_login(_contact(label, password), roles)


def _contact(label: str, password: str = PASSWORD) -> Person:
	"""Somebody as he is before he has a login."""
	email = f"{unique_code(label)}@example.com"
	contact = frappe.get_doc({"doctype": "Contact", "first_name": unique(label.capitalize())})
	contact.add_email(email, is_primary=True)
	return Person(email, contact.insert(ignore_permissions=True).name, password)


def _with_login(someone: Person, roles: tuple[str, ...]) -> Person:
	frappe.local.conf.throttle_user_limit = 100_000  # a suite makes more users in an hour than a site may
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": someone.email,
			"first_name": frappe.db.get_value("Contact", someone.contact, "first_name"),
			"send_welcome_email": 0,
			"new_password": someone.password,
			"roles": [{"role": role} for role in roles],
		}
	)
	user.flags.no_welcome_mail = True
	user.insert(ignore_permissions=True)
	frappe.db.set_value("Contact", someone.contact, "user", user.name)
	return someone


def portal_user(label: str = "portal") -> Person:
	"""A customer's person: role HD Customer, no desk. :func:`customer` or :func:`add_member` gives him one."""
	return person(label, ("HD Customer",))


def agent(label: str = "agent") -> Person:
	return _with_agent_record(person(label, ("Agent",)))


def agent_manager(label: str = "manager") -> Person:
	return _with_agent_record(person(label, ("Agent", "Agent Manager")))


def _with_agent_record(someone: Person) -> Person:
	record = {"doctype": "HD Agent", "user": someone.email, "agent_name": someone.contact, "is_active": 1}
	frappe.get_doc(record).insert(ignore_permissions=True)
	return someone


def customer(*members: Person, managers: tuple[Person, ...] = (), label: str = "Company") -> str:
	"""An HD Customer with these members; returns its name. ``managers`` are members too."""
	rows = [{"contact_name": one.contact, "is_manager": 0} for one in members]
	rows += [{"contact_name": one.contact, "is_manager": 1} for one in managers]
	doc = frappe.get_doc({"doctype": "HD Customer", "customer_name": unique(label), "contacts": rows})
	return doc.insert(ignore_permissions=True).name


def manager_of(customer_name: str, label: str = "boss") -> Person:
	"""A manager of this customer, with a login."""
	someone = _contact(label)
	add_member(customer_name, someone, is_manager=True)  # before the login, as in `company`
	return _with_login(someone, ("HD Customer Manager", "HD Customer"))


def add_member(customer_name: str, member: Person, is_manager: bool = False) -> None:
	doc = frappe.get_doc("HD Customer", customer_name)
	doc.append("contacts", {"contact_name": member.contact, "is_manager": int(is_manager)})
	doc.save(ignore_permissions=True)


# What the provider sells


def tier(credits_per_incident: int = 1, **fields: object) -> str:
	code = unique_code("tier")
	doc = {
		"doctype": "Support Tier",
		"tier_code": code,
		"tier_name": code.upper(),
		"credits_per_incident": credits_per_incident,
		"promise_value": 24,
		"promise_unit": "clock hours",
		**fields,
	}
	return frappe.get_doc(doc).insert(ignore_permissions=True).name


WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def hours(starts: str, ends: str, *days: str, **fields: object) -> dict[str, object]:
	"""A row of a Support Calendar's windows; without days on Monday to Friday."""
	return {**dict.fromkeys(days or WORKDAYS, 1), "starts": starts, "ends": ends, **fields}


def support_calendar(*windows: dict[str, object], zone: str = "Etc/UTC", **fields: object) -> str:
	"""A Support Calendar; without windows Monday to Friday from 08:00 to 18:00."""
	code = unique_code("hours")
	doc = {
		"doctype": "Support Calendar",
		"calendar_code": code,
		"calendar_name": code.upper(),
		"time_zone": zone,
		"windows": list(windows) or [hours("08:00", "18:00")],
		**fields,
	}
	return frappe.get_doc(doc).insert(ignore_permissions=True).name


def pack(credits: int = 2, validity_months: int = 3, price: float = 120, **fields: object) -> str:
	code = unique_code("pack")
	doc = {
		"doctype": "Credit Pack",
		"pack_code": code,
		"pack_name": code.upper(),
		"credits": credits,
		"validity_months": validity_months,
		"price": price,
		"currency": "USD",
		**fields,
	}
	return frappe.get_doc(doc).insert(ignore_permissions=True).name


def exemption_reason(who: str = "Agent", **fields: object) -> str:
	code = unique_code("reason")
	doc = {"doctype": "Exemption Reason", "reason_code": code, "label": code.upper(), "who": who, **fields}
	return frappe.get_doc(doc).insert(ignore_permissions=True).name


def deployment(customer_name: str, days_ago: int = 0, product: str = "Appliance", serial: str = "") -> str:
	doc = {
		"doctype": "Deployment",
		"customer": customer_name,
		"product": product,
		"serial": serial,
		"deployed_on": add_days(today(), -days_ago),
	}
	return frappe.get_doc(doc).insert(ignore_permissions=True).name


# Accounts and credits


def account(customer_name: str, credits: int = 0, **fields: object) -> str:
	"""A customer's Credit Account with so many credits that never expire; ``fields``: tier, policies."""
	name = accounts.ensure_account(customer_name)
	if fields:
		frappe.get_doc("Credit Account", name).update(fields).save(ignore_permissions=True)
	if credits:
		grant(name, credits)
	return name


def grant(
	account_name: str,
	credits: int,
	months: int | None = None,
	granted_at: datetime | None = None,
	**fields: object,
) -> str:
	"""Grant credits through the ledger; returns the lot. ``granted_at`` (aware) backdates it."""
	order = grants.GrantOrder(
		credits, f"test:{unique_code('grant')}", "Test", months=months, granted_at=granted_at, **fields
	)
	return grants.grant(account_name, order).lot


def expired_credits(account_name: str, credits: int, days_ago: int = 40) -> str:
	"""A lot of one month that was granted so long ago that it is over; nothing has booked its expiry."""
	return grant(account_name, credits, months=1, granted_at=clock.now() - timedelta(days=days_ago))


@dataclass(frozen=True)
class Company:
	"""A customer with one member and an account."""

	name: str
	person: Person
	account: str

	@property
	def balance(self) -> int:
		return queries.balance(self.account)


def company(credits: int = 0, **account_fields: object) -> Company:
	"""A portal user, his company and its account: what most tests begin with."""
	someone = _contact("portal")
	name = customer(
		someone
	)  # before the login: the host saves a member's user all over, for the role he has already
	_with_login(someone, ("HD Customer",))
	return Company(name, someone, account(name, credits, **account_fields))


# Tickets and settings


def ticket(raiser: Person, subject: str = "", **fields: object) -> frappe.model.document.Document:
	"""A ticket opened by ``raiser`` through the portal door, in this process."""
	doc = {
		"doctype": "HD Ticket",
		"subject": subject or unique("It does not work"),
		"description": "Nothing happens.",
		"via_customer_portal": 1,
		"raised_by": raiser.email,
		**fields,
	}
	with acting_as(raiser):
		return frappe.get_doc(doc).insert()


def incident_of(ticket_name: str | int) -> frappe._dict | None:
	"""All columns of the ticket's incident; None when it has none."""
	found = frappe.get_all(
		"Support Incident", filters={"ticket": str(ticket_name)}, fields=["*"], order_by="creation"
	)
	return found[0] if found else None


@contextmanager
def settings(**values: object) -> Iterator[None]:
	"""Support Credits Settings with these values for the block, then as they were.

	A test that publishes inside the block has to publish again after it; ``HttpTestCase.site_settings`` does.
	"""
	with single("Support Credits Settings", **values):
		yield


@contextmanager
def single(doctype: str, **values: object) -> Iterator[None]:
	"""Any single DocType with these values for the block, then as it was."""
	doc = frappe.get_doc(doctype)
	before = {field: doc.get(field) for field in values}
	doc.update(values).save(ignore_permissions=True)
	try:
		yield
	finally:
		frappe.get_doc(doctype).update(before).save(ignore_permissions=True)


@contextmanager
def site_config(**values: object) -> Iterator[None]:
	"""The site's config with these values, for the server too: it reads the file anew for each request."""
	from frappe.installer import update_site_config

	before = {name: frappe.conf.get(name) for name in values}
	for name, value in values.items():
		update_site_config(name, value)
	try:
		yield
	finally:
		for name, value in before.items():
			update_site_config(name, "None" if value is None else value)


def rate_factor(factor: float) -> AbstractContextManager[None]:
	"""The site's limits on how often an endpoint is called, multiplied."""
	return site_config(support_credits_rate_factor=factor)
