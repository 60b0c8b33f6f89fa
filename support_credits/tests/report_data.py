"""What the browser's test of the reports needs: two customers who lived through a year, and people who look at it."""

from __future__ import annotations

from datetime import timedelta

import frappe

from support_credits.engine.session import Kind
from support_credits.ledger import clock, sessions
from support_credits.ledger import settings as site
from support_credits.tests import factories as make
from support_credits.tests.report_case import Lived, live
from support_credits.tests.session_case import catalogue, offer, set_back


def year() -> dict[str, str]:
	"""A manager, a customer with everything in it and one with nothing."""
	frappe.set_user("Administrator")
	lived = live()
	manager = make.agent_manager()
	make.grant(lived.one.account, 2, months=1)
	_answer(lived.one.name)
	_session(lived)
	frappe.db.commit()
	return {
		"customer": lived.one.name,
		"nobody": make.customer(label="Nothing yet"),
		"manager": manager.email,
		"password": make.PASSWORD,
	}


def _answer(customer: str) -> None:
	"""Tickets answered within one, two, three … hours."""
	found = frappe.get_all("HD Ticket", {"customer": customer}, ["name", "opening_date"], order_by="name asc")
	for hours, ticket in enumerate(found, start=1):
		incident = make.incident_of(ticket.name)
		opened = frappe.utils.get_datetime(incident.opened_at_utc.rstrip("Z"))
		wall = site.on_site_wall(opened.replace(tzinfo=clock.now().tzinfo) + timedelta(hours=hours))
		frappe.db.set_value("HD Ticket", ticket.name, "first_responded_on", wall, update_modified=False)


def _session(lived: Lived) -> None:
	"""An hour and forty minutes that an agent worked by the hour, at the rate of one of the providers."""
	before = frappe.db.get_single_value("Support Credits Settings", "catalogue") or ""
	offer(catalogue())
	ticket = make.ticket(lived.one.person).name
	with make.acting_as(lived.agent):
		session = sessions.start(ticket, Kind.EMERGENCY).session
		set_back(session, 100)
		sessions.stop(session)
	offer(before)
