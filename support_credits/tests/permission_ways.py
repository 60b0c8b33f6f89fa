"""Records for the permission table's calls about ways in: made anew for each call, known to the server."""

from __future__ import annotations

import json

import frappe
from frappe.utils import add_days, nowdate

from support_credits import opening_import
from support_credits.engine.order_numbers import asked_for
from support_credits.engine.session import Kind
from support_credits.ledger import (
	approvals,
	external_orders,
	order_payment,
	orders,
	session_export,
	sessions,
	subscriptions,
	work,
)
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.session_case import end_open
from support_credits.tests.test_catalogue_api import small

Arguments = dict[str, object]


def new_order(customer: str, pack: str, paid: bool = False) -> Arguments:
	name = orders.place(orders.Wish(customer, pack))
	if paid:
		order_payment.pay(name, order_payment.Payment("Manager", "Bank", f"manual:{name}"))
	publish()
	return {"order": name}


def monthly_tier() -> str:
	"""A tier that is sold by the month, for no more than anybody in the table has."""
	name = make.tier(credits_per_month=1)
	publish()
	return name


def with_tier(customer: str, account: str) -> Arguments:
	"""A customer who has a tier by the month, not cancelled."""
	subscriptions.choose(account, monthly_tier())
	publish()
	return {"customer": customer}


def new_import(customer: str, state: str) -> Arguments:
	"""An import with one row attached, in ``state``."""
	doc = frappe.get_doc({"doctype": opening_import.DOCTYPE, "file": "/private/files/none.csv"}).insert()
	upload = {
		"doctype": "File",
		"file_name": f"{make.unique_code('balances')}.csv",
		"content": f"customer,credits,granted_on,months\n{customer},1,{add_days(nowdate(), -29)},12\n",
		"is_private": 1,
		"attached_to_doctype": doc.doctype,
		"attached_to_name": doc.name,
		"attached_to_field": "file",
	}
	doc.file = frappe.get_doc(upload).insert().file_url
	doc.save()
	frappe.db.set_value(doc.doctype, doc.name, "state", state)
	publish()
	return {"name": doc.name}


def found_order(ticket: str) -> Arguments:
	"""An order number that a mail of the ticket has named; nobody has asked for it."""
	number = asked_for(f"or_{frappe.generate_hash(length=8)}")
	name = external_orders.note_found(number, ticket, "somebody@example.com", False)
	publish()
	return {"redemption": name}


def new_session(ticket: str) -> Arguments:
	"""A session that stands still; whoever is to act on it works on no other."""
	end_open()
	name = sessions.start(ticket, Kind.EMERGENCY).session
	sessions.pause(name)
	publish()
	return {"session": name}


def free_ticket(ticket: str) -> Arguments:
	"""A ticket for somebody who works on no session."""
	end_open()
	return {"ticket": ticket}


def new_export(ticket: str) -> Arguments:
	"""An export that can be had again."""
	sessions.stop(str(new_session(ticket)["session"]))
	export = session_export.make(None, None)
	publish()
	return {"export": export}


def new_timer(ticket: str, who: make.Person | None) -> Arguments:
	"""A timer that ``who`` has running on the ticket; an agent's where nobody is logged in."""
	timer = work.start(ticket, (who or make.agent()).email)
	publish()
	return {"timer": timer.name}


def new_approval(account: str, who: make.Person | None = None) -> Arguments:
	"""A grant by hand that waits for a second person; asked for by ``who``, or by somebody else than all of the table."""
	event = f"grant:{make.unique_code('asked')}"
	with make.acting_as(who or "Administrator"):
		name = approvals.ask(approvals.Request(approvals.GRANT, account, 1, "Because", event))
	publish()
	return {"approval": name}


def new_simulation() -> Arguments:
	"""One that was not run yet, of today."""
	from support_credits.tests.simulation_case import catalogue

	today = frappe.utils.today()
	fields = {"since": today, "until": today, "catalogue": json.dumps(catalogue())}
	doc = frappe.get_doc({"doctype": "Credit Simulation", **fields}).insert()
	publish()
	return {"name": doc.name}


def new_catalogue() -> Arguments:
	"""A catalogue of its own for a site whose settings were all edited: it brings records, and every setting stays."""
	settings = "Support Credits Settings"
	stored = json.loads(frappe.db.get_single_value(settings, "catalogue") or "{}")
	by_the_hour = {key: stored[key] for key in ("emergency", "after_hours") if key in stored}
	frappe.db.set_single_value(settings, {"catalogue_name": "Edited", "catalogue_marks": "{}"})
	publish()
	return {"content": json.dumps({**small(), **by_the_hour, "packs": [], "exemption_reasons": []})}
