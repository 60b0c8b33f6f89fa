"""What an agent's card is shown with in the browser suite, made by ``bench execute``."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import cint

from support_credits.api import incident as incident_api
from support_credits.api import proposals as proposals_api
from support_credits.engine.model import stamp_text
from support_credits.engine.session import Kind
from support_credits.ledger import clock, proposals, queries, sessions
from support_credits.tests import factories
from support_credits.tests.browser_data import automatic_ticket
from support_credits.tests.portal_data import TEMPLATE, WEEK
from support_credits.tests.session_case import catalogue, end_open, offer, set_back

CUSTOMER = "customer"


def _login(someone: factories.Person) -> dict[str, str]:
	return {"user": someone.email, "password": someone.password}


def charged(credits: str = "4", worked: str = "0", **fields: str) -> dict[str, str]:
	"""An agent, and a charged ticket of a customer with so many credits, on which so many minutes are logged."""
	frappe.set_user("Administrator")
	end_open()
	offer(catalogue())
	calendar = factories.support_calendar(factories.hours("00:00", "24:00", *WEEK))
	tier = factories.tier(calendar=calendar, promise_value=12, promise_unit="covered hours")
	company = factories.company(0, tier=tier, **fields)
	factories.grant(company.account, int(credits), months=3)
	ticket = str(factories.ticket(company.person, "The index is slow").name)
	someone = factories.agent()
	if int(worked):
		with factories.acting_as(someone):
			frappe.get_doc({"doctype": "Work Log", "ticket": ticket, "minutes": int(worked)}).insert()
	bug = factories.unique("Vendor bug")
	factories.exemption_reason(label=bug, takes_url=1, raise_priority_to="Urgent")
	frappe.db.commit()
	return {
		**_login(someone),
		"ticket": ticket,
		"customer": company.name,
		"account": company.account,
		"member": company.person.email,
		"tier": frappe.db.get_value("Support Tier", tier, "tier_name"),
		"reason": bug,
	}


def _close(ticket: str) -> None:
	doc = frappe.get_doc("HD Ticket", ticket)
	doc.status = "Closed"
	doc.save()
	frappe.db.commit()


def closed_automatic() -> dict[str, str]:
	"""An agent, and a closed ticket that began as an automatic mail of a customer with credits."""
	data = charged()
	ticket = automatic_ticket(data["customer"])["ticket"]
	_close(ticket)
	return {**data, "ticket": ticket}


def closed_of_another() -> dict[str, str]:
	"""An agent, and a closed ticket whose customer paid, but somebody else should."""
	data = charged()
	_close(data["ticket"])
	right = other_company()
	incident = factories.incident_of(data["ticket"]).name
	return {**data, "incident": incident, "right": right["customer"], "right_account": right["account"]}


def older_ticket(customer: str) -> dict[str, str]:
	"""A ticket of another customer, who has no account."""
	frappe.set_user("Administrator")
	someone = factories.portal_user()
	factories.customer(someone)
	ticket = str(factories.ticket(someone, "Free of charge").name)
	frappe.db.commit()
	return {"ticket": ticket, "beside": customer}


def other_company(credits: str = "5") -> dict[str, str]:
	frappe.set_user("Administrator")
	company = factories.company(int(credits))
	frappe.db.commit()
	return {"customer": company.name, "account": company.account}


def state(ticket: str, account: str) -> dict[str, object]:
	"""What the ledger says of the ticket and its customer, and what was logged on it."""
	frappe.db.rollback()
	incident = factories.incident_of(ticket)
	logs = frappe.get_all("Work Log", {"ticket": ticket}, ["minutes", "note"], order_by="creation asc")
	found = frappe.get_all(
		"Credit Proposal", {"ticket": ticket}, ["state", "credits"], order_by="creation asc"
	)
	return {
		"state": incident.state,
		"credits": incident.credits,
		"balance": queries.balance(account),
		"exemption_url": incident.exemption_url or "",
		"charge_reason": incident.charge_reason or "",
		"logs": [[row.minutes, row.note or ""] for row in logs],
		"timers": frappe.db.count("Work Timer", {"ticket": ticket}),
		"proposals": [[row.state, row.credits] for row in found],
	}


def timer_ran(ticket: str, minutes: str) -> dict[str, str]:
	"""The timer on the ticket was started so many minutes ago."""
	began = stamp_text(clock.now() - timedelta(minutes=int(minutes)))
	frappe.db.set_value("Work Timer", {"ticket": ticket}, "started_at_utc", began)
	frappe.db.commit()
	return {"began": began}


def session_ran(ticket: str, minutes: str) -> dict[str, str]:
	"""The session on the ticket was started so many minutes ago."""
	frappe.db.rollback()
	name = frappe.db.get_value("Emergency Session", {"ticket": ticket}, "name")
	set_back(name, int(minutes))
	frappe.db.commit()
	return {"session": name}


def session_state(ticket: str) -> dict[str, object]:
	frappe.db.rollback()
	fields = ["state", "billed_minutes", "summary"]
	return dict(frappe.db.get_value("Emergency Session", {"ticket": ticket}, fields, as_dict=True))


def colleague_at_work(ticket: str) -> dict[str, str]:
	"""Another agent has started a session on the ticket."""
	someone = factories.agent()
	with factories.acting_as(someone):
		sessions.start(ticket, Kind.EMERGENCY, None)
	frappe.db.commit()
	return {"name": frappe.db.get_value("User", someone.email, "full_name")}


def at_work_elsewhere(user: str, customer: str) -> dict[str, str]:
	"""The agent has a session running on another ticket."""
	ticket = automatic_ticket(customer)["ticket"]
	frappe.set_user(user)
	session = sessions.start(ticket, Kind.EMERGENCY, None).session
	frappe.set_user("Administrator")
	frappe.db.commit()
	return {"session": session}


def answer(ticket: str, member: str, accept: str) -> dict[str, str]:
	"""The customer answers what is proposed for the ticket."""
	frappe.db.rollback()
	name = frappe.db.get_value("Credit Proposal", {"ticket": ticket, "state": "Open"}, "name")
	frappe.set_user(member)
	(proposals_api.accept if accept else proposals_api.decline)(name)
	frappe.set_user("Administrator")
	frappe.db.commit()
	return {"proposal": name}


def declined_unseen(ticket: str) -> dict[str, str]:
	"""The same, but no page hears of it."""
	frappe.db.rollback()
	name = frappe.db.get_value("Credit Proposal", {"ticket": ticket, "state": "Open"}, "name")
	proposals.decline(name)
	frappe.db.commit()
	return {"proposal": name}


def exempt_at_length(ticket: str) -> dict[str, str]:
	"""The ticket is exempt for a reason as long as its field, without a place to break it."""
	frappe.set_user("Administrator")
	label = factories.unique("Donaudampfschifffahrtsgesellschaftskapitänswitwenrente" * 2)
	incident_api.exempt(ticket, factories.exemption_reason(label=label))
	frappe.db.commit()
	return {"label": label}


def round_up_to(minutes: str) -> dict[str, str]:
	frappe.db.set_single_value("Support Credits Settings", "work_step_minutes", int(minutes))
	frappe.db.commit()
	return {"minutes": minutes}


def ask_for_customer(shown: str) -> dict[str, str]:
	"""Whether agents choose a customer on Helpdesk's new-ticket page."""
	frappe.set_user("Administrator")
	doc = frappe.get_doc("HD Ticket Template", TEMPLATE)
	doc.set("fields", [row for row in doc.fields if row.fieldname != CUSTOMER])
	if cint(shown):
		doc.append("fields", {"fieldname": CUSTOMER, "required": 0, "hide_from_customer": 1})
	doc.save(ignore_permissions=True)
	frappe.db.commit()
	return {"shown": shown}
