"""What the browser tests of the Credits page need on the test site. ``bench execute`` runs these."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.sessions import clear_sessions

from support_credits.api import codes, proposals
from support_credits.ledger import clock, grants
from support_credits.tests import factories
from support_credits.tests.hours_case import at


def member_and_manager() -> dict[str, str]:
	"""A customer with 5 credits in three lots, two charged tickets, a member and a manager."""
	frappe.set_user("Administrator")
	member, manager = factories.portal_user("member"), factories.person("boss", ("HD Customer Manager",))
	customer = factories.customer(member, managers=(manager,), label="Harbour")
	account = factories.account(customer, portal_policy="Park")
	pack = factories.pack(credits=2, validity_months=3)
	now = clock.now()
	order = grants.pack_order(pack, factories.unique_code("order"), "Order 1001")
	grants.grant(account, order)
	factories.grant(account, 3, months=1, granted_at=now - timedelta(days=20))
	factories.grant(account, 2)
	tickets = [factories.ticket(member, subject).name for subject in ("Slow reports", "Reports fail")]
	frappe.db.commit()
	return {
		"customer": customer,
		"account": account,
		"member": member.email,
		"manager": manager.email,
		"password": factories.PASSWORD,
		"ticket": str(tickets[-1]),
	}


def a_year() -> dict[str, str]:
	"""A customer who has bought and used credits for most of a year, with a proposal to answer. What pictures show."""
	frappe.set_user("Administrator")
	manager = factories.person("rita", ("HD Customer Manager",))
	frappe.db.set_value("User", manager.email, {"first_name": "Rita", "full_name": "Rita"})
	customer = factories.customer(managers=(manager,), label="Northwind Cargo")
	account = factories.account(customer)
	for days_ago, what in YEAR:
		with at(clock.now() - timedelta(days=days_ago)):
			if isinstance(what, str):
				ticket = factories.ticket(manager, what).name
			else:
				bought = grants.pack_order(
					_pack(*what), factories.unique_code("order"), f"Order {1400 - days_ago}"
				)
				grants.grant(account, bought)
			frappe.db.commit()
	grants.expire_account(account)
	frappe.db.commit()
	proposal_for(str(ticket), "2", "The second mail server needs certificates and a filter of its own.")
	return {
		"customer": customer,
		"user": manager.email,
		"password": factories.PASSWORD,
		"ticket": str(ticket),
	}


# Days ago, and the credits and months of a pack that was bought or the subject of a ticket.
YEAR: tuple[tuple[int, tuple[int, int] | str], ...] = (
	(320, (4, 6)),
	(301, "Mail queue does not drain after the upgrade"),
	(262, "Backup report counts one host twice"),
	(230, "Certificates of the gateway have expired"),
	(168, (8, 12)),
	(150, "Disk alert on the file server"),
	(121, "Spam filter rejects our own newsletters"),
	(84, (2, 3)),
	(83, "Replication stops every night"),
	(65, (2, 3)),
	(19, "Web front end is slow on Mondays"),
	(2, "Move the second mail server"),
)


def _pack(credits: int, months: int) -> str:
	"""A pack of the site's own where it has one with so many credits, else one that is not on sale."""
	known = frappe.get_all(
		"Credit Pack", filters={"credits": credits, "validity_months": months}, pluck="name"
	)
	return known[0] if known else factories.pack(credits, months, on_sale=0)


def tiers() -> dict[str, str]:
	"""A customer with 6 credits on the first of two Support Tiers, of which the second costs 3 credits a month."""
	frappe.set_user("Administrator")
	base, fast = factories.tier(), factories.tier(credits_per_month=3, promise_value=6)
	company = factories.company(6, tier=base)
	frappe.db.commit()
	names = {name: frappe.db.get_value("Support Tier", name, "tier_name") for name in (base, fast)}
	return {
		"user": company.person.email,
		"password": factories.PASSWORD,
		"base": names[base],
		"fast": names[fast],
	}


