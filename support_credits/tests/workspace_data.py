"""What the browser suite needs of the workspace and the setup page: a manager, a site with some history, and a catalogue."""

from __future__ import annotations

import json

import frappe

from support_credits import onboarding
from support_credits.api import figures as api
from support_credits.catalogue import SETTINGS
from support_credits.ledger import corrections, grants, jobs, orders
from support_credits.ledger.order_payment import Payment, pay
from support_credits.tests import factories as make
from support_credits.tests.test_catalogue_api import CODE, RECORDS, WINDOWS, small

CARDS = {
	"Credits Outstanding": "outstanding",
	"Credits Sold This Month": "sold",
	"Credits Spent This Month": "spent",
	"Credits Expired This Month": "expired",
	"Credits Ending in 30 Days": "ending_soon",
	"Orders Waiting for Payment": "open_orders",
	"Proposals to Answer": "open_proposals",
	"Jobs That Need a Look": "jobs",
}


def busy_site() -> dict[str, object]:
	"""Credits sold, spent and ended in several months, tickets in several states; and what each card has to say."""
	frappe.set_user("Administrator")
	pack = make.pack(credits=8, price=400)
	company = make.company(0, portal_policy="Park")
	grants.grant(company.account, grants.pack_order(pack, make.unique_code("order"), "Sold"))
	order = orders.place(orders.Wish(company.name, pack))
	pay(order, Payment("Manager", "Bank", f"manual:{order}"))
	orders.place(orders.Wish(company.name, pack))
	for days, credits in ((45, 2), (80, 4), (110, 1), (200, 3)):
		make.expired_credits(company.account, credits, days_ago=days)
	jobs.expire_lots()
	tickets = [make.ticket(company.person).name for _number in range(4)]
	with make.acting_as(make.agent()):
		corrections.exempt(tickets[0], make.exemption_reason())
	empty = make.company(0, portal_policy="Park")
	make.ticket(empty.person)
	someone = make.person("manager", ("System Manager", "Agent Manager", "Agent"))
	frappe.db.commit()
	numbers = {card: api.number({"figure": figure})["value"] for card, figure in CARDS.items()}
	return {"user": someone.email, "password": make.PASSWORD, "cards": numbers}


def fresh_onboarding() -> None:
	"""The onboarding as on a site where nobody has begun it. The host's setup wizard switches onboardings on."""
	frappe.db.set_single_value("System Settings", "enable_onboarding", 1)
	frappe.clear_cache()
	frappe.db.set_value("Module Onboarding", onboarding.ONBOARDING, "is_complete", 0)
	for step in onboarding.STEPS:
		frappe.db.set_value("Onboarding Step", step, {"is_complete": 0, "is_skipped": 0})
	frappe.db.commit()


def settings_now() -> dict[str, object]:
	"""The settings' values, for :func:`put_back`, and a catalogue to load."""
	stored = frappe.db.sql("SELECT field, value FROM tabSingles WHERE doctype = %s", SETTINGS)
	return {"settings": json.dumps(stored), "catalogue": json.dumps(small())}


def put_back(settings: str) -> None:
	"""The settings as they were, and nothing of the catalogue that was loaded meanwhile."""
	frappe.db.delete("Singles", {"doctype": SETTINGS})
	for field, value in json.loads(settings):
		frappe.db.sql(
			"INSERT INTO tabSingles (doctype, field, value) VALUES (%s, %s, %s)", (SETTINGS, field, value)
		)
	frappe.db.delete("HD Service Level Agreement", {"sc_tier": ["like", f"{CODE}-%"]})
	for doctype in RECORDS:
		frappe.db.delete(doctype, {"name": ["like", f"{CODE}-%"]})
	frappe.db.delete(WINDOWS, {"parent": ["like", f"{CODE}-%"]})
	frappe.db.commit()
	frappe.clear_document_cache(SETTINGS, SETTINGS)
