"""What the browser suite needs on the test site, made by ``bench execute``, because a browser test has no Frappe."""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe.utils import now_datetime, today

from support_credits.api import incident as incident_api
from support_credits.engine.mail import MailKind
from support_credits.engine.model import stamp_text
from support_credits.ledger import clock, queries
from support_credits.mail.context import MailContext, taking_in
from support_credits.tests import factories


def first_journey() -> dict[str, str]:
	"""A customer with 2 credits and one member, an agent manager, and an exemption reason agents may set."""
	frappe.set_user("Administrator")
	ways = {f"{way}_url": f"/support-credits#{way}" for way in ("buy", "redeem", "emergency")}
	frappe.db.set_single_value("Support Credits Settings", ways)
	company = factories.company(2)
	manager = factories.agent_manager()
	frappe.db.commit()
	return {
		"customer": company.name,
		"account": company.account,
		"user": company.person.email,
		"agent": manager.email,
		"password": factories.PASSWORD,
		"reason": factories.exemption_reason(label=factories.unique("Vendor bug")),
	}


def agents_work() -> dict[str, str]:
	"""A customer with two charged tickets, of which ``source`` has a second mail to split off, and an agent.

	Helpdesk mails a split or a reply; the suite's site has no way to send, so it is told not to: ``mail_as_before``.
	"""
	frappe.set_user("Administrator")
	# The suites about hours open tickets at moments to come, and Helpdesk's list begins with what changed last.
	frappe.db.sql("UPDATE `tabHD Ticket` SET modified = '2026-01-01' WHERE modified > %s", now_datetime())
	before = frappe.db.get_single_value("HD Settings", "skip_email_workflow")
	frappe.db.set_single_value("HD Settings", "skip_email_workflow", 1)
	member = factories.portal_user()
	# Shown as it is only where a page takes it for text.
	customer = factories.customer(member, label="R&amp;D &lt;b&gt;Labs")
	account = factories.account(customer, credits=3)
	target, source = (factories.ticket(member, subject).name for subject in ("Slow reports", "Reports fail"))
	with factories.acting_as(member):
		frappe.get_doc("HD Ticket", source).create_communication_via_contact("And the printer is offline.")
	someone = factories.agent()
	frappe.db.commit()
	return {
		"customer": customer,
		"account": account,
		"agent": someone.email,
		"password": factories.PASSWORD,
		"source": str(source),
		"target": str(target),
		"mail": str(before or 0),
	}


def exempt_ticket(ticket: str) -> dict[str, object]:
	frappe.set_user("Administrator")
	reason = factories.exemption_reason(label=factories.unique("Vendor bug"))
	frappe.db.commit()
	return incident_api.exempt(ticket, reason)


def free_ticket() -> dict[str, str]:
	"""A ticket with two mails of a customer without an account."""
	frappe.set_user("Administrator")
	member = factories.portal_user()
	factories.customer(member)
	ticket = factories.ticket(member, "Free of charge").name
	with factories.acting_as(member):
		frappe.get_doc("HD Ticket", ticket).create_communication_via_contact("One more thing.")
	frappe.db.commit()
	return {"ticket": str(ticket)}


def grant(account: str, credits: str) -> dict[str, str]:
	frappe.set_user("Administrator")
	lot = factories.grant(account, int(credits))
	frappe.db.commit()
	return {"lot": lot}


def spend(account: str) -> dict[str, int]:
	"""The customer's member opens tickets until no credit is left."""
	frappe.set_user("Administrator")
	customer = frappe.db.get_value("Credit Account", account, "customer")
	member = factories.Person(*_member_of(customer))
	while queries.balance(account):
		factories.ticket(member)
	frappe.db.commit()
	return {"balance": queries.balance(account)}


def _member_of(customer: str) -> tuple[str, str]:
	"""User and Contact of a customer's only member."""
	contact = frappe.db.get_value("HD Customer Member", {"parent": customer}, "contact_name")
	return frappe.db.get_value("Contact", contact, "user"), contact


def ticket_state(ticket: str) -> dict[str, str]:
	return {"state": factories.incident_of(ticket).state}


def mail_as_before(value: str) -> dict[str, str]:
	frappe.db.set_single_value("HD Settings", "skip_email_workflow", int(value))
	frappe.db.commit()
	return {"mail": value}


def resolve_days_ago(ticket: str, days: str) -> dict[str, str]:
	"""An agent resolved the ticket so long ago. The host has no way to say that, so it is written around it."""
	frappe.set_user("Administrator")
	doc = frappe.get_doc("HD Ticket", ticket)
	doc.status = "Resolved"
	doc.save()
	past = timedelta(days=int(days))
	incident = factories.incident_of(ticket)
	frappe.db.set_value("Support Incident", incident.name, "resolved_at_utc", stamp_text(clock.now() - past))
	frappe.db.set_value("HD Ticket", ticket, "resolution_date", now_datetime() - past)
	frappe.db.commit()
	return {"state": incident.state}


def automatic_ticket(customer: str) -> dict[str, str]:
	"""A ticket that began as an out-of-office answer of the customer's member."""
	frappe.set_user("Administrator")
	sender, _contact = _member_of(customer)
	mail = MailContext(factories.unique_code("mail"), sender, MailKind.AUTO_REPLY)
	with taking_in(mail):
		doc = {"doctype": "HD Ticket", "subject": "Out of office", "raised_by": sender}
		made = frappe.get_doc(doc).insert(ignore_permissions=True)
	frappe.db.commit()
	return {"ticket": str(made.name), "incident": factories.incident_of(made.name).name}


def support_hours() -> dict[str, str]:
	"""Hours for all and more for the severe, a holiday this year, a tier on them and a charged ticket."""
	frappe.set_user("Administrator")
	weekend = factories.hours("09:00", "20:00", "saturday", "sunday", "on_holidays", from_severity="Urgent")
	holiday = {"day": today(), "kind": "Holiday", "description": factories.unique("Founders day")}
	calendar = factories.support_calendar(
		factories.hours("08:00", "24:00"), weekend, zone="Europe/Lisbon", country="PT", own_days=[holiday]
	)
	tier = factories.tier(calendar=calendar, promise_value=24, promise_unit="covered hours", aim_value=4)
	company = factories.company(credits=2, tier=tier)
	ticket = factories.ticket(company.person).name
	manager = factories.person("hours", ("Agent", "Agent Manager", "System Manager"))
	frappe.db.commit()
	return {
		"calendar": calendar,
		"tier": frappe.db.get_value("Support Tier", tier, "tier_name"),
		"holiday": holiday["description"],
		"incident": factories.incident_of(ticket).name,
		"ticket": str(ticket),
		"manager": manager.email,
		"password": manager.password,
	}


def account_state(account: str) -> dict[str, object]:
	"""Balance, statement and proof of an account, as the commands print them."""
	from support_credits.api import account as account_api

	said = account_api.statement(account)
	return {
		"balance": said["balance"],
		"kinds": [line["kind"] for line in said["lines"]],
		"ok": account_api.verify(account)["ok"],
		"tickets": frappe.db.count("Support Incident", {"account": account}),
	}
