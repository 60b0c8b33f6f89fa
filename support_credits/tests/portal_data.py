"""What the portal's cards are shown with in the browser suite, made by ``bench execute``."""

from __future__ import annotations

import frappe

from support_credits.ledger import proposals
from support_credits.tests import factories
from support_credits.tests.browser_data import spend
from support_credits.tests.factories import Company, Person

WAYS = {f"{way}_url": f"/support-credits#{way}" for way in ("buy", "redeem", "emergency")}
READING = {
	"documentation_url": "https://docs.example.com/",
	"community_url": "https://community.example.com/",
}
TEMPLATE, PRIORITY = "Default", "priority"
WEEK = (*factories.WORKDAYS, "saturday", "sunday", "on_holidays")


def begin() -> None:
	frappe.set_user("Administrator")
	frappe.db.set_single_value("Support Credits Settings", {**WAYS, **READING})


def login(someone: Person) -> dict[str, str]:
	return {"user": someone.email, "password": someone.password}


def member_with(credits: str, months: str = "3", **fields: str) -> dict[str, str]:
	"""The only member of a customer with so many credits, which end after so many months."""
	begin()
	company = factories.company(**fields)
	if int(credits):
		factories.grant(company.account, int(credits), months=int(months))
	frappe.db.commit()
	return {**login(company.person), "customer": company.name, "account": company.account}


def member_of_two(poor_has_account: str = "1") -> dict[str, str]:
	"""Somebody of two customers: one has 3 credits, the other none, or no account even."""
	begin()
	someone = factories.portal_user()
	rich, poor = factories.customer(someone, label="Rich"), factories.customer(someone, label="Poor")
	factories.account(rich, 3)
	if int(poor_has_account):
		factories.account(poor)
	frappe.db.commit()
	return {**login(someone), "rich": rich, "poor": poor}


def member_with_two_lots() -> dict[str, str]:
	"""A member whose next ticket takes a credit from each of two lots."""
	begin()
	company = factories.company(tier=factories.tier(credits_per_incident=2))
	for months in (2, 3):
		factories.grant(company.account, 1, months=months)
	frappe.db.commit()
	return login(company.person)


def _four_hours() -> str:
	"""A tier that answers within four hours, whenever it is asked."""
	calendar = factories.support_calendar(factories.hours("00:00", "24:00", *WEEK))
	return factories.tier(calendar=calendar, promise_value=4, promise_unit="covered hours")


def overdrawing_member() -> dict[str, str]:
	"""A member without credits who may go below nothing, with a deadline for his ticket."""
	begin()
	company = factories.company(tier=_four_hours(), portal_policy="Overdraw", overdraft_limit=5)
	frappe.db.commit()
	return login(company.person)


def everyone_must(pay: str) -> dict[str, str]:
	"""Whether customers without an account need credits too. The job that opens their accounts after a save has not run."""
	begin()
	frappe.db.set_single_value("Support Credits Settings", "everyone_must_have_credits", int(pay))
	frappe.db.commit()
	return {"pay": pay}


def member_of_none() -> dict[str, str]:
	"""Somebody whose customer has no account."""
	begin()
	someone = factories.portal_user()
	factories.customer(someone)
	ticket = factories.ticket(someone, "Free of charge").name
	frappe.db.commit()
	return {**login(someone), "ticket": str(ticket)}


def agent() -> dict[str, str]:
	begin()
	someone = factories.agent()
	frappe.db.commit()
	return login(someone)


def urgent_member() -> dict[str, str]:
	"""A member whose tier answers what he calls urgent at any hour, and the rest in one minute a week."""
	begin()
	severe = factories.hours("00:00", "24:00", *WEEK, from_severity="Urgent")
	calendar = factories.support_calendar(factories.hours("12:00", "12:01", "monday"), severe)
	promise = {"promise_value": 1, "promise_unit": "covered hours", "customer_severity": "Urgent"}
	tier = factories.tier(calendar=calendar, **promise)
	company = factories.company(2, tier=tier)
	show_priority("1")
	frappe.db.commit()
	return login(company.person)


