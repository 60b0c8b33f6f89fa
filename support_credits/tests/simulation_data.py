"""What the browser suite needs of simulations and second persons on the test site."""

from __future__ import annotations

import json

import frappe

from support_credits.simulation import records
from support_credits.tests import factories as make
from support_credits.tests.compat import publish
from support_credits.tests.simulation_case import catalogue

SETTINGS = "Support Credits Settings"


def past() -> dict[str, str]:
	"""A company with three tickets, two of them paid, a manager, and a catalogue to start from."""
	frappe.set_user("Administrator")
	before = frappe.db.get_single_value(SETTINGS, "catalogue") or ""
	_set(catalogue=json.dumps(catalogue()))
	someone = make.portal_user()
	name = make.customer(someone, label="Harbour & Sons")
	make.account(name, 2, portal_policy="Park")
	for _number in range(3):
		make.ticket(someone)
	manager = make.agent_manager()
	publish()
	return {"customer": name, "manager": manager.email, "password": make.PASSWORD, "before": before}


def run_job(name: str) -> dict[str, str]:
	"""What a worker would do."""
	records.run_job(name)
	return {"state": frappe.db.get_value(records.DOCTYPE, name, "state")}


def second_person() -> dict[str, str]:
	"""A company, two managers, and a limit of ten credits."""
	frappe.set_user("Administrator")
	_set(second_person_from="10")
	company = make.company(0)
	people = [make.agent_manager().email for _number in range(2)]
	publish()
	return {
		"customer": company.name,
		"account": company.account,
		"asks": people[0],
		"answers": people[1],
		"password": make.PASSWORD,
	}


def set_back(**values: str) -> dict[str, str]:
	_set(**values)
	publish()
	return values


def _set(**values: str) -> None:
	frappe.db.set_single_value(SETTINGS, values)
	frappe.db.commit()
	frappe.clear_document_cache(SETTINGS, SETTINGS)