def two_customers() -> dict[str, str]:
	"""One person in two customers, of which he manages only the first, with 4 and 7 credits."""
	frappe.set_user("Administrator")
	someone = factories.portal_user("both")
	first = factories.customer(managers=(someone,), label="Anchor")
	second = factories.customer(someone, label="Beacon")
	factories.account(first, credits=4)
	factories.account(second, credits=7)
	frappe.db.commit()
	return {"user": someone.email, "password": factories.PASSWORD, "first": first, "second": second}


def three_customers() -> dict[str, str]:
	"""One person who manages three customers, with 4, 7 and 9 credits."""
	frappe.set_user("Administrator")
	someone = factories.portal_user("three")
	names = [factories.customer(managers=(someone,), label=label) for label in ("Anchor", "Beacon", "Cliff")]
	for name, credits in zip(names, (4, 7, 9), strict=True):
		factories.account(name, credits=credits)
	frappe.db.commit()
	return {
		"user": someone.email,
		"password": factories.PASSWORD,
		**dict(zip(("first", "second", "third"), names, strict=True)),
	}


def end_sessions(user: str) -> dict[str, str]:
	"""What time does by itself."""
	clear_sessions(user, keep_current=False, force=True)
	frappe.db.commit()
	return {}


def long_statement() -> dict[str, str]:
	"""A customer whose credits changed 61 times: one grant and the changes an agent made one by one."""
	frappe.set_user("Administrator")
	company = factories.company()
	lot = factories.grant(company.account, 100)
	for number in range(60):
		change = -2 if number % 3 else 1
		grants.adjust_lot(lot, change, f"Correction {number + 1}", factories.unique_code("adjust"))
	frappe.db.commit()
	return {"customer": company.name, "user": company.person.email, "password": factories.PASSWORD}


def without_account() -> dict[str, str]:
	frappe.set_user("Administrator")
	someone = factories.portal_user("free")
	factories.customer(someone, label="Plain")
	frappe.db.commit()
	return {"user": someone.email, "password": factories.PASSWORD}


def in_need() -> dict[str, str]:
	"""A customer without credits and a ticket of its member that waits for some."""
	frappe.set_user("Administrator")
	company = factories.company(portal_policy="Park")
	ticket = factories.ticket(company.person, "Disk alert on the file server").name
	frappe.db.commit()
	return {
		"customer": company.name,
		"user": company.person.email,
		"password": factories.PASSWORD,
		"ticket": str(ticket),
	}


def code_for(credits: str) -> dict[str, str]:
	frappe.set_user("Administrator")
	made = codes.issue(factories.unique("Cards"), credits=int(credits), months=6)
	frappe.db.commit()
	return {"code": made["codes"][0]}


def card_for(credits: str) -> dict[str, str]:
	"""A code that is bound to a serial number."""
	frappe.set_user("Administrator")
	serial = factories.unique_code("srv").upper()
	made = codes.issue(
		factories.unique("Cards"), credits=int(credits), months=6, product="Server EX", serials=serial
	)
	frappe.db.commit()
	return {"code": made["codes"][0], "serial": serial}


def provider_manager() -> dict[str, str]:
	"""A manager of the provider, and two serial numbers that have no code."""
	frappe.set_user("Administrator")
	someone = factories.agent_manager()
	frappe.db.commit()
	serials = "\n".join(factories.unique_code("srv") for _number in range(2))
	return {"user": someone.email, "password": factories.PASSWORD, "serials": serials}


def manager_without_account() -> dict[str, str]:
	frappe.set_user("Administrator")
	boss = factories.portal_user("boss")
	factories.customer(managers=(boss,), label="Plain")
	frappe.db.commit()
	return {"user": boss.email, "password": factories.PASSWORD}


def proposal_for(ticket: str, credits: str, reason: str) -> dict[str, str]:
	frappe.set_user("Administrator")
	made = proposals.propose(ticket, int(credits), reason)
	frappe.db.commit()
	return {"proposal": made["proposal"]}