def show_priority(shown: str) -> dict[str, str]:
	"""Whether customers choose a priority on Helpdesk's new-ticket page."""
	frappe.set_user("Administrator")
	doc = frappe.get_doc("HD Ticket Template", TEMPLATE)
	rows = [row for row in doc.fields if row.fieldname != PRIORITY]
	doc.set("fields", rows)
	if int(shown):
		doc.append("fields", {"fieldname": PRIORITY, "required": 0, "hide_from_customer": 0})
	doc.save(ignore_permissions=True)
	frappe.db.commit()
	return {"shown": shown}


def _charged(credits: int, **fields: object) -> tuple[Company, str]:
	company = factories.company(credits, **fields)
	return company, str(factories.ticket(company.person, "The index is slow").name)


def charged_ticket(credits: str = "3") -> dict[str, str]:
	begin()
	company, ticket = _charged(int(credits))
	frappe.db.commit()
	return {**login(company.person), "ticket": ticket, "account": company.account}


def proposed(credits: str = "5", extra: str = "2") -> dict[str, str]:
	"""A charged ticket for which an agent asks for extra credits."""
	begin()
	company, ticket = _charged(int(credits))
	name = proposals.propose(ticket, int(extra), "The index has to be built anew.")
	frappe.db.commit()
	return {**login(company.person), "ticket": ticket, "proposal": name, "account": company.account}


def exempt_ticket() -> dict[str, str]:
	begin()
	from support_credits.api import incident

	company, ticket = _charged(2)
	reason = factories.exemption_reason(label=factories.unique("Vendor bug"))
	label = frappe.db.get_value("Exemption Reason", reason, "label")
	incident.exempt(ticket, reason)
	frappe.db.commit()
	return {**login(company.person), "ticket": ticket, "reason": label}


def parked_ticket() -> dict[str, str]:
	begin()
	company, ticket = _charged(0, portal_policy="Park")
	frappe.db.commit()
	return {**login(company.person), "ticket": ticket}


def hourly_ticket(minutes: str = "91") -> dict[str, str]:
	"""A ticket on which somebody has worked by the hour for so long, and works on."""
	begin()
	from support_credits.engine.session import Kind
	from support_credits.ledger import sessions
	from support_credits.tests.session_case import catalogue, end_open, offer, set_back

	offer(catalogue())
	end_open()
	company, ticket = _charged(2)
	session = sessions.start(ticket, Kind.EMERGENCY).session
	set_back(session, int(minutes))
	frappe.db.commit()
	return {**login(company.person), "ticket": ticket, "session": session}


def stop_session(session: str) -> dict[str, str]:
	begin()
	from support_credits.ledger import sessions

	sessions.stop(session, "The router was replaced.")
	frappe.db.commit()
	return {"session": session}


def proposal_state(proposal: str) -> dict[str, str]:
	return {"state": frappe.db.get_value("Credit Proposal", proposal, "state")}


def spend_all(account: str) -> dict[str, int]:
	"""The member's last credits go on tickets opened elsewhere."""
	return spend(account)


def grant(account: str, credits: str) -> dict[str, str]:
	begin()
	lot = factories.grant(account, int(credits))
	frappe.db.commit()
	return {"lot": lot}


def speaking(language: str) -> dict[str, str]:
	"""A member with credits of two ends, a charged ticket and a proposal, whose pages are in ``language``."""
	begin()
	company = factories.company(1, tier=_four_hours())
	factories.grant(company.account, 3, months=2)
	ticket = str(factories.ticket(company.person, "A first ticket").name)
	proposals.propose(ticket, 2, "It takes a second server.")
	frappe.db.set_value("User", company.person.email, "language", language)
	frappe.db.commit()
	return {**login(company.person), "ticket": ticket, "customer": company.name}
